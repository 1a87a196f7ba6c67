mod alarms;

use driftd_stats::DriftStatistic;
use driftd_window::{EventTime, PaneId};
use proptest::prelude::*;

use super::*;
use crate::evaluate_range;
use crate::fixtures::{Traffic, at, clock, hours, monitor, panes, plan, segment, split};
use crate::{ContentHash, Outcome, ReceiverName, SealedPane, Severity, SilenceId, Suppressed, Transition};

fn pane(hour: i64) -> PaneId {
    monitor(&[]).pane.pane_of(at(hour))
}

fn sealing(hour: i64) -> SealStep {
    SealStep::Pane { pane: pane(hour) }
}

fn input(plan: &MonitorPlan, step: SealStep, panes: &[SealedPane], incidents: Vec<Incident>) -> SealInput {
    let mut counts = SealCounts::for_step(plan, step);
    for pane in panes {
        counts.add(plan, pane);
    }
    SealInput {
        step,
        counts: counts.complete(plan),
        first_data: None,
        whole_from: None,
        memories: Vec::new(),
        alarms: AlarmCount::default(),
        incidents,
        silences: Vec::new(),
    }
}

fn muting(matchers: &[&str]) -> Silence {
    Silence {
        id: SilenceId(1),
        matchers: matchers.iter().map(|m| m.parse().unwrap()).collect(),
        starts_at: clock(0),
        ends_at: clock(1_000),
        author: "ana".into(),
        comment: "deploy".into(),
    }
}

fn routing() -> Routing {
    Routing::to(vec![receiver()])
}

fn receiver() -> ReceiverName {
    "pager".parse().unwrap()
}

/// Evaluates with everybody told at the pager.
fn evaluate(plan: &MonitorPlan, input: SealInput, now: Timestamp) -> SealOutcome {
    super::evaluate(plan, &routing(), input, now)
}

fn told(outcome: &SealOutcome) -> Vec<(IncidentKind, &'static str)> {
    outcome.notifications.iter().map(|n| (n.incident.key.kind, n.reason.as_str())).collect()
}

/// What happened to incidents, without who was told of it.
fn events(outcome: &SealOutcome) -> Vec<&'static str> {
    let life = outcome.events.iter().filter(|e| !matches!(e.transition, Transition::Notified { .. }));
    life.map(|e| e.transition.as_str()).collect()
}

/// Seals `traffic` pane by pane, up to each of `steps`, and keeps the unresolved incidents in between.
fn run(plan: &MonitorPlan, traffic: &[Traffic], steps: &[SealStep]) -> Vec<SealOutcome> {
    let all = panes(plan, traffic);
    let mut open: Vec<Incident> = Vec::new();
    steps
        .iter()
        .map(|step| {
            let end = step.through(plan.monitor().pane);
            let seen: Vec<SealedPane> = all.iter().filter(|p| p.pane.start() < end).cloned().collect();
            let now = Timestamp::from_micros(end.as_micros());
            let outcome = evaluate(plan, input(plan, *step, &seen, open.clone()), now);
            open.retain(|i| !outcome.dropped.contains(&i.key) && !outcome.incidents.iter().any(|o| o.id == i.id));
            open.extend(outcome.incidents.iter().filter(|i| crate::needs_reconciling(i)).cloned());
            outcome
        })
        .collect()
}

#[test]
fn windows_are_evaluated_where_they_end() {
    let plan = plan(monitor(&[("two", 2, 2), ("four", 4, 2)]));
    let traffic = hours(0..6, 0.0);
    let outcomes = run(&plan, &traffic, &(0..6).map(sealing).collect::<Vec<_>>());
    let windows: Vec<(String, EventTime, EventTime, u64, f64)> = outcomes
        .iter()
        .flat_map(|o| &o.windows)
        .map(|w| (w.window.name.to_string(), w.start, w.window.end, w.rows, w.coverage))
        .collect();
    assert_eq!(
        windows,
        [
            ("two".into(), at(0), at(2), 400, 1.0),
            ("four".into(), at(-2), at(2), 400, 0.5),
            ("two".into(), at(2), at(4), 400, 1.0),
            ("four".into(), at(0), at(4), 800, 1.0),
            ("two".into(), at(4), at(6), 400, 1.0),
            ("four".into(), at(2), at(6), 800, 1.0),
        ]
    );
    assert!(outcomes.iter().all(|o| o.incidents.is_empty() && o.events.is_empty()));
}

#[test]
fn a_window_that_has_hardly_begun_opens_nothing() {
    let plan = plan(monitor(&[("six", 6, 1)]));
    let outcomes = run(&plan, &hours(0..4, 5_000.0), &(0..4).map(sealing).collect::<Vec<_>>());
    let judged: Vec<Outcome> = outcomes.iter().flat_map(|o| &o.windows).map(|w| w.outcome).collect();
    assert_eq!(judged, [Outcome::Critical; 4], "judged and stored from the first hour on");
    let opened: Vec<usize> = outcomes.iter().map(|o| o.incidents.len()).collect();
    assert_eq!(opened, [0, 0, 1, 1], "but heard only once half of it lies after the first record");
    // Hours sealed long before this step count as well, though the window does not reach back to them.
    let seen = panes(&plan, &hours(0..1, 5_000.0));
    let old = SealInput { first_data: Some(pane(-100)), ..input(&plan, sealing(0), &seen, Vec::new()) };
    assert_eq!(evaluate(&plan, old, clock(1)).incidents.len(), 1);
}

#[test]
fn what_was_passed_over_is_not_heard_of() {
    let plan = plan(monitor(&[("six", 6, 1)]));
    let seen = panes(&plan, &hours(0..1, 5_000.0));
    let since = |whole: Option<i64>, step| {
        let first_data = Some(pane(-100));
        let input = SealInput { first_data, whole_from: whole.map(at), ..input(&plan, step, &seen, Vec::new()) };
        evaluate(&plan, input, clock(1)).incidents.len()
    };
    let found = [None, Some(-2), Some(-1)].map(|whole| since(whole, sealing(0)));
    assert_eq!(found, [1, 1, 0], "half of a window has to have been counted");
    let gap = SealStep::Gap { through: at(10) };
    assert_eq!([None, Some(7), Some(8)].map(|whole| since(whole, gap)), [1, 1, 0]);
    assert_eq!(since(None, SealStep::Uncounted { through: at(10) }), 0);
}

#[test]
fn the_whole_population_is_the_sum_of_its_segments() {
    let plan = plan(split(monitor(&[("two", 2, 2)])));
    let part = |hour, segment, rows, shift| Traffic { hour, segment, rows, shift };
    let traffic = [part(0, "x", 300, 0.0), part(1, "y", 200, 5_000.0), part(1, "z", 100, 0.0)];
    let outcome = run(&plan, &traffic, &[sealing(1)]).remove(0);
    let rows: Vec<_> = outcome.windows.iter().map(|w| (w.segment.to_string(), w.rows, w.outcome)).collect();
    assert_eq!(
        rows,
        [
            ("all".into(), 600, Outcome::Warning),
            // The baseline has no records of the overflow segment: its rows are counted, but there is nothing to compare.
            ("(other)".into(), 100, Outcome::NotComparable),
            ("s=x".into(), 300, Outcome::Stable),
            ("s=y".into(), 200, Outcome::Critical),
        ]
    );
    assert_eq!((outcome.windows[0].coverage, outcome.windows[3].coverage), (1.0, 0.5));
    let opened: Vec<_> = outcome.incidents.iter().map(|i| (i.key.segment.clone(), i.severity, i.state)).collect();
    assert_eq!(
        opened,
        [
            (SegmentKey::all(), Severity::Warning, IncidentState::Pending),
            (segment("y"), Severity::Critical, IncidentState::Open),
        ]
    );
}

#[test]
fn a_range_is_judged_like_the_window_it_is() {
    let plan = plan(split(monitor(&[("two", 2, 2)])));
    let traffic = [Traffic { hour: 0, segment: "x", rows: 300, shift: 1_500.0 }, hours(1..2, 0.0)[0]];
    let sealed = panes(&plan, &traffic);
    let window = evaluate(&plan, input(&plan, sealing(1), &sealed, Vec::new()), clock(2)).windows;
    let range = evaluate_range(&plan, at(0), at(2), &sealed);
    assert_eq!(range.len(), window.len());
    for (r, w) in range.iter().zip(&window) {
        assert_eq!((&r.segment, r.rows, r.coverage, &r.verdicts), (&w.segment, w.rows, w.coverage, &w.verdicts));
    }
}

#[test]
fn panes_of_another_plan_are_left_out_and_are_no_silence() {
    let plan = plan(monitor(&[("two", 2, 2)]));
    let mut sealed = panes(&plan, &hours(0..2, 0.0));
    sealed[0].plan_hash = ContentHash::of(b"another");
    let half = evaluate(&plan, input(&plan, sealing(1), &sealed, Vec::new()), clock(2));
    assert_eq!((half.windows[0].rows, half.windows[0].coverage), (200, 0.5));
    sealed[1].plan_hash = ContentHash::of(b"another");
    let none = evaluate(&plan, input(&plan, sealing(1), &sealed, Vec::new()), clock(2));
    assert_eq!((none.windows[0].rows, none.windows[0].outcome), (0, Outcome::InsufficientData));
    assert_eq!((none.incidents.len(), none.events.len()), (0, 0));
    // A pane that claims the plan's hash without its shape is left out as well.
    let mut liar = panes(&plan, &hours(0..2, 0.0));
    liar[0].aggregates.pop();
    assert_eq!(evaluate(&plan, input(&plan, sealing(1), &liar, Vec::new()), clock(2)).windows[0].rows, 200);
}

#[test]
fn drift_opens_escalates_and_resolves() {
    let plan = plan(monitor(&[("two", 2, 2)]));
    let mut traffic = hours(0..4, 1_500.0);
    traffic.extend(hours(4..6, 5_000.0));
    traffic.extend(hours(6..10, 0.0));
    let steps: Vec<SealStep> = (0..10).map(sealing).collect();
    let outcomes = run(&plan, &traffic, &steps);
    let history: Vec<_> = outcomes.iter().flat_map(events).collect();
    assert_eq!(history, ["pended", "opened", "escalated", "resolved"]);
    let heard: Vec<_> = outcomes.iter().flat_map(told).collect();
    assert_eq!(heard, ["opened", "escalated", "resolved"].map(|reason| (IncidentKind::Drift, reason)));
    let last = outcomes[9].incidents.last().unwrap();
    assert_eq!((last.state, last.severity, last.windows), (IncidentState::Resolved, Severity::Critical, 3));
    assert_eq!(last.worst_features()[0].statistic, DriftStatistic::Ks);
    let keys: BTreeSet<_> = outcomes.iter().flat_map(|o| &o.notifications).map(|n| &n.key).collect();
    assert_eq!(keys.len(), 3, "every decision has a key of its own");
}

#[test]
fn a_repeated_seal_decides_the_same_under_the_same_keys() {
    let plan = plan(monitor(&[("two", 2, 2)]));
    let sealed = panes(&plan, &hours(0..2, 5_000.0));
    let first = evaluate(&plan, input(&plan, sealing(1), &sealed, Vec::new()), clock(3));
    assert_eq!(first, evaluate(&plan, input(&plan, sealing(1), &sealed, Vec::new()), clock(3)));
    let later = evaluate(&plan, input(&plan, sealing(1), &sealed, Vec::new()), clock(4));
    assert_eq!(first.notifications.len(), 1);
    assert_eq!(first.notifications[0].key, later.notifications[0].key);
    assert_eq!(first.incidents[0].id, later.incidents[0].id);
}

#[test]
fn a_silence_mutes_people_not_the_incident() {
    let plan = plan(monitor(&[("two", 2, 2)]));
    let sealed = panes(&plan, &hours(0..2, 5_000.0));
    let loud = evaluate(&plan, input(&plan, sealing(1), &sealed, Vec::new()), clock(2));
    let with = |silence| {
        let silences = vec![silence];
        evaluate(&plan, SealInput { silences, ..input(&plan, sealing(1), &sealed, Vec::new()) }, clock(2))
    };
    let mute = with(muting(&["monitor=flights", "severity=critical"]));
    let life = |outcome: &SealOutcome| (outcome.incidents[0].state, outcome.incidents[0].streaks.clone());
    assert_eq!((life(&mute), &mute.windows), (life(&loud), &loud.windows));
    assert_eq!((events(&mute), told(&mute)), (vec!["pended", "opened", "suppressed"], vec![]));
    let silenced: Vec<_> = mute.events.iter().map(|e| (e.transition.as_str(), e.silenced)).collect();
    assert_eq!(silenced, [("pended", false), ("opened", true), ("suppressed", false)]);
    assert_eq!(mute.incidents[0].suppressed, Some(Suppressed::Silenced { silence: SilenceId(1) }));
    assert_eq!(with(muting(&["kind=no_data"])), loud);
    let over = Silence { ends_at: clock(2), ..muting(&["monitor=flights"]) };
    assert_eq!(with(over), loud);
}

#[test]
fn a_gap_is_one_run_of_no_data() {
    let plan = plan(monitor(&[("two", 2, 2), ("day", 24, 6)]));
    let traffic: Vec<Traffic> = hours(0..2, 0.0).into_iter().chain(hours(8_772..8_776, 0.0)).collect();
    let gap = |hours| SealStep::Gap { through: at(hours) };
    let steps = [sealing(0), sealing(1), gap(3), gap(4), gap(8_772)];
    let outcomes = run(&plan, &traffic, &steps);
    assert_eq!((events(&outcomes[2]), outcomes[2].windows.len()), (vec![], 0), "no window ends at three o'clock");
    assert_eq!(told(&outcomes[3]), [(IncidentKind::NoData, "opened")]);
    assert_eq!(outcomes[3].incidents[0].first_seen, at(2));
    // Both shapes end with the gap: the one incident goes on.
    assert_eq!((outcomes[4].incidents.len(), outcomes[4].windows.len()), (1, 0));
    assert_eq!(outcomes[4].incidents[0].id, outcomes[3].incidents[0].id);
    assert_eq!(told(&outcomes[4]), [(IncidentKind::NoData, "repeated")]);

    let back = run(&plan, &traffic, &[&steps[..], &(8_772..8_776).map(sealing).collect::<Vec<_>>()].concat());
    // Two good windows of the short shape; the long one ends at 8778 and has not yet agreed.
    let news = |outcome: &SealOutcome| told(outcome).iter().any(|(_, reason)| *reason != "repeated");
    assert!(!back.iter().skip(5).any(news));
}

#[test]
fn records_after_a_silence_end_it() {
    let plan = plan(monitor(&[("two", 2, 2)]));
    let traffic: Vec<Traffic> = hours(0..2, 0.0).into_iter().chain(hours(6..10, 0.0)).collect();
    let steps: Vec<SealStep> =
        [sealing(0), sealing(1), SealStep::Gap { through: at(4) }, SealStep::Gap { through: at(6) }]
            .into_iter()
            .chain((6..10).map(sealing))
            .collect();
    let history: Vec<_> = run(&plan, &traffic, &steps).iter().flat_map(told).map(|(_, reason)| reason).collect();
    // Four hours after it opened it is told again, whatever the windows say meanwhile.
    assert_eq!(history, ["opened", "repeated", "resolved"]);
}

#[test]
fn the_order_of_window_shapes_does_not_decide_whether_an_incident_ends() {
    let mut traffic = hours(0..22, 5_000.0);
    traffic.extend(hours(22..24, 0.0));
    for shapes in [[("hour", 1, 1), ("day", 24, 24)], [("day", 24, 24), ("hour", 1, 1)]] {
        let plan = plan(monitor(&shapes));
        let outcomes = run(&plan, &traffic, &(0..24).map(sealing).collect::<Vec<_>>());
        let changes: Vec<_> = outcomes.iter().flat_map(events).filter(|e| *e != "notified").collect();
        // At midnight the second good hour would end what the first bad day goes on with.
        assert_eq!(changes, ["pended", "opened"], "{shapes:?}");
        assert!(outcomes[23].incidents.iter().all(|i| i.state == IncidentState::Open));
    }
}

#[test]
fn nothing_is_written_for_incidents_that_did_not_change() {
    let plan = plan(monitor(&[("two", 2, 2), ("four", 4, 4)]));
    let sealed = panes(&plan, &hours(0..2, 5_000.0));
    let open = evaluate(&plan, input(&plan, sealing(1), &sealed, Vec::new()), clock(2)).incidents;
    let short = panes(&plan, &[Traffic { hour: 3, segment: "x", rows: 10, shift: 0.0 }]);
    let unknown = evaluate(&plan, input(&plan, sealing(3), &short, open), clock(4));
    assert_eq!(unknown.windows.len(), 2);
    assert_eq!((unknown.incidents, unknown.events, unknown.dropped), (vec![], vec![], vec![]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Events are well formed for any traffic: told only after opened, nothing after resolved, keys never twice.
    #[test]
    fn any_traffic_tells_a_consistent_story(shifts in prop::collection::vec(prop::option::of(prop::sample::select(vec![0.0, 1_500.0, 5_000.0])), 2..30)) {
        let plan = plan(monitor(&[("two", 2, 2), ("four", 4, 2)]));
        let mut traffic = hours(0..1, 0.0);
        let mut steps = vec![sealing(0)];
        for (hour, shift) in (1..).zip(&shifts) {
            match shift {
                Some(shift) => {
                    traffic.extend(hours(hour..hour + 1, *shift));
                    steps.push(sealing(hour));
                }
                None => steps.push(SealStep::Quiet { through: at(hour + 1) }),
            }
        }
        let outcomes = run(&plan, &traffic, &steps);
        let mut opened = BTreeMap::new();
        for event in outcomes.iter().flat_map(|o| &o.events) {
            let state = opened.entry(event.incident.clone()).or_insert(None);
            match event.transition {
                Transition::Pended => prop_assert_eq!(*state, None),
                Transition::Opened { .. } => prop_assert_eq!(*state, Some(false)),
                // The end of an incident is told after it.
                Transition::Notified { .. } if state.is_none() => continue,
                _ => prop_assert_eq!(*state, Some(true)),
            }
            *state = match event.transition {
                Transition::Pended => Some(false),
                Transition::Resolved { .. } => None,
                _ => Some(true),
            };
        }
        let keys: Vec<_> = outcomes.iter().flat_map(|o| &o.notifications).map(|n| n.key.as_str()).collect();
        let distinct: BTreeSet<_> = keys.iter().collect();
        prop_assert_eq!(distinct.len(), keys.len());
    }
}
