//! Rows by hour of the week, whatever the file and its event times look like.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod support;

use std::fmt::Write as _;
use std::path::Path;

use driftd_dataset::{BaselineOptions, EventTimes, SegmentOptions};
use driftd_model::{Baseline, HealthyVariation, Pointer, Traffic};
use driftd_window::{EventTime, TimeReader};
use polars_arrow::array::PrimitiveArray;
use polars_arrow::datatypes::{ArrowDataType, TimeUnit};
use support::columns::{Columns, instants};
use support::{Files, baseline_with};

/// 2013-07-01T00:00:00Z, a Monday, in seconds.
const JULY: i64 = 1_372_636_800;
const HOUR: i64 = 3_600;
/// A row every six minutes for three days.
const ROWS: i64 = 720;

fn options(column: &str) -> BaselineOptions {
    let latest = "2013-08-01".parse().unwrap();
    BaselineOptions {
        exclude: [column.to_owned()].into(),
        event_times: Some(EventTimes {
            column: column.to_owned(),
            reader: TimeReader::default(),
            oldest: "1990-01-01".parse().unwrap(),
            latest,
        }),
        ..BaselineOptions::default()
    }
}

fn built(path: &Path) -> Baseline {
    baseline_with(path, &options("ts")).unwrap()
}

fn traffic(path: &Path) -> Option<Traffic> {
    built(path).traffic
}

fn seconds() -> Vec<i64> {
    (0..ROWS).map(|row| JULY + row * HOUR / 10).collect()
}

/// What every spelling of these rows comes to.
fn usual() -> Traffic {
    let mut traffic = Traffic::default();
    for at in seconds() {
        traffic.add(EventTime::from_micros(at * 1_000_000), 1);
    }
    traffic
}

fn csv(spell: impl Fn(i64) -> String) -> String {
    let mut text = "x,ts\n".to_owned();
    seconds().iter().enumerate().for_each(|(row, at)| writeln!(text, "{row},{}", spell(*at)).unwrap());
    text
}

fn ndjson(spell: impl Fn(i64) -> String) -> String {
    let mut text = String::new();
    seconds()
        .iter()
        .enumerate()
        .for_each(|(row, at)| writeln!(text, r#"{{"x": {row}, "ts": {}}}"#, spell(*at)).unwrap());
    text
}

/// Local time `hours` east of Greenwich.
fn zoned(at: i64, hours: i64) -> String {
    let local = EventTime::from_micros((at + hours * HOUR) * 1_000_000).to_string();
    format!("{}{hours:+03}:00", local.trim_end_matches('Z'))
}

#[test]
fn every_spelling_of_the_same_times_is_the_same_traffic() {
    let files = Files::new();
    let text = |at: i64| EventTime::from_micros(at * 1_000_000).to_string();
    let quoted = |at: i64| format!("\"{}\"", text(at));
    let spelt = [
        files.write("rfc3339.csv", csv(text)),
        files.write("blank.csv", csv(|at| text(at).replace('T', " ").replace('Z', ""))),
        files.write("seconds.csv", csv(|at| at.to_string())),
        files.write("millis.csv", csv(|at| (at * 1_000).to_string())),
        files.write("fraction.csv", csv(|at| format!("{at}.0"))),
        files.write("zoned.csv", csv(|at| zoned(at, if at % 7 == 0 { 9 } else { -4 }))),
        files.write("rfc3339.ndjson", ndjson(quoted)),
        files.write("nested.ndjson", ndjson(quoted).replace("\"ts\"", "\"meta\": {\"ts\"").replace("\"}", "\"}}")),
        files.write("micros.ndjson", ndjson(|at| (at * 1_000_000).to_string())),
        files.write("nanos.ndjson", ndjson(|at| (at * 1_000_000_000).to_string())),
        files.write("float.ndjson", ndjson(|at| format!("{at}.0"))),
    ];
    for path in &spelt {
        assert_eq!(traffic(path), Some(usual()), "{}", path.display());
    }
}

#[test]
fn every_type_of_parquet_is_read() {
    let files = Files::new();
    let timestamps = |scale: i64, unit: TimeUnit, zone: Option<&str>| {
        let values = PrimitiveArray::from_vec(seconds().iter().map(|at| at * scale).collect::<Vec<_>>());
        values.to(ArrowDataType::Timestamp(unit, zone.map(Into::into))).boxed()
    };
    let texts = || seconds().iter().map(|at| zoned(*at, 2)).collect::<Vec<_>>();
    let x = || (0..ROWS).collect::<Vec<_>>();
    let tables: [(&str, Columns); 9] = [
        ("seconds", columns!("x" => x(), "ts" => timestamps(1, TimeUnit::Second, None))),
        ("millis", columns!("x" => x(), "ts" => timestamps(1_000, TimeUnit::Millisecond, None))),
        ("micros", columns!("x" => x(), "ts" => instants(seconds().iter().map(|at| at * 1_000_000).collect()))),
        ("nanos", columns!("x" => x(), "ts" => timestamps(1_000_000_000, TimeUnit::Nanosecond, None))),
        // What a timestamp with a zone holds is UTC; the zone is how people see it.
        ("zone", columns!("x" => x(), "ts" => timestamps(1_000_000, TimeUnit::Microsecond, Some("Asia/Tokyo")))),
        ("integer", columns!("x" => x(), "ts" => seconds())),
        ("milli integer", columns!("x" => x(), "ts" => seconds().iter().map(|at| at * 1_000).collect::<Vec<_>>())),
        ("float", columns!("x" => x(), "ts" => seconds().iter().map(|at| *at as f64).collect::<Vec<_>>())),
        ("text", columns!("x" => x(), "ts" => texts())),
    ];
    for (name, columns) in tables {
        for group in [100, 10_000] {
            let path = files.parquet(&format!("{name}.parquet"), columns.clone(), group);
            assert_eq!(traffic(&path), Some(usual()), "{name}");
        }
    }
    let days = PrimitiveArray::from_vec((0..ROWS as i32).map(|row| 15_887 + row / 240).collect());
    let path = files.parquet("dates.parquet", columns!("x" => x(), "ts" => days.to(ArrowDataType::Date32).boxed()), 99);
    let mut midnights = Traffic::default();
    (0..3).for_each(|day| midnights.add(EventTime::from_micros((JULY + day * 24 * HOUR) * 1_000_000), 240));
    assert_eq!(traffic(&path), Some(midnights));
}

#[test]
fn rows_without_a_usable_event_time_are_left_out() {
    let files = Files::new();
    let bad = ["", "soon", "2013-02-30T00:00:00Z", "nan", "1e300", "2013-08-01T00:00:00.000001Z", "9999-12-31"];
    let mixed =
        |spell: &dyn Fn(&str) -> String, usual: String| bad.iter().fold(usual, |text, bad| text + &spell(bad) + "\n");
    let text = |at: i64| EventTime::from_micros(at * 1_000_000).to_string();
    let in_csv = files.write("bad.csv", mixed(&|bad| format!("1,{bad}"), csv(text)));
    let in_json = files.write(
        "bad.ndjson",
        mixed(&|bad| format!(r#"{{"x": 1, "ts": "{bad}"}}"#), ndjson(|at| format!("\"{}\"", text(at))))
            + "{\"x\": 1, \"ts\": null}\n{\"x\": 1, \"ts\": true}\n{\"x\": 1}\n",
    );
    let times: Vec<Option<i64>> = [None, Some(i64::MAX)].into_iter().chain(seconds().into_iter().map(Some)).collect();
    let rows = times.len() as i64;
    let in_parquet = files.parquet("bad.parquet", columns!("x" => (0..rows).collect::<Vec<_>>(), "ts" => times), 100);
    for path in [&in_csv, &in_json, &in_parquet] {
        let baseline = built(path);
        assert_eq!(baseline.traffic, Some(usual()), "{}", path.display());
        assert_eq!(baseline.rows, baseline.features[0].aggregate.rows(), "every row is in the features");
    }
}

#[test]
fn the_last_time_that_counts_still_counts() {
    let files = Files::new();
    let path = files.write("edge.csv", "x,ts\n1,2013-08-01T00:00:00Z\n2,2013-08-01T00:00:00.000001Z\n3,2013-07-31\n");
    let mut edge = Traffic::default();
    edge.add("2013-08-01".parse().unwrap(), 1);
    edge.add("2013-07-31".parse().unwrap(), 1);
    assert_eq!(traffic(&path), Some(edge));
}

#[test]
fn a_zero_for_unknown_does_not_stretch_the_rest() {
    let files = Files::new();
    let text = |at: i64| EventTime::from_micros(at * 1_000_000).to_string();
    let zeros = files.write("zeros.csv", csv(text) + &"0,1970-01-01T00:00:00Z\n".repeat(5));
    assert_eq!(traffic(&zeros), Some(usual()));
}

#[test]
fn without_event_times_there_is_no_traffic() {
    let files = Files::new();
    let rows: Vec<String> = (0..100).map(|row| format!("{row},true,\n")).collect();
    let x = rows.concat();
    let flat = files.write("flat.csv", format!("x,flag,nothing\n{x}"));
    assert_eq!(traffic(&flat), None, "no such column");
    for unusable in ["flag", "nothing"] {
        assert_eq!(baseline_with(&flat, &options(unusable)).unwrap().traffic, None, "{unusable}");
    }
    assert_eq!(baseline_with(&flat, &BaselineOptions::default()).unwrap().traffic, None, "nobody asked");
    let words = files.write("words.csv", "x,ts\n".to_owned() + &"1,soon\n2,later\n".repeat(50));
    assert_eq!(traffic(&words), None);
    let lists =
        files.parquet("lists.parquet", columns!("x" => vec![1.0, 2.0, 3.0], "ts" => support::columns::lists(3)), 3);
    assert_eq!(traffic(&lists), None);
    let twice = files.write("twice.ndjson", "{\"x\": 1, \"a\": {\"ts\": 1}, \"b\": {\"ts\": 2}}\n".repeat(9));
    assert_eq!(traffic(&twice), None, "two columns of that name");
}

#[test]
fn nothing_else_of_the_baseline_changes() {
    let files = Files::new();
    let row = |(row, at): (usize, i64)| format!("{row},{at},c{}\n", row % 3);
    let rows: String = seconds().into_iter().enumerate().map(row).collect();
    let path = files.write("t.csv", format!("x,ts,city\n{rows}"));
    let by = vec![Pointer::new("/city").unwrap()];
    for exclude in [vec![], vec!["ts".to_owned()]] {
        for split in [None, Some(SegmentOptions { by: by.clone(), max: 2 })] {
            let with = BaselineOptions { exclude: exclude.iter().cloned().collect(), segments: split, ..options("ts") };
            let without = BaselineOptions { event_times: None, ..with.clone() };
            let (with, without) = (baseline_with(&path, &with).unwrap(), baseline_with(&path, &without).unwrap());
            assert_eq!(with.traffic, Some(usual()));
            assert_ne!(with.content_hash(), without.content_hash(), "it is judged by its traffic too");
            assert_eq!(Baseline { traffic: None, healthy: HealthyVariation::default(), ..with }, without);
        }
    }
}

#[test]
fn traffic_survives_json_with_its_hash() {
    let files = Files::new();
    let baseline = built(&files.write("t.csv", csv(|at| at.to_string())));
    let back: Baseline = serde_json::from_str(&serde_json::to_string(&baseline).unwrap()).unwrap();
    assert!(back.traffic.is_some() && back.is_consistent());
    assert_eq!((back.content_hash(), &back), (baseline.content_hash(), &baseline));
}
