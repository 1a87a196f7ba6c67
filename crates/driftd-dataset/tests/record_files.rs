//! Files of records give the rows that the same records give as messages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where something is not as it should be"
)]

#[path = "../../driftd-decode/tests/decode/plans.rs"]
#[expect(dead_code, reason = "these tests need a part of it")]
mod plans;
#[path = "../../driftd-decode/tests/decode/shown.rs"]
#[expect(dead_code, reason = "these tests need a part of it")]
mod shown;

use std::path::PathBuf;

use driftd_dataset::{FoundRecords, ReadOptions, RecordFiles};
use driftd_decode::Decoder;
use insta::assert_snapshot;

use crate::plans::{Wanted, number, text};
use crate::shown::{outcome, rows};

fn file(folder: &tempfile::TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

#[test]
fn lines_are_decoded_as_messages_are() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Wanted::new("m", vec![number("x"), text("c")]).plan();
    let line = |i: u32| match i % 5 {
        0 => format!("{{\"ts\":{i},\"features\":[{{\"x\":{i}}},{{\"c\":\"é\"}}]}}"),
        1 => format!("{{\"ts\":{i},\"x\":{i}.5,"),
        2 => format!("{{\"x\":{i}}}"),
        _ => format!("{{\"ts\":{i},\"features\":{{\"x\":{i},\"c\":\"v{}\"}}}}", i % 7),
    };
    let lines: Vec<String> = (0..20_000).map(line).collect();
    let (first, second) = lines.split_at(7_777);
    let first = format!("\u{feff}{}", first.join("\n"));
    let paths = [file(&folder, "a.ndjson", first), file(&folder, "b.jsonl", second.join("\r\n\r\n") + "\n")];
    let mut batches = RecordFiles::new(&paths, &plan);
    let rejected = batches.rejected();
    let read: Vec<_> = batches.by_ref().map(Result::unwrap).collect();
    assert!(read.len() > 4, "{} batches", read.len());
    let mut decoder = Decoder::new(&[plan]);
    let direct = outcome(&mut decoder, &lines);
    assert_eq!(read.iter().flat_map(rows).collect::<Vec<_>>(), direct.rows[0]);
    assert_eq!(rejected.reasons().values().sum::<u64>(), direct.rejects.len() as u64);
    assert_snapshot!(format!("{:?}", rejected.reasons()), @r#"{"malformed_json": 4000, "no_event_time": 4000}"#);
    let first = &rejected.samples()[0];
    assert_snapshot!(format!("line {}: {}: {}", first.offset, first.reason, first.detail), @"line 2: malformed_json: byte 17: EOF while parsing a value");
}

#[test]
fn elements_that_are_left_unread_are_noted() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "{\"ts\":1,\"instances\":[[1,2],[3,4]]}\n".repeat(5000);
    let path = file(&folder, "a.ndjson", lines);
    let read = |place: &'static str| {
        let mut batches =
            RecordFiles::new(std::slice::from_ref(&path), &Wanted::new("m", vec![number("x").at(place)]).plan());
        let rows: usize = batches.by_ref().map(|batch| batch.unwrap().rows()).sum();
        format!("{rows} rows; {}", batches.rejected().notes().join(", "))
    };
    assert_snapshot!(read("/instances/*/0"), @"10000 rows; ");
    assert_snapshot!(read("/instances/0/0"), @"5000 rows; monitor m reads 1 of the 2 elements at /instances, by index as in /instances/0/0; if every element is a row, write /instances/*/0");
}

#[test]
fn a_line_beyond_the_limit_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Wanted::new("m", vec![number("x")]).plan();
    let long = format!("{{\"ts\":1,\"y\":\"{}\"}}", "z".repeat(9 << 20));
    let path = file(&folder, "a.ndjson", format!("{{\"ts\":1}}\n{long}\n{{\"ts\":2}}\n{long}"));
    let mut batches = RecordFiles::new(&[path], &plan);
    let times: Vec<i64> = batches.by_ref().flat_map(|batch| batch.unwrap().event_times().to_vec()).collect();
    assert_eq!(times, [1_000_000, 2_000_000]);
    assert_snapshot!(format!("{:?}", batches.rejected().reasons()), @r#"{"too_large": 2}"#);
}

#[test]
fn files_of_records_are_known_by_their_event_times() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Wanted { event_time: "/meta/ts", ..Wanted::new("m", vec![number("x")]) }.plan();
    let fits = |name: &str, content: &str| RecordFiles::fits(&file(&folder, name, content), &plan).unwrap();
    assert!(fits("a", "{\"meta\":{\"ts\":1}}\n"));
    assert!(fits("b", "{\"meta\":{\"ts\":\"later\"}}\n"));
    assert!(fits("c", "{\"x\":1}\n\n{\"meta\":{\"ts\":1}}"));
    assert!(!fits("d", "{\"ts\":1}\n{\"ts\":2}\n"));
    assert!(!fits("e", ""));
    assert!(!fits("f", "ts,x\n1,2\n"));
    let error = RecordFiles::fits(&folder.path().join("none"), &plan).unwrap_err();
    assert!(error.to_string().ends_with("none: no such file; check the path"), "{error}");
}

#[test]
fn what_directories_say_stands_for_members_that_records_leave_out() {
    let folder = tempfile::tempdir().unwrap();
    for (country, rows) in
        [("DE", "{\"ts\":1,\"x\":1}\n{\"ts\":2,\"c\":\"AT\"}\n"), ("FR", "{\"ts\":3,\"features\":{\"x\":3}}\n")]
    {
        std::fs::create_dir_all(folder.path().join(format!("part/c={country}"))).unwrap();
        file(&folder, &format!("part/c={country}/a.ndjson"), rows);
    }
    let plan = Wanted { segments: vec!["/c"], ..Wanted::new("m", vec![number("x"), text("c")]) }.plan();
    let options = ReadOptions::default();
    let found = FoundRecords::find(&folder.path().join("part"), &plan, &options).unwrap();
    assert_eq!(found.lines(&options), Some(3));
    let read: Vec<_> = RecordFiles::open(found, &plan, &options).map(Result::unwrap).collect();
    let shown: Vec<String> = read.iter().flat_map(rows).map(|row| row.to_string()).collect();
    assert_snapshot!(shown.join("\n"), @r#"
    1000000 [c=DE]: 1.0 "DE"
    2000000 [c=AT]: missing "AT"
    3000000 [c=FR]: 3.0 "FR"
    "#);
}
