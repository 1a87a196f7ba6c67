//! Event times however they are written, windows by the clocks of a zone, and what is not judged yet.

use std::collections::BTreeSet;

use insta::assert_snapshot;

use crate::fixture::{CONFIG, Fixture};
use crate::orders::{Orders, rfc3339};

/// Three days of the usual orders, with the event times that `spell` makes of seconds since 1970.
fn days(spell: impl Fn(i64) -> String) -> String {
    let orders = Orders::usual(3 * 1440, 7);
    let csv = orders.csv();
    let (header, rows) = csv.split_once('\n').unwrap();
    let respelt = rows.lines().zip(&orders.0).map(|(row, order)| {
        let (_, rest) = row.split_once(',').unwrap();
        format!("{},{rest}\n", spell(order.ts))
    });
    format!("{header}\n{}", respelt.collect::<String>())
}

/// A fixture whose monitor has further keys.
fn with_keys(keys: &str) -> Fixture {
    let fixture = Fixture::with_baseline();
    fixture.write("driftd.toml", CONFIG.replace("pane = \"1h\"", &format!("pane = \"1h\"\n{keys}")));
    fixture
}

/// Starts of the windows in the history, with the number of values of `age`.
fn judged(fixture: &Fixture) -> BTreeSet<(String, u64)> {
    let rows = fixture.run("history orders --feature age --statistic psi --format json").ends(0).json();
    let window =
        |row: &serde_json::Value| (row["window_start"].as_str().unwrap().to_owned(), row["m"].as_u64().unwrap());
    rows.as_array().unwrap().iter().map(window).collect()
}

fn expected(starts: &[(&str, u64)]) -> BTreeSet<(String, u64)> {
    starts.iter().map(|(start, m)| ((*start).to_owned(), *m)).collect()
}

fn three_days() -> BTreeSet<(String, u64)> {
    expected(&[("2024-02-01T00:00:00Z", 1440), ("2024-02-02T00:00:00Z", 1440), ("2024-02-03T00:00:00Z", 1440)])
}

#[test]
fn the_same_days_in_every_spelling() {
    let naive = |at: i64| rfc3339(at).replace('T', " ").replace('Z', "");
    let spellings: [(&str, &dyn Fn(i64) -> String); 9] = [
        ("minutes", &|at| naive(at)[..16].to_owned()),
        ("utc word", &|at| naive(at) + " UTC"),
        ("short offset", &|at| naive(at + 7_200) + "+02"),
        ("no colon", &|at| rfc3339(at + 19_800).replace('Z', ".000+0530")),
        ("basic", &|at| rfc3339(at).replace(['-', ':'], "")),
        ("slashes", &|at| naive(at).replace('-', "/")),
        ("a zone", &|at| rfc3339(at + 3_600).replace('Z', "[Europe/Berlin]")),
        ("digits", &|at| naive(at).replace(['-', ':', ' '], "")),
        ("units by value", &|at| if at % 3 == 0 { at.to_string() } else { (at * 1_000).to_string() }),
    ];
    for (name, spell) in spellings {
        let fixture = Fixture::with_baseline();
        fixture.write("days.csv", days(spell));
        fixture.run("replay --monitor orders days.csv").ends(0);
        assert_eq!(judged(&fixture), three_days(), "{name}");
    }
}

#[test]
fn a_format_and_a_zone_of_ones_own() {
    let fixture = with_keys("time_format = \"%d/%m/%Y %H:%M\"\ntimezone = \"Europe/Berlin\"");
    let local = |at: i64| {
        let text = rfc3339(at + 3_600);
        format!("{}/{}/{} {}", &text[8..10], &text[5..7], &text[..4], &text[11..16])
    };
    fixture.write("days.csv", days(local));
    fixture.run("replay --monitor orders days.csv").ends(0);
    let berlin = [("2024-01-31T23:00:00Z", 1380), ("2024-02-01T23:00:00Z", 1440), ("2024-02-02T23:00:00Z", 1440)];
    assert_eq!(judged(&fixture), expected(&berlin));
    let plain = Fixture::with_baseline();
    plain.write("days.csv", days(local));
    let refused = plain.run("replay --monitor orders days.csv").refusal();
    assert!(refused.contains("such as \"01/02/2024 01:00\"") && refused.contains("time_format"), "{refused}");
}

#[test]
fn one_zero_opens_no_window_and_settles_no_unit() {
    for odd in ["0", "0.0", "1970-01-01T00:00:00Z"] {
        let fixture = Fixture::with_baseline();
        let first = Orders::usual(1, 7).0[0].ts;
        fixture.write("days.csv", days(|at| if at == first { odd.to_owned() } else { (at * 1_000).to_string() }));
        let ran = fixture.run("replay --monitor orders days.csv").ends(0);
        let account = "4,319 records counted, 3 windows judged, 1 rejected with an event time too old to be meant\n";
        assert_eq!(ran.out(), "no incidents\n", "{odd}");
        assert!(ran.stderr.ends_with(account), "{odd}: {}", ran.stderr);
    }
}

#[test]
fn what_is_not_judged_yet_is_said_and_judged_on_demand() {
    let fixture = Fixture::with_baseline();
    fixture.write("today.csv", Orders(Orders::moved(20 * 60, 9).0).csv());
    assert_snapshot!(fixture.run("replay --monitor orders today.csv").refusal(), @r#"
    1,200 records counted, 0 windows judged
    error: nothing was judged: 1,200 records not judged yet, from 2024-02-01 to 2024-02-01 20:00 (UTC): window "day" is open until 2024-02-02; --partial judges it as far as it goes
    "#);
    let judged = fixture.run("replay --monitor orders today.csv --partial").ends(0).out();
    let open = "open window \"day\", 2024-02-01 – 2024-02-02 (UTC), judged as far as it goes, to 2024-02-01 20:00: ";
    assert!(judged.starts_with(open) && judged.contains("critical (1,200 records)\n"), "{judged}");
    assert!(judged.contains("  city  ") && judged.ends_with("no incidents\n"), "{judged}");
    let rows = fixture.run("history orders --format json").ends(0).json();
    assert_eq!(rows.as_array().map(Vec::len), Some(0), "nothing of it is stored");
    let more = Fixture::with_baseline();
    more.write("days.csv", Orders::usual(1440 + 60, 9).csv());
    assert_snapshot!(more.run("replay --monitor orders days.csv").ends(0).stderr, @r#"
    1,500 records counted, 1 window judged
    note: 60 records not judged yet, from 2024-02-02 to 2024-02-02 01:00 (UTC): window "day" is open until 2024-02-03; --partial judges it as far as it goes
    "#);
}

#[test]
fn an_open_week_is_said_and_judged_where_its_days_are_over() {
    let fixture = Fixture::with_baseline();
    let windows = "windows = [{ name = \"day\", size = \"1d\" }, { name = \"week\", size = \"7d\" }]";
    let config = CONFIG.replace("windows = [{ name = \"day\", size = \"1d\" }]", windows);
    assert_ne!(config, CONFIG);
    fixture.write("driftd.toml", config);
    // Thursday and Friday to their ends.
    fixture.write("days.csv", Orders::usual(2 * 1440, 9).csv());
    assert_snapshot!(fixture.run("replay --monitor orders days.csv --dry-run").ends(0).stderr, @r#"
    2,880 records counted, 2 windows judged
    note: 2,880 records judged in shorter windows only, from 2024-01-29 to 2024-02-03 (UTC): window "week" is open until 2024-02-05; --partial judges it as far as it goes
    note: healthy data would open at most 0.02 incidents of drift and data quality in these 2 days, on average (false_alarms = "1 per 90d")
    "#);
    let judged = fixture.run("replay --monitor orders days.csv --dry-run --partial").ends(0).out();
    let open: Vec<&str> = judged.lines().filter(|line| line.starts_with("open window ")).collect();
    assert_eq!(open.len(), 1, "{judged}");
    assert!(open[0].starts_with("open window \"week\", ") && open[0].ends_with("(2,880 records)"), "{judged}");
    // In the middle of a day both are open.
    fixture.write("days.csv", Orders::usual(1440 + 600, 9).csv());
    let judged = fixture.run("replay --monitor orders days.csv --dry-run --partial").ends(0).out();
    assert_eq!(judged.matches("open window ").count(), 2, "{judged}");
}

#[test]
fn windows_without_a_verdict_are_no_good_day() {
    let fixture = Fixture::with_monitor();
    let timeless: Vec<String> =
        Orders::usual(2000, 1).csv().lines().map(|row| row.split_once(',').unwrap().1.to_owned() + "\n").collect();
    fixture.write("train.csv", timeless.concat());
    fixture.run("baseline build orders train.csv").ends(0);
    let few = Orders::usual(3 * 1440, 7).0.into_iter().step_by(100).collect();
    fixture.write("few.csv", Orders(few).csv());
    let refused = fixture.run("replay --monitor orders few.csv").refusal();
    assert!(refused.contains("error: nothing was judged: of 3 windows, 3 could not be judged ("), "{refused}");
    assert!(refused.contains("50 needed)"), "{refused}");
}

#[test]
fn a_baseline_says_that_it_learnt_no_traffic() {
    let fixture = Fixture::with_monitor();
    fixture.write("train.csv", days(|at| rfc3339(at)[..10].split('-').rev().collect::<Vec<_>>().join(".")));
    let built = fixture.run("baseline build orders train.csv").ends(0);
    let said = "no event time in column \"ts\", so no usual traffic is learnt and windows with too few records will not be \
                noticed; of 4,320 rows 4,320 with values such as \"01.02.2024\", which are none";
    assert!(built.stderr.contains(said), "{}", built.stderr);
}
