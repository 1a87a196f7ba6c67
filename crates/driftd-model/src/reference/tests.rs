use driftd_stats::{DriftStatistic, share};

use super::*;
use crate::fixtures::{at, categorical, counts, hours, monitor, panes, plan, texts};
use crate::window_result::judge_segments;
use crate::{ContentHash, Monitor, SealedPane};

const ALL: [Reference; 3] = [Reference::Previous, Reference::Day, Reference::Week];

fn compared(windows: &[(&str, u32, u32)]) -> MonitorPlan {
    plan(Monitor { references: ALL.into(), ..monitor(windows) })
}

/// The whole population of the window of the first shape that ends at `end`, with its references.
fn window(plan: &MonitorPlan, end: i64, sealed: &[SealedPane]) -> WindowResult {
    let spec = &plan.monitor().windows[0];
    let id = spec.ending_at(at(end)).unwrap();
    let (start, counts) = (spec.start_of(id.end), counts(plan, id.end, sealed));
    let segments = &counts.stretch(start, id.end).unwrap().segments;
    let mut results = judge_segments(plan, &id, start, segments);
    add_references(plan, spec, id.end, segments, &counts, &mut results);
    results.remove(0)
}

fn ks(result: &WindowResult) -> &Score {
    result.verdicts[0].score(DriftStatistic::Ks).unwrap()
}

#[test]
fn a_reference_shares_no_record_and_ends_where_a_window_ends() {
    let plan = compared(&[("hour", 1, 1), ("day", 24, 6), ("week", 168, 24), ("odd", 5, 3)]);
    let stretch = |shape: usize, end: i64| {
        let spec = &plan.monitor().windows[shape];
        ALL.map(|reference| reference.stretch(spec, at(end)))
    };
    let hours = |from: i64, to: i64| Some((at(from), at(to)));
    assert_eq!(stretch(0, 200), [hours(198, 199), hours(175, 176), hours(31, 32)]);
    assert_eq!(stretch(1, 240), [hours(192, 216), hours(192, 216), hours(48, 72)]);
    assert_eq!(stretch(2, 480), [hours(144, 312), None, hours(144, 312)], "the week a day earlier shares six days");
    assert_eq!(stretch(3, 33), [hours(22, 27), hours(4, 9), hours(-140, -135)], "28 o'clock is no end of its windows");
}

#[test]
fn what_decides_is_compared_with_each_of_them() {
    let plan = compared(&[("hour", 1, 1)]);
    let mut traffic = hours(0..1, 0.0);
    traffic.extend(hours(144..145, 1_500.0));
    traffic.extend(hours(167..169, 1_500.0));
    let sealed = panes(&plan, &traffic);
    let result = window(&plan, 169, &sealed);
    let score = ks(&result);
    let found: Vec<_> = score.references.iter().map(|r| (r.reference, (r.value * 1e3).round() / 1e3)).collect();
    assert_eq!(found, [(Reference::Previous, 0.0), (Reference::Day, 0.0), (Reference::Week, 0.15)]);
    let week = score.reference(Reference::Week).unwrap();
    assert!(week.p_value.is_some_and(|p| p < 0.05) && score.value.is_some_and(|ks| ks > 0.14), "{score:?}");
    assert_eq!(score.reference(Reference::Day).unwrap().p_value, Some(1.0));
    let shown = result.verdicts[0].score(DriftStatistic::Psi).unwrap();
    assert!(shown.outcome.is_none() && shown.references.is_empty(), "what is only shown is not compared");
}

#[test]
fn what_was_not_stored_or_is_too_little_is_no_reference() {
    let plan = compared(&[("hour", 1, 1)]);
    let mut traffic = hours(0..1, 0.0);
    traffic.extend(hours(167..169, 0.0));
    let mut sealed = panes(&plan, &traffic);
    let of = |sealed: &[SealedPane]| {
        let result = window(&plan, 169, sealed);
        ks(&result).references.iter().map(|r| r.reference).collect::<Vec<_>>()
    };
    assert_eq!(of(&sealed), [Reference::Previous, Reference::Week], "there was nothing a day earlier");
    assert_eq!(of(&sealed[1..]), [Reference::Previous]);
    sealed[0].plan_hash = ContentHash::of(b"another");
    assert_eq!(of(&sealed), [Reference::Previous]);
    let mut short = hours(0..1, 0.0);
    short[0].rows = 49;
    short.extend(hours(168..169, 0.0));
    assert_eq!(of(&panes(&plan, &short)), []);
}

#[test]
fn shares_of_strangers_are_held_against_each_other() {
    let c = categorical("c");
    let mut monitor = monitor(&[("hour", 1, 1)]);
    monitor.judge.judged = [DriftStatistic::Unseen].into();
    let plan = plan(monitor);
    let (feature, rules) = (&plan.features()[1], &plan.features()[1].rules);
    let (other, own) = (texts(&c, &[("a", 400), ("new", 100)]), texts(&c, &[("a", 350), ("newer", 150)]));
    let comparison = crate::Comparison {
        feature: &c.name,
        layout: &c.layout,
        baseline: &c.aggregate,
        window: &own,
        rules,
        healthy: None,
    };
    let mut verdict = crate::judge(&[comparison]).remove(0);
    add_reference(Reference::Previous, feature, None, [&other, &own], &mut verdict);
    let score = verdict.score(DriftStatistic::Unseen).unwrap();
    let found = score.reference(Reference::Previous).unwrap();
    assert!((found.value - 0.1).abs() < 1e-12, "{found:?}");
    assert_eq!(found.p_value, share(100, 500, 150, 500).map(|measure| measure.p));
}
