//! Every kind of bad input has a named outcome or an error with place and remedy.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod support;

use driftd_dataset::{BaselineOptions, SegmentOptions, Table, check};
use driftd_model::check::CheckReport;
use driftd_model::{FeatureKind, JudgeRules, Pointer};
use insta::assert_snapshot;
use support::columns::{Cells, lists};
use support::{Files, baseline_with};

fn compare(files: &Files, baseline: &str, current: &str) -> CheckReport {
    let baseline = files.baseline(&files.path(baseline));
    let table = Table::open(files.path(current)).unwrap();
    check(&baseline, "train", &table, &|_| Some(JudgeRules::default()), &|_| ()).unwrap().report
}

/// One line a feature.
fn outcomes(report: &CheckReport) -> String {
    let line = |f: &driftd_model::Verdict| {
        let reason = f.reason.as_ref().map_or_else(String::new, |r| format!(" ({r})"));
        format!("{} {}: {}{reason}", f.kind, f.feature, f.outcome)
    };
    report.features.iter().map(line).chain(report.notes.iter().cloned()).collect::<Vec<_>>().join("\n")
}

fn rows(header: &str, row: impl Fn(usize) -> String) -> String {
    let lines: Vec<String> = (0..200).map(row).collect();
    format!("{header}\n{}\n", lines.join("\n"))
}

#[test]
fn files_that_are_no_tables() {
    let files = Files::new();
    let open = |name: &str| files.shown(&Table::open(files.path(name)).unwrap_err());
    assert_snapshot!(open("nowhere.parquet"), @"nowhere.parquet: no such file; check the path");
    std::fs::create_dir(files.path("day.parquet")).unwrap();
    assert_snapshot!(open("day.parquet"), @"day.parquet: holds no file that is read; files there are named .parquet, .csv, .tsv, .ndjson or .jsonl, and not beginning with _ or .");
    assert_snapshot!(files.refusal("table.xlsx", "x"), @"table.xlsx: unknown kind of file; name it .parquet, .csv, .tsv, .ndjson or .jsonl, after what is in it, or say --read-as");
    assert_snapshot!(files.refusal("noname", "x"), @"noname: unknown kind of file; name it .parquet, .csv, .tsv, .ndjson or .jsonl, after what is in it, or say --read-as");
    assert_snapshot!(files.refusal("empty.parquet", ""), @"empty.parquet: is empty (0 bytes); was the export interrupted?");
    assert_snapshot!(files.refusal("empty.csv", ""), @"empty.csv: is empty (0 bytes); was the export interrupted?");
    assert_snapshot!(files.refusal("empty.ndjson", ""), @"empty.ndjson: is empty (0 bytes); was the export interrupted?");
}

#[test]
fn names_that_promise_another_format() {
    let files = Files::new();
    let parquet = files.parquet("table.parquet", columns!("a" => vec![1, 2]), 10);
    let bytes = std::fs::read(parquet).unwrap();
    assert_snapshot!(files.refusal("table.csv", &bytes), @"table.csv: is named as CSV but holds Parquet; rename it to .parquet");
    assert_snapshot!(files.refusal("table.ndjson", &bytes), @"table.ndjson: is named as NDJSON but holds Parquet; rename it to .parquet");
    assert_snapshot!(files.refusal("text.parquet", "a,b\n1,2\n"), @"text.parquet: is named as Parquet but holds something else; rename it after what is in it, or write it again");
    assert_snapshot!(files.refusal("packed.csv", b"\x1f\x8b\x08\x00rest"), @"packed.csv: cannot be read: the compressed data were cut short; copy it again");
    assert_snapshot!(files.refusal("sheet.csv", b"PK\x03\x04rest"), @"sheet.csv: is named as CSV but holds a zip archive or spreadsheet; unpack it, or export the sheet as CSV");
}

#[test]
fn tables_without_rows_or_columns() {
    let files = Files::new();
    assert_snapshot!(files.refusal("header.csv", "a,b\n"), @"header.csv: has columns but no rows; nothing can be learnt from it, check the query that wrote it");
    assert_snapshot!(files.refusal("blank.csv", "\n\n"), @"blank.csv: has no columns; a table needs at least one named column");
    assert_snapshot!(files.refusal("blank.ndjson", "\n\n"), @"blank.ndjson: has no columns; a table needs at least one named column");
    assert_snapshot!(files.refusal("objects.ndjson", "{}\n{}\n"), @"objects.ndjson: has no columns; a table needs at least one named column");
    let none = files.parquet("none.parquet", columns!("a" => Vec::<i64>::new()), 10);
    assert_snapshot!(files.shown(&Table::open(none).unwrap_err()), @"none.parquet: has columns but no rows; nothing can be learnt from it, check the query that wrote it");
}

#[test]
fn csv_that_is_malformed() {
    let files = Files::new();
    assert_snapshot!(files.refusal("ragged.csv", "a,b\n1,2\n3\n"), @"ragged.csv:3: 1 fields, but the header names 2 columns; check quotes and delimiters there");
    assert_snapshot!(files.refusal("wide.csv", "a,b\n1,2\n3,4,5\n"), @"wide.csv:3: 3 fields, but the header names 2 columns; check quotes and delimiters there");
    assert_snapshot!(files.refusal("twice.csv", "a,b,a\n1,2,3\n"), @r#"twice.csv: column "a" occurs twice; rename one of the two"#);
    assert_snapshot!(files.refusal("unnamed.csv", ",\n1,2\n"), @"unnamed.csv: has no columns; a table needs at least one named column");
    assert_snapshot!(files.refusal("latin1.csv", b"name,city\nana,Lisboa\njos\xe9,Porto\n"), @r#"latin1.csv:3: column "name" is not UTF-8 (in the record that starts at byte 21); convert the file first, for example with `iconv -f LATIN1 -t UTF-8`"#);
    assert_snapshot!(files.refusal("header-latin1.csv", b"a,\xe9\n1,2\n"), @"header-latin1.csv:1: column number 2 is not UTF-8 (in the record that starts at byte 0); convert the file first, for example with `iconv -f LATIN1 -t UTF-8`");
}

#[test]
fn ndjson_that_is_malformed() {
    let files = Files::new();
    assert_snapshot!(files.refusal("broken.ndjson", "{\"a\":1}\n{\"a\":}\n"), @"broken.ndjson:2:6: expected value; every record is one JSON object, on a line of its own or in an array (`jq -c .` writes one object a line)");
    assert_snapshot!(files.refusal("cut.ndjson", "{\"a\":1}\n{\"a\":1, \"b"), @"cut.ndjson:2:10: eof while parsing a string; every record is one JSON object, on a line of its own or in an array (`jq -c .` writes one object a line)");
    assert_snapshot!(files.refusal("array.json", "[{\"a\":1},\n 2]"), @"array.json:2:1: a record is an object; every record is one JSON object, on a line of its own or in an array (`jq -c .` writes one object a line)");
    assert_snapshot!(files.refusal("pretty.json", "{\n  \"a\": 1\n}\n{\n  \"a\": }\n"), @"pretty.json:5:8: expected value; every record is one JSON object, on a line of its own or in an array (`jq -c .` writes one object a line)");
    assert_snapshot!(files.refusal("two.ndjson", "{\"a\":1} {\"a\":2}\n"), @"two.ndjson:1:9: trailing characters; every record is one JSON object, on a line of its own or in an array (`jq -c .` writes one object a line)");
    assert_snapshot!(files.refusal("latin1.ndjson", b"{\"a\":\"jos\xe9\"}\n"), @"latin1.ndjson:1:10: byte 10 of the line is not UTF-8; every record is one JSON object, on a line of its own or in an array (`jq -c .` writes one object a line)");
}

#[test]
fn names_that_fit_several_nested_columns() {
    let files = Files::new();
    let path = files.write("nested.ndjson", "{\"a\":{\"x\":1},\"b\":{\"x\":2}}\n".repeat(3));
    let table = Table::open(&path).unwrap();
    assert_snapshot!(files.shown(&table.schema().find("x", table.path()).unwrap_err()), @r#"nested.ndjson: column "x" is ambiguous: a/x, b/x all end in it; name one of them in full"#);
}

#[test]
fn columns_that_only_one_file_has() {
    let files = Files::new();
    files.write("train.csv", rows("both,old", |i| format!("{i},{i}")));
    files.write("today.csv", rows("both,new,when", |i| format!("{i},{i},2024-01-01")));
    assert_snapshot!(outcomes(&compare(&files, "train.csv", "today.csv")), @r#"
    numeric both: stable
    numeric old: critical (column is missing from the current data)
    numeric new: not_comparable (column is missing from the baseline)
    column "when" of the current data is not compared: it holds timestamps
    "#);
}

#[test]
fn types_that_differ_between_files() {
    let files = Files::new();
    files.write("train.csv", rows("n,t,b,gone", |i| format!("{},v{},{},{}", i % 150, i % 7, i % 2 == 0, i % 150)));
    files.write("today.csv", rows("n,t,b,gone", |i| format!("n{},{i},{i},", i % 7)));
    assert_snapshot!(outcomes(&compare(&files, "train.csv", "today.csv")), @r#"
    numeric n: critical (type differs: numbers in the baseline, text, such as "n0", in the current data)
    categorical t: critical (type differs: text in the baseline, numbers in the current data)
    categorical b: critical
    numeric gone: critical (no usable value in the window)
    "#);
    let typed =
        columns!("n" => vec!["x"; 200], "t" => vec![1.5; 200], "b" => vec![1_i32; 200], "gone" => vec![true; 200]);
    files.parquet("today.parquet", typed, 64);
    assert_snapshot!(outcomes(&compare(&files, "train.csv", "today.parquet")), @r#"
    numeric n: critical (type differs: numbers in the baseline, text, such as "x", in the current data)
    categorical t: critical (type differs: text in the baseline, numbers in the current data)
    categorical b: critical
    numeric gone: critical (type differs: numbers in the baseline, booleans in the current data)
    "#);
    let parts = columns!("n" => (0..200).map(|i| i % 150).collect::<Vec<i32>>(), "t" => lists(200));
    files.parquet("lists.parquet", parts, 64);
    assert_snapshot!(outcomes(&compare(&files, "train.csv", "lists.parquet")), @"
    numeric n: stable
    categorical t: critical (column is missing from the current data)
    categorical b: critical (column is missing from the current data)
    numeric gone: critical (column is missing from the current data)
    numeric t/0: not_comparable (column is missing from the baseline)
    numeric t/1: not_comparable (column is missing from the baseline)
    ");
}

#[test]
fn columns_without_values_and_columns_of_one_value() {
    let files = Files::new();
    files.write("train.csv", rows("nothing,same,nan", |_| ",5,nan".to_owned()));
    files.write("today.csv", rows("nothing,same,nan", |_| "1,6,nan".to_owned()));
    assert_snapshot!(outcomes(&compare(&files, "train.csv", "train.csv")), @"
    presence nothing: stable (baseline has no values: only presence is watched)
    numeric same: stable
    presence nan: stable (baseline has no values: only presence is watched)
    ");
    assert_snapshot!(outcomes(&compare(&files, "train.csv", "today.csv")), @"
    presence nothing: critical (baseline has no values: only presence is watched)
    numeric same: critical
    presence nan: stable (baseline has no values: only presence is watched)
    ");
}

#[test]
fn identifiers_are_not_monitored_by_accident() {
    let files = Files::new();
    let ids: Vec<String> = (0..2000).map(|i| format!("order-{i}")).collect();
    let columns = columns!("id" => ids, "x" => (0..2000).collect::<Vec<i32>>());
    files.parquet("train.parquet", columns, 500);
    assert_snapshot!(outcomes(&compare(&files, "train.parquet", "train.parquet")), @r#"
    numeric x: stable
    column "id" is not compared: nearly every value is distinct: an identifier, not monitored
    "#);
}

#[test]
fn options_that_the_columns_cannot_follow() {
    let files = Files::new();
    let path = files.write("train.csv", rows("city,at", |_| "Porto,2024-01-01".to_owned()));
    let mut options = BaselineOptions::default();
    options.kinds.insert("city".into(), FeatureKind::Numeric);
    assert_snapshot!(files.shown(&baseline_with(&path, &options).unwrap_err()), @r#"train.csv: column "city" holds text and cannot be compared as numeric; drop the override or convert the column"#);
    let by = vec![Pointer::new("/features/carrier").unwrap()];
    let options = BaselineOptions { segments: Some(SegmentOptions { by, max: 4 }), ..BaselineOptions::default() };
    assert_snapshot!(files.shown(&baseline_with(&path, &options).unwrap_err()), @r#"train.csv: no column "carrier" for segments; it has city, at"#);
    let mut options = BaselineOptions::default();
    options.exclude.insert("city".into());
    assert_snapshot!(files.shown(&baseline_with(&path, &options).unwrap_err()), @"train.csv: no column can be monitored: at (column holds timestamps, not a feature)");
}

#[test]
fn ten_thousand_columns_and_ten_thousand_categories() {
    let files = Files::new();
    let names: Vec<String> = (0..10_000).map(|i| format!("c{i}")).collect();
    let path = files.write("wide.csv", format!("{}\n{}", names.join(","), "1,".repeat(9_999) + "1\n"));
    assert_eq!(files.baseline(&path).features.len(), 10_000);
    let columns = names.iter().map(|name| (name.clone(), vec![1.5, 2.5].array())).collect();
    let path = files.parquet("wide.parquet", columns, 10);
    assert_eq!(files.baseline(&path).features.len(), 10_000);
    let many: Vec<String> = (0..40_000).map(|i| format!("category {}", i % 10_000)).collect();
    files.parquet("many.parquet", columns!("t" => many), 7_000);
    let report = compare(&files, "many.parquet", "many.parquet");
    assert_snapshot!(outcomes(&report), @"categorical t: stable");
    assert_eq!(report.features[0].window.usable, 40_000);
}
