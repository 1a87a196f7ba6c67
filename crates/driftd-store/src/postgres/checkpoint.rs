//! Claims and checkpoints: who owns a partition, and how far it was counted.

use std::borrow::Cow;

use driftd_model::{Checkpoint, Claim, CountedOn, Partition, PartitionRow, Topic};
use driftd_window::Timestamp;
use sqlx::{PgConnection, query, query_as};

use super::partitions::Day;
use super::text::stored;
use super::{Outcome, PostgresStore};
use crate::codec::POSTCARD_SMALL;
use crate::fence::{DEAD_LETTERS, Encoded, check_plan, encode, fenced};
use crate::read::{activation, to_integer};
use crate::rows::{ClaimColumns, PartitionColumns};

impl PostgresStore {
    /// Takes ownership of a partition. That its end had been reached is forgotten: the new owner has not seen it, and
    /// records may have come since, so calling the partition idle would make them late.
    pub(super) async fn claim_partition(
        &self,
        topic: &Topic,
        partition: Partition,
        owner: &str,
        now: Timestamp,
    ) -> Outcome<Claim> {
        let claimed = query_as!(
            ClaimColumns,
            "INSERT INTO source_partitions AS p (topic, partition, epoch, owner, updated_at) VALUES ($1, $2, 1, $3, $4)
             ON CONFLICT (topic, partition) DO UPDATE
             SET epoch = p.epoch + 1, owner = excluded.owner, eof_at = NULL, confirmed_at = NULL,
                 updated_at = excluded.updated_at
             RETURNING epoch, next_offset, watermark",
            &stored(topic.as_str()),
            partition.0,
            &stored(owner),
            now.as_micros()
        );
        Ok(claimed.fetch_one(&self.pool).await?.into_claim())
    }

    /// Offset, watermark and counts in one transaction, fenced by epoch and offset.
    pub(super) async fn write_checkpoint(&self, checkpoint: &Checkpoint, now: Timestamp) -> Outcome<()> {
        let partials = encode(checkpoint)?;
        let day = Day::of(now);
        if !partials.is_empty() {
            self.ensure_partition(day).await?;
        }
        match self.try_checkpoint(checkpoint, &partials, day, now).await {
            // Retention has dropped the day since this process made it, because two clocks are days apart.
            Err(failure) if failure.is_check_violation() => {
                self.partitions.forget(day);
                self.ensure_partition(day).await?;
                self.try_checkpoint(checkpoint, &partials, day, now).await
            }
            done => done,
        }
    }

    async fn try_checkpoint(
        &self,
        checkpoint: &Checkpoint,
        partials: &[Encoded<'_>],
        day: Day,
        now: Timestamp,
    ) -> Outcome<()> {
        let mut tx = self.pool.begin().await?;
        advance(&mut tx, checkpoint, now).await?;
        if !checkpoint.counted_on.is_empty() {
            check_plans(&mut tx, &checkpoint.counted_on).await?;
        }
        if !partials.is_empty() {
            append(&mut tx, checkpoint, partials, day).await?;
        }
        if !checkpoint.rejected.is_empty() {
            add_rejected(&mut tx, checkpoint).await?;
        }
        if !checkpoint.samples.is_empty() {
            add_samples(&mut tx, checkpoint, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The partitions of a topic that have a row.
    pub(super) async fn read_partitions(&self, topic: &Topic) -> Outcome<Vec<PartitionRow>> {
        let rows = query_as!(
            PartitionColumns,
            r#"SELECT p.partition, p.epoch, p.next_offset, p.watermark, p.eof_at, p.confirmed_at,
                      (SELECT coalesce(sum(r.records), 0) FROM rejected_records AS r
                       WHERE r.topic = p.topic AND r.partition = p.partition)::bigint AS "rejected!"
               FROM source_partitions AS p WHERE p.topic = $1 ORDER BY p.partition"#,
            &stored(topic.as_str())
        );
        rows.fetch_all(&self.pool).await?.into_iter().map(|row| row.into_row(topic)).collect()
    }
}

/// Both fences in one statement: who the owner is, and where it starts. An owner that has just been replaced waits here
/// for the new one's claim, and then finds its epoch gone.
async fn advance(connection: &mut PgConnection, checkpoint: &Checkpoint, now: Timestamp) -> Outcome<()> {
    let Checkpoint { topic, partition, epoch, from, to, mark, .. } = checkpoint;
    let topic = stored(topic.as_str());
    let moved = query!(
        "UPDATE source_partitions
         SET next_offset = $1, watermark = greatest(watermark, $2), eof_at = $3, confirmed_at = $4, updated_at = $5
         WHERE topic = $6 AND partition = $7 AND epoch = $8 AND (next_offset = $9 OR next_offset IS NULL)",
        to.0,
        mark.watermark().map(|w| w.event_time().as_micros()),
        mark.end().map(|end| end.since.as_micros()),
        mark.end().map(|end| end.confirmed.as_micros()),
        now.as_micros(),
        &topic,
        partition.0,
        epoch.0,
        from.0
    );
    if moved.execute(&mut *connection).await?.rows_affected() == 1 {
        return Ok(());
    }
    let found = query!(
        "SELECT epoch, next_offset FROM source_partitions WHERE topic = $1 AND partition = $2",
        &topic,
        partition.0
    );
    let found = found.fetch_optional(connection).await?;
    Err(fenced(checkpoint, found.map(|row| (row.epoch, row.next_offset))))
}

/// The third fence: nobody has activated another baseline for the panes that were counted.
async fn check_plans(connection: &mut PgConnection, counted_on: &[CountedOn]) -> Outcome<()> {
    let monitors: Vec<&str> = counted_on.iter().map(|counted| counted.monitor.as_str()).collect();
    let panes: Vec<i64> = counted_on.iter().map(|counted| counted.pane.start().as_micros()).collect();
    let found = query!(
        r#"SELECT c.number AS "number!", a.since_pane, a.name, a.version
           FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS c (monitor, pane, number)
           CROSS JOIN LATERAL (SELECT since_pane, name, version FROM active_baselines
                               WHERE monitor = c.monitor AND since_pane <= c.pane
                               ORDER BY since_pane DESC LIMIT 1) AS a"#,
        &monitors as &[&str],
        &panes
    );
    for row in found.fetch_all(connection).await? {
        let counted = usize::try_from(row.number).ok().and_then(|number| counted_on.get(number.checked_sub(1)?));
        if let Some(counted) = counted {
            check_plan(counted, &activation(row.since_pane, &row.name, i64::from(row.version))?)?;
        }
    }
    Ok(())
}

async fn append(
    connection: &mut PgConnection,
    checkpoint: &Checkpoint,
    partials: &[Encoded<'_>],
    day: Day,
) -> Outcome<()> {
    let monitors: Vec<&str> = partials.iter().map(|(monitor, ..)| monitor.as_str()).collect();
    let panes: Vec<i64> = partials.iter().map(|(_, planned, _)| planned.delta.pane.start().as_micros()).collect();
    let segments: Vec<Cow<'_, str>> =
        partials.iter().map(|(_, planned, _)| stored(planned.delta.segment.as_str())).collect();
    let rows: Vec<i64> = partials.iter().map(|(_, planned, _)| to_integer(planned.delta.rows)).collect();
    let hashes: Vec<&str> = partials.iter().map(|(_, planned, _)| planned.plan_hash.as_str()).collect();
    let states: Vec<&[u8]> = partials.iter().map(|(.., state)| state.as_slice()).collect();
    query!(
        "INSERT INTO pane_partials (landed_on, monitor, pane_start, segment, topic, partition, from_offset, to_offset,
                                    rows, plan_hash, codec, state)
         SELECT date '1970-01-01' + $1::integer, n.monitor, n.pane_start, n.segment, $2, $3, $4, $5,
                n.rows, n.plan_hash, $6, n.state
         FROM unnest($7::text[], $8::bigint[], $9::text[], $10::bigint[], $11::text[], $12::bytea[])
              AS n (monitor, pane_start, segment, rows, plan_hash, state)",
        day.0,
        &stored(checkpoint.topic.as_str()),
        checkpoint.partition.0,
        checkpoint.from.0,
        checkpoint.to.0,
        POSTCARD_SMALL,
        &monitors as &[&str],
        &panes,
        &segments as &[Cow<'_, str>],
        &rows,
        &hashes as &[&str],
        &states as &[&[u8]]
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn add_rejected(connection: &mut PgConnection, checkpoint: &Checkpoint) -> Outcome<()> {
    let reasons: Vec<Cow<'_, str>> = checkpoint.rejected.iter().map(|(reason, _)| stored(reason)).collect();
    let records: Vec<i64> = checkpoint.rejected.iter().map(|(_, records)| to_integer(*records)).collect();
    query!(
        "INSERT INTO rejected_records AS r (topic, partition, reason, records)
         SELECT $1, $2, n.reason, sum(n.records)::bigint
         FROM unnest($3::text[], $4::bigint[]) AS n (reason, records) GROUP BY n.reason
         ON CONFLICT (topic, partition, reason) DO UPDATE SET records = r.records + excluded.records",
        &stored(checkpoint.topic.as_str()),
        checkpoint.partition.0,
        &reasons as &[Cow<'_, str>],
        &records
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Appends samples and keeps the newest of the topic. Old ones that another checkpoint is just deleting are left to it,
/// or two partitions would wait for each other.
async fn add_samples(connection: &mut PgConnection, checkpoint: &Checkpoint, now: Timestamp) -> Outcome<()> {
    let topic = stored(checkpoint.topic.as_str());
    let offsets: Vec<i64> = checkpoint.samples.iter().map(|sample| sample.offset.0).collect();
    let reasons: Vec<Cow<'_, str>> = checkpoint.samples.iter().map(|sample| stored(&sample.reason)).collect();
    let details: Vec<Cow<'_, str>> = checkpoint.samples.iter().map(|sample| stored(&sample.detail)).collect();
    query!(
        "INSERT INTO dead_letters (topic, partition, at_offset, reason, detail, recorded_at)
         SELECT $1, $2, n.at_offset, n.reason, n.detail, $3
         FROM unnest($4::bigint[], $5::text[], $6::text[]) WITH ORDINALITY AS n (at_offset, reason, detail, number)
         ORDER BY n.number",
        &topic,
        checkpoint.partition.0,
        now.as_micros(),
        &offsets,
        &reasons as &[Cow<'_, str>],
        &details as &[Cow<'_, str>]
    )
    .execute(&mut *connection)
    .await?;
    query!(
        "DELETE FROM dead_letters WHERE id IN
         (SELECT d.id FROM dead_letters AS d
          WHERE d.topic = $1 AND d.id <= (SELECT b.id FROM dead_letters AS b WHERE b.topic = $1
                                          ORDER BY b.id DESC LIMIT 1 OFFSET $2)
          FOR UPDATE SKIP LOCKED)",
        &topic,
        DEAD_LETTERS
    )
    .execute(connection)
    .await?;
    Ok(())
}
