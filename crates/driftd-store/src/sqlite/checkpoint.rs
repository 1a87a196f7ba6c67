//! Claims and checkpoints: who owns a partition, and how far it was counted.

use driftd_model::{Checkpoint, Claim, CountedOn, Partition, PartitionRow, Topic};
use driftd_window::Timestamp;
use sqlx::sqlite::SqliteConnection;
use sqlx::{query, query_as};

use super::bulk::Insert;
use super::{Outcome, SqliteStore};
use crate::codec::POSTCARD;
use crate::fence::{DEAD_LETTERS, check_plan, encode, fenced};
use crate::read::{activation, to_integer};
use crate::rows::{ClaimColumns, PartitionColumns};

const PARTIALS: Insert = Insert {
    into: "pane_partials (monitor, pane_start, segment, topic, partition, from_offset, to_offset, rows, plan_hash, \
           codec, state, landed_at)",
    columns: 12,
    then: "",
};
const REJECTED: Insert = Insert {
    into: "rejected_records (topic, partition, reason, records)",
    columns: 4,
    then: "ON CONFLICT (topic, partition, reason) DO UPDATE SET records = records + excluded.records",
};
const SAMPLES: Insert =
    Insert { into: "dead_letters (topic, partition, at_offset, reason, detail, recorded_at)", columns: 6, then: "" };

impl SqliteStore {
    /// Takes ownership of a partition. That its end had been reached is forgotten: the new owner has not seen it, and
    /// records may have come since, so calling the partition idle would make them late.
    pub(super) async fn claim_partition(
        &self,
        topic: &Topic,
        partition: Partition,
        owner: &str,
        now: Timestamp,
    ) -> Outcome<Claim> {
        let claimed: ClaimColumns = query_as(
            "INSERT INTO source_partitions (topic, partition, epoch, owner, updated_at) VALUES (?, ?, 1, ?, ?)
             ON CONFLICT (topic, partition) DO UPDATE
             SET epoch = epoch + 1, owner = excluded.owner, eof_at = NULL, confirmed_at = NULL,
                 updated_at = excluded.updated_at
             RETURNING epoch, next_offset, watermark",
        )
        .bind(topic.as_str())
        .bind(partition.0)
        .bind(owner)
        .bind(now.as_micros())
        .fetch_one(&self.writer)
        .await?;
        Ok(claimed.into_claim())
    }

    /// Offset, watermark and counts in one transaction, fenced by epoch and offset.
    pub(super) async fn write_checkpoint(&self, checkpoint: &Checkpoint, now: Timestamp) -> Outcome<()> {
        let Checkpoint { topic, partition, from, to, .. } = checkpoint;
        let partials = encode(checkpoint)?;
        let mut tx = self.write().await?;
        advance(&mut tx, checkpoint, now).await?;
        check_plans(&mut tx, &checkpoint.counted_on).await?;
        let place = (topic.as_str(), partition.0, from.0, to.0);
        PARTIALS
            .rows(&mut tx, &partials, |row, (monitor, planned, state)| {
                row.bind(monitor.as_str())
                    .bind(planned.delta.pane.start().as_micros())
                    .bind(planned.delta.segment.as_str())
                    .bind(place.0)
                    .bind(place.1)
                    .bind(place.2)
                    .bind(place.3)
                    .bind(to_integer(planned.delta.rows))
                    .bind(planned.plan_hash.as_str())
                    .bind(POSTCARD)
                    .bind(state.as_slice())
                    .bind(now.as_micros())
            })
            .await?;
        REJECTED
            .rows(&mut tx, &checkpoint.rejected, |row, (reason, records)| {
                row.bind(place.0).bind(place.1).bind(reason.as_str()).bind(to_integer(*records))
            })
            .await?;
        if !checkpoint.samples.is_empty() {
            SAMPLES
                .rows(&mut tx, &checkpoint.samples, |row, sample| {
                    row.bind(place.0)
                        .bind(place.1)
                        .bind(sample.offset.0)
                        .bind(sample.reason.as_str())
                        .bind(sample.detail.as_str())
                        .bind(now.as_micros())
                })
                .await?;
            keep_newest_samples(&mut tx, topic).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The partitions of a topic that have a row.
    pub(super) async fn read_partitions(&self, topic: &Topic) -> Outcome<Vec<PartitionRow>> {
        let rows: Vec<PartitionColumns> = query_as(
            "SELECT p.partition, p.epoch, p.next_offset, p.watermark, p.eof_at, p.confirmed_at,
                    (SELECT coalesce(sum(r.records), 0) FROM rejected_records AS r
                     WHERE r.topic = p.topic AND r.partition = p.partition) AS rejected
             FROM source_partitions AS p WHERE p.topic = ? ORDER BY p.partition",
        )
        .bind(topic.as_str())
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(|row| row.into_row(topic)).collect()
    }
}

/// Both fences in one statement: who the owner is, and where it starts.
async fn advance(connection: &mut SqliteConnection, checkpoint: &Checkpoint, now: Timestamp) -> Outcome<()> {
    let Checkpoint { topic, partition, epoch, from, to, mark, .. } = checkpoint;
    let watermark = mark.watermark().map(|w| w.event_time().as_micros());
    let done = query(
        "UPDATE source_partitions
         SET next_offset = ?1, watermark = max(coalesce(watermark, ?2), coalesce(?2, watermark)), eof_at = ?3,
             updated_at = ?4, confirmed_at = ?9
         WHERE topic = ?5 AND partition = ?6 AND epoch = ?7 AND (next_offset = ?8 OR next_offset IS NULL)",
    )
    .bind(to.0)
    .bind(watermark)
    .bind(mark.end().map(|end| end.since.as_micros()))
    .bind(now.as_micros())
    .bind(topic.as_str())
    .bind(partition.0)
    .bind(epoch.0)
    .bind(from.0)
    .bind(mark.end().map(|end| end.confirmed.as_micros()))
    .execute(&mut *connection)
    .await?;
    if done.rows_affected() == 1 {
        return Ok(());
    }
    let found: Option<(i64, Option<i64>)> =
        query_as("SELECT epoch, next_offset FROM source_partitions WHERE topic = ? AND partition = ?")
            .bind(topic.as_str())
            .bind(partition.0)
            .fetch_optional(connection)
            .await?;
    Err(fenced(checkpoint, found))
}

/// The third fence: nobody has activated another baseline for the panes that were counted.
async fn check_plans(connection: &mut SqliteConnection, counted_on: &[CountedOn]) -> Outcome<()> {
    for counted in counted_on {
        let found: Option<(i64, String, i64)> = query_as(
            "SELECT since_pane, name, version FROM active_baselines WHERE monitor = ? AND since_pane <= ?
             ORDER BY since_pane DESC LIMIT 1",
        )
        .bind(counted.monitor.as_str())
        .bind(counted.pane.start().as_micros())
        .fetch_optional(&mut *connection)
        .await?;
        if let Some((since, name, version)) = found {
            check_plan(counted, &activation(since, &name, version)?)?;
        }
    }
    Ok(())
}

async fn keep_newest_samples(connection: &mut SqliteConnection, topic: &Topic) -> Outcome<()> {
    query(
        "DELETE FROM dead_letters WHERE topic = ?1 AND id <=
         (SELECT id FROM dead_letters WHERE topic = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
    )
    .bind(topic.as_str())
    .bind(DEAD_LETTERS)
    .execute(connection)
    .await?;
    Ok(())
}
