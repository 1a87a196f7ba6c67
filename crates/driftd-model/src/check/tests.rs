use driftd_stats::{DriftStatistic, Smoothing};

use super::*;
use crate::fixtures::{categorical, nothing, numbers, presence, spread, texts, uniform};
use crate::{Comparison, JudgeRules, judge};

/// Two features, one missing column and one that only counts presence.
fn report(rules: &JudgeRules) -> CheckReport {
    let (x, c, p) = (uniform("x"), categorical("c"), presence("p"));
    let windows = [
        numbers(&x, &spread(1_000, 1_500.0), 7),
        texts(&c, &[("a", 600), ("b", 300), ("c", 80), ("new", 20)]),
        nothing(&p, 1_000),
    ];
    let comparisons: Vec<Comparison<'_>> = [&x, &c, &p]
        .into_iter()
        .zip(&windows)
        .map(|(feature, window)| Comparison {
            feature: &feature.name,
            layout: &feature.layout,
            baseline: &feature.aggregate,
            window,
            rules,
            healthy: None,
        })
        .collect();
    let mut features = judge(&comparisons);
    let rows = Rows { rows: 10_000, usable: 10_000, ..Rows::default() };
    features.push(not_comparable("gone", FeatureKind::Numeric, Reason::MissingFromCurrent, rows, Rows::default()));
    CheckReport {
        baseline: Side { name: "train.parquet".into(), rows: 10_000 },
        baseline_hash: ContentHash::of(b"baseline"),
        current: Side { name: "today.parquet".into(), rows: 1_007 },
        features,
        notes: vec!["column id: an identifier, not monitored".into()],
    }
}

/// The names and types of an object, without its numbers, which belong to the statistics.
fn shape(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let fields: Vec<String> = map.iter().map(|(name, value)| format!("{name}: {}", shape(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.first().map(shape).unwrap_or_default()),
        Value::Number(_) => "number".to_owned(),
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

fn every_number(value: &Value, visit: &mut impl FnMut(f64)) {
    match value {
        Value::Object(map) => map.values().for_each(|v| every_number(v, visit)),
        Value::Array(items) => items.iter().for_each(|v| every_number(v, visit)),
        Value::Number(number) => visit(number.as_f64().unwrap()),
        _ => {}
    }
}

#[test]
fn the_contract_holds_field_by_field() {
    let json = report(&JudgeRules::default()).to_json();
    let head: Vec<&String> = json.as_object().unwrap().keys().collect();
    insta::assert_snapshot!(format!("{head:?}"), @r#"["baseline", "current", "features", "judged", "notes", "outcome", "schema"]"#);
    assert_eq!((&json["schema"], &json["outcome"]), (&json!("driftd.check/1"), &json!("critical")));
    insta::assert_snapshot!(shape(&json["baseline"]), @r#"{hash: "8ba8496a2525ae171ffd104d632dede6ef418d9b95962a9d88e2fcdbc8d48d24", name: "train.parquet", rows: number}"#);
    insta::assert_snapshot!(shape(&json["current"]), @r#"{name: "today.parquet", rows: number}"#);
    let x = &json["features"][0];
    insta::assert_snapshot!(shape(&x["rows"]), @"{baseline: number, current: number, inf_baseline: number, inf_current: number, missing_baseline: number, missing_current: number, mistyped_baseline: number, mistyped_current: number, nan_baseline: number, nan_current: number}");
    assert_eq!((&x["rows"]["current"], &x["rows"]["missing_current"]), (&json!(1_007), &json!(7)));
    for (statistic, score) in x["statistics"].as_object().unwrap() {
        let fields: Vec<&str> = score.as_object().unwrap().keys().map(String::as_str).collect();
        let wanted: &[&str] = match statistic.as_str() {
            "psi" => &["bins", "critical", "df", "expected", "net", "outcome", "p_value", "q_value", "value", "warn"],
            "ks" => {
                &["certified_error", "critical", "expected", "net", "outcome", "p_value", "q_value", "value", "warn"]
            }
            "wasserstein" => &["certified_error", "net", "normalized", "p_value", "value"],
            "chi_square" => &["bins", "cramers_v", "df", "p_value", "q_value", "value"],
            "missing" => &["baseline", "critical", "net", "outcome", "p_value", "q_value", "value", "warn"],
            // None on both sides: nothing to tell apart.
            "non_finite" => &["baseline", "critical", "outcome", "value", "warn"],
            "out_of_range" => &["baseline", "net", "p_value", "value"],
            _ => &["value"],
        };
        let has_all = wanted.iter().all(|f| fields.contains(f));
        assert!(has_all, "{statistic} has {fields:?}, wanted {wanted:?}");
    }
    assert_eq!(x["moved"][0].as_object().unwrap().keys().collect::<Vec<_>>(), ["after", "before", "bin"]);
}

#[test]
fn a_statistic_that_does_not_apply_is_absent() {
    let json = report(&JudgeRules::default()).to_json();
    let names = |feature: usize| -> Vec<String> {
        json["features"][feature]["statistics"].as_object().unwrap().keys().cloned().collect()
    };
    assert!(names(0).contains(&"ks".to_owned()) && !names(0).contains(&"unseen".to_owned()));
    assert!(names(1).contains(&"unseen".to_owned()) && !names(1).contains(&"ks".to_owned()));
    assert_eq!(names(2), ["missing"]);
    insta::assert_snapshot!(shape(&json["features"][3]), @r#"{feature: "gone", incident_kinds: [], kind: "numeric", moved: [], outcome: "not_comparable", reason: "column is missing from the current data", rows: {baseline: number, current: number, inf_baseline: number, inf_current: number, missing_baseline: number, missing_current: number, mistyped_baseline: number, mistyped_current: number, nan_baseline: number, nan_current: number}, statistics: {}}"#);
}

#[test]
fn a_statistic_that_cannot_be_computed_is_null_with_its_reason() {
    let rules = JudgeRules { smoothing: Smoothing::None, ..JudgeRules::default() };
    let json = report(&rules).to_json();
    let psi = &json["features"][0]["statistics"]["psi"];
    assert_eq!(psi["value"], Value::Null);
    assert_eq!(psi["reason"], json!("infinite: a bin is empty on one side and smoothing is off"));
    assert_eq!(psi["outcome"], json!("critical"));
}

#[test]
fn numbers_are_finite_and_survive_the_text() {
    for smoothing in [Smoothing::default(), Smoothing::None] {
        let report = report(&JudgeRules { smoothing, ..JudgeRules::default() });
        let json = report.to_json();
        every_number(&json, &mut |number| assert!(number.is_finite()));
        assert_eq!(serde_json::from_str::<Value>(&json.to_string()).unwrap(), json);
        let ks = report.features[0].score(DriftStatistic::Ks).unwrap().value.unwrap();
        assert_eq!(json["features"][0]["statistics"]["ks"]["value"].as_f64(), Some(ks));
    }
}

#[test]
fn why_a_column_is_another_one_is_said_where_it_matters() {
    let (x, c) = (uniform("x"), categorical("c"));
    let rules = JudgeRules::default();
    let compare = |feature: &crate::FeatureBaseline, window: &driftd_stats::FeatureAggregate| {
        let (name, layout, baseline) = (&feature.name, &*feature.layout, &feature.aggregate);
        let comparison = Comparison { feature: name, layout, baseline, window, rules: &rules, healthy: None };
        let mut verdict = judge(&[comparison]).remove(0);
        explain(&mut verdict, &Reason::MissingFromCurrent);
        (verdict.outcome, verdict.reason == Some(Reason::MissingFromCurrent), incident_kinds(&verdict))
    };
    let (drift, quality) = (IncidentKind::Drift, IncidentKind::DataQuality);
    // Nothing usable, nothing as before, other categories; and a column that is as it was in spite of its type.
    assert_eq!(compare(&x, &nothing(&x, 1_000)), (Outcome::Critical, true, vec![quality]));
    assert_eq!(compare(&x, &nothing(&x, 7)), (Outcome::InsufficientData, true, vec![]));
    assert_eq!(compare(&x, &numbers(&x, &spread(1_000, 9_000.0), 0)), (Outcome::Critical, false, vec![drift]));
    assert_eq!(compare(&c, &texts(&c, &[("1", 500), ("2", 500)])), (Outcome::Critical, true, vec![quality]));
    assert!(!compare(&c, &texts(&c, &[("a", 600), ("b", 300), ("c", 100)])).1);
}

#[test]
fn the_worst_comes_first_and_decides() {
    let report = report(&JudgeRules::default());
    let order: Vec<(&str, Outcome)> = report.worst_first().iter().map(|v| (v.feature.as_str(), v.outcome)).collect();
    assert_eq!(
        order,
        [("x", Outcome::Critical), ("c", Outcome::Warning), ("p", Outcome::Stable), ("gone", Outcome::NotComparable),]
    );
    assert_eq!(report.outcome(), Outcome::Critical);
    assert_eq!(CheckReport { features: Vec::new(), ..report }.outcome(), Outcome::NotComparable);
}
