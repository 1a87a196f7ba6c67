//! Files as a monitor's traffic: times, segments, missing columns.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod support;

use std::path::{Path, PathBuf};

use driftd_dataset::{BaselineOptions, ReplayReader, SegmentOptions};
use driftd_model::{Monitor, MonitorPlan, Pointer, SegmentSpec, StoredBaseline};
use driftd_stats::MistypedType;
use driftd_window::{Column, MISSING, NO_EVENT_TIME, PRESENT, RecordBatch, Timestamp};
use insta::assert_snapshot;
use support::{Files, baseline_with};

fn plan(baseline: &Path, split: bool) -> MonitorPlan {
    let by = vec![Pointer::new("/features/city").unwrap()];
    let options = BaselineOptions {
        exclude: ["ts".to_owned()].into(),
        segments: split.then(|| SegmentOptions { by: by.clone(), max: 8 }),
        ..BaselineOptions::default()
    };
    let baseline = baseline_with(baseline, &options).unwrap();
    let monitor = Monitor {
        segments: split.then_some(SegmentSpec { by, max: 8 }),
        ..Monitor::new("flights".parse().unwrap(), "flights".into())
    };
    let reference = monitor.baseline.version().unwrap().clone();
    MonitorPlan::new(monitor, StoredBaseline::new(reference, Timestamp::from_micros(0), baseline)).unwrap()
}

fn train(files: &Files) -> PathBuf {
    let row = |i: usize| format!("2024-01-01T00:00:00Z,{i},c{}", i % 3);
    files.write("train.csv", format!("ts,x,city\n{}\n", (0..90).map(row).collect::<Vec<_>>().join("\n")))
}

fn read(files: &Files, names: &[&str], plan: &MonitorPlan) -> Vec<RecordBatch> {
    let paths: Vec<PathBuf> = names.iter().map(|n| files.path(n)).collect();
    let reader = ReplayReader::open(&paths, plan).unwrap();
    reader.collect::<Result<_, _>>().unwrap()
}

fn refusal(files: &Files, name: &str, plan: &MonitorPlan) -> String {
    files.shown(&ReplayReader::open(&[files.path(name)], plan).err().expect("the file was accepted"))
}

#[test]
fn files_are_read_in_the_given_order_and_rows_in_theirs() {
    let files = Files::new();
    let plan = plan(&train(&files), true);
    files.write("late.csv", "city,ts,x\nc1,2024-03-01,3\nc9,2024-02-01,\n");
    files.write("early.ndjson", "{\"ts\":\"2024-01-01T00:00:01Z\",\"features\":{\"x\":\"7 km\",\"city\":\"c2\"}}\n");
    let batches = read(&files, &["late.csv", "early.ndjson"], &plan);
    let times: Vec<i64> = batches.iter().flat_map(|b| b.event_times().to_vec()).collect();
    assert_eq!(times, [1_709_251_200_000_000, 1_706_745_600_000_000, 1_704_067_201_000_000]);
    let keys = batches[0].segments().unwrap();
    assert_eq!(keys.keys.iter().map(ToString::to_string).collect::<Vec<_>>(), ["city=c1", "city=c9"]);
    let absent = |batch: &RecordBatch| match &batch.columns()[0] {
        Column::Numeric { absent, .. } => absent.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(absent(&batches[0]), Some(vec![PRESENT, MISSING]));
    assert_eq!(absent(&batches[1]), Some(vec![MistypedType::Text.code()]));
}

#[test]
fn parquet_batches_are_bounded_and_complete() {
    let files = Files::new();
    let plan = plan(&train(&files), false);
    let rows = 150_000_i64;
    let ts: Vec<i64> = (0..rows).map(|i| 1_700_000_000_000 + (i * 7919) % rows).collect();
    let columns = columns!("ts" => ts.clone(), "x" => (0..rows).collect::<Vec<_>>());
    files.parquet("big.parquet", columns, 100_000);
    let mut reader = ReplayReader::open(&[files.path("big.parquet")], &plan).unwrap();
    assert_eq!(reader.rows(), rows as u64);
    assert_snapshot!(files.shown_text(&reader.notes().join("\n")), @r#"big.parquet: no column "city"; all its values count as missing"#);
    let (mut times, mut values) = (Vec::new(), Vec::new());
    while let Some(batch) = reader.next_batch().unwrap() {
        assert!(batch.rows() <= 65_536);
        times.extend_from_slice(batch.event_times());
        values.extend_from_slice(batch.columns()[0].as_numeric().unwrap().values);
    }
    assert_eq!(reader.rows_read(), rows as u64);
    assert_eq!(times, ts.iter().map(|t| t * 1000).collect::<Vec<_>>());
    assert!(values.iter().enumerate().all(|(i, v)| *v == i as f64));
}

#[test]
fn event_times_that_are_absent_odd_or_in_the_far_future_keep_their_row() {
    let files = Files::new();
    let plan = plan(&train(&files), false);
    files.write("odd.csv", "ts,x\n,1\nsoon,2\n2262-01-01,3\n9999-12-31T23:59:59Z,4\n1700000000,5\n0,6\n1e300,7\n");
    let times = read(&files, &["odd.csv"], &plan)[0].event_times().to_vec();
    let none = NO_EVENT_TIME;
    assert_eq!(times, [none, none, 9_214_646_400_000_000, 253_402_300_799_000_000, 1_700_000_000_000_000, 0, none]);
}

#[test]
fn a_file_without_event_times_is_refused() {
    let files = Files::new();
    let plan = plan(&train(&files), false);
    files.write("none.csv", "when,x\n2024-01-01,1\n");
    assert_snapshot!(refusal(&files, "none.csv", &plan), @r#"none.csv: no column "ts" for event times; it has when, x"#);
    files.write("bool.csv", "ts,x\ntrue,1\n");
    assert_snapshot!(refusal(&files, "bool.csv", &plan), @r#"bool.csv: column "ts" holds booleans, not event times; use timestamps, RFC 3339 text or seconds since 1970"#);
    assert_snapshot!(ReplayReader::open(&[], &plan).err().unwrap().to_string(), @"no file to replay; name at least one");
}
