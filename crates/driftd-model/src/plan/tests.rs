use driftd_stats::DriftStatistic;
use driftd_window::SegmentKey;

use super::*;
use crate::fixtures::{baseline, categorical, monitor, presence, segment, split, stored};
use crate::{Baseline, FeatureRules, Reference, SegmentBaseline, SegmentSpec, SkippedColumn};

fn plain() -> Monitor {
    monitor(&[("day", 24, 6)])
}

fn with(feature: &str, rules: FeatureRules) -> Monitor {
    let mut monitor = plain();
    monitor.features.insert(feature.into(), rules);
    monitor
}

fn ignored() -> FeatureRules {
    FeatureRules { ignore: true, ..FeatureRules::default() }
}

fn refused(monitor: Monitor) -> String {
    MonitorPlan::new(monitor, stored(baseline())).unwrap_err().to_string()
}

#[test]
fn ignored_features_are_not_counted() {
    let plan = MonitorPlan::new(with("x", ignored()), stored(baseline())).unwrap();
    let names: Vec<&str> = plan.features().iter().map(|f| f.name.as_str()).collect();
    assert_eq!((names, plan.reducer().layouts.len()), (vec!["c"], 1));
    let (rows, aggregates) = plan.baseline_of(&SegmentKey::all()).unwrap();
    assert_eq!(rows, 10_000);
    assert!(plan.fits(&aggregates.into_iter().cloned().collect::<Vec<_>>()));
}

#[test]
fn windows_are_judged_at_the_level_that_the_budget_leaves() {
    // A day every six hours, for ninety days.
    let level = 1.0 / (90.0 * 4.0);
    let levels = |monitor: Monitor| -> Vec<f64> {
        let plan = MonitorPlan::new(monitor, stored(baseline())).unwrap();
        plan.features().iter().map(|feature| feature.rules.q).collect()
    };
    let is = |monitor: Monitor, level: f64| levels(monitor).iter().all(|found| (found - level).abs() < 1e-15);
    assert!(is(plain(), level), "nothing is remembered: windows have the whole budget");
    let mut remembering = plain();
    remembering.judge.judged.insert(DriftStatistic::Lasting);
    assert!(is(remembering.clone(), level / 2.0), "half of it is for memories");
    let own = FeatureRules { judged: Some([DriftStatistic::Lasting].into()), ..FeatureRules::default() };
    assert!(is(with("x", own), level / 2.0), "also where they are one feature's");
    assert!(is(Monitor { false_alarms: crate::FalseAlarms::Off, ..remembering.clone() }, 0.01));
    let days = |monitor: &Monitor| monitor.false_alarm_interval().map(|span| span.as_secs_f64() / 86_400.0);
    assert_eq!(days(&plain()), Some(90.0));
    let capped = Monitor { false_alarms: "10 per 1d".parse().unwrap(), ..remembering };
    assert!(days(&capped).is_some_and(|days| (days - 12.5).abs() < 1e-9), "one in a hundred of eight a day");
}

#[test]
fn what_the_baseline_does_not_have_is_a_clear_error() {
    insta::assert_snapshot!(refused(with("depdelay", FeatureRules::default())), @r#"monitor flights: feature "depdelay" is not in baseline base@v1; it has: c, x. Fix the name under [monitor.features] or build the baseline again"#);
    let numeric = FeatureRules { kind: Some(FeatureKind::Numeric), ..FeatureRules::default() };
    insta::assert_snapshot!(refused(with("c", numeric.clone())), @r#"monitor flights: feature "c" is configured as numeric, but baseline base@v1 holds it as categorical; build the baseline again with this configuration"#);
    let mut none = with("x", ignored());
    none.features.insert("c".into(), ignored());
    insta::assert_snapshot!(refused(none), @"monitor flights watches nothing: every feature of baseline base@v1 is ignored");
    let mut other = plain();
    other.segments = Some(SegmentSpec { by: vec![Pointer::new("/carrier").unwrap()], max: 8 });
    insta::assert_snapshot!(refused(other), @"monitor flights is split by /carrier, but baseline base@v1 was built split by /s; build it again with `driftd baseline build … --config` so that every segment has its own reference");
    // To ignore a column that is not there, or was skipped as an identifier, hurts nobody.
    assert!(MonitorPlan::new(with("depdelay", ignored()), stored(baseline())).is_ok());
    let skipped = SkippedColumn { name: "id".into(), reason: crate::Reason::IdentifierLike };
    let knows = stored(Baseline { skipped: vec![skipped], ..baseline() });
    assert!(MonitorPlan::new(with("id", FeatureRules::default()), knows).is_ok());
    // A column that was all null can be nothing but presence, whatever was configured.
    let empty = stored(Baseline { features: vec![presence("c")], segments: vec![], segment_by: vec![], ..baseline() });
    assert!(MonitorPlan::new(with("c", numeric), empty).is_ok());
}

#[test]
fn a_seal_that_no_memory_holds_is_refused() {
    let half = baseline().segments.remove(0);
    let segments = |n: usize| {
        let part = |i: usize| SegmentBaseline { key: segment(&i.to_string()), ..half.clone() };
        stored(Baseline { segments: (0..n).map(part).collect(), ..baseline() })
    };
    let names: Vec<String> = (0..40).map(|i| format!("w{i}")).collect();
    let windows: Vec<(&str, u32, u32)> = names.iter().map(|name| (name.as_str(), 24, 6)).collect();
    let references = [Reference::Previous, Reference::Day, Reference::Week].into();
    let many = split(Monitor { references, ..monitor(&windows) });
    assert_eq!(many.windows_of_a_seal(), 161);
    assert!(MonitorPlan::new(many.clone(), segments(20)).is_ok());
    assert!(MonitorPlan::new(split(plain()), segments(5_000)).is_ok(), "windows and segments multiply");
    let error = MonitorPlan::new(many.clone(), segments(5_000)).unwrap_err();
    assert!(matches!(&error, PlanError::TooMuchToSeal { mebibytes: 1_025..4_000, .. }), "{error}");
    assert!(error.to_string().contains("161 windows of 5,002 segments and 2 features"), "{error}");
    let whole = Monitor { segments: None, ..many };
    assert!(MonitorPlan::new(whole, segments(5_000)).is_ok(), "the segments are not asked for");
}

#[test]
fn a_default_is_of_the_features_kind() {
    let default = |value| FeatureRules { default: Some(value), ..FeatureRules::default() };
    let word = || DefaultValue::Text("none".to_owned());
    insta::assert_snapshot!(refused(with("x", default(word()))), @r#"monitor flights: feature "x" has the default "none", but baseline base@v1 holds it as numeric; give a number"#);
    let empty = stored(Baseline { features: vec![presence("c")], segments: vec![], segment_by: vec![], ..baseline() });
    let unknown = MonitorPlan::new(with("c", default(word())), empty).unwrap_err();
    insta::assert_snapshot!(unknown, @r#"monitor flights: feature "c" has the default "none", but baseline base@v1 holds it as presence; build the baseline again with this configuration"#);
    let plan = |monitor| MonitorPlan::new(monitor, stored(baseline())).unwrap();
    let zero = plan(with("x", default(DefaultValue::Number(0.0))));
    assert_eq!(zero.features()[0].default, Some(DefaultValue::Number(0.0)));
    // What is counted depends on it, so counts of different defaults are never added.
    let one = plan(with("x", default(DefaultValue::Number(1.0))));
    assert!(zero.hash() != one.hash() && zero.hash() != plan(plain()).hash());
    assert_eq!(plan(with("c", default(word()))).features()[1].default, Some(word()));
}

#[test]
fn a_monitor_is_split_only_when_it_asks_for_it() {
    let unsplit = MonitorPlan::new(plain(), stored(baseline())).unwrap();
    assert!(!unsplit.reducer().segments.is_split());
    let mut no_labels = plain();
    no_labels.segments = Some(SegmentSpec { by: Vec::new(), max: 8 });
    let no_labels = MonitorPlan::new(no_labels, stored(baseline())).unwrap();
    assert!(!no_labels.reducer().segments.is_split());
    assert_eq!(no_labels.hash(), unsplit.hash());
    let split = MonitorPlan::new(split(plain()), stored(baseline())).unwrap();
    assert_eq!(split.reducer().segments.slots(), 3);
    assert_eq!(split.baseline_of(&segment("x")).unwrap().0, 5_000);
    assert!(split.baseline_of(&SegmentKey::overflow()).is_none());
}

#[test]
fn the_hash_follows_shape_and_nothing_else() {
    let hash = |monitor: Monitor| MonitorPlan::new(monitor, stored(baseline())).unwrap().hash().clone();
    let plain_hash = hash(plain());
    assert_eq!(plain_hash, hash(monitor(&[("week", 168, 24)])), "windows are unions of the same panes");
    let stricter = FeatureRules {
        thresholds: [(DriftStatistic::Ks, crate::Threshold { warn: 0.0, critical: 0.1 })].into(),
        ..FeatureRules::default()
    };
    assert_eq!(plain_hash, hash(with("x", stricter)));
    assert_ne!(plain_hash, hash(with("x", ignored())));
    assert_ne!(plain_hash, hash(split(plain())));
    let mut elsewhere = plain();
    elsewhere.shape.times.zone = "Europe/Berlin".parse().unwrap();
    assert_ne!(plain_hash, hash(elsewhere), "the same records are in other panes");
    // Which record counts, and what of it, is another matter than its shape, and matters as much.
    let elsewhere = FeatureRules { path: Pointer::new("/in/x").ok(), ..FeatureRules::default() };
    let other_choices: [fn(&mut Monitor); 7] = [
        |m| m.shape.event_time = Pointer::new("/at").unwrap(),
        |m| m.filter.versions = vec!["3".to_owned()],
        |m| m.filter.versions = vec!["4".to_owned()],
        |m| m.filter.models = vec!["3".to_owned()],
        |m| (m.filter.versions, m.shape.model_version) = (vec!["4".to_owned()], Pointer::new("/v").ok()),
        |m| m.oldest = EventTime::from_micros(7),
        |m| m.max_future_skew = Span::from_secs(7),
    ];
    let changed = |change: &fn(&mut Monitor)| {
        let mut monitor = plain();
        change(&mut monitor);
        hash(monitor)
    };
    let hashes: std::collections::BTreeSet<_> =
        other_choices.iter().map(changed).chain([plain_hash.clone(), hash(with("x", elsewhere))]).collect();
    assert_eq!(hashes.len(), 9);
    let other = Baseline { features: vec![categorical("c")], segments: vec![], segment_by: vec![], ..baseline() };
    assert_ne!(plain_hash, *MonitorPlan::new(plain(), stored(other)).unwrap().hash());
}

#[test]
fn a_feature_has_the_monitors_rules_with_its_own_on_top() {
    use driftd_stats::DriftStatistic::{Ks, Psi};
    let own = FeatureRules {
        role: Role::Prediction,
        judged: Some([Psi].into()),
        thresholds: [(Psi, crate::Threshold { warn: 0.5, critical: 0.9 })].into(),
        ..FeatureRules::default()
    };
    let plan = MonitorPlan::new(with("x", own), stored(baseline())).unwrap();
    let x = &plan.features()[0];
    assert_eq!((x.role, &x.rules.judged), (Role::Prediction, &[Psi].into()));
    assert_eq!((x.rules.thresholds[&Psi].warn, x.rules.thresholds[&Ks].warn), (0.5, 0.1));
    let c = &plan.features()[1];
    let own = JudgeRules { q: plan.monitor().level(), ..plan.monitor().judge.clone() };
    assert_eq!((c.role, &c.rules), (Role::Feature, &own));
}
