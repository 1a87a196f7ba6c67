//! A Parquet file with any bytes missing or changed is an error or a table, never a panic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod support;

use driftd_dataset::{BaselineOptions, DatasetError, Table, build_baseline};
use support::Files;

fn sample(files: &Files) -> Vec<u8> {
    let rows = 600_i64;
    let columns = columns!(
        "n" => (0..rows).map(|i| (i % 7 != 0).then_some(i as f64 / 3.0)).collect::<Vec<_>>(),
        "i" => (0..rows).map(|i| i % 50).collect::<Vec<_>>(),
        "t" => (0..rows).map(|i| format!("value {}", i % 30)).collect::<Vec<_>>(),
        "b" => (0..rows).map(|i| i % 3 == 0).collect::<Vec<_>>(),
    );
    std::fs::read(files.parquet("whole.parquet", columns, 256)).unwrap()
}

/// Opens and reads everything there is to read.
fn read(files: &Files, bytes: &[u8]) -> Result<u64, DatasetError> {
    let table = Table::open(files.write("damaged.parquet", bytes))?;
    Ok(build_baseline(&table, &BaselineOptions::default(), &|_| ())?.rows)
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    let files = Files::new();
    let whole = sample(&files);
    assert_eq!(read(&files, &whole).unwrap(), 600);
    for length in (0..whole.len()).step_by(61).chain(whole.len() - 12..whole.len()) {
        let error = read(&files, &whole[..length]).expect_err("a part of a file was accepted");
        assert!(files.shown(&error).starts_with("damaged.parquet: "), "{error}");
    }
    insta::assert_snapshot!(files.shown(&read(&files, &whole[..whole.len() / 2]).unwrap_err()), @"damaged.parquet: does not end as a Parquet file does; it was cut short, copy it again");
}

#[test]
fn a_file_that_lost_its_middle_is_an_error() {
    let files = Files::new();
    let whole = sample(&files);
    let holed = [&whole[..4], &whole[whole.len() - 3000..]].concat();
    let error = files.shown(&read(&files, &holed).unwrap_err());
    // Columns are read side by side and have all lost something: whichever finds it first is told of.
    let told =
        error.strip_prefix("damaged.parquet: damaged Parquet file, column ").unwrap_or_else(|| panic!("{error}"));
    assert!(["\"n\": ", "\"i\": ", "\"t\": ", "\"b\": "].iter().any(|name| told.starts_with(name)), "{error}");
    assert!(told.ends_with("; write or copy it again"), "{error}");
}

#[test]
fn a_file_with_changed_bytes_never_panics() {
    let files = Files::new();
    let whole = sample(&files);
    let mut state = 0x9e37_79b9_u64;
    let mut errors = 0;
    for _ in 0..1500 {
        let mut damaged = whole.clone();
        for _ in 0..3 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let at = (state >> 33) as usize % damaged.len();
            damaged[at] ^= 1 << (state >> 20 & 7);
        }
        errors += usize::from(read(&files, &damaged).is_err());
    }
    assert!(errors > 0, "no change was noticed");
}
