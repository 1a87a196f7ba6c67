//! The page of a monitor's history: what it says, that strangers' names stay text, and that its size is bounded.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may assert by panicking")]

mod fixtures;

use driftd_model::{HistoryRow, MonitorId, Outcome};
use driftd_stats::DriftStatistic;
use driftd_web::render_history;
use driftd_window::{EventTime, SegmentKey, Timestamp};
use fixtures::{assert_well_formed, words};
use proptest::prelude::*;

const DAY: i64 = 86_400_000_000;

fn monitor() -> MonitorId {
    "orders".parse().unwrap()
}

/// PSI of a feature in the window of that day; critical from 0.25 on.
fn row(feature: &str, day: i64, value: f64) -> HistoryRow {
    HistoryRow {
        monitor: monitor(),
        segment: SegmentKey::all(),
        window_name: "day".into(),
        window_start: EventTime::from_micros(day * DAY),
        window_end: EventTime::from_micros((day + 1) * DAY),
        feature: feature.into(),
        statistic: DriftStatistic::Psi,
        value: Some(value),
        certified_error: None,
        n: 2_000,
        m: 1_440,
        p_value: Some(if value > 0.2 { 1e-9 } else { 0.4 }),
        q_value: Some(if value > 0.2 { 1e-8 } else { 1.0 }),
        warn: Some(0.1),
        critical: Some(0.25),
        outcome: Some(if value > 0.2 { Outcome::Critical } else { Outcome::Stable }),
        baseline: "orders@v1".to_owned(),
        sealed_at: Timestamp::from_micros(day * DAY),
        expected: Some(0.01),
        net: Some((value - 0.01).max(0.0)),
        phi: Some(1.8),
        healthy_windows: Some(60),
        level: Some(0.0056),
        previous_value: None,
        previous_p: None,
        day_value: None,
        day_p: None,
        week_value: None,
        week_p: None,
    }
}

/// Two features over ten days, one of which drifts on the last.
fn ten_days() -> Vec<HistoryRow> {
    let quiet = (0..10).map(|day| row("age", day, 0.02));
    let mut rows: Vec<HistoryRow> = quiet.chain((0..9).map(|day| row("price", day, 0.03))).collect();
    rows.push(HistoryRow {
        previous_value: Some(0.29),
        previous_p: Some(1e-7),
        week_value: Some(0.04),
        week_p: Some(0.3),
        ..row("price", 9, 0.31)
    });
    let shown_only =
        HistoryRow { statistic: DriftStatistic::Js, warn: None, critical: None, net: None, ..row("price", 9, 0.05) };
    rows.push(HistoryRow { outcome: None, expected: None, q_value: None, ..shown_only });
    rows
}

#[test]
fn a_page_says_first_what_matters() {
    let html = render_history(&monitor(), &ten_days());
    // Left behind for eyes: no test replaces them.
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/history.html"), &html).unwrap();
    assert_well_formed(&html);
    for foreign in ["<script", "<link", "<img", "@import", "url(", "src=", "href=\"http"] {
        assert!(!html.contains(foreign), "{foreign}");
    }
    let mut reversed = ten_days();
    reversed.reverse();
    assert_eq!(html, render_history(&monitor(), &reversed), "the order of rows does not matter");
    assert_eq!(html.matches("<svg class=\"chart sparkline\"").count(), 2);
    insta::assert_snapshot!(words(&html));
}

#[test]
fn no_history_says_what_to_do_next() {
    let html = render_history(&monitor(), &[]);
    assert_well_formed(&html);
    assert!(words(&html).contains("There is no history yet."));
}

#[test]
fn hostile_names_stay_text() {
    let names = ["<script>alert(1)</script>", "\"' onload=\"alert(1)", "\u{202e}gnp.exe", "a\nb\0c", ""];
    let mut rows: Vec<HistoryRow> = names.iter().map(|name| row(name, 0, 0.3)).collect();
    rows.push(HistoryRow { baseline: "<img src=x>".to_owned(), window_name: "<b>".into(), ..row("x", 0, 0.1) });
    let html = render_history(&monitor(), &rows);
    assert_well_formed(&html);
    for raw in ["<script", "<img", "onload=\"", "\u{202e}", "<b>"] {
        assert!(!html.contains(raw), "{raw:?}");
    }
}

#[test]
fn thousands_of_features_stay_a_page() {
    let rows: Vec<HistoryRow> = (0..3_000).map(|i| row(&format!("feature_{i:05}"), 0, 0.3)).collect();
    let html = render_history(&monitor(), &rows);
    assert_eq!(html.matches("class=\"card\"").count(), 1_000);
    assert!(html.contains("2,000 more are left out"));
    assert!(html.len() < 4_000_000, "{} bytes", html.len());
    let long: Vec<HistoryRow> = (0..5_000).map(|day| row("f", day, 0.01)).collect();
    assert!(render_history(&monitor(), &long).len() < 30_000, "a curve has its last windows only");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn every_page_is_well_formed(name in any::<String>(), baseline in any::<String>(), value in any::<f64>()) {
        let odd = HistoryRow { baseline, critical: None, net: Some(value), ..row(&name, 3, value) };
        assert_well_formed(&render_history(&monitor(), &[odd, row(&name, 1, 0.1)]));
    }
}
