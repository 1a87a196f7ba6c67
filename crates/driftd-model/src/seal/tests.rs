use std::collections::BTreeSet;

use driftd_window::Watermark;
use proptest::prelude::*;

use super::*;
use crate::fixtures::{at, clock, deltas, hours, monitor, panes, plan, segment, split};
use crate::{MonitorSealer, SealTime, Sealer};

/// Day windows every six hours; allowed lateness and idle timeout are an hour.
fn daily() -> Monitor {
    monitor(&[("day", 24, 6)])
}

fn mark(hours: i64) -> PartitionMark {
    PartitionMark::stored(Some(Watermark::at(at(hours))), None)
}

fn pane(hour: i64) -> PaneId {
    daily().pane.pane_of(at(hour))
}

fn view(sealed: Option<i64>, marks: Vec<PartitionMark>, next: Option<i64>, last: Option<i64>) -> SealView {
    SealView {
        sealed_through: sealed.map(at),
        marks,
        next_data: next.map(pane),
        first_data: None,
        last_data: last.map(pane),
        activation: None,
        whole_from: BTreeMap::new(),
    }
}

fn gap(hours: i64) -> SealStep {
    SealStep::Gap { through: at(hours) }
}

fn quiet(hours: i64) -> SealStep {
    SealStep::Quiet { through: at(hours) }
}

#[test]
fn what_was_not_counted_whole_is_passed_over_as_far_as_it_may_be_sealed() {
    let step = |sealed, at, next| {
        next_step(&daily(), &view(sealed, vec![mark(at)], next, None), Some(at_whole()), 1, clock(0))
    };
    let uncounted = |hours| Some(SealStep::Uncounted { through: at(hours) });
    assert_eq!(step(Some(2), 50, Some(2)), uncounted(7), "whatever was counted of it");
    assert_eq!(step(Some(2), 5, Some(2)), uncounted(4), "not beyond what is due");
    assert_eq!(step(Some(2), 3, Some(2)), None);
    assert_eq!(step(None, 50, Some(3)), uncounted(7), "a monitor begins there");
    assert_eq!(step(None, 50, None), None);
    assert_eq!(step(Some(7), 50, Some(7)), Some(SealStep::Pane { pane: pane(7) }), "and from there on it is as ever");
}

fn at_whole() -> EventTime {
    at(7)
}

#[test]
fn every_branch() {
    let m = |hours| vec![mark(hours)];
    let sealing = |hour| SealStep::Pane { pane: pane(hour) };
    for (what, view, expected) in [
        ("nothing known", view(None, vec![], None, None), None),
        ("no records yet", view(None, m(50), None, None), None),
        ("the first pane, lateness not over", view(None, m(2), Some(1), None), None),
        (
            "the first pane, one microsecond short",
            {
                let short = Watermark::at(EventTime::from_micros(at(3).as_micros() - 1));
                view(None, vec![PartitionMark::stored(Some(short), None)], Some(1), None)
            },
            None,
        ),
        ("the first pane", view(None, m(3), Some(1), None), Some(sealing(1))),
        ("the next pane", view(Some(2), m(50), Some(2), Some(1)), Some(sealing(2))),
        ("the next pane, not due", view(Some(2), m(3), Some(2), Some(1)), None),
        ("the frontier is ahead of the mark", view(Some(40), m(3), None, Some(1)), None),
        ("quiet, but the window at 6 holds hour 1", view(Some(2), m(50), None, Some(1)), Some(quiet(6))),
        ("quiet up to the next records", view(Some(2), m(50), Some(9), Some(1)), Some(quiet(6))),
        ("no window ends before the next records", view(Some(2), m(50), Some(4), Some(1)), Some(gap(4))),
        ("no window ends before the mark", view(Some(2), m(6), None, Some(1)), Some(gap(5))),
        ("the last window with records", view(Some(18), m(500), None, Some(1)), Some(quiet(24))),
        ("the first window without", view(Some(24), m(500), None, Some(1)), Some(gap(30))),
        ("then the last one", view(Some(30), m(500), None, Some(1)), Some(gap(498))),
        ("then the rest", view(Some(498), m(500), None, Some(1)), Some(gap(499))),
        ("a gap without any records before", view(Some(2), m(51), None, None), Some(gap(48))),
        ("late records do not hold up", view(Some(30), m(500), Some(3), Some(1)), Some(gap(498))),
    ] {
        assert_eq!(next_step(&daily(), &view, None, 1, clock(0)), expected, "{what}");
    }
}

#[test]
fn a_partition_that_is_not_there_holds_back() {
    let due = view(None, vec![mark(50)], Some(1), None);
    assert_eq!(next_step(&daily(), &due, None, 2, clock(0)), None);
    let silent = view(None, vec![mark(50), PartitionMark::default()], Some(1), None);
    assert_eq!(next_step(&daily(), &silent, None, 2, clock(0)), None);
    let slow = view(None, vec![mark(50), mark(2)], Some(1), None);
    assert_eq!(next_step(&daily(), &slow, None, 2, clock(0)), None);
    assert_ne!(next_step(&daily(), &due, None, 1, clock(0)), None);
}

#[test]
fn when_every_partition_is_idle_the_clock_seals() {
    let mut quiet_now = mark(1);
    quiet_now.reached_end(clock(10));
    let view = view(None, vec![quiet_now], Some(1), None);
    assert_eq!(next_step(&daily(), &view, None, 1, clock(10)), None, "at its end, but not quiet long enough");
    assert_eq!(next_step(&daily(), &view, None, 1, clock(11)), None, "quiet, but nobody has said so");
    quiet_now.reached_end(clock(11));
    let view = SealView { marks: vec![quiet_now], ..view };
    assert_eq!(next_step(&daily(), &view, None, 1, clock(11)), Some(SealStep::Pane { pane: pane(1) }));
}

/// A clock that nobody believes makes no partition idle: neither the only one nor one of several.
#[test]
fn a_doubted_clock_seals_only_what_records_say() {
    let (rules, routing) = (plan(daily()), crate::Routing::default());
    let mut idle = mark(1);
    idle.reached_end(clock(10));
    idle.reached_end(clock(40));
    let step = |marks: Vec<PartitionMark>, time| {
        let view = view(Some(2), marks, None, Some(1));
        let expected = view.marks.len();
        MonitorSealer::new(&rules, expected, &routing, time).decide(&view).map(|order| order.step)
    };
    for marks in [vec![idle], vec![idle, mark(30)]] {
        assert_eq!(step(marks.clone(), SealTime::Clock(clock(40))), Some(quiet(6)));
        assert_eq!(step(marks, SealTime::DoubtedClock(clock(40))), None);
    }
    assert_eq!(step(vec![mark(30), mark(40)], SealTime::DoubtedClock(clock(40))), Some(quiet(6)));
}

#[test]
fn the_ends_of_time_are_no_place_to_overflow() {
    let edge = |micros| vec![PartitionMark::stored(Some(Watermark::at(EventTime::from_micros(micros))), None)];
    let first = view(Some(2), edge(i64::MIN), Some(2), None);
    assert_eq!(next_step(&daily(), &first, None, 1, clock(0)), None);
    let last = SealView {
        sealed_through: Some(EventTime::from_micros(i64::MIN)),
        ..view(None, edge(i64::MAX), None, Some(1))
    };
    assert_ne!(next_step(&daily(), &last, None, 1, clock(0)), None);
}

/// Seals everything up to `mark` as a store would; what was visited, in order.
fn seal_all(monitor: &Monitor, data: &BTreeSet<i64>, mark_at: i64, sealed: &mut Option<i64>) -> Vec<SealStep> {
    let mut steps = Vec::new();
    loop {
        let next = sealed.map_or(data.first(), |s| data.range(s..).next()).copied();
        let last = sealed.and_then(|s| data.range(..s).next_back()).copied();
        let Some(step) = next_step(monitor, &view(*sealed, vec![mark(mark_at)], next, last), None, 1, clock(0)) else {
            return steps;
        };
        let through = step.through(monitor.pane).as_micros() / at(1).as_micros();
        assert!(sealed.is_none_or(|s| s < through), "the frontier must move: {sealed:?}, {step:?}");
        assert!(through < mark_at, "{step:?} is beyond the mark at {mark_at} less an hour");
        match step {
            SealStep::Pane { pane: at_pane } => {
                assert_eq!(at_pane.start(), at(next.unwrap()), "the earliest pane first");
            }
            _ => assert!(sealed.is_some_and(|s| data.range(s..through).next().is_none()), "{step:?} skips records"),
        }
        *sealed = Some(through);
        steps.push(step);
    }
}

/// Ends of windows with records, and the first empty one after each stretch of records, up to `through`.
fn must_visit(monitor: &Monitor, data: &BTreeSet<i64>, through: i64) -> BTreeSet<i64> {
    let span = |micros: i64| micros / at(1).as_micros();
    let mut ends = BTreeSet::new();
    for window in &monitor.windows {
        let (size, slide) = (span(window.size().as_micros()), span(window.slide().as_micros()));
        let holds = |end: i64| data.range(end - size..end).next().is_some();
        let aligned = (0..=through).filter(|end| end % slide == 0);
        ends.extend(aligned.filter(|end| holds(*end) || holds(end - slide)));
    }
    ends
}

proptest! {
    /// Whatever the marks do, the frontier moves forward only, stays behind them, and visits every pane and window.
    #[test]
    fn sealing_misses_nothing_and_never_runs_ahead(
        data in prop::collection::btree_set(0..300_i64, 1..30),
        marks in prop::collection::vec(0..500_i64, 1..20),
        shapes in prop::sample::select(vec![vec![("day", 24, 6)], vec![("hour", 1, 1), ("day", 24, 24)], vec![("odd", 10, 5), ("six", 6, 6)]]),
    ) {
        let monitor = monitor(&shapes);
        let mut sealed = None;
        let mut steps = Vec::new();
        for mark_at in marks {
            steps.extend(seal_all(&monitor, &data, mark_at, &mut sealed));
        }
        let through = sealed.unwrap_or(0);
        let visited: BTreeSet<i64> = steps
            .iter()
            .map(|s| s.through(monitor.pane))
            .map(|end| end.as_micros() / at(1).as_micros())
            .collect();
        let expected = must_visit(&monitor, &data, through);
        prop_assert!(visited.is_superset(&expected), "missed {:?}", expected.difference(&visited));
        let sealed_panes = steps.iter().filter(|s| matches!(s, SealStep::Pane { .. })).count();
        prop_assert_eq!(sealed_panes, data.range(..through).count());
        for step in &steps {
            let SealStep::Gap { through } = step else { continue };
            for window in monitor.windows.iter().filter(|w| w.ends_at(*through)) {
                let start = window.start_of(*through);
                prop_assert!(!data.iter().any(|h| at(*h) >= start && at(*h) < *through), "{:?} is no gap", step);
            }
        }
    }

    /// A stretch without records costs the same however long it is.
    #[test]
    fn a_gap_takes_few_steps(days in 10..40_000_i64) {
        let monitor = monitor(&[("day", 24, 6), ("hour", 1, 1)]);
        let steps = seal_all(&monitor, &BTreeSet::from([0]), days * 24, &mut None);
        prop_assert!(steps.len() <= 1 + 4 + 2 * monitor.windows.len() + 1, "{steps:?}");
    }

    /// The order of deltas and how they were split does not matter.
    #[test]
    fn merging_is_the_sum_of_the_parts(cuts in prop::collection::vec(1..60_usize, 1..8), seed in any::<u64>()) {
        let plan = plan(split(daily()));
        let traffic = |rows| crate::fixtures::Traffic { hour: 3, segment: "x", rows, shift: 0.0 };
        let parts: Vec<_> = cuts.iter().map(|rows| traffic(*rows)).collect();
        let whole = panes(&plan, &parts);
        let mut deltas: Vec<_> = parts.iter().flat_map(|part| deltas(&plan, &[*part])).collect();
        let by = seed as usize % deltas.len();
        deltas.rotate_left(by);
        let merged = merge_deltas(deltas, plan.hash()).unwrap();
        prop_assert_eq!(merged.len(), 1);
        prop_assert_eq!(merged[0].rows, cuts.iter().sum::<usize>() as u64);
        prop_assert!(merged[0].aggregates.iter().zip(&whole[0].aggregates).all(|(a, b)| a.same_counts(b)));
    }
}

#[test]
fn deltas_of_another_plan_are_late_and_never_lost() {
    let plan = plan(split(daily()));
    let mut all = deltas(&plan, &hours(3..4, 0.0));
    let mut foreign = all.clone();
    foreign[0].plan_hash = ContentHash::of(b"another plan");
    let mut elsewhere = foreign.clone();
    elsewhere[0].delta.segment = segment("y");
    all.extend(foreign.into_iter().chain(elsewhere));
    let merged = merge_deltas(all, plan.hash()).unwrap();
    let rows: Vec<_> = merged.iter().map(|p| (p.segment.as_str(), p.rows, p.late_rows)).collect();
    assert_eq!(rows, [("s=x", 200, 200), ("s=y", 0, 200)]);
    assert!(merged[1].aggregates.is_empty());
}

#[test]
fn a_delta_that_lies_about_its_shape_is_an_error() {
    let plan = plan(daily());
    let mut all = deltas(&plan, &hours(3..4, 0.0));
    let mut liar = all[0].clone();
    liar.delta.aggregates.pop();
    all.push(liar);
    let error = merge_deltas(all, plan.hash()).unwrap_err().to_string();
    assert!(error.contains("2 features") && error.contains("1 features"), "{error}");
}

#[test]
fn a_sealer_asks_for_no_more_history_than_ends_with_the_step() {
    let plan = plan(monitor(&[("hour", 1, 1), ("day", 24, 6)]));
    let routing = crate::Routing::default();
    let sealer = MonitorSealer::new(&plan, 1, &routing, SealTime::Replay);
    let order = |step| sealer.order(step, &SealView::default());
    let history = |step| order(step).history();
    // A week before stands beside it, and a day before within it.
    assert_eq!(history(SealStep::Pane { pane: pane(30) }), [(at(-138), at(-137)), (at(30), at(31))]);
    assert_eq!(history(SealStep::Pane { pane: pane(35) }), [(at(-156), at(-132)), (at(12), at(36))]);
    assert_eq!((history(quiet(36)), history(gap(36))), (vec![(at(-156), at(-132)), (at(12), at(36))], vec![]));
    // A replay happens when the live daemon could first have sealed: lateness is an hour.
    assert_eq!(order(quiet(36)).now, clock(37));
}
