//! `driftd replay`: dry runs store nothing, nothing is counted twice, files may be cut anywhere, times may be absurd.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use driftd_model::{Claimant, Partition};
use driftd_window::Timestamp;

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
    assert_snapshot!(fixture.run("replay --monitor orders week.csv --dry-run").shown(), @r#"
    exit 0
    --- out
    ID            MONITOR  SEGMENT  KIND          SEVERITY  STATE     OPENED (UTC)      RESOLVED (UTC)    WINDOWS  FEATURES
    [ID]  orders   all      drift         critical  resolved  2024-02-03 00:06  2024-02-08 00:06        7  city, age
    [ID]  orders   all      data_quality  critical  resolved  2024-02-03 00:06  2024-02-07 00:06        3  city
    --- err
    10,080 records counted, 7 windows judged
    note: healthy data would open at most 0.08 incidents of drift and data quality in these 7 days, on average (false_alarms = "1 per 90d")
    "#);
    assert!(history(&fixture).is_empty());
    assert_snapshot!(fixture.run("incidents list").shown(), @"
    exit 0
    --- out
    no incidents
    ");
    // What it said is what happens.
    let foretold = fixture.run("replay --monitor orders week.csv --dry-run --format json").ends(0).json();
    assert_eq!(fixture.run("replay --monitor orders week.csv --format json").ends(0).json(), foretold);
    assert_eq!(fixture.run("incidents list --format json").ends(0).json(), foretold);
}

/// Partition 0 of the monitor's topic, as a daemon claims it that long ago.
fn claimed_before(fixture: &Fixture, ago: Duration) {
    let url = format!("sqlite://{}", fixture.path("store.db").display());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let at = Timestamp::from_micros(i64::try_from(now.checked_sub(ago).unwrap().as_micros()).unwrap());
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = driftd_store::open(&url).await.unwrap();
        store.claim(&"orders".into(), Partition(0), &Claimant::named("daemon"), at).await.unwrap();
    });
}

#[test]
fn a_monitor_that_lives_is_left_alone() {
    let fixture = fixture();
    let hour = Duration::from_hours(1);
    claimed_before(&fixture, hour);
    let refused = fixture.run("replay --monitor orders week.csv").ends(2).stderr;
    assert_snapshot!(refused, @"error: monitor orders lives: driftd last read its topic orders at [NOW]. Files would be counted into the same windows, and make its next records late. Add --dry-run to store nothing, --as NAME to count and judge beside it, or --into-live to count into it all the same");
    assert!(history(&fixture).is_empty());
    fixture.run("replay --monitor orders week.csv --dry-run").ends(0);
    fixture.run("replay --monitor orders week.csv --as orders-replayed").ends(0);
    fixture.run("replay --monitor orders week.csv --into-live").ends(0);
    assert!(!history(&fixture).is_empty());

    let left = self::fixture();
    claimed_before(&left, 25 * hour);
    left.run("replay --monitor orders week.csv").ends(0);
}

#[test]
fn the_same_file_twice_counts_once() {
    let fixture = fixture();
    assert_snapshot!(fixture.run("replay --monitor orders week.csv").shown(), @"
    exit 0
    --- out
    ID            MONITOR  SEGMENT  KIND          SEVERITY  STATE     OPENED (UTC)      RESOLVED (UTC)    WINDOWS  FEATURES
    [ID]  orders   all      drift         critical  resolved  2024-02-03 00:06  2024-02-08 00:06        7  city, age
    [ID]  orders   all      data_quality  critical  resolved  2024-02-03 00:06  2024-02-07 00:06        3  city
    --- err
    10,080 records counted, 7 windows judged
    ");
    let (rows, incidents) = (history(&fixture), fixture.run("incidents list --format json").json());
    assert!(!rows.is_empty());
    assert_snapshot!(fixture.run("replay --monitor orders week.csv").ends(0).stderr, @"0 records counted, 0 windows judged, 10,080 already counted by an earlier replay of the same files");
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
fn a_file_seen_again_does_not_make_the_next_one_late() {
    let week = Orders::week().0;
    let whole = fixture();
    whole.run("replay --monitor orders week.csv").ends(0);
    let days = Fixture::with_baseline();
    days.write("first.csv", Orders(week[..1440].to_vec()).csv());
    days.write("rest.csv", Orders(week[1440..].to_vec()).csv());
    for _ in 0..3 {
        days.run("replay --monitor orders first.csv").ends(0);
    }
    assert_snapshot!(days.run("replay --monitor orders rest.csv").ends(0).stderr, @"8,640 records counted, 6 windows judged");
    assert_eq!(history(&days), history(&whole));
}

#[test]
fn a_replaced_file_is_another_source_and_a_moved_one_is_not() {
    let week = Orders::week().0;
    let fixture = Fixture::with_baseline();
    fixture.write("today.csv", Orders(week[..1440].to_vec()).csv());
    fixture.run("replay --monitor orders today.csv").ends(0);
    std::fs::create_dir(fixture.path("archive")).unwrap();
    std::fs::rename(fixture.path("today.csv"), fixture.path("archive/today.csv")).unwrap();
    assert_snapshot!(fixture.run("replay --monitor orders archive/today.csv").ends(0).stderr, @"0 records counted, 0 windows judged, 1,440 already counted by an earlier replay of the same files");
    fixture.write("today.csv", Orders(week[1440..2880].to_vec()).csv());
    assert_snapshot!(fixture.run("replay --monitor orders today.csv").ends(0).stderr, @"1,440 records counted, 1 window judged");
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
    assert_snapshot!(ran.stderr, @"10,080 records counted, 7 windows judged");
    assert_eq!(history(&mixed), history(&whole));
}

#[test]
fn what_comes_after_its_window_was_judged_is_late() {
    let fixture = fixture();
    fixture.run("replay --monitor orders week.csv").ends(0);
    let rows = history(&fixture);
    fixture.write("more.csv", Orders::usual(1440, 9).csv());
    assert_snapshot!(fixture.run("replay --monitor orders more.csv").refusal(), @"
    0 records counted, 0 windows judged, 1,440 late, after their pane was sealed
    error: nothing was judged: all 1,440 records are late, older than 2024-02-08 (UTC), up to where monitor orders is sealed; they were counted as late. What is older is judged apart: under another name with --as orders-history, or with --dry-run, which stores nothing
    ");
    assert_eq!(history(&fixture), rows, "what was judged stays judged");
    let apart = fixture.run("replay --monitor orders more.csv --as orders-history").ends(0);
    assert_snapshot!(apart.stderr, @"1,440 records counted, 1 window judged");
    let judged = fixture.run("history orders-history --format json").ends(0).json();
    assert!(judged.as_array().is_some_and(|rows| !rows.is_empty()));
    assert_eq!(history(&fixture), rows, "what is judged apart is no part of it");
    let taken = fixture.run("replay --monitor orders more.csv --as orders").refusal();
    assert_snapshot!(taken, @"error: --as orders is a configured monitor: write a name that no monitor has");
}

#[test]
fn event_times_that_are_absent_or_absurd() {
    let fixture = Fixture::with_baseline();
    let csv = Orders::week().csv();
    let replay = |name: &str, content: String| {
        fixture.write(name, content);
        fixture.run(&format!("replay --monitor orders {name} --dry-run"))
    };
    assert_snapshot!(replay("no-column.csv", csv.replace("ts,", "when,")).refusal(), @r#"error: no-column.csv: no column "ts" for event times; it has when, age, amount, city, items"#);
    assert_snapshot!(replay("no-times.csv", csv.replace("2024-", "day ")).refusal(), @r#"
    0 records counted, 0 windows judged, 10,080 rejected without an event time
    error: nothing was judged: no record of no-times.csv has a usable event time: check the file, or event_time of monitor orders (it reads /ts): 10,080 are none, such as "day 02-01T00:00:00Z": event times are ISO 8601 with the year first (2024-03-04T10:15:00Z, 2024-03-04 10:15+01, 20240304), or seconds, milliseconds, microseconds or nanoseconds since 1970; for any other spelling set the monitor's time_format, as in time_format = "%d/%m/%Y %H:%M:%S"
    "#);
    assert_snapshot!(replay("future.csv", csv.replace("2024-", "2124-")).refusal(), @"
    0 records counted, 0 windows judged, 10,080 rejected with an event time in the future
    error: nothing was judged: no record of future.csv has a usable event time: check the file, or event_time of monitor orders (it reads /ts): 10,080 lie more than 1h in the future (max_future_skew)
    ");
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
    assert_snapshot!(mixed.shown(), @r#"
    exit 0
    --- out
    ID            MONITOR  SEGMENT  KIND          SEVERITY  STATE     OPENED (UTC)      RESOLVED (UTC)    WINDOWS  FEATURES
    [ID]  orders   all      drift         critical  open      2024-02-03 00:06                          8  city, age
    [ID]  orders   all      data_quality  critical  resolved  2024-02-03 00:06  2024-02-07 00:06        3  city
    --- err
    8,064 records counted, 7 windows judged, 1,008 rejected without an event time, 1,008 rejected with an event time in the future
    note: healthy data would open at most 0.08 incidents of drift and data quality in these 7 days, on average (false_alarms = "1 per 90d")
    "#);
    assert!(rfc3339(0).starts_with("1970-01-01"));
    assert_snapshot!(replay("epoch.csv", csv.replace("2024-", "1970-")).refusal(), @"
    0 records counted, 0 windows judged, 10,080 rejected with an event time too old to be meant
    error: nothing was judged: no record of epoch.csv has a usable event time: check the file, or event_time of monitor orders (it reads /ts): 10,080 lie before 1990-01-01, the oldest that can be meant (oldest)
    ");
}

#[test]
fn what_a_replay_needs() {
    let bare = Fixture::with_monitor();
    assert_snapshot!(bare.run("replay --monitor orders train.csv").refusal(), @"
    error: monitor orders has no baseline to be judged against
      because: there is no baseline orders@v1: the store has none; make one with `driftd baseline build`
    ");
    assert_snapshot!(bare.run("replay --monitor order train.csv").refusal(), @"error: there is no monitor order; the configuration has: orders");
    let fixture = fixture();
    assert_snapshot!(fixture.run("replay --monitor orders week.csv nothing.csv").refusal(), @"error: nothing.csv: no such file; check the path");
    assert_snapshot!(fixture.run("replay --monitor orders").refusal(), @"
    error: the following required arguments were not provided:
      <FILE>...

    Usage: driftd replay --monitor <MONITOR> <FILE>...

    For more information, try '--help'.
    ");
    assert_snapshot!(fixture.run("replay --monitor orders week.csv --dry-run --notify").refusal(), @"
    error: the argument '--dry-run' cannot be used with '--notify'

    Usage: driftd replay --monitor <MONITOR> --dry-run <FILE>...

    For more information, try '--help'.
    ");
    assert!(history(&fixture).is_empty(), "a replay that is refused leaves nothing behind");
    std::fs::remove_file(fixture.path("driftd.toml")).unwrap();
    assert_snapshot!(fixture.run("replay --monitor orders week.csv").refusal(), @"error: there is no monitor orders: the configuration has none; add a [[monitor]] or pass --config");
}

#[test]
fn a_column_that_vanishes_is_an_incident() {
    let fixture = Fixture::with_baseline();
    let week = Orders::week();
    let without = |orders: Orders| orders.csv().replace("city", "town");
    fixture.write("renamed.csv", without(week));
    assert_snapshot!(fixture.run("replay --monitor orders renamed.csv").shown(), @r#"
    exit 0
    --- out
    ID            MONITOR  SEGMENT  KIND          SEVERITY  STATE  OPENED (UTC)      RESOLVED (UTC)  WINDOWS  FEATURES
    [ID]  orders   all      data_quality  critical  open   2024-02-02 00:06                        7  city
    [ID]  orders   all      drift         critical  open   2024-02-03 00:06                        8  age
    --- err
    note: renamed.csv: no column "city"; all its values count as missing
    10,080 records counted, 7 windows judged
    "#);
}

/// Two versions' records in one table: the monitor of one of them counts as if the others were not there.
#[test]
fn tables_are_filtered_by_model_and_version() {
    let (mut both, mut own) = (String::new(), String::new());
    for (number, line) in Orders::week().csv().lines().enumerate() {
        let version = ["2", "1", "", "2"][number % 4];
        let added = if number == 0 { "version" } else { version };
        let _ = writeln!(both, "{line},{added}");
        if number == 0 || version == "2" {
            let _ = writeln!(own, "{line}");
        }
    }
    let replayed = |file: &str, is_filtered: bool| {
        let fixture = Fixture::with_baseline();
        if is_filtered {
            let filter = "filter = { version = \"2\" }\npane =";
            fixture.write("driftd.toml", fixture.read("driftd.toml").replace("pane =", filter));
        }
        fixture.write(file, if file == "both.csv" { &both } else { &own });
        let ran = fixture.run(&format!("replay --monitor orders {file}")).ends(0);
        (history(&fixture), ran.stderr.clone())
    };
    let (expected, _) = replayed("own.csv", false);
    assert_ne!(replayed("both.csv", false).0, expected, "without a filter all of them count");
    let (judged, said) = replayed("both.csv", true);
    assert_eq!(judged, expected);
    assert_snapshot!(said, @"
    note: 5,040 records of other models or versions passed over
    5,040 records counted, 7 windows judged
    ");
    let (judged, said) = replayed("own.csv", true);
    assert_eq!(judged, expected, "a table without the column is one model's");
    assert_snapshot!(said, @r#"
    note: own.csv: no column "version" to filter by; all rows are taken for the monitor's
    5,040 records counted, 7 windows judged
    "#);
}
