use driftd_stats::DriftStatistic;
use driftd_window::EventTime;
use proptest::prelude::*;

use super::*;
use crate::fixtures::{
    Traffic, at, baseline, categorical, hours, monitor, panes, plan, segment, split, stored, texts, uniform,
};
use crate::{Baseline, MonitorPlan, Reason, SegmentBaseline, StoredBaseline, evaluate_range};

/// The panes of these hours, counted for `plan`.
fn past(plan: &MonitorPlan, others: &[MonitorPlan], (from, to): (i64, i64), panes: &[SealedPane]) -> PastCounts {
    let range: (EventTime, EventTime) = (at(from), at(to));
    let stretches = Stretches::of(plan.monitor().pane, [range]).unwrap();
    let mut counts = PastCounts::new(Arc::new(plan.clone()), others, stretches);
    for pane in panes.iter().filter(|pane| pane.pane.start() >= range.0 && pane.pane.start() < range.1) {
        counts.add(pane);
    }
    counts.complete()
}

fn split_plan() -> MonitorPlan {
    plan(split(monitor(&[("hour", 1, 1)])))
}

/// Two segments, one of which moves in its second half.
fn traffic() -> Vec<Traffic> {
    let y = |hour, shift| Traffic { hour, segment: "y", rows: 120, shift };
    (0..4)
        .flat_map(|hour| hours(hour..hour + 1, 0.0).into_iter().chain([y(hour, if hour < 2 { 0.0 } else { 3_000.0 })]))
        .collect()
}

/// The same baseline under another version, after `change`.
fn second(change: impl FnOnce(&mut Baseline)) -> StoredBaseline {
    let mut changed = baseline();
    changed.source = "retrained.parquet".into();
    change(&mut changed);
    StoredBaseline { reference: "base@v2".parse().unwrap(), ..stored(changed) }
}

/// Halves of `x` counted in bins of other values; the counts are those of the training data again.
fn with_other_bins(known: &mut Baseline) {
    let x = crate::fixtures::numeric("x", (0..5_000).map(f64::from).collect());
    for SegmentBaseline { aggregates, .. } in &mut known.segments {
        aggregates[0] = x.aggregate.clone();
    }
    known.features[0] = x;
}

#[test]
fn a_range_that_was_a_window_comes_to_the_verdict_of_the_window() {
    let plan = split_plan();
    let sealed = panes(&plan, &traffic());
    let range: Vec<SealedPane> = sealed.iter().filter(|pane| pane.pane.start() >= at(1)).cloned().collect();
    let own = evaluate_range(&plan, at(1), at(4), &range);
    let counts = past(&plan, &[], (1, 4), &sealed);
    for window in own {
        let mut judged = judge_past(&counts, None, &window.segment).unwrap();
        for (verdict, own) in judged.verdicts.iter_mut().zip(&window.verdicts) {
            verdict.moved.clone_from(&own.moved);
        }
        assert_eq!(judged, window);
    }
    assert_eq!(judge_past(&counts, None, &segment("nobody")), None);
}

#[test]
fn a_range_does_not_differ_from_itself() {
    let plan = split_plan();
    let counts = past(&plan, &[], (0, 4), &panes(&plan, &traffic()));
    for segment in [SegmentKey::all(), segment("x"), segment("y")] {
        let judged = judge_past(&counts, Some(&counts), &segment).unwrap();
        assert_eq!(judged.outcome, Outcome::Stable);
        assert_eq!(judged.verdicts.len(), 2);
        for verdict in &judged.verdicts {
            assert_eq!((verdict.baseline, verdict.moved.len()), (verdict.window, 0));
            assert!(
                verdict.scores.iter().all(|score| score.effect().is_none_or(|effect| effect.abs() < 1e-9)),
                "{verdict:?}"
            );
        }
    }
}

#[test]
fn two_ranges_differ_by_what_moved_between_them() {
    let plan = split_plan();
    let sealed = panes(&plan, &traffic());
    let (before, after) = (past(&plan, &[], (0, 2), &sealed), past(&plan, &[], (2, 4), &sealed));
    let outcome =
        |segment: &str| judge_past(&after, Some(&before), &crate::fixtures::segment(segment)).unwrap().outcome;
    assert_eq!((outcome("x"), outcome("y")), (Outcome::Stable, Outcome::Critical));
    let y = judge_past(&after, Some(&before), &segment("y")).unwrap();
    let x = &y.verdicts[0];
    assert_eq!(x.moved.len(), 4, "three bins are empty now, and one has what was in them");
    assert_eq!((x.baseline.rows, x.window.rows, y.rows), (240, 240, 240));
    // Nothing of either range was in the training data by its own name: what is new since the first of them counts.
    let out = x.score(DriftStatistic::OutOfRange).unwrap();
    assert_eq!((out.baseline_share, out.value), (Some(0.0), Some(0.3)));
    assert!(out.p_value.unwrap() < 1e-10);
    assert_eq!(judge_past(&after, Some(&past(&plan, &[], (9, 12), &sealed)), &segment("y")), None);
}

#[test]
fn strangers_of_both_ranges_are_no_news() {
    let mut judged = monitor(&[("hour", 1, 1)]);
    judged.judge.judged = [DriftStatistic::Unseen].into();
    let plan = plan(judged);
    let mut sealed = panes(&plan, &hours(0..2, 0.0));
    for pane in &mut sealed {
        pane.aggregates[1] = texts(&categorical("c"), &[("a", 100), ("new", 100)]);
    }
    let (before, after) = (past(&plan, &[], (0, 1), &sealed), past(&plan, &[], (1, 2), &sealed));
    let outcome = |before| {
        let judged = judge_past(&after, before, &SegmentKey::all()).unwrap();
        judged.verdicts[1].score(DriftStatistic::Unseen).unwrap().outcome
    };
    assert_eq!((outcome(None), outcome(Some(&before))), (Some(Outcome::Critical), Some(Outcome::Stable)));
}

#[test]
fn another_baseline_is_held_against_what_was_counted_in_its_bins() {
    let first = split_plan();
    let second = MonitorPlan::new(first.monitor().clone(), second(with_other_bins)).unwrap();
    assert_ne!(first.hash(), second.hash());
    let sealed = panes(&first, &traffic());
    let blind = past(&second, &[], (0, 4), &sealed);
    assert_eq!((blind.tally().rows, blind.tally().foreign_rows), (0, 1280));
    let counts = past(&second, std::slice::from_ref(&first), (0, 4), &sealed);
    assert_eq!((counts.tally().rows, counts.tally().foreign_rows), (1280, 0));
    let x = counts.left_out().get(&"x".into()).unwrap();
    insta::assert_snapshot!(x, @"counted in other bins: records of the range were in those of base@v1, which are not the same");
    let judged = judge_past(&counts, None, &SegmentKey::all()).unwrap();
    let names: Vec<&str> = judged.verdicts.iter().map(|verdict| verdict.feature.as_str()).collect();
    assert_eq!(names, ["c"], "it has the same names in both");
    // Of two ranges nothing is compared that one of them has in other bins.
    let own = past(&second, &[first], (4, 6), &panes(&second, &hours(4..6, 0.0)));
    assert!(own.left_out().is_empty());
    assert_eq!(judge_past(&own, Some(&counts), &SegmentKey::all()).unwrap().verdicts.len(), 1);
}

#[test]
fn a_range_over_a_change_of_baseline_adds_up_what_was_the_same() {
    let first = split_plan();
    let third = second(|known| known.features.push(uniform("z")));
    let mut known = third.baseline.as_ref().clone();
    for part in &mut known.segments {
        part.aggregates.push(uniform("z").aggregate);
    }
    let third = StoredBaseline { reference: third.reference.clone(), ..stored(known) };
    let third = MonitorPlan::new(first.monitor().clone(), third).unwrap();
    let mut sealed = panes(&first, &hours(0..2, 0.0));
    let grown = panes(&first, &hours(2..4, 0.0)).into_iter().map(|pane| SealedPane {
        plan_hash: third.hash().clone(),
        aggregates: pane.aggregates.iter().chain([&pane.aggregates[0]]).cloned().collect(),
        ..pane
    });
    sealed.extend(grown);
    let counts = past(&third, &[first], (0, 4), &sealed);
    assert_eq!(counts.counts(&SegmentKey::all(), &"x".into()).map(FeatureAggregate::rows), Some(800));
    assert_eq!(counts.counts(&SegmentKey::all(), &"z".into()), None, "half of it is not all");
    insta::assert_snapshot!(counts.left_out().get(&"z".into()).unwrap(), @"not counted: base@v1, for which records of the range were, has no such feature");
}

#[test]
fn what_is_in_the_rest_of_one_plan_is_not_missed_in_another() {
    let first = split_plan();
    let fewer = second(|known| {
        known.segments.pop();
    });
    let fewer = MonitorPlan::new(first.monitor().clone(), fewer).unwrap();
    let mut sealed = panes(&first, &traffic());
    let own = panes(&fewer, &traffic()).into_iter().filter(|pane| pane.pane.start() >= at(2));
    sealed.retain(|pane| pane.pane.start() < at(2));
    sealed.extend(own);
    let counts = past(&first, &[fewer], (0, 4), &sealed);
    assert_eq!(counts.rows(&SegmentKey::all()), 1280, "the whole population is the same in both");
    assert_eq!(counts.rows(&segment("x")), 800);
    assert_eq!(counts.left_out_segments(), [SegmentKey::overflow(), segment("y")]);
    assert_eq!(judge_past(&counts, None, &segment("y")), None);
}

#[test]
fn what_is_not_in_the_counts_is_told() {
    let plan = split_plan();
    let mut sealed = panes(&plan, &traffic());
    sealed[0].late_rows = 7;
    sealed[1].plan_hash = crate::ContentHash::of(b"another configuration");
    sealed[2].aggregates.pop();
    let counts = past(&plan, &[], (0, 9), &sealed);
    let PastTally { rows, late_rows, foreign_rows, panes } = counts.tally();
    assert_eq!((rows + foreign_rows, late_rows), (1280, 7));
    assert_eq!(foreign_rows, sealed[1].rows + sealed[2].rows, "what lies about its plan is none of it");
    assert_eq!(panes.map(|(first, last)| (first.start(), last.start())), Some((at(0), at(3))));
    assert!((counts.coverage(&SegmentKey::all()) - 4.0 / 9.0).abs() < 1e-12);
}

#[test]
fn an_empty_range_has_no_verdict() {
    let plan = split_plan();
    let counts = past(&plan, &[], (100, 200), &[]);
    assert_eq!(judge_past(&counts, None, &SegmentKey::all()), None);
    assert_eq!(judge_past(&counts, Some(&counts), &SegmentKey::all()), None);
    assert_eq!((counts.tally(), counts.segments().count()), (PastTally::default(), 0));
}

#[test]
fn few_records_are_no_verdict() {
    let plan = split_plan();
    let mut few = traffic();
    few.truncate(2);
    few[0].rows = 20;
    let sealed = panes(&plan, &few);
    let counts = past(&plan, &[], (0, 4), &sealed);
    let judged = judge_past(&counts, None, &segment("x")).unwrap();
    assert_eq!(judged.outcome, Outcome::InsufficientData);
    assert_eq!(judged.verdicts[0].reason, Some(Reason::TooFewRows { found: 20, needed: 50 }));
}

proptest! {
    #[test]
    fn neighbouring_ranges_add_up(cut in 1_i64..8, shift in 0.0..5_000.0) {
        let plan = split_plan();
        let sealed = panes(&plan, &hours(0..9, shift));
        let rows = |from, to| past(&plan, &[], (from, to), &sealed).tally().rows;
        prop_assert_eq!(rows(0, cut) + rows(cut, 9), rows(0, 9));
    }
}
