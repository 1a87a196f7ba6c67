//! `check` and `replay` of one file come to one verdict, whatever became of a column; the replay of records decodes them as
//! the daemon does.

use std::collections::{BTreeMap, BTreeSet};

use driftd_dataset::{ExportColumn, ExportValues, write_parquet};
use serde_json::{Map, Value, json};

use crate::fixture::{CONFIG, Fixture};
use crate::orders::{FEBRUARY, Orders, rfc3339};

/// What a check cannot know, since it has no time, is left out: how much healthy windows differ.
fn by_counts_alone() -> String {
    CONFIG.replace("event_time = \"/ts\"\n", "event_time = \"/ts\"\nhealthy = \"off\"\n")
}

type Row = Map<String, Value>;

const COLUMNS: [&str; 5] = ["ts", "age", "amount", "city", "items"];
/// The day that is judged, in seconds.
const DAY: i64 = FEBRUARY;
/// Orders of that day, evenly over it.
const ORDERS: usize = 480;

/// What became of the orders: a name, whether only records of JSON can say so, and what is done to each with its number.
type Situation = (&'static str, bool, fn(usize, &mut Row));

const SITUATIONS: &[Situation] = &[
    ("as it was", false, |_, _| {}),
    ("renamed", false, |_, row| {
        let age = row.remove("age").unwrap();
        row.insert("years".to_owned(), age);
    }),
    ("lost", false, |_, row| _ = row.remove("age")),
    ("everything lost", false, |_, row| row.retain(|name, _| name == "ts")),
    ("a column more", false, |_, row| _ = row.insert("region".to_owned(), "north".into())),
    ("numbers became text", false, |_, row| row["age"] = "about forty".into()),
    ("numbers in quotes", false, |_, row| row["age"] = row["age"].to_string().into()),
    ("text became numbers", false, |i, row| row["city"] = (i % 3).into()),
    ("text became booleans", true, |i, row| row["city"] = (i % 2 == 0).into()),
    ("numbers became booleans", true, |i, row| row["age"] = (i % 2 == 0).into()),
    ("numbers became lists", true, |i, row| row["age"] = json!([i, i])),
    ("text became lists", true, |_, row| row["city"] = json!(["Faro"])),
    ("all null", false, |_, row| row["age"] = Value::Null),
    ("text all null", false, |_, row| row["city"] = Value::Null),
    ("a third null", false, |i, row| {
        if i % 3 == 0 {
            row["age"] = Value::Null;
        }
    }),
    ("one odd value", true, |i, row| {
        if i == 7 {
            row["age"] = "n/a".into();
        }
    }),
    ("moved", false, |_, row| row["age"] = (row["age"].as_f64().unwrap() + 12.0).into()),
];

/// A day of orders, `days` after the one that is judged.
fn orders(days: i64, rows: usize) -> Vec<Row> {
    let lines = Orders::usual(rows, 7_u64.wrapping_add_signed(days)).ndjson();
    let mut rows: Vec<Row> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (i, row) in rows.iter_mut().enumerate() {
        row["ts"] = rfc3339(DAY + days * 86_400 + i as i64 * 180).into();
    }
    rows
}

fn written(rows: &[Row], format: &str) -> Vec<u8> {
    let names: Vec<String> = match format {
        // A column that no row has is not in the file.
        "csv" | "parquet" => rows.iter().flat_map(Row::keys).collect::<BTreeSet<_>>().into_iter().cloned().collect(),
        _ => {
            return rows
                .iter()
                .map(|row| format!("{}\n", Value::Object(row.clone())))
                .collect::<Vec<_>>()
                .concat()
                .into();
        }
    };
    let of = |name: &String| rows.iter().map(|row| row.get(name).filter(|value| !value.is_null())).collect::<Vec<_>>();
    if format == "csv" {
        let cell = |value: Option<&Value>| match value {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let columns: Vec<Vec<Option<&Value>>> = names.iter().map(of).collect();
        let line = |i: usize| columns.iter().map(|column| cell(column[i])).collect::<Vec<_>>().join(",");
        return format!("{}\n{}\n", names.join(","), (0..rows.len()).map(line).collect::<Vec<_>>().join("\n")).into();
    }
    let column = |name: &String| {
        let values = of(name);
        let values = if values.iter().flatten().any(|value| value.is_string()) {
            ExportValues::Text(values.iter().map(|v| v.and_then(Value::as_str).map(str::to_owned)).collect())
        } else {
            ExportValues::Float64(values.iter().map(|value| value.and_then(Value::as_f64)).collect())
        };
        ExportColumn { name: name.clone(), values }
    };
    let mut bytes = Vec::new();
    write_parquet("orders", &mut bytes, &names.iter().map(column).collect::<Vec<_>>()).unwrap();
    bytes
}

/// What is said of a statistic of a feature.
type Scores = BTreeMap<(String, String), (Value, Value, Value)>;

fn of_check(report: &Value) -> Scores {
    let mut scores = Scores::new();
    for feature in report["features"].as_array().unwrap() {
        for (statistic, score) in feature["statistics"].as_object().unwrap() {
            let key = (feature["feature"].as_str().unwrap().to_owned(), statistic.clone());
            let said = ["value", "q_value", "outcome"].map(|name| score.get(name).cloned().unwrap_or_default());
            scores.insert(key, said.into());
        }
    }
    scores
}

fn of_replay(history: &Value) -> Scores {
    let mut scores = Scores::new();
    for row in history.as_array().unwrap() {
        if row["window_start"] == *rfc3339(DAY) {
            let key = ["feature", "statistic"].map(|name| row[name].as_str().unwrap().to_owned());
            scores.insert(key.into(), ["value", "q_value", "outcome"].map(|name| row[name].clone()).into());
        }
    }
    scores
}

/// The kinds of critical trouble: what is only a warning opens no incident after one window.
fn critical_kinds(report: &Value) -> BTreeSet<String> {
    let features = report["features"].as_array().unwrap().iter().filter(|feature| feature["outcome"] == "critical");
    let kinds = features.flat_map(|feature| feature["incident_kinds"].as_array().unwrap());
    kinds.map(|kind| kind.as_str().unwrap().to_owned()).collect()
}

#[test]
fn check_and_replay_agree_on_every_file() {
    let fixture = Fixture::with_monitor();
    assert_ne!(by_counts_alone(), CONFIG);
    fixture.write("driftd.toml", by_counts_alone());
    // An order of records with members at the top is what the daemon reads as well.
    assert!(CONFIG.contains("event_time = \"/ts\""));
    fixture.run("baseline build orders train.csv").ends(0);
    std::fs::rename(fixture.path("store.db"), fixture.path("built.db")).unwrap();
    let mut complaints = Vec::new();
    for (name, only_json, change) in SITUATIONS {
        let mut today = orders(0, ORDERS);
        today.iter_mut().enumerate().for_each(|(i, row)| change(i, row));
        for format in if *only_json { &["ndjson"][..] } else { &["csv", "ndjson", "parquet"] } {
            std::fs::copy(fixture.path("built.db"), fixture.path("store.db")).unwrap();
            fixture.write(&format!("today.{format}"), written(&today, format));
            // The records of another day end the window.
            fixture.write(&format!("later.{format}"), written(&orders(2, 20), format));
            let check = format!("check --baseline orders@v1 --monitor orders --current today.{format} --format json");
            let checked = fixture.run(&check);
            let report = checked.json();
            fixture.run(&format!("replay --monitor orders today.{format} later.{format}")).ends(0);
            let history = fixture.run("history orders --format json").ends(0).json();
            let (ours, theirs) = (of_check(&report), of_replay(&history));
            assert!(!theirs.is_empty(), "{name}, {format}: the replay judged nothing");
            let differ = |key: &&(String, String)| ours.get(*key) != theirs.get(*key);
            complaints.extend(ours.keys().chain(theirs.keys()).filter(differ).map(|key| {
                format!("{name}, {format}: {key:?}: check {:?}, replay {:?}", ours.get(key), theirs.get(key))
            }));
            let worst = |outcome: &str| theirs.values().any(|(_, _, found)| *found == *outcome);
            let expected = i32::from(worst("warning") || worst("critical"));
            if checked.code != expected {
                complaints.push(format!("{name}, {format}: check ends with {}, not {expected}", checked.code));
            }
            let incidents = fixture.run("incidents list --format json").ends(0).json();
            let kinds = incidents.as_array().unwrap().iter().map(|i| i["kind"].as_str().unwrap().to_owned());
            let kinds: BTreeSet<String> = kinds.filter(|kind| kind != "no_data").collect();
            if !kinds.is_superset(&critical_kinds(&report)) || kinds.is_empty() != critical_kinds(&report).is_empty() {
                complaints.push(format!("{name}, {format}: incidents {kinds:?}, check {:?}", critical_kinds(&report)));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// A table has a column for each member of a nested record, and none of the record's own name; a record has a value there,
/// of another type. Both are a loss of the feature, and critical.
#[test]
fn a_number_that_became_a_record_is_lost_for_both() {
    let fixture = Fixture::with_baseline();
    let mut today = orders(0, ORDERS);
    today.iter_mut().enumerate().for_each(|(i, row)| row["age"] = json!({ "value": i }));
    fixture.write("today.ndjson", written(&today, "ndjson"));
    fixture.write("later.ndjson", written(&orders(2, 20), "ndjson"));
    let check = "check --baseline orders@v1 --monitor orders --current today.ndjson --format json";
    let report = fixture.run(check).ends(1).json();
    fixture.run("replay --monitor orders today.ndjson later.ndjson").ends(0);
    let history = fixture.run("history orders --format json --feature age").ends(0).json();
    let outcomes = of_replay(&history);
    assert!(outcomes.values().any(|(_, _, outcome)| *outcome == "critical"), "{history:#}");
    assert_eq!(critical_kinds(&report), BTreeSet::from(["data_quality".to_owned()]));
}

/// Orders as a serving stack logs them: two in one text of JSON.
fn logged(days: i64, shift: f64) -> String {
    let record = |pair: &[Row]| {
        let instances = pair.iter().map(|row| json!([row["age"].as_f64().unwrap() + shift, row["city"]]));
        let payload = json!({ "instances": instances.collect::<Vec<_>>() }).to_string();
        format!("{}\n", json!({ "ts": pair[0]["ts"], "amount": pair[0]["amount"], "payload": payload }))
    };
    orders(days, ORDERS).chunks(2).map(record).collect()
}

#[test]
fn what_pointers_lead_to_is_the_same_for_both() {
    let fixture = Fixture::new();
    let features = "[monitor.features]\nage = { path = \"/payload/instances/*/0\" }\ncity = { path = \"/payload/instances/*/1\" }\namount = { path = \"/amount\" }\n";
    fixture.write("driftd.toml", by_counts_alone() + features);
    fixture.write("train.ndjson", (-6..0).map(|day| logged(day, 0.0)).collect::<String>());
    fixture.write("today.ndjson", logged(0, 12.0));
    fixture.write("later.ndjson", logged(2, 0.0));
    let built = fixture.run("baseline build orders train.ndjson").ends(0);
    assert!(built.out().contains("2,880 rows, 3 features from train.ndjson"), "{}", built.out());
    let check = "--monitor orders --current today.ndjson --format json";
    let report = fixture.run(&format!("check --baseline orders@v1 {check}")).ends(1).json();
    assert_eq!(report["current"]["rows"], ORDERS, "every instance is a row");
    assert_eq!(
        of_check(&fixture.run(&format!("check --baseline train.ndjson {check}")).ends(1).json()),
        of_check(&report)
    );
    fixture.run("replay --monitor orders today.ndjson later.ndjson").ends(0);
    let history = fixture.run("history orders --format json").ends(0).json();
    assert!(!of_replay(&history).is_empty());
    assert_eq!(of_check(&report), of_replay(&history));
    // Where nothing stands at any pointer, the file is a flat table.
    let mut flat = orders(0, ORDERS);
    for row in &mut flat {
        row.remove("amount");
    }
    fixture.write("flat.ndjson", written(&flat, "ndjson"));
    let flat =
        fixture.run("check --baseline orders@v1 --monitor orders --current flat.ndjson --format json").ends(1).json();
    assert_eq!(flat["current"]["rows"], ORDERS);
    let outcome =
        |name| flat["features"].as_array().unwrap().iter().find(|f| f["feature"] == name).unwrap()["outcome"].clone();
    assert_eq!(["age", "city", "amount"].map(outcome), ["stable", "stable", "critical"]);
}

#[test]
fn a_table_without_rows_is_refused_by_both() {
    let fixture = Fixture::with_baseline();
    fixture.write("today.csv", format!("{}\n", COLUMNS.join(",")));
    let check = fixture.run("check --baseline orders --current today.csv").refusal();
    assert_eq!(check, fixture.run("replay --monitor orders today.csv").refusal());
}
