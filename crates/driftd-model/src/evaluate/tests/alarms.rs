//! What alarms rest on: healthy variation, and what is remembered, from seal to seal.

use std::collections::BTreeMap;

use driftd_stats::{Healthy, Rung, Varying};
use driftd_window::WindowSpec;

use super::*;
use crate::fixtures::{baseline, stored};
use crate::{FalseAlarms, FeatureVariation, HealthyUse, Monitor, Score};

/// Hourly windows that are remembered, judged by PSI as well.
fn remembering() -> Monitor {
    let mut monitor = monitor(&[("hour", 1, 1)]);
    monitor.judge.judged.extend([DriftStatistic::Psi, DriftStatistic::Lasting]);
    monitor
}

fn plan_of(monitor: Monitor) -> MonitorPlan {
    MonitorPlan::new(monitor, stored(baseline())).unwrap()
}

/// The plan on a baseline whose healthy hours and quarters of a day of `x` differ so many times as much as chance alone.
fn learnt(monitor: Monitor, segment: &SegmentKey, hour: f64, six_hours: f64) -> MonitorPlan {
    let mut baseline = baseline();
    let mut variation = FeatureVariation::default();
    for (rung, phi) in [(Rung::Hour, hour), (Rung::SixHours, six_hours)] {
        let healthy = Healthy { phi, upper: phi, size: 10_000.0, windows: 60 };
        variation.insert(rung, BTreeMap::from([(Varying::Bins, healthy), (Varying::Ks, healthy)]));
    }
    baseline.healthy.insert(segment.clone(), "x".into(), variation);
    MonitorPlan::new(monitor, stored(baseline)).unwrap()
}

/// Seals hour after hour, and keeps what is remembered in between; the outcomes, and the incidents that are left.
fn seal_hours(plan: &MonitorPlan, traffic: &[Traffic], open: Vec<Incident>) -> (Vec<SealOutcome>, Vec<Incident>) {
    let (mut memories, mut open) = (Vec::new(), open);
    let mut outcomes = Vec::new();
    for hour in traffic {
        let seen = panes(plan, std::slice::from_ref(hour));
        let known = SealInput {
            memories: std::mem::take(&mut memories),
            ..input(plan, sealing(hour.hour), &seen, open.clone())
        };
        let outcome = evaluate(plan, known, clock(hour.hour + 1));
        memories.clone_from(&outcome.memories);
        open.retain(|i| !outcome.dropped.contains(&i.key) && !outcome.incidents.iter().any(|o| o.id == i.id));
        open.extend(outcome.incidents.iter().filter(|i| i.state != IncidentState::Resolved).cloned());
        outcomes.push(outcome);
    }
    (outcomes, open)
}

fn score<'a>(outcome: &'a SealOutcome, segment: &SegmentKey, statistic: DriftStatistic) -> &'a Score {
    let verdicts = outcome.windows.iter().filter(|window| window.segment == *segment).flat_map(|w| &w.verdicts);
    let mut verdicts = verdicts.filter(|verdict| verdict.feature.as_str() == "x");
    verdicts.find_map(|verdict| verdict.score(statistic)).unwrap()
}

#[test]
fn a_window_and_its_memory_have_the_variation_of_their_own_length() {
    let all = SegmentKey::all();
    let plan = learnt(remembering(), &all, 1.5, 30.0);
    let (outcomes, _) = seal_hours(&plan, &hours(0..3, 2_000.0), Vec::new());
    let window = score(&outcomes[2], &all, DriftStatistic::Psi);
    // An hour has the hour's; fifteen hours have those of six.
    assert_eq!((window.phi, window.healthy_windows), (Some(1.5), Some(60)));
    assert_eq!(score(&outcomes[2], &all, DriftStatistic::Lasting).phi, Some(30.0));
    let (outcomes, _) = seal_hours(&learnt(remembering(), &all, 1.0, 1.0), &hours(0..3, 2_000.0), Vec::new());
    let by_counts = score(&outcomes[2], &all, DriftStatistic::Psi);
    assert!(0.0 < window.net.unwrap() && window.net < by_counts.net && by_counts.net < by_counts.value);
    assert!(by_counts.p_value < window.p_value);
}

#[test]
fn variation_that_nobody_wants_to_count_does_not() {
    let all = SegmentKey::all();
    let plan = learnt(Monitor { healthy: HealthyUse::Off, ..remembering() }, &all, 1.5, 30.0);
    let (outcomes, open) = seal_hours(&plan, &hours(0..3, 2_000.0), Vec::new());
    for statistic in [DriftStatistic::Psi, DriftStatistic::Lasting] {
        let score = score(&outcomes[2], &all, statistic);
        assert_eq!((score.phi, score.healthy_windows), (Some(1.0), None));
    }
    let evidence = &open[0].features[&"x".into()];
    assert_eq!(evidence.rests_on.as_deref(), Some(crate::words::healthy::NOT_USED));
    assert_eq!(evidence.healthy, None);
}

#[test]
fn a_segment_has_its_own_variation_and_none_of_another() {
    let plan = learnt(split(remembering()), &segment("x"), 8.0, 8.0);
    let both = [hours(0..1, 2_000.0)[0], Traffic { segment: "y", ..hours(0..1, 2_000.0)[0] }];
    let outcome = evaluate(&plan, input(&plan, sealing(0), &panes(&plan, &both), Vec::new()), clock(1));
    let phi = |name| score(&outcome, &segment(name), DriftStatistic::Psi).phi;
    assert_eq!((phi("x"), phi("y")), (Some(8.0), Some(1.0)));
}

#[test]
fn what_only_a_memory_complained_of_ends_by_windows_once_nothing_is_remembered() {
    let (_, open) = seal_hours(&plan_of(remembering()), &hours(0..12, 600.0), Vec::new());
    assert_eq!(open.len(), 1, "{open:?}");
    assert!(open[0].streaks.keys().all(WindowName::is_lasting), "{:?}", open[0].streaks);
    let off = plan_of(Monitor { false_alarms: FalseAlarms::Off, ..remembering() });
    let (_, left) = seal_hours(&off, &hours(12..13, 0.0), open.clone());
    assert_eq!(left.len(), 1, "one good window is not enough");
    let (outcomes, left) = seal_hours(&off, &hours(12..14, 0.0), open.clone());
    assert_eq!((left.len(), events(&outcomes[1])), (0, vec!["resolved"]));
    // The same where the window shape is another one now.
    let mut renamed = remembering();
    let spec = &renamed.windows[0];
    renamed.windows = vec![WindowSpec::new("h", spec.size(), spec.slide(), renamed.pane).unwrap()];
    let (_, left) = seal_hours(&plan_of(renamed), &hours(12..15, 0.0), open);
    assert_eq!(left, []);
}

#[test]
fn a_memory_belongs_to_a_plan_and_to_the_size_of_its_windows() {
    let shape = |plan: &MonitorPlan| crate::RememberedShape::of(plan, &plan.monitor().windows[0], at(30));
    let (hourly, longer) = (plan_of(monitor(&[("w", 1, 1)])), plan_of(monitor(&[("w", 2, 2)])));
    let (one, two) = (shape(&hourly), shape(&longer));
    assert_eq!((&one.window, hourly.hash()), (&two.window, longer.hash()));
    assert_ne!(one.hash, two.hash);
    assert_eq!((one.over_before, two.over_before), (at(29 - 15), at(28 - 30)));
}
