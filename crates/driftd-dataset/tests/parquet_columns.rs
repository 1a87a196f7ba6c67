//! What Parquet nests, and what its writers leave unsaid.
//!
//! `data/nested.parquet` is written by `data/make_nested.py` with pyarrow.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod support;

use std::path::Path;

use driftd_dataset::{BaselineOptions, JsonRows, Table, build_baseline};
use driftd_stats::FeatureAggregate;

fn table() -> Table {
    Table::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/nested.parquet")).unwrap()
}

#[test]
fn every_leaf_is_a_column_or_named() {
    let columns = table();
    let shown: Vec<String> = columns.schema().columns().iter().map(|c| format!("{}: {}", c.name, c.kind)).collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    plain_x: numbers
    plain_k: text
    features/x: numbers
    features/deep/k: text
    features/deep/at: numbers
    vector/0: numbers
    vector/1: numbers
    vector/2: numbers
    words/0: text
    words/1: text
    ragged: lists of different lengths
    records: lists
    long: lists of 65 values, more than the 64 that become columns
    map: lists
    text: text
    bytes: bytes
    half: numbers
    wide: numbers
    category: text
    never: timestamps
    ");
}

#[test]
fn a_nested_value_is_what_it_is_by_itself() {
    let baseline = build_baseline(&table(), &BaselineOptions::default(), &|_| ()).unwrap();
    let counts = |name: &str| {
        let feature = baseline.feature(name).unwrap_or_else(|| panic!("no feature {name}"));
        (feature.layout.clone(), feature.aggregate.clone())
    };
    // Short names are names too, as of nested JSON; what is missing on the way is missing.
    assert_eq!(counts("x"), counts("plain_x"));
    assert_eq!(counts("k"), counts("plain_k"));
    assert_eq!(counts("text"), counts("category"));
    let missing = |name: &str| driftd_model::rows_of(&counts(name).1).missing;
    assert_eq!((missing("vector/0"), missing("vector/1")), (23, 23));
    assert!(matches!(counts("vector/2").1, FeatureAggregate::Presence(_)), "an element that never has a value");
    assert_eq!(missing("words/1"), 0);
}

#[test]
fn rows_hold_the_values_that_were_written() {
    let rows: Vec<_> = JsonRows::new(&table()).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 200);
    let row = serde_json::Value::Object(rows[71].clone());
    insta::assert_snapshot!(row, @r#"{"category":"c","features/deep/at":71.0,"features/deep/k":"c","features/x":17.75,"half":17.75,"never":"9999-12-31T00:00:00Z","plain_k":"c","plain_x":17.75,"text":"c","vector/0":71.0,"vector/1":71.5,"wide":0.1,"words/0":"c","words/1":"z"}"#);
}
