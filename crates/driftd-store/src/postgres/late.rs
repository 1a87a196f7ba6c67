//! Records that came after their pane was sealed.

use driftd_model::MonitorId;
use driftd_window::{EventTime, Span};
use sqlx::{query, query_scalar};

use super::Outcome;
use super::transaction::Transaction;
use crate::codec::encode_stored;
use crate::read;
use crate::seal::not_forward;

/// Panes behind the frontier hold as many records as they account for; what is beyond that is new. Counting again finds
/// nothing, so a sweep may be repeated at will. Whoever seals or sweeps the monitor is waited for: the account is read
/// and written as one.
pub(super) async fn count(tx: &mut Transaction, monitor: &MonitorId) -> Outcome<u64> {
    let empty = encode_stored(&[])?;
    lock_frontier(tx, monitor).await?;
    let found = query_scalar!(
        r#"WITH late AS MATERIALIZED (
               SELECT a.pane_start, a.segment, a.partial_rows - a.accounted_rows AS records,
                      (SELECT max(p.plan_hash) FROM pane_partials AS p
                       WHERE p.monitor = $1 AND p.pane_start = a.pane_start AND p.segment = a.segment) AS plan_hash
               FROM pane_accounts AS a WHERE a.monitor = $1 AND a.partial_rows > a.accounted_rows
           ), written AS (
               -- A pane that was sealed empty gets a row that holds late records only: no counts, rows = 0.
               INSERT INTO sealed_panes AS s (monitor, pane_start, segment, rows, late_rows, plan_hash, codec, state)
               SELECT $1, late.pane_start, late.segment, 0, late.records, late.plan_hash, $2, $3 FROM late
               ON CONFLICT (monitor, pane_start, segment) DO UPDATE
               SET late_rows = s.late_rows + excluded.late_rows
           )
           SELECT coalesce(sum(late.records), 0)::bigint AS "found!" FROM late"#,
        monitor.as_str(),
        empty.small_codec(),
        empty.bytes
    );
    read::count(found.fetch_one(tx).await?, "number of late records")
}

/// Waits for whoever seals or sweeps the monitor, and keeps others out until the transaction ends.
pub(super) async fn lock_frontier(tx: &mut Transaction, monitor: &MonitorId) -> Outcome<()> {
    query!("SELECT monitor FROM monitor_frontiers WHERE monitor = $1 FOR UPDATE", monitor.as_str())
        .fetch_optional(tx)
        .await?;
    Ok(())
}

/// Changes the monitor's row into the same again, so that nobody goes on with a snapshot from before this transaction.
pub(super) async fn touch_frontier(tx: &mut Transaction, monitor: &MonitorId) -> Outcome<()> {
    query!("UPDATE monitor_frontiers SET sealed_through = sealed_through WHERE monitor = $1", monitor.as_str())
        .execute(tx)
        .await?;
    Ok(())
}

/// Moves the frontier forward; `through` must lie behind where it stands. How far back was looked for that is kept.
pub(super) async fn advance_frontier(
    tx: &mut Transaction,
    monitor: &MonitorId,
    through: EventTime,
    reach: Span,
) -> Outcome<()> {
    let moved = query!(
        "UPDATE monitor_frontiers SET sealed_through = $2, reach = greatest(reach, $3)
         WHERE monitor = $1 AND (sealed_through IS NULL OR sealed_through < $2)",
        monitor.as_str(),
        through.as_micros(),
        reach.as_micros()
    );
    let moved = moved.execute(tx).await?;
    if moved.rows_affected() == 1 { Ok(()) } else { Err(not_forward(monitor, through)) }
}
