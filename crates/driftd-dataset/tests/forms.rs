//! One value in several forms: narrow floats, no value, empty text, and members that records leave out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod support;

use std::path::Path;
use std::sync::Arc;

use driftd_dataset::{BaselineOptions, RecordFiles, ReplayReader, Table, build_baseline, check};
use driftd_model::{
    Baseline, DefaultValue, FeatureKind, FeatureRules, JudgeRules, Monitor, MonitorPlan, Outcome, StoredBaseline,
    Verdict,
};
use driftd_stats::{DriftStatistic, Precision};
use driftd_window::{Column, RecordBatch, Timestamp};
use support::{Files, baseline_with};

/// Prices of two decimals, some of them frequent.
fn price(row: usize) -> f64 {
    [0.1, 19.99, 5.49, (row % 83 * 10 + 5) as f64 / 100.0][row % 4]
}

fn judged(baseline: &Baseline, current: &Path) -> Verdict {
    let table = Table::open(current).unwrap();
    let rules = |_: &_| Some(JudgeRules::default());
    let mut checked = check(baseline, "train", &table, &rules, &|_| ()).unwrap();
    checked.report.features.remove(0)
}

fn psi(verdict: &Verdict) -> Option<f64> {
    verdict.score(DriftStatistic::Psi).and_then(|score| score.value)
}

#[test]
fn narrow_floats_meet_the_numbers_that_records_carry() {
    let files = Files::new();
    let rows = 0..1_200;
    let narrow = columns!("x" => rows.clone().map(|row| price(row) as f32).collect::<Vec<f32>>());
    let wide = columns!("x" => rows.clone().map(price).collect::<Vec<f64>>());
    let lines = |line: &dyn Fn(usize) -> String| rows.clone().map(line).collect::<Vec<_>>().concat();
    let csv = lines(&|row| format!("{}\n", price(row)));
    // As a language widens before it writes, and as it writes the narrow float itself.
    let long = lines(&|row| format!("{{\"x\":{}}}\n", f64::from(price(row) as f32)));
    let short = lines(&|row| format!("{{\"x\":{}}}\n", price(row)));
    let (narrow, wide) = (files.parquet("narrow.parquet", narrow, 500), files.parquet("wide.parquet", wide, 500));
    let texts = [
        files.write("x.csv", format!("x\n{csv}")),
        files.write("long.ndjson", long),
        files.write("short.ndjson", short),
    ];
    let (from_narrow, from_wide) = (files.baseline(&narrow), files.baseline(&wide));
    let precision = |baseline: &Baseline| baseline.features[0].layout.as_numeric().unwrap().precision();
    assert_eq!((precision(&from_narrow), precision(&from_wide)), (Precision::Single, Precision::Double));
    for current in [&narrow, &wide, &texts[0], &texts[1], &texts[2]] {
        let found = judged(&from_narrow, current);
        assert_eq!((found.outcome, psi(&found)), (Outcome::Stable, Some(0.0)), "{}", current.display());
    }
    // The other way round: the narrow side is the decimal it stands for.
    let found = judged(&from_wide, &narrow);
    assert_eq!((found.outcome, psi(&found)), (Outcome::Stable, Some(0.0)));
    assert_eq!(found.score(DriftStatistic::Ks).unwrap().value, Some(0.0));
    // As categories both are the shortest text.
    let kinds = [("x".to_owned(), FeatureKind::Categorical)].into();
    let categories = baseline_with(&narrow, &BaselineOptions { kinds, ..BaselineOptions::default() }).unwrap();
    assert!(categories.features[0].layout.as_categorical().unwrap().categories().contains(&"19.99".to_owned()));
    for current in [&narrow, &wide, &texts[2]] {
        let found = judged(&categories, current);
        // The values that chose names are not compared, so equal files differ by chance.
        assert!(found.outcome == Outcome::Stable && psi(&found).is_some_and(|psi| psi < 0.1), "{}", current.display());
        assert_eq!(found.score(DriftStatistic::Unseen).unwrap().value, Some(0.0), "{}", current.display());
    }
}

#[test]
fn no_value_in_one_form_or_the_other_is_no_news() {
    let files = Files::new();
    let value = |row: usize| (row % 37) as f64;
    let column = |is_none: usize, none: Option<f64>| -> Vec<Option<f64>> {
        (0..1_000).map(|row| if row % 100 < is_none { none } else { Some(value(row)) }).collect()
    };
    let nulls = files.parquet("nulls.parquet", columns!("x" => column(8, None)), 500);
    let nans = files.parquet("nans.parquet", columns!("x" => column(8, Some(f64::NAN))), 500);
    let line = |row: usize| {
        let text = if row % 100 < 8 { ["NaN", "null"][row % 2].to_owned() } else { value(row).to_string() };
        format!("{{\"x\":{text}}}\n")
    };
    let mixed = files.write("mixed.ndjson", (0..1_000).map(line).collect::<String>());
    let many = files.parquet("many.parquet", columns!("x" => column(40, Some(f64::NAN))), 500);
    for train in [&nulls, &nans, &mixed] {
        let baseline = files.baseline(train);
        for current in [&nulls, &nans, &mixed] {
            let found = judged(&baseline, current);
            assert_eq!(found.outcome, Outcome::Stable, "{} {}", train.display(), current.display());
        }
        // More of the other form is news.
        assert_eq!(judged(&baseline, &many).outcome, Outcome::Critical, "{}", train.display());
    }
}

#[test]
fn an_empty_field_is_the_empty_text_where_only_that_is_known() {
    let files = Files::new();
    let text = |row: usize| if row.is_multiple_of(10) { "" } else { ["a", "b", "c"][row % 3] };
    let csv = files.write(
        "x.csv",
        (0..900).map(|row| format!("{},1\n", text(row))).fold("c,n\n".to_owned(), |all, line| all + &line),
    );
    let known = files.parquet("known.parquet", columns!("c" => (0..900).map(text).collect::<Vec<_>>()), 500);
    assert_eq!(judged(&files.baseline(&known), &csv).outcome, Outcome::Stable);
    // A baseline with missing values has a name for what is empty, and it is not that text.
    let some = |row: usize| (row % 10 != 1).then(|| text(row).to_owned());
    let both = files.parquet("both.parquet", columns!("c" => (0..900).map(some).collect::<Vec<Option<String>>>()), 500);
    assert_eq!(judged(&files.baseline(&both), &csv).window.missing, 90);
    assert_eq!(judged(&files.baseline(&csv), &csv).outcome, Outcome::Stable);
}

fn defaults() -> [(&'static str, DefaultValue); 3] {
    [
        ("claims", DefaultValue::Number(0.0)),
        ("region", DefaultValue::Text("home".to_owned())),
        ("late", DefaultValue::Bool(false)),
    ]
}

fn open(path: &Path) -> Table {
    Table::open(path).unwrap().with_defaults(defaults().iter().map(|(name, value)| (*name, value))).unwrap()
}

#[test]
fn what_records_leave_out_is_their_default() {
    let files = Files::new();
    let row = |row: usize| (row % 4, ["home", "away"][row % 2], row.is_multiple_of(3));
    let full = |i: usize| {
        let (claims, region, late) = row(i);
        format!("{{\"ts\":1700000000,\"claims\":{claims},\"region\":\"{region}\",\"late\":{late}}}\n")
    };
    let left_out = |i: usize| {
        let (claims, region, late) = row(i);
        let mut members = vec!["\"ts\":1700000000".to_owned()];
        members.extend((claims != 0).then(|| format!("\"claims\":{claims}")));
        members.extend((region != "home").then(|| format!("\"region\":\"{region}\"")));
        members.extend(late.then(|| "\"late\":true".to_owned()));
        format!("{{{}}}\n", members.join(","))
    };
    let full = files.write("full.ndjson", (0..600).map(full).collect::<String>());
    let short = files.write("short.ndjson", (0..600).map(left_out).collect::<String>());
    let options = BaselineOptions { exclude: ["ts".to_owned()].into(), ..BaselineOptions::default() };
    let baseline = build_baseline(&Table::open(&full).unwrap(), &options, &|_| ()).unwrap();
    let again = build_baseline(&open(&short), &options, &|_| ()).unwrap();
    assert_eq!(again.features.len(), 3);
    for feature in &baseline.features {
        let same = again.feature(feature.name.as_str()).unwrap();
        assert!(same.aggregate.same_counts(&feature.aggregate), "{}", feature.name);
    }
    let rules = |_: &_| Some(JudgeRules::default());
    let checked = check(&baseline, "train", &open(&short), &rules, &|_| ()).unwrap();
    assert!(checked.report.features[..3].iter().all(|verdict| psi(verdict) == Some(0.0)), "{checked:?}");
    // A member that no record has is the default in every row.
    let none = files.write("none.ndjson", "{\"ts\":1700000000,\"late\":true}\n".repeat(100));
    let checked = check(&baseline, "train", &open(&none), &rules, &|_| ()).unwrap();
    assert_eq!(checked.counts.len(), 3);
    assert!(checked.counts.iter().all(|(_, counts)| counts.missing() == 0 && counts.usable() == 100));

    let mut monitor = Monitor::new("m".parse().unwrap(), "t".into());
    for (name, value) in defaults() {
        monitor.features.insert(name.into(), FeatureRules { default: Some(value), ..FeatureRules::default() });
    }
    let stored = StoredBaseline::new("train@v1".parse().unwrap(), Timestamp::from_micros(0), baseline);
    let plan = Arc::new(MonitorPlan::new(monitor, stored).unwrap());
    let files = std::slice::from_ref(&short);
    let tables: Vec<RecordBatch> = ReplayReader::open(files, &plan).unwrap().map(Result::unwrap).collect();
    let records: Vec<RecordBatch> = RecordFiles::new(files, &plan).map(Result::unwrap).collect();
    assert_eq!((tables.len(), &tables), (1, &records));
    let Column::Numeric { values, absent: None } = &tables[0].columns()[0] else { panic!("every row has claims") };
    assert_eq!(values[..4], [0.0, 1.0, 2.0, 3.0]);
}
