//! Records that came after their pane was sealed.

use driftd_model::MonitorId;
use driftd_window::EventTime;
use sqlx::{query, query_as, query_scalar};

use super::bulk::Insert;
use super::{Outcome, SqliteStore};
use crate::codec::{POSTCARD, encode_aggregates};
use crate::read::count;
use crate::seal::not_forward;

/// Adds what is new to the row of the pane, or makes one that holds late records only: no counts, rows = 0.
const LATE: Insert = Insert {
    into: "sealed_panes (monitor, pane_start, segment, rows, late_rows, plan_hash, codec, state)",
    columns: 8,
    then: "ON CONFLICT (monitor, pane_start, segment) DO UPDATE SET late_rows = late_rows + excluded.late_rows",
};

/// A pane and segment behind the frontier with more records counted into it than its sealed row accounts for.
type Late = (i64, String, i64, String);

impl SqliteStore {
    /// Panes behind the frontier hold as many records as they account for; what is beyond that is new. Counting again
    /// finds nothing, so a sweep may be repeated at will.
    pub(super) async fn count_late(&self, monitor: &MonitorId) -> Outcome<u64> {
        let mut tx = self.write().await?;
        let late: Vec<Late> = query_as(
            "SELECT a.pane_start, a.segment, a.partial_rows - a.accounted_rows,
                    (SELECT max(p.plan_hash) FROM pane_partials AS p
                     WHERE p.monitor = ?1 AND p.pane_start = a.pane_start AND p.segment = a.segment)
             FROM pane_accounts AS a WHERE a.monitor = ?1 AND a.partial_rows > a.accounted_rows",
        )
        .bind(monitor.as_str())
        .fetch_all(&mut *tx)
        .await?;
        let empty = encode_aggregates(&[])?;
        LATE.rows(&mut tx, &late, |row, (pane, segment, records, plan_hash)| {
            row.bind(monitor.as_str())
                .bind(*pane)
                .bind(segment.as_str())
                .bind(0_i64)
                .bind(*records)
                .bind(plan_hash.as_str())
                .bind(POSTCARD)
                .bind(empty.as_slice())
        })
        .await?;
        tx.commit().await?;
        late.iter().try_fold(0_u64, |sum, (_, _, records, _)| {
            Ok(sum.saturating_add(count(*records, "number of late records")?))
        })
    }

    /// Where the frontier stands.
    pub(super) async fn read_frontier(&self, monitor: &MonitorId) -> Outcome<Option<EventTime>> {
        let found: Option<i64> = query_scalar("SELECT sealed_through FROM monitor_frontiers WHERE monitor = ?")
            .bind(monitor.as_str())
            .fetch_optional(&self.readers)
            .await?;
        Ok(found.map(EventTime::from_micros))
    }
}

/// Moves the frontier forward; `through` must lie behind where it stands.
pub(super) async fn advance_frontier(
    connection: &mut sqlx::sqlite::SqliteConnection,
    monitor: &MonitorId,
    through: EventTime,
) -> Outcome<()> {
    let done = query(
        "INSERT INTO monitor_frontiers (monitor, sealed_through) VALUES (?, ?)
         ON CONFLICT (monitor) DO UPDATE SET sealed_through = excluded.sealed_through
         WHERE excluded.sealed_through > sealed_through",
    )
    .bind(monitor.as_str())
    .bind(through.as_micros())
    .execute(connection)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(not_forward(monitor, through)) }
}
