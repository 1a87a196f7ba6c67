//! `driftd baseline`: build, list, show, diff, activate, export, import.

use insta::assert_snapshot;

use crate::fixture::Fixture;
use crate::orders::Orders;

/// `orders@v1` from the usual population and `orders@v2` from the one that moved.
fn two_versions() -> Fixture {
    let fixture = Fixture::with_baseline();
    fixture.write("moved.csv", Orders::moved(1500, 3).csv());
    fixture.run("baseline build orders moved.csv").ends(0);
    fixture
}

#[test]
fn versions_count_up_and_the_same_content_is_the_same_version() {
    let fixture = Fixture::with_monitor();
    assert_snapshot!(fixture.run("baseline list").shown(), @"");
    assert_snapshot!(fixture.run("baseline build orders train.csv").shown(), @"");
    assert_snapshot!(fixture.run("baseline build orders train.csv").shown(), @"");
    fixture.write("moved.parquet", Orders::moved(1500, 3).parquet());
    assert_snapshot!(fixture.run("baseline build orders moved.parquet").shown(), @"");
    assert_snapshot!(fixture.run("baseline list").shown(), @"");
    let listed = fixture.run("baseline list --format json").ends(0).json();
    let first = &listed[0];
    assert_eq!((&first["reference"], &first["rows"], &first["features"]), (&"orders@v1".into(), &2000.into(), &4.into()));
    assert!(first["created_at"].as_str().unwrap().ends_with('Z'), "{first}");
}

#[test]
fn every_format_of_the_same_rows_builds_the_same_baseline() {
    let fixture = Fixture::with_baseline();
    fixture.write("train.ndjson", Orders::usual(2000, 1).ndjson());
    fixture.write("train.parquet", Orders::usual(2000, 1).parquet());
    for file in ["train.parquet", "train.ndjson"] {
        assert!(fixture.run(&format!("baseline build orders {file}")).ends(0).out().starts_with("orders@v1 "), "{file}");
    }
}

#[test]
fn a_version_is_shown() {
    let fixture = two_versions();
    assert_snapshot!(fixture.run("baseline show orders@v1").shown(), @"");
    let newest = fixture.run("baseline show orders --format json").ends(0).json();
    assert_eq!(newest["reference"], "orders@v2");
    assert_snapshot!(fixture.run("baseline show orders@v3").refusal(), @"");
}

#[test]
fn versions_are_compared() {
    let fixture = two_versions();
    assert_snapshot!(fixture.run("baseline diff orders@v1 orders").shown(), @"");
    assert_snapshot!(fixture.run("baseline diff orders@v1 orders@v1").shown(), @"");
    fixture.write("other.csv", "age,town\n".to_owned() + &"41,Porto\n17,Faro\n".repeat(100));
    fixture.run("baseline build other other.csv").ends(0);
    assert_snapshot!(fixture.run("baseline diff orders@v1 other").shown(), @"");
}

#[test]
fn what_a_monitor_saw_becomes_a_baseline() {
    let fixture = Fixture::with_history();
    let build = |from: &str, to: &str| {
        fixture.run(&format!("baseline build seen --from-history orders --from {from} --to {to}"))
    };
    assert_snapshot!(build("2024-02-02", "2024-02-05").shown(), @"");
    assert_snapshot!(fixture.run("baseline diff orders@v1 seen").shown(), @"");
    assert_snapshot!(build("2025-02-02", "2025-02-05").refusal(), @"");
    assert_snapshot!(build("2024-02-05", "2024-02-02").refusal(), @"");
    assert_snapshot!(build("monday", "2024-02-02").refusal(), @"");
}

#[test]
fn the_active_version_judges() {
    let fixture = two_versions();
    fixture.write("day.csv", Orders::moved(1440, 8).csv());
    let incidents = || {
        let ran = fixture.run("replay --monitor orders day.csv --dry-run --format json").ends(0);
        ran.json().as_array().unwrap().len()
    };
    assert!(incidents() > 0);
    assert_snapshot!(fixture.run("baseline activate orders@v2 --monitor orders").shown(), @"");
    assert_eq!(incidents(), 0, "against the population it came from");
    assert_snapshot!(fixture.run("baseline activate orders@v9 --monitor orders").refusal(), @"");
    assert_snapshot!(fixture.run("baseline activate orders --monitor orders").refusal(), @"");
    assert_snapshot!(fixture.run("baseline activate orders@v1 --monitor order").refusal(), @"");
}

#[test]
fn export_and_import_are_a_round_trip() {
    let fixture = Fixture::with_baseline();
    let printed = fixture.run("baseline export orders").ends(0).out();
    fixture.run("baseline export orders@v1 --output orders.json").ends(0);
    assert_eq!(fixture.read("orders.json").trim_end(), printed.trim_end());
    assert_snapshot!(fixture.run("baseline import orders.json").shown(), @"");
    assert_snapshot!(fixture.run("baseline import orders.json --name copy").shown(), @"");
    assert_snapshot!(fixture.run("baseline diff orders copy").shown(), @"");
    let elsewhere = Fixture::new();
    elsewhere.write("orders.json", &printed);
    assert!(elsewhere.run("baseline import orders.json").ends(0).out().starts_with("stored as orders@v1 "));
    assert_snapshot!(fixture.run("baseline import orders.json --name two words").ends(2).stderr, @"");
    assert_snapshot!(fixture.run("baseline import train.csv").refusal(), @"");
    assert_snapshot!(fixture.run("baseline import nothing.json").refusal(), @"");
}

#[test]
fn an_export_that_was_changed_is_refused() {
    let fixture = Fixture::with_baseline();
    let exported = fixture.run("baseline export orders").ends(0).out();
    let changes = [
        ("\"rows\":2000", "\"rows\":2001"),
        ("\"name\":\"age\"", "\"name\":\"AGE\""),
        ("\"Porto\"", "\"Oporto\""),
        ("\"missing\":0", "\"missing\":1"),
        ("\"cells\":[0,8,", "\"cells\":[0,9,"),
        ("\"cells\":[0,8,", "\"cells\":[0,"),
    ];
    for (old, new) in changes {
        let changed = exported.replacen(old, new, 1);
        assert_ne!(changed, exported, "{old} is not in the export");
        fixture.write("changed.json", changed);
        let error = fixture.run("baseline import changed.json --name changed").refusal();
        assert!(error.contains("changed.json"), "{old} became {new}: {error}");
    }
    assert_snapshot!(fixture.run("baseline import changed.json").refusal(), @"");
    fixture.write("changed.json", exported.replace("\"Porto\"", "\"Oporto\""));
    assert_snapshot!(fixture.run("baseline import changed.json").refusal(), @"");
    assert_eq!(fixture.run("baseline list --format json").json().as_array().unwrap().len(), 1);
}

#[test]
fn names_and_files_that_do_not_do() {
    let fixture = Fixture::with_monitor();
    assert_snapshot!(fixture.run("baseline build orders").refusal(), @"");
    assert_snapshot!(fixture.run("baseline build orders@v1 train.csv").refusal(), @"");
    assert_snapshot!(fixture.run("baseline build orders nothing.csv").refusal(), @"");
    fixture.write("times.csv", "ts\n".to_owned() + &"2024-02-01\n".repeat(100));
    assert_snapshot!(fixture.run("baseline build orders times.csv").refusal(), @"");
    assert_snapshot!(fixture.run("baseline export orders").refusal(), @"");
}
