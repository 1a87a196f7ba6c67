//! Columns that Parquet stores as text are what columns of CSV would be.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod support;

use std::path::{Path, PathBuf};

use driftd_dataset::{BaselineOptions, Table, check};
use driftd_model::{Baseline, FeatureKind, JudgeRules, Outcome, Verdict};
use support::{Files, baseline_with};

/// How a number of a row is written.
type Writer = Box<dyn Fn(usize, f64) -> String>;

/// A number between 0 and 1 for every row.
fn noise(row: usize) -> f64 {
    ((row as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11) as f64 / (1_u64 << 53) as f64
}

/// What is said of `x`.
fn judged(baseline: &Baseline, current: &Path) -> Verdict {
    let table = Table::open(current).unwrap();
    let checked = check(baseline, "train", &table, &|_| Some(JudgeRules::default()), &|_| ()).unwrap();
    checked.report.features.into_iter().find(|v| v.feature.as_str() == "x").unwrap()
}

fn verdict(files: &Files, train: &Path, current: &Path) -> Verdict {
    judged(&files.baseline(train), current)
}

/// Numbers as text in Parquet, as `write` writes them.
fn text_parquet(files: &Files, name: &str, write: impl Fn(usize, f64) -> String) -> PathBuf {
    let values = (0..6_000).map(|row| write(row, (noise(row) * 9_000.0).round() / 2.0)).collect::<Vec<String>>();
    files.parquet(
        name,
        columns!("x" => values, "k" => (0..6_000).map(|i| ["a", "b"][i % 2]).collect::<Vec<_>>()),
        2_500,
    )
}

#[test]
fn text_of_parquet_is_read_as_text_of_csv_is() {
    let files = Files::new();
    let numbers = (0..6_000).map(|row| (noise(row) * 9_000.0).round() / 2.0).collect::<Vec<f64>>();
    let train = files.parquet("train.parquet", columns!("x" => numbers.clone()), 2_500);
    let grouped = |x: f64| {
        let (whole, rest) = (x.trunc() as i64, if x.fract() > 0.0 { ".5" } else { "" });
        if whole >= 1_000 { format!("{},{:03}{rest}", whole / 1_000, whole % 1_000) } else { format!("{whole}{rest}") }
    };
    let plain = text_parquet(&files, "plain.parquet", |_, x| x.to_string());
    let expected = verdict(&files, &train, &plain);
    assert_eq!((expected.outcome, expected.window.mistyped), (Outcome::Stable, 0));
    for (name, note, write) in [
        ("commas", "is read with commas between thousands, such as \"", Box::new(move |_, x| grouped(x)) as Writer),
        (
            "decimal",
            "is read with decimal commas, such as \"",
            Box::new(|_, x: f64| format!("{x:.1}").replace('.', ",")),
        ),
        (
            "odd",
            "has 2 values that are no numbers, such as \"later\" in row 6",
            Box::new(|row, x| if row % 5_000 == 5 { "later".to_owned() } else { x.to_string() }),
        ),
    ] {
        let current = text_parquet(&files, &format!("{name}.parquet"), write);
        let found = verdict(&files, &train, &current);
        assert_eq!((found.outcome, &found.reason), (Outcome::Stable, &None), "{name}");
        assert_eq!(found.window.mistyped, if name == "odd" { 2 } else { 0 }, "{name}");
        let notes = Table::open(&current).unwrap().notes().join("\n");
        assert!(notes.contains(note), "{name}: {notes}");
    }
    // Words for no value are missing, and few odd values mistyped, however late they come.
    let gaps = text_parquet(&files, "gaps.parquet", |row, x| if row > 5_000 { "NA".to_owned() } else { x.to_string() });
    let found = verdict(&files, &train, &gaps);
    assert_eq!((found.window.missing, found.window.mistyped), (999, 0));
    // Of both sides it is numbers too.
    let baseline = files.baseline(&plain);
    assert_eq!(baseline.feature("x").unwrap().kind(), FeatureKind::Numeric);
    assert_eq!(baseline.feature("x").unwrap().layout, files.baseline(&train).feature("x").unwrap().layout);
    assert_eq!(baseline.feature("k").unwrap().kind(), FeatureKind::Categorical);
}

#[test]
fn text_of_parquet_that_is_no_number_stays_what_it_is() {
    let files = Files::new();
    let of = |name: &str, write: &dyn Fn(usize) -> String| {
        let values = (0..6_000).map(write).collect::<Vec<String>>();
        files.parquet(name, columns!("x" => values), 2_500)
    };
    // Codes with letters beyond the rows that are looked at first, and with leading zeros.
    let kinds = [
        of("letters.parquet", &|row| {
            if row > 4_500 && row % 3 == 0 { "B7".to_owned() } else { (row % 40).to_string() }
        }),
        of("codes.parquet", &|row| format!("{:03}", row % 40)),
        of("empty.parquet", &|row| if row < 5_000 { String::new() } else { ["a", "b"][row % 2].to_owned() }),
    ];
    for path in kinds {
        assert_eq!(files.baseline(&path).feature("x").unwrap().kind(), FeatureKind::Categorical, "{}", path.display());
    }
    // Somebody who says that digits are categories keeps them as they are written.
    let digits = of("digits.parquet", &|row| format!("{}.0", row % 40));
    let kinds = [("x".to_owned(), FeatureKind::Categorical)].into();
    let baseline = baseline_with(&digits, &BaselineOptions { kinds, ..BaselineOptions::default() }).unwrap();
    let layout = &baseline.feature("x").unwrap().layout;
    assert!(layout.as_categorical().unwrap().categories().contains(&"7.0".to_owned()));
    let of_itself = judged(&baseline, &digits);
    assert_eq!((of_itself.outcome, of_itself.reason), (Outcome::Stable, None));
}
