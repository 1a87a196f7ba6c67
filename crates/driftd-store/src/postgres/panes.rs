//! Sealed panes: the frozen counts of a pane and segment.

use driftd_model::{MonitorId, SealedPane};
use driftd_window::EventTime;
use sqlx::{PgExecutor, query_as};

use super::text::original;
use super::{Outcome, PostgresStore};
use crate::rows::PaneColumns;

impl PostgresStore {
    /// Every sealed pane that starts in [`from`, `to`), those that hold late records only included.
    pub(super) async fn read_sealed_panes(
        &self,
        monitor: &MonitorId,
        from: EventTime,
        to: EventTime,
    ) -> Outcome<Vec<SealedPane>> {
        sealed_panes(&self.pool, monitor, from, to).await
    }
}

/// Sealed panes that start in [`from`, `to`), by pane and segment.
pub(super) async fn sealed_panes(
    executor: impl PgExecutor<'_>,
    monitor: &MonitorId,
    from: EventTime,
    to: EventTime,
) -> Outcome<Vec<SealedPane>> {
    let rows = query_as!(
        PaneColumns,
        r#"SELECT pane_start, segment, rows, late_rows, plan_hash, codec::bigint AS "codec!", state FROM sealed_panes
           WHERE monitor = $1 AND pane_start >= $2 AND pane_start < $3 ORDER BY pane_start, segment"#,
        monitor.as_str(),
        from.as_micros(),
        to.as_micros()
    );
    let rows = rows.fetch_all(executor).await?;
    rows.into_iter().map(|row| PaneColumns { segment: original(row.segment), ..row }.into_pane()).collect()
}
