//! Checkpoints: how far a partition was counted, and what.

use std::borrow::Cow;

use driftd_model::{Checkpoint, CountedOn};
use driftd_window::Timestamp;
use sqlx::{query, query_file_as, query_scalar};

use super::Outcome;
use super::partitions::Day;
use super::text::stored;
use super::transaction::Transaction;
use crate::fence::{DEAD_LETTERS, EncodedDelta, check_plan, fenced};
use crate::read::{activation, to_document, to_integer};
use crate::rows::{PositionColumns, RejectedRow, SampleRow};

/// Offset, watermark and counts in one transaction, fenced by epoch and offset.
pub(super) async fn write(
    mut tx: Transaction,
    checkpoint: &Checkpoint,
    partials: &[EncodedDelta<'_>],
    day: Day,
    now: Timestamp,
) -> Outcome<()> {
    let base = advance(&mut tx, checkpoint, now).await?;
    if !checkpoint.counted_on.is_empty() {
        check_plans(&mut tx, &checkpoint.counted_on).await?;
    }
    if !partials.is_empty() {
        append(&mut tx, checkpoint, base, partials, day).await?;
    }
    if !checkpoint.rejected.is_empty() {
        add_rejected(&mut tx, checkpoint).await?;
    }
    if !checkpoint.samples.is_empty() {
        add_samples(&mut tx, checkpoint, now).await?;
    }
    tx.commit().await
}

/// Both fences in one statement: who the owner is, and where it starts. An owner that has just been replaced waits here
/// for the new one's claim, and then finds its epoch gone. Gives the offsets of logs before this one.
async fn advance(tx: &mut Transaction, checkpoint: &Checkpoint, now: Timestamp) -> Outcome<i64> {
    let Checkpoint { topic, partition, epoch, from, to, mark, is_first, .. } = checkpoint;
    let topic = stored(topic.as_str());
    let log_mark = checkpoint.log_mark.map(|mark| to_document(&mark, "mark of a partition's log")).transpose()?;
    let log_event = checkpoint.log_event.map(|event| to_document(&event, "event of a partition's log")).transpose()?;
    let moved = query_scalar!(
        "UPDATE source_partitions
         SET next_offset = $1, watermark = greatest(watermark, $2), eof_at = $3, confirmed_at = $4, updated_at = $5,
             log_mark = coalesce($11, log_mark), log_event = coalesce($12, log_event), retired_at = NULL,
             log_event_at = CASE WHEN $12 IS NULL THEN log_event_at ELSE $5 END
         WHERE topic = $6 AND partition = $7 AND epoch = $8
           AND (next_offset = $9 OR (next_offset IS NULL AND $10))
         RETURNING log_base",
        to.0,
        mark.watermark().map(|w| w.event_time().as_micros()),
        mark.end().map(|end| end.since.as_micros()),
        mark.end().map(|end| end.confirmed.as_micros()),
        now.as_micros(),
        &topic,
        partition.0,
        epoch.0,
        from.0,
        is_first,
        log_mark,
        log_event
    );
    if let Some(base) = moved.fetch_optional(&mut *tx).await? {
        return Ok(base);
    }
    let found = query_file_as!(PositionColumns, "statements/position.sql", &topic, partition.0);
    Err(fenced(checkpoint, found.fetch_optional(tx).await?))
}

/// The third fence: nobody has activated another baseline for the panes that were counted.
async fn check_plans(tx: &mut Transaction, counted_on: &[CountedOn]) -> Outcome<()> {
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
    for row in found.fetch_all(tx).await? {
        let counted = usize::try_from(row.number).ok().and_then(|number| counted_on.get(number.checked_sub(1)?));
        if let Some(counted) = counted {
            check_plan(counted, &activation(row.since_pane, &row.name, i64::from(row.version))?)?;
        }
    }
    Ok(())
}

async fn append(
    tx: &mut Transaction,
    checkpoint: &Checkpoint,
    base: i64,
    partials: &[EncodedDelta<'_>],
    day: Day,
) -> Outcome<()> {
    let monitors: Vec<&str> = partials.iter().map(|(monitor, ..)| monitor.as_str()).collect();
    let panes: Vec<i64> = partials.iter().map(|(_, planned, _)| planned.delta.pane.start().as_micros()).collect();
    let segments: Vec<Cow<'_, str>> =
        partials.iter().map(|(_, planned, _)| stored(planned.delta.segment.as_str())).collect();
    let rows: Vec<i64> = partials.iter().map(|(_, planned, _)| to_integer(planned.delta.rows)).collect();
    let hashes: Vec<&str> = partials.iter().map(|(_, planned, _)| planned.plan_hash.as_str()).collect();
    let codecs: Vec<i16> = partials.iter().map(|(.., state)| state.small_codec()).collect();
    let states: Vec<&[u8]> = partials.iter().map(|(.., state)| state.bytes.as_slice()).collect();
    query!(
        "INSERT INTO pane_partials (landed_on, monitor, pane_start, segment, topic, partition, from_offset, to_offset,
                                    rows, plan_hash, codec, state)
         SELECT date '1970-01-01' + $1::integer, n.monitor, n.pane_start, n.segment, $2, $3, $4, $5,
                n.rows, n.plan_hash, n.codec, n.state
         FROM unnest($6::text[], $7::bigint[], $8::text[], $9::bigint[], $10::text[], $11::smallint[], $12::bytea[])
              AS n (monitor, pane_start, segment, rows, plan_hash, codec, state)",
        day.0,
        &stored(checkpoint.topic.as_str()),
        checkpoint.partition.0,
        base.saturating_add(checkpoint.from.0),
        base.saturating_add(checkpoint.to.0),
        &monitors as &[&str],
        &panes,
        &segments as &[Cow<'_, str>],
        &rows,
        &hashes as &[&str],
        &codecs,
        &states as &[&[u8]]
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn add_rejected(tx: &mut Transaction, checkpoint: &Checkpoint) -> Outcome<()> {
    let rows: Vec<RejectedRow<'_>> =
        checkpoint.rejected.iter().map(|rejected| RejectedRow::of(rejected, stored)).collect();
    query!(
        "INSERT INTO rejected_records AS r (topic, partition, reason, records)
         SELECT $1, $2, n.reason, sum(n.records)::bigint
         FROM json_to_recordset($3::text::json) AS n (reason text, records bigint) GROUP BY n.reason
         ON CONFLICT (topic, partition, reason) DO UPDATE SET records = r.records + excluded.records",
        &stored(checkpoint.topic.as_str()),
        checkpoint.partition.0,
        to_document(&rows, "rejected records")?
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Appends samples and keeps the newest of the topic. Old ones that another checkpoint is just deleting are left to it,
/// or two partitions would wait for each other.
async fn add_samples(tx: &mut Transaction, checkpoint: &Checkpoint, now: Timestamp) -> Outcome<()> {
    let topic = stored(checkpoint.topic.as_str());
    let rows: Vec<SampleRow<'_>> = checkpoint.samples.iter().map(|sample| SampleRow::of(sample, stored)).collect();
    query!(
        "INSERT INTO dead_letters (topic, partition, at_offset, reason, detail, recorded_at)
         SELECT $1, $2, n.at_offset, n.reason, n.detail, $3
         FROM ROWS FROM (json_to_recordset($4::text::json) AS (at_offset bigint, reason text, detail text))
              WITH ORDINALITY AS n (at_offset, reason, detail, number)
         ORDER BY n.number",
        &topic,
        checkpoint.partition.0,
        now.as_micros(),
        to_document(&rows, "sampled rejects")?
    )
    .execute(&mut *tx)
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
    .execute(tx)
    .await?;
    Ok(())
}
