//! How often a healthy monitor alarms: ten thousand windows of a fixed simulation, bins only, against the budget.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test that fails should stop where it fails")]

use driftd_model::{
    FalseAlarms, Health, Incident, IncidentKey, IncidentKind, IncidentRules, Observation, Severity, Transition, step,
};
use driftd_stats::{DriftStatistic, benjamini_hochberg, judge_difference, two_sample};
use driftd_window::{EventTime, PaneWidth, SegmentKey, Span, Timestamp, WindowSpec};

const BINS: usize = 10;
const ROWS: u32 = 10_000;
/// Windows, a hundred for each of a hundred baselines: the budget is a mean over both.
const WINDOWS: u32 = 10_000;

/// Uniform numbers in [0, 1) (SplitMix64), the same in every run.
fn uniform(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn sample(rows: u32, uniform: &mut impl FnMut() -> f64) -> [f64; BINS] {
    let mut counts = [0.0; BINS];
    for _ in 0..rows {
        counts[(uniform() * BINS as f64) as usize] += 1.0;
    }
    counts
}

fn psi(r: &[f64; BINS], c: &[f64; BINS]) -> f64 {
    let (n, m) = (r.iter().sum::<f64>(), c.iter().sum::<f64>());
    let share = |count: f64, of: f64| (count + 0.5) / (of + 0.5 * BINS as f64);
    r.iter().zip(c).map(|(r, c)| (share(*c, m) - share(*r, n)) * (share(*c, m) / share(*r, n)).ln()).sum()
}

/// The level of windows that follow one another every so many hours.
fn level(hours: u32) -> f64 {
    let (size, pane) = (Span::from_hours(hours), PaneWidth::new(Span::from_hours(1)).unwrap());
    FalseAlarms::default().level(&[WindowSpec::new("w", size, size, pane).unwrap()], 0.01)
}

/// The incidents of one monitor, window after window.
struct Incidents {
    key: IncidentKey,
    now: Option<Incident>,
    opened: u32,
}

impl Incidents {
    fn new() -> Self {
        let key = IncidentKey { monitor: "m".parse().unwrap(), segment: SegmentKey::all(), kind: IncidentKind::Drift };
        Self { key, now: None, opened: 0 }
    }

    fn see(&mut self, window: u32, worst: Option<Severity>) {
        let at = |n: u32| EventTime::from_micros(i64::from(n) * 3_600_000_000);
        let health = worst.map_or(Health::Good, |severity| Health::Bad(severity, Vec::new()));
        let (start, end) = (at(window), at(window + 1));
        let observation = Observation { window: "w".into(), start, end, health, causes: Vec::new() };
        let now = Timestamp::from_micros(end.as_micros());
        let next = step(self.now.take(), &self.key, &observation, &IncidentRules::default(), now);
        self.opened += next.transitions.iter().filter(|t| matches!(t, Transition::Opened { .. })).count() as u32;
        self.now = next.incident;
    }
}

/// False incidents with daily and with hourly windows of `m` rows, `features` judged together.
fn false_incidents(features: usize, m: u32, seed: u64) -> [u32; 2] {
    let levels = [level(24), level(1)];
    let thresholds = *DriftStatistic::Psi.definition();
    let (warn, critical) = thresholds.thresholds.unwrap();
    let mut uniform = uniform(seed);
    let mut opened = [0; 2];
    for _ in 0..WINDOWS / 100 {
        let baselines: Vec<_> = (0..features).map(|_| sample(ROWS, &mut uniform)).collect();
        let mut monitors = [Incidents::new(), Incidents::new()];
        for window in 0..100 {
            let judged: Vec<(f64, f64)> = baselines
                .iter()
                .map(|baseline| {
                    let counts = sample(m, &mut uniform);
                    let judged = judge_difference(&two_sample(baseline, &counts).unwrap(), None);
                    (judged.p, judged.net_effect(DriftStatistic::Psi, psi(baseline, &counts)))
                })
                .collect();
            let q = benjamini_hochberg(&judged.iter().map(|(p, _)| *p).collect::<Vec<_>>());
            for (monitor, level) in monitors.iter_mut().zip(levels) {
                let significant = judged.iter().zip(&q).filter(|(_, q)| **q <= level).map(|((_, net), _)| *net);
                let worst = significant.fold(0.0, f64::max);
                monitor.see(
                    window,
                    match worst {
                        net if net >= critical => Some(Severity::Critical),
                        net if net >= warn => Some(Severity::Warning),
                        _ => None,
                    },
                );
            }
        }
        for (sum, monitor) in opened.iter_mut().zip(monitors) {
            *sum += monitor.opened;
        }
    }
    opened
}

/// Half of the budget of one in ninety days is the windows': 55.6 of ten thousand days, 2.3 of ten thousand hours. At 50
/// rows the level decides and uses it up; at 100 the net effect begins to, and from 200 rows on it alone does.
#[test]
fn a_healthy_monitor_keeps_to_its_budget() {
    let half = [f64::from(WINDOWS) / 180.0, f64::from(WINDOWS) / 180.0 / 24.0];
    for (features, m, uses_it_up) in [(25, 50, true), (25, 100, false), (25, 200, false), (100, 50, true)] {
        let found = false_incidents(features, m, 1).map(f64::from);
        println!("{features} features, {m} rows: {found:?} false incidents by day and by hour, {half:?} allowed");
        for (found, half) in found.into_iter().zip(half) {
            assert!(found <= half + 3.0 * half.sqrt(), "{features} features, {m} rows: {found} of {half}");
            assert!(
                !uses_it_up || found >= half - 3.0 * half.sqrt(),
                "{features} features, {m} rows: {found} of {half}"
            );
        }
        assert!(m < 200 || found == [0.0, 0.0], "{features} features, {m} rows: {found:?}");
    }
}
