//! Rows of a driftd that remembered nothing from window to window.

use driftd_model::{HistoryQuery, HistoryRow, SharedStore};
use driftd_stats::DriftStatistic;
use driftd_testkit::fixtures::{Feeder, Traffic, clock, hour, monitor, plan_of, seal_all};

/// A judged window, for either database.
pub(crate) fn rows() -> String {
    let hash = "0".repeat(64);
    format!(
        r"
        INSERT INTO windows (monitor, segment, window_name, window_start, window_end, rows, coverage, outcome,
                             baseline, baseline_hash, sealed_at)
        VALUES ('m', '', 'hour', -3600000000, 0, 400, 1, 'warning', 'base@v1', '{hash}', 7);
        INSERT INTO feature_drift (window_id, feature, statistic, value, effect, certified_error, n, m, p_value, q_value,
                                   warn, critical, outcome, reason)
        SELECT id, 'x', 'ks', 0.15, 0.15, 0.004, 1000, 400, 0.001, 0.002, 0.1, 0.2, 'warning', NULL FROM windows;
        "
    )
}

/// The same, and a memory from when every feature had a row of its own; `state` is what the database writes bytes like.
pub(crate) fn rows_with_memory(state: &str) -> String {
    let (rows, hash) = (rows(), "0".repeat(64));
    format!(
        "{rows} INSERT INTO memory (monitor, window_name, segment, feature, shape_hash, through, state)
         VALUES ('m', 'hour', '', 'x', '{hash}', 0, {state});"
    )
}

/// What was judged is read as it was, with nothing where nothing was known; what is judged from now on is remembered.
pub(crate) async fn go_on(store: SharedStore) {
    let old = HistoryRow {
        monitor: "m".parse().unwrap(),
        segment: driftd_window::SegmentKey::all(),
        window_name: "hour".into(),
        window_start: hour(-1),
        window_end: hour(0),
        feature: "x".into(),
        statistic: DriftStatistic::Ks,
        value: Some(0.15),
        certified_error: Some(0.004),
        n: 1000,
        m: 400,
        p_value: Some(0.001),
        q_value: Some(0.002),
        warn: Some(0.1),
        critical: Some(0.2),
        outcome: Some(driftd_model::Outcome::Warning),
        baseline: "base@v1".to_owned(),
        sealed_at: driftd_window::Timestamp::from_micros(7),
        expected: None,
        net: None,
        phi: None,
        healthy_windows: None,
        level: None,
        previous_value: None,
        previous_p: None,
        day_value: None,
        day_p: None,
        week_value: None,
        week_p: None,
    };
    assert_eq!(store.history(&HistoryQuery::default()).await.unwrap(), [old]);
    let mut monitor = monitor("m", &[("hour", 1, 1)]);
    monitor.judge.judged.insert(DriftStatistic::Lasting);
    let plan = plan_of(monitor);
    let traffic = [Traffic::at(1), Traffic::at(2)];
    Feeder::claim(&*store, 0).await.feed(&*store, &plan, &traffic, 4).await;
    seal_all(&*store, &plan, &[], clock(5)).await;
    let query = HistoryQuery { statistic: Some(DriftStatistic::Lasting), ..HistoryQuery::default() };
    let rows = store.history(&query).await.unwrap();
    let found: Vec<_> = rows.iter().map(|row| (row.window_name.as_str(), row.window_end)).collect();
    assert_eq!(found, [("hour (lasting)", hour(3)); 2]);
}
