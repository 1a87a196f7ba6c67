//! The budget of false alarms, kept: thousands of healthy windows through the evaluation that a seal calls, memories and
//! incidents included, for many baselines, with fixed seeds.

#![allow(clippy::unwrap_used, reason = "a test that fails should stop where it fails")]

use driftd_stats::DriftStatistic;
use driftd_testkit::alarm_stream::{AlarmStream, StreamRules, opened};
use driftd_window::Span;

/// Incidents of 10,000 healthy windows of `rows` rows: 100 baselines, 100 windows each.
fn false_incidents(features: usize, rows: usize, hours: u32) -> usize {
    let mut random = fastrand::Rng::with_seed((features * rows) as u64);
    let rules = StreamRules {
        false_alarms: "1 per 90d".parse().unwrap(),
        window: Span::from_hours(hours),
        judged: vec![DriftStatistic::Psi, DriftStatistic::Lasting],
    };
    let mut incidents = 0;
    for _ in 0..100 {
        let mut draw = |rows: usize| -> Vec<Vec<f64>> {
            (0..features).map(|_| (0..rows).map(|_| random.f64()).collect()).collect()
        };
        let mut stream = AlarmStream::new(draw(10_000), &rules);
        incidents += (0..100).map(|_| opened(&stream.push(&draw(rows)))).sum::<usize>();
    }
    incidents
}

/// The budget of 10,000 windows, and three standard deviations of a Poisson variable of that mean over it.
fn at_most(hours: u32) -> usize {
    let budget = 10_000.0 * f64::from(hours) / (90.0 * 24.0);
    (budget + 3.0 * f64::sqrt(budget)) as usize
}

/// The level decides there, and the budget of 111 is used up: half of it by windows, half by memories.
#[test]
fn windows_of_fifty_rows_use_their_budget_and_no_more() {
    for features in [25, 100] {
        let found = false_incidents(features, 50, 24);
        assert!((54..=at_most(24)).contains(&found), "{features} features: {found}");
    }
}

/// Net effects begin to decide.
#[test]
fn windows_of_a_hundred_rows_keep_to_it() {
    let found = false_incidents(25, 100, 24);
    assert!((20..=at_most(24)).contains(&found), "{found}");
}

/// Net effects alone decide.
#[test]
fn from_two_hundred_rows_on_false_alarms_are_a_tenth_of_the_budget_at_most() {
    let found = false_incidents(25, 200, 24);
    assert!(found <= 11, "{found}");
}

#[test]
fn hourly_windows_keep_to_the_same_budget_of_time() {
    let found = false_incidents(25, 50, 1);
    assert!(found <= at_most(1), "{found}");
}
