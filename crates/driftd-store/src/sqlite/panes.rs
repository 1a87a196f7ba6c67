//! Sealed panes: the frozen counts of a pane and segment.

use driftd_model::{ContentHash, MonitorId, SealedPane};
use driftd_window::{EventTime, PaneId, SegmentKey};
use sqlx::query_as;
use sqlx::sqlite::SqliteExecutor;

use super::read::count;
use super::{Outcome, SqliteStore};
use crate::codec::decode_stored;

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
    type Row = (i64, String, i64, i64, String, i64, Vec<u8>);
    let rows: Vec<Row> = query_as(
        "SELECT pane_start, segment, rows, late_rows, plan_hash, codec, state FROM sealed_panes
         WHERE monitor = ? AND pane_start >= ? AND pane_start < ? ORDER BY pane_start, segment",
    )
    .bind(monitor.as_str())
    .bind(from.as_micros())
    .bind(to.as_micros())
    .fetch_all(executor)
    .await?;
    rows.into_iter()
        .map(|(start, segment, rows, late_rows, plan_hash, codec, state)| {
            Ok(SealedPane {
                pane: pane_id(start),
                segment: SegmentKey::from_stored(segment),
                rows: count(rows, "rows of a sealed pane")?,
                late_rows: count(late_rows, "late rows of a sealed pane")?,
                plan_hash: ContentHash::from_stored(plan_hash),
                aggregates: decode_stored(codec, &state)?,
            })
        })
        .collect()
}

/// The pane that starts at `micros`.
pub(super) fn pane_id(micros: i64) -> PaneId {
    PaneId::from_stored(EventTime::from_micros(micros))
}
