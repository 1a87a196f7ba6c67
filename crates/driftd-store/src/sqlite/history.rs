//! The drift history: what was judged, row by row.

use driftd_model::{FeatureName, HistoryQuery, HistoryRow, MonitorId};
use driftd_stats::DriftStatistic;
use driftd_window::{EventTime, SegmentKey};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, query};

use super::{Outcome, SqliteStore};
use crate::rows::HistoryColumns;

/// The columns of `drift_history`, from its tables: instants are still numbers here.
const COLUMNS: &str = "SELECT w.monitor, w.segment, w.window_name, w.window_start, w.window_end, d.feature, d.statistic, \
                       d.value, d.certified_error, d.n, d.m, d.p_value, d.q_value, d.warn, d.critical, d.outcome, \
                       w.baseline, w.sealed_at \
                       FROM windows AS w JOIN feature_drift AS d ON d.window_id = w.id";
const ORDER: &str = "ORDER BY w.window_end, w.segment, w.window_name, d.feature, d.statistic, w.monitor";

impl SqliteStore {
    /// Rows of the history, by window end, segment, window, feature and statistic.
    pub(super) async fn read_history(&self, wanted: &HistoryQuery) -> Outcome<Vec<HistoryRow>> {
        // Only the filters that are asked for stand in the statement, so that the index over monitor and window end is
        // used, which is in the order wanted: nothing is sorted when one monitor is asked for.
        let filters = [
            (wanted.monitor.is_some(), "w.monitor = ?1"),
            (wanted.feature.is_some(), "d.feature = ?2"),
            (wanted.statistic.is_some(), "d.statistic = ?3"),
            (wanted.segment.is_some(), "w.segment = ?4"),
            (wanted.from.is_some(), "w.window_end > ?5"),
            (wanted.to.is_some(), "w.window_end <= ?6"),
        ];
        let filters: Vec<&str> = filters.into_iter().filter_map(|(asked, filter)| asked.then_some(filter)).collect();
        let filters = if filters.is_empty() { "true".to_owned() } else { filters.join(" AND ") };
        let rows = query(AssertSqlSafe(format!("{COLUMNS} WHERE {filters} {ORDER}")))
            .bind(wanted.monitor.as_ref().map(MonitorId::as_str))
            .bind(wanted.feature.as_ref().map(FeatureName::as_str))
            .bind(wanted.statistic.map(DriftStatistic::as_str))
            .bind(wanted.segment.as_ref().map(SegmentKey::as_str))
            .bind(wanted.from.map(EventTime::as_micros))
            .bind(wanted.to.map(EventTime::as_micros))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(history_row).collect()
    }
}

/// Columns in the order of `COLUMNS`; by their numbers, because a history is long.
fn history_row(row: &SqliteRow) -> Outcome<HistoryRow> {
    let columns = HistoryColumns {
        monitor: row.try_get(0)?,
        segment: row.try_get(1)?,
        window_name: row.try_get(2)?,
        window_start: row.try_get(3)?,
        window_end: row.try_get(4)?,
        feature: row.try_get(5)?,
        statistic: row.try_get(6)?,
        value: row.try_get(7)?,
        certified_error: row.try_get(8)?,
        n: row.try_get(9)?,
        m: row.try_get(10)?,
        p_value: row.try_get(11)?,
        q_value: row.try_get(12)?,
        warn: row.try_get(13)?,
        critical: row.try_get(14)?,
        outcome: row.try_get(15)?,
        baseline: row.try_get(16)?,
        sealed_at: row.try_get(17)?,
    };
    columns.into_row()
}
