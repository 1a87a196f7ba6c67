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
    assert_snapshot!(fixture.run("baseline list").shown(), @"
    exit 0
    --- out
    no baselines; make one with `driftd baseline build NAME FILE`
    ");
    assert_snapshot!(fixture.run("baseline build orders train.csv").shown(), @"
    exit 0
    --- out
    orders@v1 ([ID]): 2,000 rows, 4 features from train.csv
    ");
    assert_snapshot!(fixture.run("baseline build orders train.csv").shown(), @"
    exit 0
    --- out
    orders@v1 ([ID]): 2,000 rows, 4 features from train.csv
    ");
    fixture.write("moved.parquet", Orders::moved(1500, 3).parquet());
    assert_snapshot!(fixture.run("baseline build orders moved.parquet").shown(), @"
    exit 0
    --- out
    orders@v2 ([ID]): 1,500 rows, 4 features from moved.parquet
    ");
    assert_snapshot!(fixture.run("baseline list").shown(), @"
    exit 0
    --- out
    BASELINE   HASH           ROWS  FEATURES  CREATED (UTC)     SOURCE
    orders@v1  [ID]  2,000         4  [NOW]  train.csv
    orders@v2  [ID]  1,500         4  [NOW]  moved.parquet
    ");
    let listed = fixture.run("baseline list --format json").ends(0).json();
    let first = &listed[0];
    assert_eq!(
        (&first["reference"], &first["rows"], &first["features"]),
        (&"orders@v1".into(), &2000.into(), &4.into())
    );
    assert!(first["created_at"].as_str().unwrap().ends_with('Z'), "{first}");
}

/// A baseline is exported and read by others than who built it, who need not know whose machine that was.
#[test]
fn only_the_name_of_the_file_is_kept() {
    let fixture = Fixture::with_monitor();
    let folder = fixture.path("");
    let path = fixture.path("train.csv");
    fixture.run_args(&["baseline", "build", "orders", path.to_str().unwrap()]).ends(0);
    let listed = fixture.run("baseline list --format json").ends(0).json();
    assert_eq!(listed[0]["source"], "train.csv");
    let exported = fixture.run("baseline export orders@v1").ends(0).out();
    assert!(!exported.contains(folder.to_str().unwrap().trim_end_matches('/')));
    // Where it came from is no part of what it is: one that says more, as older ones do, has the same hash.
    let elsewhere = Fixture::with_monitor();
    elsewhere.write("old.json", exported.replace("\"train.csv\"", "\"/data/of-ana/train.csv\""));
    elsewhere.run("baseline import old.json").ends(0);
    let imported = elsewhere.run("baseline list --format json").ends(0).json();
    assert_eq!((&imported[0]["source"], &imported[0]["hash"]), (&"/data/of-ana/train.csv".into(), &listed[0]["hash"]));
}

#[test]
fn every_format_of_the_same_rows_builds_the_same_baseline() {
    let fixture = Fixture::with_baseline();
    fixture.write("train.ndjson", Orders::usual(2000, 1).ndjson());
    fixture.write("train.parquet", Orders::usual(2000, 1).parquet());
    for file in ["train.parquet", "train.ndjson"] {
        assert!(
            fixture.run(&format!("baseline build orders {file}")).ends(0).out().starts_with("orders@v1 "),
            "{file}"
        );
    }
}

#[test]
fn a_version_is_shown() {
    let fixture = two_versions();
    assert_snapshot!(fixture.run("baseline show orders@v1").shown(), @"
    exit 0
    --- out
    orders@v1  [ID]
    built [NOW] UTC from train.csv, 2,000 rows
    traffic: 2,000 rows from 2024-02-01 to 2024-02-02 (UTC), about 1,441 a day, busiest hour Fri 09:00 with about 60.8
    healthy variation: learnt from 33 hours; too few windows of 15m (with 50 rows or more), 6h (it spans 6), 1d (it spans 2), 7d (it spans 1) and 28d (it spans 1)

    FEATURE  KIND         VALUES  MISSING  CELLS  BINS  RANGE OR TOP CATEGORIES
    age      numeric       2,000        0    266    10  6.27 to 71.1
    amount   numeric       2,000        0    266    10  0.03 to 904
    city     categorical   2,000        0            3  Lisboa, Porto, Faro
    items    numeric       2,000        0     11    11  1 to 5

    a healthy hour of `age` differs 1.05 times as much as chance alone
    a healthy hour of `amount` differs no more than chance alone
    a healthy hour of `city` differs 1.4 times as much as chance alone
    a healthy hour of `items` differs no more than chance alone
    ");
    let newest = fixture.run("baseline show orders --format json").ends(0).json();
    assert_eq!(newest["reference"], "orders@v2");
    assert_snapshot!(fixture.run("baseline show orders@v3").refusal(), @"error: there is no baseline orders@v3; the store has: orders@v1, orders@v2");
}

#[test]
fn versions_are_compared() {
    let fixture = two_versions();
    assert_snapshot!(fixture.run("baseline diff orders@v1 orders").shown(), @"
    exit 0
    --- out
    orders@v1 ([ID]) → orders@v2 ([ID])
    rows 2,000 → 1,500
    healthy variation of city: 1h 1.4 → 1
    FEATURE  CHANGE      PSI  KS  VALUES BEFORE  VALUES AFTER
    age      other bins                   2,000         1,500
    amount   other bins                   2,000         1,500
    city     other bins                   2,000         1,500
    items    other bins                   2,000         1,500
    ");
    assert_snapshot!(fixture.run("baseline diff orders@v1 orders@v1").shown(), @"
    exit 0
    --- out
    orders@v1 ([ID]) → orders@v1 ([ID])
    the same content
    ");
    fixture.write("other.csv", "age,town\n".to_owned() + &"41,Porto\n17,Faro\n".repeat(100));
    fixture.run("baseline build other other.csv").ends(0);
    assert_snapshot!(fixture.run("baseline diff orders@v1 other").shown(), @"
    exit 0
    --- out
    orders@v1 ([ID]) → other@v1 ([ID])
    rows 2,000 → 200
    FEATURE  CHANGE      PSI  KS  VALUES BEFORE  VALUES AFTER
    age      other bins                   2,000           200
    amount   gone
    city     gone
    items    gone
    town     new
    ");
}

#[test]
fn what_a_monitor_saw_becomes_a_baseline() {
    let fixture = Fixture::with_history();
    let build = |from: &str, to: &str| {
        fixture.run(&format!("baseline build seen --from-history orders --from {from} --to {to}"))
    };
    assert_snapshot!(build("2024-02-02", "2024-02-05").shown(), @"
    exit 0
    --- out
    seen@v1 ([ID]): 4,320 rows, 4 features from history of orders, 2024-02-02 – 2024-02-05 (UTC)
    ");
    assert_snapshot!(fixture.run("baseline diff orders@v1 seen").shown(), @"
    exit 0
    --- out
    orders@v1 ([ID]) → seen@v1 ([ID])
    rows 2,000 → 4,320
    healthy variation of city: 1h 1.4 → 1.04, unseen 1h 1 → 13377, unseen 6h nothing learnt → 68450
    FEATURE  CHANGE         PSI      KS  VALUES BEFORE  VALUES AFTER
    age      same bins     1.37    0.47          2,000         4,320
    amount   same bins   0.0069  0.0278          2,000         4,320
    city     same bins     2.58                  2,000         4,320
    items    same bins  0.00363  0.0229          2,000         4,320
    ");
    assert_snapshot!(build("2025-02-02", "2025-02-05").refusal(), @"error: monitor orders has no records between [NOW] and [NOW]");
    assert_snapshot!(build("2024-02-05", "2024-02-02").refusal(), @"error: --from 2024-02-05T00:00:00Z is not before --to 2024-02-02T00:00:00Z: there is no range between them");
    assert_snapshot!(build("monday", "2024-02-02").refusal(), @r#"error: "monday" is not a time: write RFC 3339 (2013-07-01T00:00:00Z) or a date (2013-07-01, taken as UTC midnight)"#);
}

/// What an exported baseline says of its traffic.
fn traffic(fixture: &Fixture, reference: &str) -> serde_json::Value {
    fixture.run(&format!("baseline export {reference}")).ends(0).json()["baseline"]["traffic"].clone()
}

#[test]
fn traffic_is_known_by_the_hour_of_the_week() {
    let fixture = Fixture::with_history();
    fixture.run("baseline build orders week.csv").ends(0);
    let shown = fixture.run("baseline show orders@v2").ends(0).out();
    assert_snapshot!(shown.lines().nth(2).unwrap(), @"traffic: 10,080 rows from 2024-02-01 to 2024-02-07 (UTC), about 1,440 a day, busiest hour Wed 23:00 with about 61");
    // The rows of the file came as records too: counted in panes, they are as many in every hour.
    fixture.run("baseline build seen --from-history orders --from 2024-02-01 --to 2024-02-08").ends(0);
    let (file, history) = (traffic(&fixture, "orders@v2"), traffic(&fixture, "seen"));
    assert_eq!(file["rows"], history["rows"]);
    assert_eq!(file["rows"].as_array().unwrap().iter().filter_map(serde_json::Value::as_u64).sum::<u64>(), 10_080);
    assert_eq!(file["range"], serde_json::json!([1_706_745_600_000_000_i64, 1_707_350_340_000_000_i64]));
    assert_eq!(history["range"], serde_json::json!([1_706_745_600_000_000_i64, 1_707_350_400_000_000_i64]));

    // Every third record: the same population, a third of the volume.
    let week = fixture.read("week.csv");
    let third: Vec<&str> = week.lines().step_by(3).collect();
    fixture.write("third.csv", third.join("\n"));
    fixture.run("baseline build orders third.csv").ends(0);
    let changed = fixture.run("baseline diff orders@v2 orders@v3").ends(0).out();
    assert_snapshot!(changed.lines().nth(2).unwrap(), @"rows a day 1,440 → 480");

    // It travels with the baseline.
    fixture.run("baseline export orders@v2 --output v2.json").ends(0);
    let elsewhere = Fixture::new();
    elsewhere.write("v2.json", fixture.read("v2.json"));
    elsewhere.run("baseline import v2.json").ends(0);
    assert_eq!(traffic(&elsewhere, "orders"), file);
    elsewhere.write("v2.json", fixture.read("v2.json").replacen("\"rows\":[60,", "\"rows\":[61,", 1));
    assert_snapshot!(elsewhere.run("baseline import v2.json").refusal(), @"error: v2.json was changed after it was exported: its content does not match its hash [ID]");
}

#[test]
fn a_file_without_event_times_has_no_traffic() {
    let fixture = Fixture::with_monitor();
    let without = |text: &str| {
        fixture.write("other.csv", text);
        fixture.run("baseline build orders other.csv").ends(0);
        assert!(!fixture.run("baseline show orders").ends(0).out().contains("traffic"));
        assert_eq!(traffic(&fixture, "orders"), serde_json::Value::Null);
    };
    without(&("age\n".to_owned() + &"41\n17\n".repeat(100)));
    without(&("age,ts\n".to_owned() + &"41,soon\n17,\n".repeat(100)));
    without(&("age,ts\n".to_owned() + &"41,9999-12-31\n17,\n".repeat(100)));
    // No monitor is judged against it, so nobody says where event times stand.
    fixture.run("baseline build nobody train.csv").ends(0);
    assert_eq!(traffic(&fixture, "nobody"), serde_json::Value::Null);
    // Half of the rows say when they happened.
    fixture.write(
        "half.csv",
        "age,ts\n".to_owned() + &"41,2024-02-01T05:00:00+02:00\n17,\n40,2024-02-03T11:00:00Z\n18,-\n".repeat(50),
    );
    fixture.run("baseline build orders half.csv").ends(0);
    let shown = fixture.run("baseline show orders").ends(0).out();
    assert_snapshot!(shown.lines().nth(2).unwrap(), @"traffic: 100 rows from 2024-02-01 to 2024-02-03 (UTC), about 34.5 a day, busiest hour Thu 03:00 with about 50; 100 more without a usable event time");
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
    assert_snapshot!(fixture.run("baseline activate orders@v2 --monitor orders").shown(), @"
    exit 0
    --- out
    monitor orders is judged against orders@v2 from its first pane on
    ");
    assert_eq!(incidents(), 0, "against the population it came from");
    assert_snapshot!(fixture.run("baseline activate orders@v9 --monitor orders").refusal(), @"error: there is no baseline orders@v9; the store has: orders@v1, orders@v2");
    assert_snapshot!(fixture.run("baseline activate orders --monitor orders").refusal(), @r#"error: "orders" is not a baseline version: write NAME@vN, such as flight-delay@v1"#);
    assert_snapshot!(fixture.run("baseline activate orders@v1 --monitor order").refusal(), @"error: there is no monitor order; the configuration has: orders");
}

#[test]
fn export_and_import_are_a_round_trip() {
    let fixture = Fixture::with_baseline();
    let printed = fixture.run("baseline export orders").ends(0).out();
    fixture.run("baseline export orders@v1 --output orders.json").ends(0);
    assert_eq!(fixture.read("orders.json").trim_end(), printed.trim_end());
    assert_snapshot!(fixture.run("baseline import orders.json").shown(), @"
    exit 0
    --- out
    stored as orders@v1 ([ID])
    ");
    assert_snapshot!(fixture.run("baseline import orders.json --name copy").shown(), @"
    exit 0
    --- out
    stored as copy@v1 ([ID])
    ");
    assert_snapshot!(fixture.run("baseline diff orders copy").shown(), @"
    exit 0
    --- out
    orders@v1 ([ID]) → copy@v1 ([ID])
    the same content
    ");
    let elsewhere = Fixture::new();
    elsewhere.write("orders.json", &printed);
    assert!(elsewhere.run("baseline import orders.json").ends(0).out().starts_with("stored as orders@v1 "));
    assert_snapshot!(fixture.run("baseline import orders.json --name two words").ends(2).stderr, @"
    error: unexpected argument 'words' found

    Usage: driftd baseline import [OPTIONS] <FILE>

    For more information, try '--help'.
    ");
    assert_snapshot!(fixture.run("baseline import train.csv").refusal(), @"
    error: train.csv is not a baseline that `driftd baseline export` wrote
      because: expected ident at line 1 column 2
    ");
    assert_snapshot!(fixture.run("baseline import nothing.json").refusal(), @"error: there is no exported baseline nothing.json; check the path");
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
    assert_snapshot!(fixture.run("baseline import changed.json").refusal(), @"error: changed.json was changed after it was exported: its content does not match its hash [ID]");
    fixture.write("changed.json", exported.replace("\"Porto\"", "\"Oporto\""));
    assert_snapshot!(fixture.run("baseline import changed.json").refusal(), @"error: changed.json was changed after it was exported: its content does not match its hash [ID]");
    assert_eq!(fixture.run("baseline list --format json").json().as_array().unwrap().len(), 1);
}

#[test]
fn names_and_files_that_do_not_do() {
    let fixture = Fixture::with_monitor();
    assert_snapshot!(fixture.run("baseline build orders").refusal(), @"
    error: the following required arguments were not provided:
      <FILE>...

    Usage: driftd baseline build <NAME> <FILE>...

    For more information, try '--help'.
    ");
    assert_snapshot!(fixture.run("baseline build orders@v1 train.csv").refusal(), @r#"error: "orders@v1" is not a baseline name: use 1 to 128 letters, digits, '-', '_' or '.', starting with a letter or digit"#);
    assert_snapshot!(fixture.run("baseline build orders nothing.csv").refusal(), @"error: nothing.csv: no such file; check the path");
    fixture.write("times.csv", "ts\n".to_owned() + &"2024-02-01\n".repeat(100));
    assert_snapshot!(fixture.run("baseline build orders times.csv").refusal(), @"error: times.csv: no column can be monitored:");
    assert_snapshot!(fixture.run("baseline export orders").refusal(), @"error: there is no baseline orders: the store has none; make one with `driftd baseline build`");
}
