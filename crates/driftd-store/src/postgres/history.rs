//! The drift history: what was judged, row by row.

use driftd_model::{HistoryQuery, HistoryRow, MonitorId};
use driftd_stats::DriftStatistic;
use driftd_window::EventTime;
use sqlx::query_as;

use super::text::{original, stored};
use super::{Outcome, PostgresStore};
use crate::rows::HistoryColumns;

impl PostgresStore {
    /// Rows of the history, by window end, segment, window, feature and statistic.
    pub(super) async fn read_history(&self, wanted: &HistoryQuery) -> Outcome<Vec<HistoryRow>> {
        let feature = wanted.feature.as_ref().map(|feature| stored(feature.as_str()));
        let segment = wanted.segment.as_ref().map(|segment| stored(segment.as_str()));
        // Filters that are not asked for are constants to the planner, which drops them.
        let rows = query_as!(
            HistoryColumns,
            "SELECT w.monitor, w.segment, w.window_name, w.window_start, w.window_end, d.feature, d.statistic, d.value,
                    d.certified_error, d.n, d.m, d.p_value, d.q_value, d.warn, d.critical, d.outcome, w.baseline,
                    w.sealed_at
             FROM windows AS w JOIN feature_drift AS d ON d.window_id = w.id
             WHERE ($1::text IS NULL OR w.monitor = $1) AND ($2::text IS NULL OR d.feature = $2)
               AND ($3::text IS NULL OR d.statistic = $3) AND ($4::text IS NULL OR w.segment = $4)
               AND ($5::bigint IS NULL OR w.window_end > $5) AND ($6::bigint IS NULL OR w.window_end <= $6)
             ORDER BY w.window_end, w.segment, w.window_name, d.feature, d.statistic, w.monitor",
            wanted.monitor.as_ref().map(MonitorId::as_str),
            feature.as_deref(),
            wanted.statistic.map(DriftStatistic::as_str),
            segment.as_deref(),
            wanted.from.map(EventTime::as_micros),
            wanted.to.map(EventTime::as_micros)
        );
        let rows = rows.fetch_all(&self.pool).await?;
        rows.into_iter()
            .map(|row| {
                let (segment, feature) = (original(row.segment), original(row.feature));
                let window_name = original(row.window_name);
                HistoryColumns { segment, window_name, feature, ..row }.into_row()
            })
            .collect()
    }
}
