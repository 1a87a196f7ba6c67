//! Records that came after their pane was sealed.

use driftd_model::MonitorId;
use driftd_window::{EventTime, Span};
use sqlx::sqlite::SqliteConnection;
use sqlx::{query, query_as};

use super::Outcome;
use super::bulk::Insert;
use crate::codec::encode_stored;
use crate::read;
use crate::seal::not_forward;

/// Adds what is new to the row of the pane, or makes one that holds late records only: no counts, rows = 0.
const LATE: Insert = Insert {
    into: "sealed_panes (monitor, pane_start, segment, rows, late_rows, plan_hash, codec, state)",
    columns: 8,
    then: "ON CONFLICT (monitor, pane_start, segment) DO UPDATE SET late_rows = late_rows + excluded.late_rows",
};

/// A pane and segment behind the frontier with more records counted into it than its sealed row accounts for.
type Late = (i64, String, i64, String);

/// Panes behind the frontier hold as many records as they account for; what is beyond that is new. Counting again finds
/// nothing, so a sweep may be repeated at will.
pub(super) async fn count(connection: &mut SqliteConnection, monitor: &MonitorId) -> Outcome<u64> {
    let late: Vec<Late> = query_as(
        "SELECT a.pane_start, a.segment, a.partial_rows - a.accounted_rows,
                (SELECT max(p.plan_hash) FROM pane_partials AS p
                 WHERE p.monitor = ?1 AND p.pane_start = a.pane_start AND p.segment = a.segment)
         FROM pane_accounts AS a WHERE a.monitor = ?1 AND a.partial_rows > a.accounted_rows",
    )
    .bind(monitor.as_str())
    .fetch_all(&mut *connection)
    .await?;
    let empty = encode_stored(&[])?;
    LATE.rows(connection, &late, |row, (pane, segment, records, plan_hash)| {
        row.bind(monitor.as_str())
            .bind(*pane)
            .bind(segment.as_str())
            .bind(0_i64)
            .bind(*records)
            .bind(plan_hash.as_str())
            .bind(empty.codec)
            .bind(empty.bytes.as_slice())
    })
    .await?;
    late.iter().try_fold(0_u64, |sum, (_, _, records, _)| {
        Ok(sum.saturating_add(read::count(*records, "number of late records")?))
    })
}

/// Moves the frontier forward; `through` must lie behind where it stands. How far back was looked for that is kept.
pub(super) async fn advance_frontier(
    connection: &mut SqliteConnection,
    monitor: &MonitorId,
    through: EventTime,
    reach: Span,
) -> Outcome<()> {
    let done = query(
        "INSERT INTO monitor_frontiers (monitor, sealed_through, reach) VALUES (?, ?, ?)
         ON CONFLICT (monitor) DO UPDATE
         SET sealed_through = excluded.sealed_through, reach = max(coalesce(reach, 0), excluded.reach)
         WHERE excluded.sealed_through > sealed_through",
    )
    .bind(monitor.as_str())
    .bind(through.as_micros())
    .bind(reach.as_micros())
    .execute(connection)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(not_forward(monitor, through)) }
}
