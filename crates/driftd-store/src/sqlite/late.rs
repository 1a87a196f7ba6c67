//! Records that came after their pane was sealed.

use driftd_model::MonitorId;
use driftd_window::EventTime;
use sqlx::{query, query_as, query_scalar};

use super::bulk::Insert;
use super::read::count;
use super::{Outcome, SqliteStore};
use crate::codec::{POSTCARD, encode_aggregates};
use crate::error::Failure;

/// Adds what is new to the row of the pane, or makes one that holds late records only: no counts, rows = 0.
const LATE: Insert = Insert {
    into: "sealed_panes (monitor, pane_start, segment, rows, late_rows, plan_hash, codec, state)",
    columns: 8,
    then: "ON CONFLICT (monitor, pane_start, segment) DO UPDATE SET late_rows = late_rows + excluded.late_rows",
};

/// A pane and segment behind the frontier with more records counted into it than its sealed row accounts for.
type Late = (i64, String, i64, String);

impl SqliteStore {
    /// Partials behind the frontier hold `rows + late_rows` records as far as they are accounted for; what is beyond
    /// that is new. Counting again finds nothing, so a sweep may be repeated at will.
    pub(super) async fn count_late(&self, monitor: &MonitorId) -> Outcome<u64> {
        let mut tx = self.write().await?;
        let late: Vec<Late> = query_as(
            "SELECT found.pane_start, found.segment,
                    found.rows - coalesce(s.rows + s.late_rows, 0) AS late,
                    (SELECT max(p.plan_hash) FROM pane_partials AS p
                     WHERE p.monitor = ?1 AND p.pane_start = found.pane_start AND p.segment = found.segment)
             FROM (SELECT pane_start, segment, sum(rows) AS rows FROM pane_partials
                   WHERE monitor = ?1
                     AND pane_start < (SELECT sealed_through FROM monitor_frontiers WHERE monitor = ?1)
                   GROUP BY pane_start, segment) AS found
             LEFT JOIN sealed_panes AS s
                    ON s.monitor = ?1 AND s.pane_start = found.pane_start AND s.segment = found.segment
             WHERE found.rows > coalesce(s.rows + s.late_rows, 0)",
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
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(Failure::Refused(format!("the frontier of monitor {monitor} cannot go back to {through}")))
    }
}
