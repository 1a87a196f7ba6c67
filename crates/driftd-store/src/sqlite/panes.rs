//! Sealed panes: the frozen counts of a pane and segment.

use driftd_model::{MonitorId, SealedPane};
use driftd_window::EventTime;
use sqlx::query_as;
use sqlx::sqlite::SqliteExecutor;

use super::{Outcome, SqliteStore};
use crate::rows::PaneColumns;

impl SqliteStore {
    /// Every sealed pane that starts in [`from`, `to`), those that hold late records only included.
    pub(super) async fn read_sealed_panes(
        &self,
        monitor: &MonitorId,
        from: EventTime,
        to: EventTime,
    ) -> Outcome<Vec<SealedPane>> {
        sealed_panes(&self.readers, monitor, from, to).await
    }
}

/// Sealed panes that start in [`from`, `to`), by pane and segment.
pub(super) async fn sealed_panes(
    executor: impl SqliteExecutor<'_>,
    monitor: &MonitorId,
    from: EventTime,
    to: EventTime,
) -> Outcome<Vec<SealedPane>> {
    if from >= to {
        return Ok(Vec::new());
    }
    let rows: Vec<PaneColumns> = query_as(
        "SELECT pane_start, segment, rows, late_rows, plan_hash, codec, state FROM sealed_panes
         WHERE monitor = ? AND pane_start >= ? AND pane_start < ? ORDER BY pane_start, segment",
    )
    .bind(monitor.as_str())
    .bind(from.as_micros())
    .bind(to.as_micros())
    .fetch_all(executor)
    .await?;
    rows.into_iter().map(PaneColumns::into_pane).collect()
}
