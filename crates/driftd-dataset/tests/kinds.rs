//! What a column is, and that it is the same on both sides however each file writes it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    reason = "tests assert by panicking, and their tables are short"
)]

mod support;

use std::path::Path;

use driftd_dataset::{BaselineOptions, Checked, Table, check};
use driftd_model::{Baseline, FeatureKind, JudgeRules, Outcome, Role, Verdict};
use polars_arrow::array::{BooleanArray, PrimitiveArray};
use polars_arrow::datatypes::ArrowDataType;
use support::{Files, baseline_with};

const ROWS: usize = 240;

/// How somebody writes an amount of cents.
type Writer = Box<dyn Fn(i64) -> String>;

/// A number between 0 and 1 for every row.
fn noise(row: usize) -> f64 {
    ((row as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A CSV of a column `x` and one of categories.
fn csv(delimiter: char, x: impl Fn(usize) -> String) -> String {
    let row = |row: usize| format!("{}{delimiter}{}\n", x(row), ["a", "b"][row % 2]);
    format!("x{delimiter}k\n") + &(0..ROWS).map(row).collect::<String>()
}

fn checked(baseline: &Baseline, current: &Path) -> Checked {
    check(baseline, "train", &Table::open(current).unwrap(), &|_| Some(JudgeRules::default()), &|_| ()).unwrap()
}

fn verdict(files: &Files, train: &Path, current: &Path) -> Verdict {
    let report = checked(&files.baseline(train), current).report;
    report.features.into_iter().find(|v| v.feature.as_str() == "x").unwrap()
}

fn skipped(baseline: &Baseline) -> Vec<String> {
    baseline.skipped.iter().map(|s| format!("{} ({})", s.name, s.reason)).collect()
}

#[test]
fn words_for_no_value_are_missing_values_of_either_side() {
    let files = Files::new();
    let number = |row: usize| (noise(row) * 1000.0).round() / 10.0;
    for word in ["NA", "N/A", "null", "-", "?", "\\N", "#N/A", ""] {
        let with_words = |factor: f64| {
            csv(',', |row| if row % 30 == 7 { word.to_owned() } else { (number(row) * factor).to_string() })
        };
        let plain = files.write("train.csv", csv(',', |row| number(row).to_string()));
        let gaps = files.write("gaps.csv", with_words(1.0));
        let shifted = files.write("shifted.csv", with_words(3.0));
        for train in [&plain, &gaps] {
            let same = verdict(&files, train, &gaps);
            assert_eq!((same.kind, same.outcome), (FeatureKind::Numeric, Outcome::Stable), "{word:?}");
            assert_eq!((same.window.missing, same.window.mistyped), (8, 0), "{word:?}");
            assert_eq!(verdict(&files, train, &shifted).outcome, Outcome::Critical, "{word:?}");
        }
    }
    let notes = checked(
        &files.baseline(&files.write("t.csv", csv(',', |r| r.min(60).to_string()))),
        &files.write("gaps.csv", csv(',', |row| if row % 30 == 7 { "NA".into() } else { "5".into() })),
    )
    .report
    .notes;
    insta::assert_snapshot!(files.shown_text(&notes.join("\n")), @r#"gaps.csv: column "x" has no value where it says so (8 "NA")"#);
}

#[test]
fn a_word_that_is_no_number_is_mistyped_and_the_column_stays() {
    let files = Files::new();
    let number = |row: usize| (noise(row) * 1000.0).round() / 10.0;
    let odd =
        |every: usize| csv(',', |row| if row % every == 7 { "later".to_owned() } else { number(row).to_string() });
    let train = files.write("train.csv", odd(1000));
    let same = verdict(&files, &train, &train);
    assert_eq!((same.kind, same.outcome, same.window.mistyped), (FeatureKind::Numeric, Outcome::Stable, 1));
    // However many there are now, each value is counted by itself.
    let mixed = verdict(&files, &train, &files.write("mixed.csv", odd(4 + 4)));
    assert_eq!((mixed.window.mistyped, mixed.window.usable), (30, 210));
    let lines = |odd: &str| {
        let line = |row: usize| {
            let value = if row == 7 { odd.to_owned() } else { number(row).to_string() };
            format!("{{\"x\": {value}, \"k\": \"a\"}}\n")
        };
        (0..ROWS).map(line).collect::<String>()
    };
    for odd in ["\"later\"", "true", "[1]"] {
        let baseline = files.baseline(&files.write("train.ndjson", lines(odd)));
        assert_eq!(baseline.feature("x").unwrap().kind(), FeatureKind::Numeric, "{odd}");
        assert_eq!(baseline.feature("x").unwrap().aggregate.mistyped(), 1, "{odd}");
    }
    let table = Table::open(files.write("noted.ndjson", lines("\"later\""))).unwrap();
    insta::assert_snapshot!(files.shown_text(&table.notes().join("\n")), @r#"noted.ndjson: column "x" has 1 value that is no number, such as "later" in line 8"#);
}

#[test]
fn each_file_writes_numbers_in_its_own_way() {
    let files = Files::new();
    let cents = |row: usize, factor: f64| (noise(row) * 2e6 * factor).round() as i64;
    let grouped = |whole: i64, sign: &str| {
        let text = whole.to_string();
        let head = text.len() % 3;
        let mut parts = vec![&text[..head]];
        parts.extend(text.as_bytes()[head..].chunks(3).map(|part| std::str::from_utf8(part).unwrap()));
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(sign)
    };
    let plain = move |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
    let writers: Vec<(char, Writer)> = vec![
        (',', Box::new(plain)),
        (';', Box::new(move |cents| plain(cents).replace('.', ","))),
        ('\t', Box::new(move |cents| plain(cents).replace('.', ","))),
        (',', Box::new(move |cents| format!("\"{}.{:02}\"", grouped(cents / 100, ","), cents % 100))),
        (';', Box::new(move |cents| format!("{},{:02}", grouped(cents / 100, "."), cents % 100))),
        (';', Box::new(move |cents| format!("{},{:02} €", grouped(cents / 100, "\u{a0}"), cents % 100))),
        (',', Box::new(move |cents| format!("${}", plain(cents)))),
        (',', Box::new(move |cents| format!("EUR {}", plain(cents)))),
        (',', Box::new(move |cents| format!("{}.{:02}%", cents, 0))),
    ];
    let train = files.write("train.csv", csv(',', |row| plain(cents(row, 1.0))));
    for (delimiter, write) in &writers {
        let today = files.write("today.csv", csv(*delimiter, |row| write(cents(row, 1.0))));
        let shifted = files.write("shifted.csv", csv(*delimiter, |row| write(cents(row, 3.0))));
        let example = write(cents(0, 1.0));
        let same = verdict(&files, &train, &today);
        assert_eq!((same.outcome, same.window.usable), (Outcome::Stable, ROWS as u64), "{example}");
        assert_eq!(same.scores.iter().find(|s| s.statistic.as_str() == "psi").unwrap().value, Some(0.0), "{example}");
        assert_eq!(verdict(&files, &train, &shifted).outcome, Outcome::Critical, "{example}");
        assert_eq!(verdict(&files, &today, &today).kind, FeatureKind::Numeric, "{example}");
    }
    // What could be read in two ways is left out with a reason, and is no category.
    let unclear = files.write("unclear.csv", csv('\t', |row| format!("{},{:03}", row % 9 + 1, row * 37 % 1000)));
    insta::assert_snapshot!(skipped(&files.baseline(&unclear)).join("\n"), @r#"x (column holds numbers whose commas, points or currencies do not go together, such as "1,000" in line 2, which cannot be compared)"#);
}

#[test]
fn booleans_are_zero_and_one_whoever_writes_them() {
    let files = Files::new();
    let is = |row: usize, share: f64| noise(row) < share;
    let every = |share: f64| -> Vec<(&str, std::path::PathBuf)> {
        let bools: Vec<bool> = (0..ROWS).map(|row| is(row, share)).collect();
        let ints = |of: fn(bool) -> String| csv(',', |row| of(is(row, share)));
        let lines = |of: fn(bool) -> String| {
            (0..ROWS).map(|row| format!("{{\"x\":{},\"k\":\"a\"}}\n", of(is(row, share)))).collect::<String>()
        };
        let k = vec!["a"; ROWS];
        let name = |kind: &str| format!("{kind}-{share}");
        vec![
            ("Parquet booleans", files.parquet(&(name("bool") + ".parquet"), columns!("x" => bools.clone(), "k" => k.clone()), 100)),
            ("Parquet UInt8", files.parquet(&(name("byte") + ".parquet"), columns!("x" => PrimitiveArray::from_vec(bools.iter().map(|b| u8::from(*b)).collect::<Vec<u8>>()).boxed(), "k" => k.clone()), 100)),
            ("Parquet floats", files.parquet(&(name("float") + ".parquet"), columns!("x" => bools.iter().map(|b| f64::from(u8::from(*b))).collect::<Vec<f64>>(), "k" => k.clone()), 100)),
            ("Parquet text", files.parquet(&(name("text") + ".parquet"), columns!("x" => bools.iter().map(|b| if *b { "True" } else { "False" }).collect::<Vec<&str>>(), "k" => k), 100)),
            ("CSV words", files.write(&(name("words") + ".csv"), ints(|b| if b { "TRUE".into() } else { "FALSE".into() }))),
            ("CSV digits", files.write(&(name("digits") + ".csv"), ints(|b| u8::from(b).to_string()))),
            ("CSV floats", files.write(&(name("floats") + ".csv"), ints(|b| format!("{}.0", u8::from(b))))),
            ("JSON booleans", files.write(&(name("bool") + ".ndjson"), lines(|b| b.to_string()))),
            ("JSON digits", files.write(&(name("digits") + ".ndjson"), lines(|b| u8::from(b).to_string()))),
            ("JSON text", files.write(&(name("text") + ".ndjson"), lines(|b| format!("\"{}\"", if b { "True" } else { "False" })))),
        ]
    };
    let (usual, shifted) = (every(0.3), every(0.9));
    for (train_kind, train) in &usual {
        for ((kind, same), (_, other)) in usual.iter().zip(&shifted) {
            let found = verdict(&files, train, same);
            assert_eq!((found.outcome, found.window.usable), (Outcome::Stable, ROWS as u64), "{train_kind} and {kind}");
            assert_eq!(verdict(&files, train, other).outcome, Outcome::Critical, "{train_kind} and {kind}");
        }
    }
    // A feature that has other numbers has no booleans.
    let numbers = files.write("numbers.csv", csv(',', |row| (row * 37 % 50).to_string()));
    for (kind, booleans) in [&usual[0], &usual[7]] {
        assert_eq!(verdict(&files, &numbers, booleans).window.usable, 0, "{kind}");
    }
}

#[test]
fn a_number_is_the_same_category_in_every_format() {
    let files = Files::new();
    let code = |row: usize| (noise(row) * 9.0) as i64 * 100;
    let options =
        BaselineOptions { kinds: [("x".to_owned(), FeatureKind::Categorical)].into(), ..BaselineOptions::default() };
    let line = |of: &dyn Fn(i64) -> String| {
        (0..ROWS).map(|row| format!("{{\"x\":{},\"k\":\"a\"}}\n", of(code(row)))).collect::<String>()
    };
    let k = vec!["a"; ROWS];
    let codes: Vec<i64> = (0..ROWS).map(code).collect();
    let all = [
        files.write("plain.csv", csv(',', |row| code(row).to_string())),
        files.write("points.csv", csv(',', |row| format!("{}.0", code(row)))),
        files.write("gaps.csv", csv(',', |row| if row % 9 == 1 { String::new() } else { format!("{:e}", code(row)) })),
        files.write("words.csv", csv(',', |row| if row % 9 == 1 { "NA".into() } else { format!("{}.00", code(row)) })),
        files.write("ints.ndjson", line(&|code| code.to_string())),
        files.write("floats.ndjson", line(&|code| format!("{code}.0"))),
        files.write("zeros.ndjson", line(&|code| if code == 0 { "-0.0".into() } else { format!("{code}e0") })),
        files.parquet("ints.parquet", columns!("x" => codes.clone(), "k" => k.clone()), 100),
        files.parquet("floats.parquet", columns!("x" => codes.iter().map(|c| if *c == 0 { -0.0 } else { *c as f64 }).collect::<Vec<f64>>(), "k" => k), 100),
    ];
    for train in &all {
        let baseline = baseline_with(train, &options).unwrap();
        let mut categories = baseline.feature("x").unwrap().layout.as_categorical().unwrap().categories().to_vec();
        categories.sort();
        assert_eq!(categories, ["0", "100", "200", "300", "400", "500", "600", "700", "800"], "{}", train.display());
        for current in &all {
            let report = checked(&baseline, current).report;
            let x = report.features.iter().find(|v| v.feature.as_str() == "x").unwrap();
            let quiet = |v: &Verdict| v.scores.iter().all(|s| s.statistic.as_str() != "unseen" || s.value == Some(0.0));
            assert!(quiet(x) && x.window.mistyped == 0, "{} and {}", train.display(), current.display());
        }
    }
    let floats = files.parquet("f32.parquet", columns!("x" => PrimitiveArray::from_vec(vec![0.1_f32; 50]).boxed()), 50);
    let dictionary = baseline_with(&floats, &options).unwrap();
    assert_eq!(dictionary.features[0].layout.as_categorical().unwrap().categories(), ["0.1"]);
}

#[test]
fn digits_with_leading_zeros_are_text() {
    let files = Files::new();
    let zip = |row: usize| format!("{:05}", (noise(row) * 20.0) as u32 * 4_999);
    let train = files.write("train.csv", csv(',', zip));
    let lines: String = (0..ROWS).map(|row| format!("{{\"x\":\"{}\",\"k\":\"a\"}}\n", zip(row))).collect();
    let text = files.parquet("today.parquet", columns!("x" => (0..ROWS).map(zip).collect::<Vec<String>>()), 100);
    for today in [files.write("today.ndjson", lines), text] {
        let found = verdict(&files, &train, &today);
        assert_eq!((found.kind, found.outcome), (FeatureKind::Categorical, Outcome::Stable));
    }
}

#[test]
fn decimals_are_the_floats_that_json_has() {
    let files = Files::new();
    let cents = |row: usize| (noise(row) * 90.0) as i128 * 7 + 1;
    for scale in [2_u32, 18, 24, 36] {
        let unscaled: Vec<i128> = (0..ROWS).map(|row| cents(row) * 10_i128.pow(scale - 2)).collect();
        let price = PrimitiveArray::from_vec(unscaled).to(ArrowDataType::Decimal(38, scale as usize)).boxed();
        let train = files.parquet("train.parquet", columns!("x" => price), 100);
        let line = |row: usize| format!("{{\"x\": {}.{:02}}}\n", cents(row) / 100, cents(row) % 100);
        let today = files.write("today.ndjson", (0..ROWS).map(line).collect::<String>());
        let found = verdict(&files, &train, &today);
        assert_eq!(found.score(driftd_stats::DriftStatistic::Psi).unwrap().value, Some(0.0), "{scale} places");
    }
}

#[test]
fn points_in_time_and_identifiers_are_no_features() {
    let files = Files::new();
    let minutes = |row: usize| row as i64 * 20;
    let columns = [
        ("id", Box::new(|row: usize| (row + 1).to_string()) as Box<dyn Fn(usize) -> String>),
        ("user", Box::new(|row| (row * 7_919 % 241 + 50_000).to_string())),
        ("order", Box::new(|row| format!("A-{}", row * 31))),
        ("uuid", Box::new(|row| format!("{:08x}-12ab-4cd3-8ef0-{:012x}", row * 77_773, row))),
        ("day", Box::new(|row| (20_240_304 + row / 60).to_string())),
        ("epoch", Box::new(move |row| (1_709_553_600 + minutes(row) * 60).to_string())),
        ("epoch_ms", Box::new(move |row| ((1_709_553_600 + minutes(row * 7_919 % 241) * 60) * 1000).to_string())),
        (
            "slashes",
            Box::new(move |row| {
                format!(
                    "{:02}/03/2024 {:02}:{:02}:00",
                    minutes(row) / 1440 + 4,
                    minutes(row) / 60 % 24,
                    minutes(row) % 60
                )
            }),
        ),
        (
            "utc",
            Box::new(move |row| {
                format!(
                    "2024-03-{:02} {:02}:{:02}:00 UTC",
                    minutes(row) / 1440 + 4,
                    minutes(row) / 60 % 24,
                    minutes(row) % 60
                )
            }),
        ),
        ("price", Box::new(|row| format!("{:.2}", noise(row) * 1e5))),
        ("amount", Box::new(|row| ((20e6 + noise(row) * 1e6) as i64).to_string())),
        ("turnover", Box::new(|row| ((1e9 + noise(row) * 1.5e9) as i64).to_string())),
        ("hour", Box::new(|row| (row % 24).to_string())),
    ];
    let header: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let row = |row: usize| columns.iter().map(|(_, of)| of(row)).collect::<Vec<_>>().join(",") + "\n";
    let train = files.write("train.csv", header.join(",") + "\n" + &(0..ROWS).map(row).collect::<String>());
    let baseline = files.baseline(&train);
    let names: Vec<&str> = baseline.features.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["price", "amount", "turnover", "hour"]);
    insta::assert_snapshot!(skipped(&baseline).join("\n"), @"
    slashes (column holds timestamps, not a feature)
    utc (column holds timestamps, not a feature)
    id (whole numbers that count rows or name them: no feature, not monitored)
    user (whole numbers that count rows or name them: no feature, not monitored)
    order (nearly every value is distinct: an identifier, not monitored)
    uuid (nearly every value is distinct: an identifier, not monitored)
    day (column holds timestamps, not a feature)
    epoch (column holds timestamps, not a feature)
    epoch_ms (column holds timestamps, not a feature)
    ");
    // Whoever says what a column is gets it.
    let options = BaselineOptions {
        kinds: [("id".to_owned(), FeatureKind::Numeric), ("order".to_owned(), FeatureKind::Categorical)].into(),
        roles: [("user".to_owned(), Role::Label)].into(),
        ..BaselineOptions::default()
    };
    let asked = baseline_with(&train, &options).unwrap();
    assert!(["id", "order", "user"].iter().all(|name| asked.feature(name).is_some()));
}

#[test]
fn text_that_reads_as_numbers_is_counted_as_numbers() {
    let files = Files::new();
    let number = |row: usize| (noise(row) * 1000.0).round() / 10.0;
    let train = files.parquet("train.parquet", columns!("x" => (0..ROWS).map(number).collect::<Vec<f64>>()), 100);
    let text = |factor: f64| (0..ROWS).map(|row| (number(row) * factor).to_string()).collect::<Vec<String>>();
    let same = files.parquet("same.parquet", columns!("x" => text(1.0)), 100);
    let moved = files.parquet("moved.parquet", columns!("x" => text(5.0)), 100);
    assert_eq!(verdict(&files, &train, &same).outcome, Outcome::Stable);
    assert_eq!(verdict(&files, &train, &moved).outcome, Outcome::Critical);
}

#[test]
fn a_column_that_never_had_values_is_judged_when_it_has_them() {
    let files = Files::new();
    let nothing = BooleanArray::from(vec![None::<bool>; ROWS]).boxed();
    let trains = [
        files.parquet("train.parquet", columns!("x" => nothing, "k" => vec!["a"; ROWS]), 100),
        files.write("train.csv", csv(',', |_| String::new())),
        files.write("words.csv", csv(',', |_| "NA".to_owned())),
        files.write("train.ndjson", "{\"x\":null,\"k\":\"a\"}\n".repeat(ROWS)),
    ];
    for train in &trains {
        let full = files.write("full.csv", csv(',', |row| row.to_string()));
        let tenth =
            files.write("tenth.csv", csv(',', |row| if row % 10 == 0 { "x".to_owned() } else { String::new() }));
        assert_eq!(verdict(&files, train, &full).outcome, Outcome::Critical, "{}", train.display());
        assert_eq!(verdict(&files, train, &tenth).outcome, Outcome::Warning, "{}", train.display());
        for still in &trains {
            assert_eq!(verdict(&files, train, still).outcome, Outcome::Stable, "{}", train.display());
        }
    }
}
