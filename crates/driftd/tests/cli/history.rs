//! `driftd history`: the same rows in every format, filters that filter.

use insta::assert_snapshot;
use serde_json::Value;

use crate::fixture::{CONFIG, Fixture};
use crate::orders::Orders;

const COLUMNS: &str = "monitor,segment,window_name,window_start,window_end,feature,statistic,value,certified_error,n,m,\
                       p_value,q_value,warn,critical,outcome,baseline,sealed_at,expected,net,phi,healthy_windows,level,\
                       previous_value,previous_p,day_value,day_p,week_value,week_p";

fn rows(fixture: &Fixture, filters: &str) -> Vec<Value> {
    let ran = fixture.run(&format!("history orders --format json {filters}")).ends(0);
    ran.json().as_array().unwrap().clone()
}

#[test]
fn a_statistic_over_time() {
    let fixture = Fixture::with_history();
    assert_snapshot!(fixture.run("history orders --feature age --statistic psi").shown(), @"
    exit 0
    --- out
    WINDOW END (UTC)  WINDOW  SEGMENT  FEATURE  STATISTIC    VALUE  ± ERROR   NET        Q      N      M  AGAINST A WEEK EARLIER  OUTCOME
    2024-02-02 00:00  day     all      age      psi        0.00824              0        1  2,000  1,440                          · stable
    2024-02-03 00:00  day     all      age      psi           1.36           1.33  2.56e-8  2,000  1,440                          ■ critical
    2024-02-04 00:00  day     all      age      psi           1.36           1.33  2.48e-8  2,000  1,440                          ■ critical
    2024-02-05 00:00  day     all      age      psi           1.39           1.35     2e-8  2,000  1,440                          ■ critical
    2024-02-06 00:00  day     all      age      psi        0.00795              0        1  2,000  1,440                          · stable
    2024-02-07 00:00  day     all      age      psi        0.00804              0        1  2,000  1,440                          · stable
    2024-02-08 00:00  day     all      age      psi        0.00664              0        1  2,000  1,440                          · stable
    ");
    assert_snapshot!(fixture.run("history orders --feature age --statistic ks --from 2024-02-05").shown(), @"
    exit 0
    --- out
    WINDOW END (UTC)  WINDOW  SEGMENT  FEATURE  STATISTIC   VALUE  ± ERROR  NET  Q      N      M  AGAINST A WEEK EARLIER  OUTCOME
    2024-02-06 00:00  day     all      age      ks         0.0231   0.0055    0  1  2,000  1,440                          · stable
    2024-02-07 00:00  day     all      age      ks         0.0254   0.0055    0  1  2,000  1,440                          · stable
    2024-02-08 00:00  day     all      age      ks         0.0219   0.0055    0  1  2,000  1,440                          · stable
    ");
}

#[test]
fn csv_and_json_say_the_same() {
    let fixture = Fixture::with_history();
    let json = rows(&fixture, "");
    let text = fixture.run("history orders --format csv").ends(0).out();
    assert_eq!(text.lines().next().unwrap(), COLUMNS);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().unwrap().clone();
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), json.len());
    for (record, object) in records.iter().zip(&json) {
        assert_eq!(object.as_object().unwrap().len(), names.len());
        for (name, field) in names.iter().zip(record) {
            let expected = match &object[name] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                number => number.to_string(),
            };
            assert_eq!(field, expected, "{name}");
        }
    }
}

#[test]
fn parquet_says_what_csv_says() {
    let fixture = Fixture::with_history();
    fixture.run("history orders --format parquet --output history.parquet").ends(0);
    let piped = fixture.run("history orders --format parquet").ends(0).stdout;
    assert_eq!(piped, std::fs::read(fixture.path("history.parquet")).unwrap());
    fixture.run("history orders --format csv --output history.csv").ends(0);
    // Both are tables that the program reads: as such they do not differ.
    let ran = fixture.run("check --baseline history.csv --current history.parquet --format json").ends(0).json();
    assert_eq!(ran["baseline"]["rows"], ran["current"]["rows"]);
    let compared = ran["features"].as_array().unwrap();
    for name in ["value", "n", "m", "p_value", "q_value", "warn", "critical", "feature", "statistic", "outcome"] {
        let feature = compared.iter().find(|f| f["feature"] == name).unwrap_or_else(|| panic!("no column {name}"));
        assert_eq!(feature["outcome"], "stable", "{name}");
        if feature["kind"] == "numeric" {
            assert_eq!(feature["statistics"]["tv"]["value"], 0.0, "{name}");
        } else {
            // The values that chose names are not compared, so equal columns may differ a little.
            assert_eq!(feature["statistics"]["unseen"]["value"], 0.0, "{name}");
        }
        assert_eq!(feature["rows"]["missing_baseline"], feature["rows"]["missing_current"], "{name}");
    }
}

#[test]
fn a_page_shows_other_windows_beside_the_baseline() {
    let fixture = Fixture::with_baseline();
    fixture.write("driftd.toml", format!("{CONFIG}references = [\"previous\", \"day\"]\n"));
    fixture.write("week.csv", Orders::week().csv());
    fixture.run("replay --monitor orders week.csv").ends(0);
    fixture.run("history orders --to 2024-02-03 --format html --output history.html").ends(0);
    let page = fixture.read("history.html");
    assert!(page.contains("Critical drift"), "{page}");
    assert!(page.contains("the window before") && page.contains("a day earlier"), "{page}");
    assert!(!page.contains("a week earlier"), "the second day has no week before it");
    // A filter leaves the rest of the page out, and nothing is no error. What lasts is a window of its own.
    let one = fixture.run("history orders --feature age --to 2024-02-02 --format html").ends(0).out();
    assert_eq!(one.matches("class=\"card\"").count(), 1);
    assert!(fixture.run("history orders --feature none --format html").ends(0).out().contains("no history yet"));
}

#[test]
fn filters_choose_rows() {
    let fixture = Fixture::with_history();
    let all = rows(&fixture, "");
    let of = |key: &str, value: &str| all.iter().filter(|r| r[key] == value).cloned().collect::<Vec<_>>();
    assert_eq!(rows(&fixture, "--feature city"), of("feature", "city"));
    assert_eq!(rows(&fixture, "--statistic psi"), of("statistic", "psi"));
    assert_eq!(rows(&fixture, "--segment all"), all);
    // Windows end after --from, and at or before --to: consecutive ranges share nothing and leave nothing out.
    let (early, late) = (rows(&fixture, "--to 2024-02-04"), rows(&fixture, "--from 2024-02-04"));
    assert!(!early.is_empty() && !late.is_empty());
    assert_eq!(early.len() + late.len(), all.len());
    assert!(early.iter().all(|r| r["window_end"].as_str().unwrap() <= "2024-02-04T00:00:00Z"));
    assert!(late.iter().all(|r| r["window_end"].as_str().unwrap() > "2024-02-04T00:00:00Z"));
    assert_eq!(
        rows(&fixture, "--from 2024-02-03T12:00:00Z --to 2024-02-04T00:00:00+00:00 --feature age --statistic ks").len(),
        1
    );
    assert!(rows(&fixture, "--segment city=Porto").is_empty());
}

#[test]
fn segments_have_a_history_of_their_own() {
    let fixture = Fixture::with_monitor();
    fixture.write("driftd.toml", format!("{CONFIG}segments = {{ by = [\"/city\"] }}\n"));
    fixture.write("week.csv", Orders::week().csv());
    fixture.run("baseline build orders train.csv").ends(0);
    fixture.run("replay --monitor orders week.csv").ends(0);
    let of =
        |segment: &str| rows(&fixture, &format!("--feature age --statistic psi --to 2024-02-02 --segment {segment}"));
    let porto = of("city=Porto");
    assert_eq!((porto.len(), &porto[0]["segment"]), (1, &"city=Porto".into()));
    // Every record is in the whole population and in one segment.
    let counted = |rows: &[Value]| rows.iter().map(|r| r["m"].as_u64().unwrap()).sum::<u64>();
    let whole = of("all");
    let parts: Vec<Value> = ["city=Porto", "city=Lisboa", "city=Faro"].iter().flat_map(|segment| of(segment)).collect();
    assert_eq!((whole.len(), parts.len()), (1, 3));
    assert_eq!(counted(&parts), counted(&whole));
}

#[test]
fn nothing_to_show_is_said() {
    let empty = Fixture::with_baseline();
    assert_snapshot!(empty.run("history orders").shown(), @"
    exit 0
    --- out
    no history for monitor orders yet; `driftd replay` fills it from files
    ");
    assert_eq!(empty.run("history orders --format json").ends(0).json(), serde_json::json!([]));
    assert_eq!(empty.run("history orders --format csv").ends(0).out(), format!("{COLUMNS}\n"));
    let fixture = Fixture::with_history();
    assert_snapshot!(fixture.run("history orders --feature height").shown(), @"
    exit 0
    --- out
    no history for monitor orders with these filters
    ");
    assert_snapshot!(fixture.run("history order").shown(), @"
    exit 0
    --- out
    no history for monitor order, which is not in the configuration; that has: orders
    ");
}

#[test]
fn filters_that_do_not_parse() {
    let fixture = Fixture::with_history();
    assert_snapshot!(fixture.run("history orders --statistic pis").refusal(), @"error: unknown drift statistic 'pis'; known are psi, ks, js, hellinger, tv, linf, wasserstein, chi_square, missing, mistyped, unseen, out_of_range, non_finite, lasting");
    assert_snapshot!(fixture.run("history orders --from yesterday").refusal(), @r#"error: "yesterday" is not a time: write RFC 3339 (2013-07-01T00:00:00Z) or a date (2013-07-01, taken as UTC midnight)"#);
    assert_snapshot!(fixture.run("history orders --to 2024-13-01").refusal(), @r#"error: "2024-13-01" is not a time: write RFC 3339 (2013-07-01T00:00:00Z) or a date (2013-07-01, taken as UTC midnight)"#);
    assert_snapshot!(fixture.run("history orders --format yaml").refusal(), @"
    error: invalid value 'yaml' for '--format <FORMAT>'
      [possible values: table, csv, json, parquet, html]

    For more information, try '--help'.
    ");
    assert_snapshot!(fixture.run("history orders --format csv --output no/such/file.csv").refusal(), @"
    error: creating no/such/file.csv failed
      because: No such file or directory (os error 2)
    ");
    assert_snapshot!(fixture.run("history").refusal(), @"
    error: the following required arguments were not provided:
      <MONITOR>

    Usage: driftd history <MONITOR>

    For more information, try '--help'.
    ");
}
