//! `driftd replay`: dry runs store nothing, nothing is counted twice, files may be cut anywhere, times may be absurd.

use insta::assert_snapshot;

use crate::fixture::Fixture;
use crate::orders::{Order, Orders, rfc3339};

/// With a baseline, and the week in `week.csv`.
fn fixture() -> Fixture {
    let fixture = Fixture::with_baseline();
    fixture.write("week.csv", Orders::week().csv());
    fixture
}

/// Everything that was decided, without when it was looked at.
fn history(fixture: &Fixture) -> Vec<serde_json::Value> {
    let rows = fixture.run("history orders --format json").ends(0).json();
    let mut rows = rows.as_array().unwrap().clone();
    for row in &mut rows {
        row.as_object_mut().unwrap().remove("sealed_at").expect("every row says when it was sealed");
    }
    rows
}

#[test]
fn a_dry_run_stores_nothing() {
    let fixture = fixture();
    assert_snapshot!(fixture.run("replay --monitor orders week.csv --dry-run").shown(), @"");
    assert!(history(&fixture).is_empty());
    assert_snapshot!(fixture.run("incidents list").shown(), @"");
    // What it said is what happens.
    let foretold = fixture.run("replay --monitor orders week.csv --dry-run --format json").ends(0).json();
    assert_eq!(fixture.run("replay --monitor orders week.csv --format json").ends(0).json(), foretold);
    assert_eq!(fixture.run("incidents list --format json").ends(0).json(), foretold);
}

#[test]
fn the_same_file_twice_counts_once() {
    let fixture = fixture();
    assert_snapshot!(fixture.run("replay --monitor orders week.csv").shown(), @"");
    let (rows, incidents) = (history(&fixture), fixture.run("incidents list --format json").json());
    assert!(!rows.is_empty());
    assert_snapshot!(fixture.run("replay --monitor orders week.csv").ends(0).stderr, @"");
    assert_eq!(history(&fixture), rows);
    assert_eq!(fixture.run("incidents list --format json").json(), incidents);
}

#[test]
fn files_may_be_cut_anywhere() {
    let whole = fixture();
    whole.run("replay --monitor orders week.csv").ends(0);
    let expected = history(&whole);
    let week = Orders::week().0;
    for cut in [1, 1440, 5000, week.len() - 1] {
        let parts = Fixture::with_baseline();
        parts.write("a.csv", Orders(week[..cut].to_vec()).csv());
        parts.write("b.parquet", Orders(week[cut..].to_vec()).parquet());
        parts.run("replay --monitor orders a.csv b.parquet").ends(0);
        assert_eq!(history(&parts), expected, "cut at {cut}");
    }
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let whole = fixture();
    whole.run("replay --monitor orders week.csv").ends(0);
    let mut week = Orders::week().0;
    week.reverse();
    let (evens, odds): (Vec<_>, Vec<_>) = week.into_iter().enumerate().partition(|(i, _)| i % 2 == 0);
    let strip = |rows: Vec<(usize, Order)>| Orders(rows.into_iter().map(|(_, o)| o).collect());
    let mixed = Fixture::with_baseline();
    mixed.write("evens.ndjson", strip(evens).ndjson());
    mixed.write("odds.csv", strip(odds).csv());
    let ran = mixed.run("replay --monitor orders evens.ndjson odds.csv").ends(0);
    assert_snapshot!(ran.stderr, @"");
    assert_eq!(history(&mixed), history(&whole));
}

#[test]
fn what_comes_after_its_window_was_judged_is_late() {
    let fixture = fixture();
    fixture.run("replay --monitor orders week.csv").ends(0);
    let rows = history(&fixture);
    fixture.write("more.csv", Orders::usual(1440, 9).csv());
    assert_snapshot!(fixture.run("replay --monitor orders more.csv").ends(0).stderr, @"");
    assert_eq!(history(&fixture), rows, "what was judged stays judged");
}

#[test]
fn event_times_that_are_absent_or_absurd() {
    let fixture = Fixture::with_baseline();
    let csv = Orders::week().csv();
    let replay = |name: &str, content: String| {
        fixture.write(name, content);
        fixture.run(&format!("replay --monitor orders {name} --dry-run"))
    };
    assert_snapshot!(replay("no-column.csv", csv.replace("ts,", "when,")).refusal(), @"");
    assert_snapshot!(replay("no-times.csv", csv.replace("2024-", "day ")).refusal(), @"");
    assert_snapshot!(replay("future.csv", csv.replace("2024-", "2124-")).refusal(), @"");
    // One record in ten has no time and one in ten comes from the next century: the others are judged all the same.
    let mut lines: Vec<String> = csv.lines().map(str::to_owned).collect();
    for (i, line) in lines.iter_mut().enumerate().skip(1) {
        match i % 10 {
            0 => *line = line.replacen(|c| c != ',', "", 20),
            1 => *line = line.replacen("2024-", "2124-", 1),
            _ => {}
        }
    }
    let mixed = replay("mixed.csv", lines.join("\n"));
    assert_snapshot!(mixed.shown(), @"");
    assert!(rfc3339(0).starts_with("1970-01-01"));
    assert_snapshot!(replay("epoch.csv", csv.replace("2024-", "1970-")).ends(0).stderr, @"");
}

#[test]
fn what_a_replay_needs() {
    let bare = Fixture::with_monitor();
    assert_snapshot!(bare.run("replay --monitor orders train.csv").refusal(), @"");
    assert_snapshot!(bare.run("replay --monitor order train.csv").refusal(), @"");
    let fixture = fixture();
    assert_snapshot!(fixture.run("replay --monitor orders week.csv nothing.csv").refusal(), @"");
    assert_snapshot!(fixture.run("replay --monitor orders").refusal(), @"");
    assert_snapshot!(fixture.run("replay --monitor orders week.csv --dry-run --notify").refusal(), @"");
    assert!(history(&fixture).is_empty(), "a replay that is refused leaves nothing behind");
    std::fs::remove_file(fixture.path("driftd.toml")).unwrap();
    assert_snapshot!(fixture.run("replay --monitor orders week.csv").refusal(), @"");
}

#[test]
fn a_column_that_vanishes_is_an_incident() {
    let fixture = Fixture::with_baseline();
    let week = Orders::week();
    let without = |orders: Orders| orders.csv().replace("city", "town");
    fixture.write("renamed.csv", without(week));
    assert_snapshot!(fixture.run("replay --monitor orders renamed.csv").shown(), @"");
}
