//! `driftd incidents`: list, show, ack, resolve.

use insta::assert_snapshot;
use serde_json::Value;

use crate::fixture::Fixture;
use crate::orders::Orders;

fn listed(fixture: &Fixture) -> Vec<Value> {
    fixture.run("incidents list --format json").ends(0).json().as_array().unwrap().clone()
}

/// A week whose last days are as bad as the others: its incidents are still open. Gives the id of the drift.
fn still_open() -> (Fixture, String) {
    let fixture = Fixture::with_baseline();
    fixture.write("moved.csv", Orders::moved(3 * 1440, 8).csv());
    fixture.run("replay --monitor orders moved.csv").ends(0);
    let drift = listed(&fixture).into_iter().find(|i| i["kind"] == "drift").expect("there was drift");
    let id = drift["incident_id"].as_str().unwrap().to_owned();
    (fixture, id)
}

#[test]
fn the_list_and_its_columns() {
    let fixture = Fixture::with_history();
    assert_snapshot!(fixture.run("incidents list").shown(), @"
    exit 0
    --- out
    ID            MONITOR  SEGMENT  KIND          SEVERITY  STATE     OPENED (UTC)      RESOLVED (UTC)    WINDOWS  FEATURES
    [ID]  orders   all      drift         critical  resolved  2024-02-03 00:06  2024-02-08 00:06        7  city, age
    [ID]  orders   all      data_quality  critical  resolved  2024-02-03 00:06  2024-02-07 00:06        3  city
    ");
    let incidents = listed(&fixture);
    let columns: Vec<&String> = incidents[0].as_object().unwrap().keys().collect();
    let mut agreed = vec![
        "incident_id",
        "monitor",
        "segment",
        "kind",
        "severity",
        "state",
        "opened_at",
        "acknowledged_at",
        "resolved_at",
        "features",
        "windows",
    ];
    agreed.sort_unstable();
    assert_eq!(columns, agreed);
    assert_eq!(fixture.run("incidents list --monitor orders --format json").json(), Value::from(incidents));
    assert_eq!(fixture.run("incidents list --monitor others --format json").json(), serde_json::json!([]));
}

#[test]
fn one_incident_tells_its_story() {
    let fixture = Fixture::with_history();
    let drift = listed(&fixture).into_iter().find(|i| i["kind"] == "drift").unwrap();
    let id = drift["incident_id"].as_str().unwrap().to_owned();
    assert_snapshot!(fixture.run(&format!("incidents show {id}")).shown(), @"
    exit 0
    --- out
    orders: 2 features drifted in 7 windows, 2024-02-02 – 2024-02-06 (UTC); worst city: PSI 2.23 (critical at 0.25).

    A healthy window of 1,440 rows shows 0.0557 (learnt from 33 hours of the baseline, extrapolated from windows of 58 rows; healthy hours differ 7.57 times as much as chance alone). Seen on a healthy monitor less than once in 100 years (budget: once in 90 days).

    FEATURE  STATISTIC  VALUE   NET  WARNING AT  CRITICAL AT        Q      N      M  WHAT MOVED
    city     psi         2.23  2.18         0.1         0.25  3.88e-7  2,000  1,440  Faro 33 % → 0 %; (unseen: Berlin) 0 % → 32 %
    age      psi         1.39  1.35         0.1         0.25     2e-8  2,000  1,440  (52.86, +inf) 10 % → 48 %; (-inf, 26.98] 10 % → 0.42 %

    What to do: docs/runbooks.md#drift

    WHEN (UTC)        WHAT      WHY
    2024-02-03 00:06  pended    first bad window
    2024-02-03 00:06  opened    critical in its first window
    2024-02-08 00:06  resolved  after 2 good windows
    ");
    let shown = fixture.run(&format!("incidents show {} --format json", &id[..6])).ends(0).json();
    assert_eq!(shown["incident"]["id"], id.as_str());
    assert_eq!(shown["incident"]["opened_at"], drift["opened_at"]);
    assert_eq!(shown["incident"]["last_window"][2], "2024-02-06T00:00:00Z");
    let events: Vec<&str> =
        shown["events"].as_array().unwrap().iter().map(|e| e["transition"]["transition"].as_str().unwrap()).collect();
    assert_eq!((events.first(), events.last()), (Some(&"pended"), Some(&"resolved")));
    assert!(shown["events"].as_array().unwrap().iter().all(|e| e["at"].as_str().is_some_and(|at| at.ends_with('Z'))));
}

#[test]
fn open_acknowledged_resolved() {
    let (fixture, id) = still_open();
    let state = || listed(&fixture).iter().find(|i| i["incident_id"] == id.as_str()).unwrap().clone();
    assert_eq!((&state()["state"], &state()["acknowledged_at"]), (&"open".into(), &Value::Null));
    assert_snapshot!(fixture.run(&format!("incidents ack {id} --by rui")).shown(), @"
    exit 0
    --- out
    incident [ID] is acknowledged
    ");
    assert_eq!(state()["state"], "acknowledged");
    assert!(state()["acknowledged_at"].is_string());
    let shown = fixture.run(&format!("incidents show {id} --format json")).ends(0).json();
    assert_eq!(shown["incident"]["acknowledged"], serde_json::json!([state()["acknowledged_at"], "rui"]));
    assert_snapshot!(fixture.run(&format!("incidents ack {id}")).refusal(), @"error: incident [ID] is acknowledged: there is nothing to change");
    assert_snapshot!(fixture.run(&format!("incidents resolve {}", &id[..5])).shown(), @"
    exit 0
    --- out
    incident [ID] is resolved
    ");
    assert_eq!(state()["state"], "resolved");
    assert_snapshot!(fixture.run(&format!("incidents resolve {id}")).refusal(), @"error: incident [ID] is resolved: there is nothing to change");
    let told = fixture.run(&format!("incidents show {id}")).ends(0).out();
    for who in ["rui", "ana"] {
        assert!(told.contains(who), "{who} is not in\n{told}");
    }
}

#[test]
fn ids_that_name_nothing_or_too_much() {
    let (fixture, _) = still_open();
    assert_snapshot!(fixture.run("incidents show nothing").refusal(), @r#"error: there is no incident "nothing", or several begin so; see `driftd incidents list`"#);
    assert_snapshot!(fixture.run_args(&["incidents", "show", ""]).refusal(), @r#"error: there is no incident "", or several begin so; see `driftd incidents list`"#);
    assert_snapshot!(fixture.run_args(&["incidents", "show", "%"]).refusal(), @r#"error: there is no incident "%", or several begin so; see `driftd incidents list`"#);
    assert_snapshot!(fixture.run("incidents ack nothing").refusal(), @r#"error: there is no incident "nothing", or several begin so; see `driftd incidents list`"#);
}
