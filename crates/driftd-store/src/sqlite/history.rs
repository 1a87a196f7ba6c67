//! The drift history: what was judged, row by row.

use driftd_model::{FeatureName, HistoryQuery, HistoryRow, MonitorId, Outcome as Judged};
use driftd_stats::DriftStatistic;
use driftd_window::{EventTime, SegmentKey, Timestamp, WindowName};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, query};

use super::read::{count, parsed, word};
use super::{Outcome, SqliteStore};

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

/// Columns in the order of `COLUMNS`.
fn history_row(row: &SqliteRow) -> Outcome<HistoryRow> {
    let outcome: Option<&str> = row.try_get(15)?;
    Ok(HistoryRow {
        monitor: parsed(row.try_get(0)?, "monitor name")?,
        segment: SegmentKey::from_stored(row.try_get(1)?),
        window_name: WindowName::from(row.try_get::<&str, _>(2)?),
        window_start: EventTime::from_micros(row.try_get(3)?),
        window_end: EventTime::from_micros(row.try_get(4)?),
        feature: FeatureName::from(row.try_get::<&str, _>(5)?),
        statistic: parsed(row.try_get(6)?, "statistic")?,
        value: row.try_get(7)?,
        certified_error: row.try_get(8)?,
        n: count(row.try_get(9)?, "number of baseline values")?,
        m: count(row.try_get(10)?, "number of window values")?,
        p_value: row.try_get(11)?,
        q_value: row.try_get(12)?,
        warn: row.try_get(13)?,
        critical: row.try_get(14)?,
        outcome: outcome.map(|text| word(text, Judged::from_stored, "outcome")).transpose()?,
        baseline: row.try_get(16)?,
        sealed_at: Timestamp::from_micros(row.try_get(17)?),
    })
}
