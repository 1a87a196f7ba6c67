//! Tables that can be read but not simply compared: every column has an outcome with a name.

use insta::assert_snapshot;
use serde_json::Value;

use crate::fixture::Fixture;

fn check(fixture: &Fixture, code: i32) -> Value {
    fixture.run("check --baseline train.csv --current today.csv --format json").ends(code).json()
}

/// One line a feature: its outcome and the reason for it.
fn outcomes(report: &Value) -> String {
    let features = report["features"].as_array().unwrap().iter().map(|f| {
        let text = |key: &str| f[key].as_str().unwrap_or("-").to_owned();
        format!("{} {}: {} ({})", text("kind"), text("feature"), text("outcome"), text("reason"))
    });
    let notes = report["notes"].as_array().unwrap().iter().map(|note| format!("note: {}", note.as_str().unwrap()));
    features.chain(notes).collect::<Vec<_>>().join("\n")
}

fn table(header: &str, row: impl Fn(usize) -> String) -> String {
    let rows: Vec<String> = (0..300).map(row).collect();
    format!("{header}\n{}\n", rows.join("\n"))
}

#[test]
fn a_column_in_one_file_only() {
    let fixture = Fixture::new();
    fixture.write("train.csv", table("both,old", |i| format!("{i},{i}")));
    fixture.write("today.csv", table("both,new", |i| format!("{i},{i}")));
    assert_snapshot!(outcomes(&check(&fixture, 1)), @"
    numeric both: stable (-)
    numeric old: critical (column is missing from the current data)
    numeric new: not_comparable (column is missing from the baseline)
    ");
}

#[test]
fn types_that_differ_between_files() {
    let fixture = Fixture::new();
    fixture.write(
        "train.csv",
        table("number,text,flag,id", |i| format!("{},t{},{},{}", i % 250, i % 5, i % 2 == 0, i % 4)),
    );
    fixture.write("today.csv", table("number,text,flag,id", |i| format!("n{},{i},{i},a{}", i % 5, i % 4)));
    assert_snapshot!(outcomes(&check(&fixture, 1)), @r#"
    numeric number: critical (type differs: numbers in the baseline, text, such as "n0", in the current data)
    categorical text: critical (type differs: text in the baseline, numbers in the current data)
    categorical flag: critical (-)
    numeric id: critical (type differs: numbers in the baseline, text, such as "a0", in the current data)
    "#);
}

#[test]
fn columns_that_are_all_null() {
    let fixture = Fixture::new();
    fixture.write("train.csv", table("x,never,gone", |i| format!("{},,{}", i % 250, i % 250)));
    fixture.write("today.csv", table("x,never,gone", |i| format!("{},{i},", i % 250)));
    assert_snapshot!(outcomes(&check(&fixture, 1)), @"
    numeric x: stable (-)
    presence never: critical (baseline has no values: only presence is watched)
    numeric gone: critical (no usable value in the window)
    ");
}

#[test]
fn columns_of_one_value() {
    let fixture = Fixture::new();
    fixture.write("train.csv", table("same,other,word", |_| "5,5,a".to_owned()));
    fixture.write("today.csv", table("same,other,word", |_| "5,6,b".to_owned()));
    let report = check(&fixture, 1);
    assert_snapshot!(outcomes(&report), @"
    numeric same: stable (-)
    numeric other: critical (-)
    categorical word: critical (-)
    ");
    let divided = &report["features"][1]["statistics"]["wasserstein"];
    let (value, error) = (divided["value"].as_f64().unwrap(), divided["certified_error"].as_f64().unwrap());
    assert!((value - 1.0).abs() <= error && error < 1e-5, "{divided}");
    assert!(divided.get("normalized").is_none(), "a constant baseline has no deviation to divide by");
}

#[test]
fn values_that_are_not_finite() {
    let fixture = Fixture::new();
    let numbers = ["inf", "-inf", "nan", "1e308", "-1e308", "0", "4.9e-324"];
    fixture.write("train.csv", table("x,y", |i| format!("{},{}", i % 250, numbers[i % 7])));
    fixture.write("today.csv", table("x,y", |i| format!("{},{}", numbers[i % 7], numbers[i % 7])));
    let ran = fixture.run("check --baseline train.csv --current today.csv --format json").ends(1);
    let text = ran.out();
    assert!(!text.contains("NaN") && !text.contains("nfinity"), "{text}");
    assert_snapshot!(outcomes(&ran.json()), @"
    numeric x: critical (-)
    numeric y: stable (-)
    ");
    let rows = &ran.json()["features"][0]["rows"];
    assert_eq!((rows["nan_current"].as_u64(), rows["inf_current"].as_u64()), (Some(43), Some(86)));
}

#[test]
fn ten_thousand_columns() {
    let fixture = Fixture::new();
    let names: Vec<String> = (0..10_000).map(|i| format!("c{i}")).collect();
    let row = |r: usize| (0..10_000).map(|c| ((r * 7 + c) % 13).to_string()).collect::<Vec<_>>().join(",") + "\n";
    let text = format!("{}\n{}", names.join(","), (0..60).map(row).collect::<String>());
    fixture.write("train.csv", &text);
    fixture.write("today.csv", &text);
    let report = check(&fixture, 0);
    assert_eq!((report["features"].as_array().unwrap().len(), &report["outcome"]), (10_000, &Value::from("stable")));
    let page = fixture.run("check --baseline train.csv --current today.csv --format html").ends(0).stdout.len();
    assert!(page < 16 << 20, "a page of {page} bytes");
}

#[test]
fn ten_thousand_categories() {
    let fixture = Fixture::new();
    let rows = (0..40_000).map(|i| format!("c{}\n", i * 7 % 10_000)).collect::<Vec<_>>().concat();
    fixture.write("train.csv", format!("city\n{rows}"));
    fixture.write("today.csv", format!("city\n{rows}"));
    assert_snapshot!(outcomes(&check(&fixture, 0)), @"categorical city: stable (-)");
    fixture.write("today.csv", format!("city\n{}", rows.replace('c', "d")));
    let report = check(&fixture, 1);
    assert_eq!(report["features"][0]["statistics"]["unseen"]["value"], 1.0);
}

#[test]
fn files_that_have_nothing_in_common() {
    let fixture = Fixture::new();
    fixture.write("train.csv", table("a,b", |i| format!("{i},{i}")));
    fixture.write("today.csv", table("c,d", |i| format!("{i},{i}")));
    let error = fixture.run("check --baseline train.csv --current today.csv").refusal();
    assert_snapshot!(error, @"error: train.csv and today.csv have no column in common, so there is nothing to compare; are these the right files?");
}
