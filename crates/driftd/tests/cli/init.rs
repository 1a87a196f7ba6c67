//! `driftd init`: what is written for a file is a configuration that works.

use std::path::Path;

use insta::assert_snapshot;

use crate::fixture::{Fixture, finish};
use crate::orders::Orders;

/// A directory with `train.csv` and the files of later days, and nothing else.
fn fixture() -> Fixture {
    let fixture = Fixture::new();
    fixture.write("train.csv", Orders::usual(2000, 1).csv());
    fixture.write("quiet.csv", Orders::usual(1500, 2).csv());
    fixture.write("moved.csv", Orders::moved(1500, 3).csv());
    fixture.write("week.csv", Orders::week().csv());
    fixture
}

#[test]
fn one_command_watches_a_files_columns() {
    let fixture = fixture();
    assert_snapshot!("init_orders", fixture.run("init train.csv").shown());
    assert_snapshot!("init_orders_toml", fixture.read("driftd.toml"));
    fixture.run("config check").ends(0);
    fixture.run("check --monitor train --baseline train@v1 --current quiet.csv").ends(0);
    fixture.run("check --monitor train --baseline train@v1 --current moved.csv").ends(1);
    let foretold = fixture.run("replay --monitor train --dry-run week.csv --format json").ends(0).json();
    assert!(!foretold.as_array().unwrap().is_empty(), "a week with three days of drift alarms nobody");
}

#[test]
fn nothing_is_overwritten_unasked() {
    let fixture = fixture();
    fixture.write("driftd.toml", "# mine\n");
    assert_snapshot!(fixture.run("init train.csv").refusal(), @"error: driftd.toml is already there: --force replaces it, --output writes to another file");
    assert_eq!(fixture.read("driftd.toml"), "# mine\n");
    assert!(!fixture.path("driftd.db").exists(), "what is refused leaves nothing behind");
    let ran = fixture.run("init train.csv --output other.toml --name orders").ends(0);
    assert!(ran.out().contains("driftd run --config other.toml"), "{}", ran.out());
    fixture.run("config check --config other.toml").ends(0);
    // The second time the data are others: the file names the version that was built from them.
    fixture.run("init moved.csv --output other.toml --name orders --force").ends(0);
    assert!(fixture.read("other.toml").contains("baseline = \"orders@v2\""), "{}", fixture.read("other.toml"));
}

#[test]
fn names_are_those_of_the_file_whatever_they_are() {
    let fixture = Fixture::new();
    let header = "a.b,\"say \"\"hi\"\"\",a/b,\u{202e}tilde~x,größe,ts,id";
    let row = |i: usize| {
        format!("{i},{},{},{},{},2024-01-{:02}T00:00:00Z,u-{i}-{}", i % 3, i % 5, i % 7, i % 2, 1 + i % 28, i * 7)
    };
    let rows = |shift: usize| (0..1500).map(|i| row(i % 400 + shift) + &format!("{i}\n")).collect::<String>();
    fixture.write("Über uns (2).csv", format!("{header}\n{}", rows(0)));
    fixture.write("today.csv", format!("{header}\n{}", rows(0)));
    fixture.run_args(&["init", "Über uns (2).csv"]).ends(0);
    fixture.run("config check").ends(0);
    let text = fixture.read("driftd.toml");
    assert!(text.contains("name = \"ber-uns-2\""), "{text}");
    assert!(text.contains("# \"a.b\" = {") && text.contains("# \"say \\\"hi\\\"\" = {"), "{text}");
    assert!(text.contains("id = { ignore = true }"), "{text}");
    // With every commented key taken out of its comment it is still a configuration.
    let whole = text.lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if rest.contains("= { kind") || rest.starts_with("segments") => rest,
        _ => line,
    });
    fixture.write("whole.toml", whole.collect::<Vec<_>>().join("\n"));
    fixture.run("config check --config whole.toml").ends(0);
    fixture.run("check --monitor ber-uns-2 --baseline ber-uns-2@v1 --current today.csv").ends(0);
}

#[test]
fn nested_records_are_found_where_they_stand() {
    let fixture = Fixture::new();
    let line = |day: i64, i: i64| {
        let ts = crate::orders::rfc3339(crate::orders::FEBRUARY + day * 86_400 + i * 60);
        format!(
            "{{\"meta\":{{\"at\":\"{ts}\"}},\"input\":{{\"x\":{},\"c\":\"{}\"}},\"features\":{{\"y\":{}}}}}\n",
            i % 97,
            i % 4,
            i % 13
        )
    };
    let lines =
        |days: std::ops::Range<i64>| days.flat_map(|day| (0..1440).map(move |i| line(day, i))).collect::<String>();
    fixture.write("train.jsonl", lines(0..2));
    fixture.write("serving.jsonl", lines(7..10));
    fixture.run("init train.jsonl").ends(0);
    let text = fixture.read("driftd.toml");
    for line in
        ["event_time = \"/meta/at\"", "x = { path = \"/input/x\" }", "c = { path = \"/input/c\" }", "# y = { kind"]
    {
        assert!(text.contains(line), "{line} in {text}");
    }
    fixture.run("config check").ends(0);
    fixture.run("replay --monitor train serving.jsonl").ends(0);
    let history = fixture.run("history train --format json --statistic missing").ends(0).json();
    assert!(history.as_array().unwrap().len() >= 6, "{history:#}");
    assert!(history.as_array().unwrap().iter().all(|row| row["value"] == 0.0), "{history:#}");
}

#[test]
fn a_file_without_event_times_can_be_checked() {
    let fixture = Fixture::new();
    let rows = |shift: usize| {
        format!("x\n{}", (0..500).map(|i| format!("{}.5\n", (i * 37 + shift) % 200)).collect::<Vec<_>>().concat())
    };
    fixture.write("x.csv", rows(0));
    fixture.write("today.csv", rows(3));
    let ran = fixture.run("init x.csv").ends(0);
    assert!(ran.stderr.contains("no column holds points in time"), "{}", ran.stderr);
    fixture.run("config check").ends(0);
    fixture.run("check --monitor x --baseline x@v1 --current today.csv").ends(0);
    assert_snapshot!(fixture.run("init x.csv --force --event-time when").refusal(), @"error: x.csv has no column when for event times; it has x");
}

#[test]
fn the_flights_are_watched_by_one_command() {
    let fixture = Fixture::new();
    let flights = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/flights").canonicalize().unwrap();
    let flights = flights.display();
    fixture.run(&format!("init {flights}/training-january.parquet --name flights")).ends(0);
    let text = fixture.read("driftd.toml");
    assert!(text.contains("event_time = \"/sched_dep_ts\""), "{text}");
    fixture.run("config check").ends(0);
    let check = format!("check --monitor flights --baseline flights@v1 --current {flights}/training-january.parquet");
    fixture.run(&check).ends(0);
    let ran = fixture.run(&format!("replay --monitor flights --dry-run {flights}/serving-february-december.parquet"));
    let ran = ran.ends(0);
    assert!(ran.stderr.contains("309,684 records counted"), "{}", ran.stderr);
    assert!(ran.out().contains("drift"), "{}", ran.out());
}

#[test]
fn what_is_refused_leaves_neither_a_file_nor_a_baseline() {
    let fixture = fixture();
    let refused = fixture.run("init train.csv --output nowhere/driftd.toml").refusal();
    assert!(refused.starts_with("error: writing nowhere/driftd.toml failed"), "{refused}");
    assert!(!fixture.path("driftd.db").exists(), "no baseline without a configuration that names it");
    let mut command = fixture.command("init train.csv");
    let refused = finish(command.env("DRIFTD__STORE__URL", "sqlite://nowhere/x.db")).refusal();
    assert!(!fixture.path("driftd.toml").exists(), "no configuration that names no baseline: {refused}");
    fixture.write("driftd.toml", "# mine\n");
    finish(fixture.command("init train.csv --force").env("DRIFTD__STORE__URL", "sqlite://nowhere/x.db")).refusal();
    assert_eq!(fixture.read("driftd.toml"), "# mine\n");
}

#[test]
fn files_are_read_as_it_is_said_here_and_ever_after() {
    let fixture = fixture();
    let with_bars = |name: &str| {
        let text = fixture.read(name).replace(',', "~");
        fixture.write(name, text.split_once('\n').unwrap().1);
    };
    ["train.csv", "quiet.csv"].into_iter().for_each(with_bars);
    let ran = fixture.run("init train.csv --delimiter ~ --no-header --name orders").ends(0);
    assert!(ran.stderr.contains("event times are those of column \"column_1\""), "{}", ran.stderr);
    let text = fixture.read("driftd.toml");
    assert!(text.contains("[files]\ndelimiter = \"~\"\nheader = false\n"), "{text}");
    fixture.run("config check").ends(0);
    fixture.run("check --monitor orders --baseline orders@v1 --current quiet.csv").ends(0);
}

#[test]
fn standard_input_is_a_file_too() {
    let fixture = fixture();
    let mut command = fixture.command("init - --name orders");
    let ran = finish(command.stdin(std::fs::File::open(fixture.path("train.csv")).unwrap())).ends(0);
    assert!(ran.out().contains("orders@v1 in sqlite://driftd.db has 4 features of 2,000 rows"), "{}", ran.out());
    assert!(fixture.read("driftd.toml").starts_with("# Written by `driftd init` for standard input, 2,000 rows.\n"));
    fixture.run("check --monitor orders --baseline orders@v1 --current quiet.csv").ends(0);
}
