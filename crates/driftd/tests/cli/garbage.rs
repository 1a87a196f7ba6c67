//! Whatever bytes a file holds, the program ends with 0, 1 or 2 and never by a panic.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::fixture::Fixture;
use crate::orders::Orders;

fn property(cases: u32) -> TestRunner {
    TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) })
}

/// A file and where it is damaged: bytes that replace others from some place on.
fn damage() -> impl Strategy<Value = (prop::sample::Index, Vec<u8>)> {
    (any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 1..16))
}

fn check_damaged(name: &str, whole: &[u8], cases: u32) {
    let fixture = Fixture::new();
    fixture.write("train.csv", Orders::usual(100, 1).csv());
    let result = property(cases).run(&damage(), |(place, bytes)| {
        let mut damaged = whole.to_vec();
        let place = place.index(damaged.len());
        let end = damaged.len().min(place + bytes.len());
        damaged.splice(place..end, bytes);
        fixture.write(name, damaged);
        let ran = fixture.run(&format!("check --baseline train.csv --current {name} --format json"));
        prop_assert!((0..=2).contains(&ran.code), "exit {}", ran.code);
        if ran.code == 2 {
            prop_assert!(ran.stderr.contains(name), "the error does not name the file: {}", ran.stderr);
        } else {
            ran.json();
        }
        Ok(())
    });
    result.unwrap();
}

#[test]
fn damaged_parquet() {
    check_damaged("today.parquet", &Orders::usual(100, 2).parquet(), 80);
}

#[test]
fn damaged_csv() {
    check_damaged("today.csv", Orders::usual(100, 2).csv().as_bytes(), 60);
}

#[test]
fn damaged_ndjson() {
    check_damaged("today.ndjson", Orders::usual(100, 2).ndjson().as_bytes(), 60);
}

#[test]
fn random_text() {
    let fixture = Fixture::new();
    fixture.write("train.csv", Orders::usual(100, 1).csv());
    let tables = ("[a-c,;\"\n\r \t0-9.eE+-]{0,80}", prop::sample::select(vec!["csv", "ndjson", "parquet", "tsv"]));
    let result = property(80).run(&tables, |(text, extension)| {
        let name = format!("today.{extension}");
        fixture.write(&name, text);
        let ran = fixture.run(&format!("check --baseline {name} --current {name}"));
        prop_assert!(matches!(ran.code, 0 | 2), "a file differs from itself: {}", ran.out());
        Ok(())
    });
    result.unwrap();
}

#[test]
fn random_configurations() {
    let fixture = Fixture::new();
    let result = property(60).run(&"[\\[\\]a-c={}\"'#\n 0-9.,é]{0,60}", |text| {
        fixture.write("driftd.toml", text);
        let ran = fixture.run("config check");
        prop_assert!(matches!(ran.code, 0 | 2), "exit {}", ran.code);
        prop_assert!(ran.code == 0 || ran.stderr.contains("driftd.toml:"), "no place in {}", ran.stderr);
        Ok(())
    });
    result.unwrap();
}
