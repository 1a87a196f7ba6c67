//! One table in every encoding, page version and codec that writers use counts the same.
//!
//! The files in `data/` are written by `data/make.py` with pyarrow.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod support;

use std::path::PathBuf;

use driftd_dataset::{BaselineOptions, Table};
use driftd_model::{Baseline, FeatureKind};
use driftd_stats::Precision;
use support::baseline_with;

const FILES: [&str; 9] = [
    "plain-v1-none",
    "plain-v1-gzip",
    "plain-v1-lz4",
    "plain-v2-brotli",
    "dictionary-v1-snappy",
    "dictionary-v2-zstd",
    "delta-v2-zstd",
    "split-v1-none",
    "int96-v1-snappy",
];

/// Columns of instants, which are no features unless asked for.
const INSTANTS: [&str; 5] = ["date", "ms", "us", "ns", "utc"];

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(format!("{name}.parquet"))
}

/// The baseline of a file, its instants as text.
fn baseline(name: &str) -> Baseline {
    let kinds = INSTANTS.map(|name| (name.to_owned(), FeatureKind::Categorical));
    baseline_with(&path(name), &BaselineOptions { kinds: kinds.into(), ..BaselineOptions::default() }).unwrap()
}

fn usable(baseline: &Baseline, feature: &str) -> u64 {
    let feature = baseline.feature(feature).unwrap_or_else(|| panic!("{feature} is not there"));
    feature.aggregate.usable()
}

#[test]
fn every_encoding_gives_the_same_counts() {
    let plain = baseline(FILES[0]);
    assert_eq!(plain.rows, 120);
    for name in FILES {
        let found = baseline(name);
        assert_eq!(found.features.len(), plain.features.len(), "{name}");
        for (found, plain) in found.features.iter().zip(&plain.features) {
            assert_eq!(found, plain, "{name}");
        }
    }
}

#[test]
fn one_value_in_every_type_gives_the_same_counts() {
    let plain = baseline(FILES[0]);
    let same = |names: &[&str]| {
        let first = plain.feature(names[0]).unwrap();
        for name in names {
            let feature = plain.feature(name).unwrap();
            assert_eq!((&feature.layout, &feature.aggregate), (&first.layout, &first.aggregate), "{name}");
        }
    };
    same(&["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]);
    same(&["f64", "decimal32", "decimal64", "decimal128"]);
    // The layout of narrow floats says so, and is the same besides.
    let layout = |name: &str| plain.feature(name).unwrap().layout.as_numeric().unwrap().clone();
    let (narrow, wide) = (layout("f32"), layout("f64"));
    assert_eq!((narrow.precision(), wide.precision()), (Precision::Single, Precision::Double));
    assert_eq!((narrow.edges(), narrow.coarse_edges()), (wide.edges(), wide.coarse_edges()));
    assert_eq!(usable(&plain, "f32"), usable(&plain, "f64"));
    same(&["text", "large_text", "view", "dictionary"]);
    same(&["ms", "us", "ns", "utc"]);
    assert_eq!(usable(&plain, "int8"), 120 - 13);
    assert_eq!(usable(&plain, "f16"), usable(&plain, "f32"));
    assert_eq!(usable(&plain, "text"), 120 - 10);
    assert_eq!(usable(&plain, "bool"), 120 - 17);
    assert_eq!(usable(&plain, "ms"), 120 - 9);
    assert_eq!(usable(&plain, "time"), 120 - 9);
}

#[test]
fn vectors_and_text_stored_as_bytes_are_columns() {
    let (table, baseline) = (Table::open(path(FILES[0])).unwrap(), baseline(FILES[0]));
    let nested = |name: &&str| name.starts_with("list") || *name == "bytes";
    let columns = table.schema().columns().iter().filter(|c| nested(&c.name.as_str()));
    let shown = columns.map(|c| format!("{}: {}, {} usable", c.name, c.kind, usable(&baseline, &c.name)));
    insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @"
    bytes: text, 120 usable
    list/0: numbers, 120 usable
    list/1: numbers, 120 usable
    ");
}
