//! The same table in every format, in memory or on disk, whole or in segments, gives the same counts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod support;

use std::fmt::Write as _;

use driftd_dataset::{BaselineOptions, SegmentOptions, Table, aggregate, check};
use driftd_model::{Baseline, FeatureKind, JudgeRules, Outcome, Pointer, Role};
use driftd_stats::{FeatureAggregate, LayoutOptions};
use support::columns::{Columns, instants};
use support::{Files, baseline_with};

const ROWS: usize = 5_000;

/// Number, integer, text, boolean, microseconds.
type Row = (Option<f64>, i64, Option<String>, bool, i64);

/// Rows with every kind of value.
fn table() -> Vec<Row> {
    (0..ROWS)
        .map(|i| {
            let number = match i % 50 {
                0 => None,
                1 => Some(f64::NAN),
                2 => Some(f64::NEG_INFINITY),
                r => Some((i * 37 % 1009) as f64 / 4.0 + r as f64),
            };
            let text = (i % 11 != 0).then(|| format!("city {}", i * i % 17));
            (number, (i % 24) as i64, text, i % 3 == 0, 1_700_000_000_000_000 + i as i64 * 1_000_000)
        })
        .collect()
}

fn columns() -> Columns {
    let rows = table();
    columns!(
        "x" => rows.iter().map(|r| r.0).collect::<Vec<_>>(),
        "hour" => rows.iter().map(|r| r.1).collect::<Vec<_>>(),
        "city" => rows.iter().map(|r| r.2.clone()).collect::<Vec<_>>(),
        "late" => rows.iter().map(|r| r.3).collect::<Vec<_>>(),
        "ts" => instants(rows.iter().map(|r| r.4).collect()),
    )
}

fn csv() -> String {
    let mut text = "x,hour,city,late,ts\n".to_owned();
    for (x, hour, city, late, ts) in table() {
        let x = x.map_or_else(String::new, |x| x.to_string());
        let ts = driftd_window::EventTime::from_micros(ts);
        writeln!(text, "{x},{hour},{},{late},{ts}", city.unwrap_or_default()).unwrap();
    }
    text
}

fn ndjson() -> String {
    let mut text = String::new();
    for (x, hour, city, late, ts) in table() {
        let x = match x {
            Some(x) if x.is_finite() => x.to_string(),
            Some(x) if x.is_nan() => "\"NaN\"".to_owned(),
            Some(_) => "\"-Infinity\"".to_owned(),
            None => "null".to_owned(),
        };
        let city = city.map_or_else(String::new, |c| format!("\"city\": \"{c}\", "));
        let ts = driftd_window::EventTime::from_micros(ts);
        writeln!(text, r#"{{"features": {{"x": {x}, "hour": {hour}, {city}"late": {late}}}, "ts": "{ts}"}}"#).unwrap();
    }
    text
}

/// The features by name, because formats may order columns differently.
fn by_name(mut baseline: Baseline) -> Vec<(String, FeatureAggregate)> {
    baseline.features.sort_by(|a, b| a.name.cmp(&b.name));
    baseline.features.into_iter().map(|f| (f.name.as_str().to_owned(), f.aggregate)).collect()
}

#[test]
fn every_format_gives_the_same_baseline() {
    let files = Files::new();
    let parquet = files.baseline(&files.parquet("table.parquet", columns(), 700));
    let csv = files.baseline(&files.write("table.csv", csv()));
    let ndjson = files.baseline(&files.write("table.ndjson", ndjson()));
    let names: Vec<&str> = parquet.features.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["x", "hour", "city", "late"]);
    assert_eq!(parquet.content_hash(), csv.content_hash());
    assert_eq!(by_name(parquet), by_name(ndjson));
}

#[test]
fn delimiters_are_found_and_quotes_respected() {
    let files = Files::new();
    let comma = files.baseline(&files.write("comma.csv", csv()));
    let tabs = files.baseline(&files.write("tabs.tsv", csv().replace(',', "\t")));
    let quoted = files.baseline(&files.write("quoted.csv", csv().replace("city ", "\"city \"")));
    assert_eq!(comma.content_hash(), tabs.content_hash());
    assert_eq!(comma.features.len(), quoted.features.len());
}

#[test]
fn sorting_on_disk_changes_nothing() {
    let files = Files::new();
    let values: Vec<f64> = (0..30_000_u64).map(|i| ((i * 7919) % 30_011) as f64).collect();
    let path = files.parquet("table.parquet", columns!("x" => values), 10_000);
    let small = BaselineOptions { memory: 1, ..BaselineOptions::default() };
    assert_eq!(files.baseline(&path), baseline_with(&path, &small).unwrap());
}

#[test]
fn segments_add_up_to_the_whole() {
    let files = Files::new();
    let path = files.parquet("table.parquet", columns(), 700);
    let by = vec![Pointer::new("/features/city").unwrap(), Pointer::new("/features/late").unwrap()];
    let options = BaselineOptions { segments: Some(SegmentOptions { by, max: 5 }), ..BaselineOptions::default() };
    let baseline = baseline_with(&path, &options).unwrap();
    assert!(baseline.is_consistent());
    assert_eq!(baseline.segments.len(), 6);
    assert_eq!(baseline.segments.iter().map(|s| s.rows).sum::<u64>(), ROWS as u64);
    assert!(baseline.segments[..5].is_sorted_by_key(|s| std::cmp::Reverse(s.rows)));
    assert_eq!(baseline.segments[5].key, driftd_window::SegmentKey::overflow());
    for (place, feature) in baseline.features.iter().enumerate() {
        let mut sum = FeatureAggregate::empty(&feature.layout);
        baseline.segments.iter().for_each(|s| sum.merge(&s.aggregates[place]).unwrap());
        assert!(sum.same_counts(&feature.aggregate), "{}", feature.name);
    }
    // The columns that label segments may be left out of the features.
    let ignored = BaselineOptions { exclude: ["city".to_owned()].into(), ..options };
    assert_eq!(baseline_with(&path, &ignored).unwrap().segments[0].aggregates.len(), 3);
}

#[test]
fn a_table_counted_in_its_own_layouts_is_its_baseline() {
    let files = Files::new();
    let path = files.parquet("table.parquet", columns(), 700);
    let baseline = files.baseline(&path);
    for table in [&path, &files.write("table.csv", csv()), &files.write("table.ndjson", ndjson())] {
        let table = Table::open(table).unwrap();
        let features: Vec<_> = baseline.features.iter().collect();
        let current = aggregate(&table, &features, &|_| ()).unwrap();
        assert_eq!(current.rows, ROWS as u64);
        for (feature, counted) in baseline.features.iter().zip(current.features) {
            assert_eq!(counted.differs, None);
            assert!(counted.counts.same_counts(&feature.aggregate), "{} of {}", feature.name, table.path().display());
        }
        let checked = check(&baseline, "train", &table, &|_| Some(JudgeRules::default()), &|_| ()).unwrap();
        assert_eq!(checked.report.outcome(), Outcome::Stable);
        assert_eq!(checked.counts.len(), 4);
    }
}

#[test]
fn options_decide_kinds_roles_and_layouts() {
    let files = Files::new();
    let path = files.parquet("table.parquet", columns(), 700);
    let options = BaselineOptions {
        kinds: [("hour".to_owned(), FeatureKind::Categorical), ("ts".to_owned(), FeatureKind::Presence)].into(),
        roles: [("late".to_owned(), Role::Prediction)].into(),
        layouts: [("x".to_owned(), LayoutOptions { cells: 16, ..LayoutOptions::default() })].into(),
        exclude: ["city".to_owned()].into(),
        ..BaselineOptions::default()
    };
    let baseline = baseline_with(&path, &options).unwrap();
    let hours = baseline.feature("hour").unwrap();
    assert_eq!(hours.layout.as_categorical().unwrap().categories()[..3], ["0", "1", "2"]);
    assert_eq!(baseline.feature("late").unwrap().role, Role::Prediction);
    assert_eq!(baseline.feature("ts").unwrap().kind(), FeatureKind::Presence);
    assert!(baseline.feature("x").unwrap().layout.as_numeric().unwrap().cells() < 40);
    assert!(baseline.feature("city").is_none());
    // Numbers stand for categories that are all numbers.
    let checked = check(&baseline, "train", &Table::open(&path).unwrap(), &|_| Some(JudgeRules::default()), &|_| ());
    assert_eq!(checked.unwrap().report.outcome(), Outcome::Stable);
}

#[test]
fn progress_never_runs_backwards_and_ends_at_the_last_row() {
    let files = Files::new();
    for path in [files.parquet("table.parquet", columns(), 700), files.write("table.csv", csv())] {
        let seen = std::sync::Mutex::new(vec![0]);
        let table = Table::open(path).unwrap();
        let report = |rows| seen.lock().unwrap().push(rows);
        driftd_dataset::build_baseline(&table, &BaselineOptions::default(), &report).unwrap();
        let seen = seen.into_inner().unwrap();
        assert!(seen.is_sorted());
        assert_eq!(seen.last(), Some(&(ROWS as u64)));
    }
}
