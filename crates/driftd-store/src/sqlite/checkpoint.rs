//! Checkpoints: how far a partition was counted, and what.

use driftd_model::{Checkpoint, CountedOn, Topic};
use driftd_window::Timestamp;
use sqlx::sqlite::SqliteConnection;
use sqlx::{query, query_as};

use super::Outcome;
use super::bulk::Insert;
use crate::fence::{DEAD_LETTERS, EncodedDelta, check_plan, fenced};
use crate::read::{activation, to_document, to_integer};
use crate::rows::{RejectedRow, SampleRow, plain};
use crate::statement::statement;

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

/// Offset, watermark and counts, fenced by epoch and offset.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    checkpoint: &Checkpoint,
    partials: &[EncodedDelta<'_>],
    now: Timestamp,
) -> Outcome<()> {
    let Checkpoint { topic, partition, from, to, .. } = checkpoint;
    let base = advance(connection, checkpoint, now).await?;
    check_plans(connection, &checkpoint.counted_on).await?;
    let place = (topic.as_str(), partition.0, base.saturating_add(from.0), base.saturating_add(to.0));
    PARTIALS
        .rows(connection, partials, |row, (monitor, planned, state)| {
            row.bind(monitor.as_str())
                .bind(planned.delta.pane.start().as_micros())
                .bind(planned.delta.segment.as_str())
                .bind(place.0)
                .bind(place.1)
                .bind(place.2)
                .bind(place.3)
                .bind(to_integer(planned.delta.rows))
                .bind(planned.plan_hash.as_str())
                .bind(state.codec)
                .bind(state.bytes.as_slice())
                .bind(now.as_micros())
        })
        .await?;
    let rejected: Vec<RejectedRow<'_>> =
        checkpoint.rejected.iter().map(|rejected| RejectedRow::of(rejected, plain)).collect();
    REJECTED
        .rows(connection, &rejected, |row, rejected| {
            row.bind(place.0).bind(place.1).bind(&*rejected.reason).bind(rejected.records)
        })
        .await?;
    if checkpoint.samples.is_empty() {
        return Ok(());
    }
    let samples: Vec<SampleRow<'_>> = checkpoint.samples.iter().map(|sample| SampleRow::of(sample, plain)).collect();
    SAMPLES
        .rows(connection, &samples, |row, sample| {
            row.bind(place.0)
                .bind(place.1)
                .bind(sample.at_offset)
                .bind(&*sample.reason)
                .bind(&*sample.detail)
                .bind(now.as_micros())
        })
        .await?;
    keep_newest_samples(connection, topic).await
}

/// Both fences in one statement: who the owner is, and where it starts. Gives the offsets of logs before this one.
async fn advance(connection: &mut SqliteConnection, checkpoint: &Checkpoint, now: Timestamp) -> Outcome<i64> {
    let Checkpoint { topic, partition, epoch, from, to, mark, is_first, .. } = checkpoint;
    let watermark = mark.watermark().map(|w| w.event_time().as_micros());
    let log_mark = checkpoint.log_mark.map(|mark| to_document(&mark, "mark of a partition's log")).transpose()?;
    let log_event = checkpoint.log_event.map(|event| to_document(&event, "event of a partition's log")).transpose()?;
    let moved: Option<(i64,)> = query_as(
        "UPDATE source_partitions
         SET next_offset = ?1, watermark = max(coalesce(watermark, ?2), coalesce(?2, watermark)), eof_at = ?3,
             updated_at = ?4, confirmed_at = ?9, log_mark = coalesce(?11, log_mark), retired_at = NULL,
             log_event = coalesce(?12, log_event), log_event_at = iif(?12 IS NULL, log_event_at, ?4)
         WHERE topic = ?5 AND partition = ?6 AND epoch = ?7
           AND (next_offset = ?8 OR (next_offset IS NULL AND ?10))
         RETURNING log_base",
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
    .bind(is_first)
    .bind(log_mark)
    .bind(log_event)
    .fetch_optional(&mut *connection)
    .await?;
    if let Some((base,)) = moved {
        return Ok(base);
    }
    let found = query_as(statement!("position")).bind(topic.as_str()).bind(partition.0);
    Err(fenced(checkpoint, found.fetch_optional(connection).await?))
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
