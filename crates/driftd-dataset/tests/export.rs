//! What is written as Parquet can be read again, whatever its shape.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod support;

use driftd_dataset::{ColumnKind, DatasetError, ExportColumn, ExportValues, Table, write_parquet};
use insta::assert_snapshot;
use polars_parquet::read::read_metadata;
use support::Files;

fn column(name: &str, values: ExportValues) -> ExportColumn {
    ExportColumn { name: name.to_owned(), values }
}

/// Writes a file, whose size is what the writer says.
fn write(files: &Files, columns: &[ExportColumn]) -> std::path::PathBuf {
    let path = files.path("out.parquet");
    let bytes = write_parquet("out.parquet", std::fs::File::create(&path).unwrap(), columns).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().len(), bytes);
    path
}

#[test]
fn what_is_written_can_be_read() {
    let files = Files::new();
    let columns = [
        column("n", ExportValues::Int64(vec![Some(i64::MIN), None, Some(i64::MAX)])),
        column("value", ExportValues::Float64(vec![None, Some(f64::NAN), Some(-0.5)])),
        column(
            "feature",
            ExportValues::Text(vec![Some("a longer name, kept apart".into()), None, Some(String::new())]),
        ),
        column("sealed_at", ExportValues::Time(vec![Some(0), Some(1), None])),
        column("none", ExportValues::Text(vec![None; 3])),
    ];
    let table = Table::open(write(&files, &columns)).unwrap();
    let kinds: Vec<_> = table.schema().columns().iter().map(|c| c.kind.clone()).collect();
    use ColumnKind::{Empty, Number, Text, Time};
    assert_eq!(kinds, [Number, Number, Text, Time, Empty]);
    assert_eq!(table.rows(), 3);
}

#[test]
fn long_tables_are_split_into_row_groups() {
    let files = Files::new();
    let rows = 300_000_i64;
    let present = |i: &i64| i % 10 != 0;
    let columns = [
        column("n", ExportValues::Int64((0..rows).map(|i| present(&i).then_some(i)).collect())),
        column("x", ExportValues::Float64((0..rows).map(|i| Some(i as f64 / 2.0)).collect())),
        column("t", ExportValues::Text((0..rows).map(|i| present(&i).then(|| format!("t{}", i % 7))).collect())),
    ];
    let path = write(&files, &columns);
    let baseline = files.baseline(&path);
    assert_eq!(baseline.rows, rows as u64);
    // The same table in other groups, written by other code.
    let cells = columns!(
        "n" => (0..rows).map(|i| present(&i).then_some(i)).collect::<Vec<_>>(),
        "x" => (0..rows).map(|i| i as f64 / 2.0).collect::<Vec<_>>(),
        "t" => (0..rows).map(|i| present(&i).then(|| format!("t{}", i % 7))).collect::<Vec<_>>(),
    );
    let other = files.baseline(&files.parquet("other.parquet", cells, 9_999));
    assert_eq!(baseline.content_hash(), other.content_hash());
}

#[test]
fn statistics_are_the_true_bounds_or_none() {
    let files = Files::new();
    let bounds = |first: f64| {
        let values = (0..200_000).map(|i| Some(if i == 0 { first } else { f64::from(i) })).collect();
        let file = std::fs::File::open(write(&files, &[column("x", ExportValues::Float64(values))])).unwrap();
        let metadata = read_metadata(&mut std::io::BufReader::new(file)).unwrap();
        let groups = metadata.row_groups.iter().map(|group| {
            let statistics = group.parquet_columns()[0].statistics(&metadata.footer_buf)?.unwrap();
            let statistics = statistics.expect_as_double();
            Some((statistics.min_value.unwrap(), statistics.max_value.unwrap()))
        });
        groups.collect::<Vec<_>>()
    };
    assert_eq!(bounds(-1.0), [Some((-1.0, 131_071.0)), Some((131_072.0, 199_999.0))]);
    assert_eq!(bounds(f64::NAN), [None, None]);
}

#[test]
fn tables_without_rows_or_columns_are_whole_files() {
    let files = Files::new();
    let none = [column("n", ExportValues::Int64(Vec::new())), column("t", ExportValues::Text(Vec::new()))];
    assert_snapshot!(files.shown(&Table::open(write(&files, &none)).unwrap_err()), @"out.parquet: has columns but no rows; nothing can be learnt from it, check the query that wrote it");
    assert_snapshot!(files.shown(&Table::open(write(&files, &[])).unwrap_err()), @"out.parquet: has no columns; a table needs at least one named column");
}

#[test]
fn columns_that_are_no_table_are_refused_before_anything_is_written() {
    let refusal = |columns: &[ExportColumn]| {
        let mut out = Vec::new();
        let error = write_parquet("history", &mut out, columns).unwrap_err();
        assert!(out.is_empty());
        error.to_string()
    };
    let [one, two] = [1, 2].map(|rows| ExportValues::Int64(vec![None; rows]));
    assert_snapshot!(refusal(&[column("a", two.clone()), column("b", one.clone())]), @r#"history: cannot write Parquet: column "b" has 1 values and column "a" has 2; give every column one value a row"#);
    assert_snapshot!(refusal(&[column("a", one.clone()), column("b", one.clone()), column("a", one)]), @r#"history: cannot write Parquet: column "a" occurs twice; rename one of the two"#);
}

#[test]
fn a_target_that_fails_is_an_error() {
    /// Takes some bytes and no more.
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            match self.0.checked_sub(bytes.len()) {
                Some(left) => self.0 = left,
                None => return Err(std::io::Error::new(std::io::ErrorKind::StorageFull, "no space left on device")),
            }
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let columns = [column("n", ExportValues::Int64((0..5_000).map(Some).collect()))];
    let size = write_parquet("history", Vec::new(), &columns).unwrap() as usize;
    for room in [0, 4, 100, size / 2, size - 1] {
        let error = write_parquet("history", Full(room), &columns).unwrap_err();
        assert!(matches!(error, DatasetError::Write { .. }), "{error}");
        assert_eq!(error.to_string(), "history: cannot write Parquet: no space left on device");
    }
}
