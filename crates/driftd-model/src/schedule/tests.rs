use driftd_window::{EventTime, PaneId, Span};

use super::*;
use crate::{BaselineRef, CountedOn, MonitorSealer, Routing, SealTime, SealView, Sealer, fixtures};

fn hour(hours: i64) -> EventTime {
    EventTime::from_micros(hours * 3_600_000_000)
}

fn activation(since: i64, reference: &str) -> Activation {
    Activation { since: hour(since), reference: reference.parse().unwrap() }
}

fn origins(activations: &[Activation], sealed_through: Option<i64>) -> Vec<String> {
    let width = PaneWidth::new(Span::from_hours(1)).unwrap();
    let origins = PlanSchedule::needed_origins(activations, sealed_through.map(hour), width);
    let shown = origins.iter().map(|origin| match origin {
        PlanOrigin::Configured => "configured".to_owned(),
        PlanOrigin::Activated(activation) => activation.reference.to_string(),
    });
    shown.collect()
}

#[test]
fn what_is_needed_is_what_open_panes_fall_under() {
    assert_eq!(origins(&[], None), ["configured"]);
    assert_eq!(origins(&[], Some(5)), ["configured"]);
    let two = [activation(10, "a@v1"), activation(20, "a@v2")];
    assert_eq!(origins(&two, None), ["configured", "a@v1", "a@v2"]);
    assert_eq!(origins(&two, Some(9)), ["configured", "a@v1", "a@v2"]);
    assert_eq!(origins(&two, Some(10)), ["a@v1", "a@v2"]);
    assert_eq!(origins(&two, Some(19)), ["a@v1", "a@v2"]);
    assert_eq!(origins(&two, Some(20)), ["a@v2"]);
    let width = PaneWidth::new(Span::from_hours(1)).unwrap();
    let first = [Activation { since: width.earliest(), ..activation(0, "a@v1") }];
    assert_eq!(origins(&first, None), ["a@v1"], "the configured one need not even exist");
}

/// The plans of three origins that begin at hours 10 and 20.
fn schedule() -> PlanSchedule {
    let plan = fixtures::plan(fixtures::monitor(&[("hour", 1, 1)]));
    let stored = |reference: &str| StoredBaseline {
        reference: reference.parse().unwrap(),
        hash: crate::ContentHash::of(reference.as_bytes()),
        ..plan.baseline().clone()
    };
    let under = |since, reference: &str| (PlanOrigin::Activated(activation(since, reference)), stored(reference));
    let before = vec![(PlanOrigin::Configured, stored("a@v1")), under(10, "a@v2")];
    PlanSchedule::bind(plan.monitor(), before, under(20, "a@v3")).unwrap()
}

#[test]
fn every_instant_has_one_plan() {
    let schedule = schedule();
    for (at, expected) in
        [(-1_000_000, "a@v1"), (9, "a@v1"), (10, "a@v2"), (19, "a@v2"), (20, "a@v3"), (1_000_000, "a@v3")]
    {
        let holding: Vec<BaselineRef> = schedule
            .plans()
            .filter(|plan| plan.reducer().validity.contains(hour(at)))
            .map(|plan| plan.baseline().reference.clone())
            .collect();
        assert_eq!(holding, [expected.parse().unwrap()], "at {at}");
    }
    assert_eq!(schedule.newest().baseline().reference, "a@v3".parse().unwrap());
    let hashes: std::collections::BTreeSet<_> = schedule.plans().map(|plan| plan.hash()).collect();
    assert_eq!(hashes.len(), 3);
}

#[test]
fn windows_are_judged_by_the_plan_of_their_last_pane() {
    let (schedule, routing) = (schedule(), Routing::default());
    let sealer = MonitorSealer::of(&schedule, 1, &routing, SealTime::Replay);
    let judged = |end| {
        let order = sealer.order(crate::SealStep::Quiet { through: hour(end) }, &SealView::default());
        order.baseline().reference.to_string()
    };
    assert_eq!(
        [9, 10, 11, 20, 21].map(judged),
        ["a@v1", "a@v1", "a@v2", "a@v2", "a@v3"],
        "a window that ends where another origin begins belongs to the one before"
    );
}

#[test]
fn whoever_does_not_know_the_newest_activation_seals_nothing() {
    let (schedule, routing) = (schedule(), Routing::default());
    let sealer = MonitorSealer::of(&schedule, 1, &routing, SealTime::ReplayEnd);
    let next_data = Some(PaneId::from_stored(hour(3)));
    let view = |activation| SealView { next_data, activation, ..SealView::default() };
    let step = crate::SealStep::Pane { pane: PaneId::from_stored(hour(3)) };
    assert_eq!(sealer.decide(&view(Some(activation(20, "a@v3")))).map(|order| order.step), Some(step));
    for unknown in [None, Some(activation(20, "a@v4")), Some(activation(30, "a@v3"))] {
        assert!(sealer.decide(&view(unknown)).is_none());
    }
    let alone = fixtures::plan(fixtures::monitor(&[("hour", 1, 1)]));
    let sealer = MonitorSealer::new(&alone, 1, &routing, SealTime::ReplayEnd);
    let asked = sealer.decide(&view(Some(activation(30, "a@v3")))).map(|order| order.step);
    assert_eq!(asked, Some(step), "a replay asks nobody");
}

#[test]
fn a_plan_gives_way_to_a_newer_activation_only() {
    let on = |known: Option<Activation>| CountedOn {
        monitor: "m".parse().unwrap(),
        pane: PaneId::from_stored(hour(15)),
        activation: known,
    };
    let found = activation(10, "a@v2");
    assert!(on(None).is_superseded_by(&found));
    assert!(on(Some(activation(5, "a@v2"))).is_superseded_by(&found));
    assert!(on(Some(activation(10, "a@v3"))).is_superseded_by(&found), "the word about a pane was replaced");
    assert!(!on(Some(found.clone())).is_superseded_by(&found));
    assert!(!on(Some(activation(20, "a@v3"))).is_superseded_by(&found), "a late record");
}
