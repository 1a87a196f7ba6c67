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
    assert_snapshot!(fixture.run("incidents list").shown(), @"");
    let incidents = listed(&fixture);
    let columns: Vec<&String> = incidents[0].as_object().unwrap().keys().collect();
    let mut agreed = vec![
        "incident_id", "monitor", "segment", "kind", "severity", "state", "opened_at", "acknowledged_at", "resolved_at",
        "features", "windows",
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
    assert_snapshot!(fixture.run(&format!("incidents show {id}")).shown(), @"");
    let shown = fixture.run(&format!("incidents show {} --format json", &id[..6])).ends(0).json();
    assert_eq!(shown["incident"]["id"], id.as_str());
    assert_eq!(shown["incident"]["opened_at"], drift["opened_at"]);
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
    assert_snapshot!(fixture.run(&format!("incidents ack {id} --by rui")).shown(), @"");
    assert_eq!(state()["state"], "acknowledged");
    assert!(state()["acknowledged_at"].is_string());
    assert_snapshot!(fixture.run(&format!("incidents ack {id}")).refusal(), @"");
    assert_snapshot!(fixture.run(&format!("incidents resolve {}", &id[..5])).shown(), @"");
    assert_eq!(state()["state"], "resolved");
    assert_snapshot!(fixture.run(&format!("incidents resolve {id}")).refusal(), @"");
    let told = fixture.run(&format!("incidents show {id}")).ends(0).out();
    for who in ["rui", "ana"] {
        assert!(told.contains(who), "{who} is not in\n{told}");
    }
}

#[test]
fn ids_that_name_nothing_or_too_much() {
    let (fixture, _) = still_open();
    assert_snapshot!(fixture.run("incidents show nothing").refusal(), @"");
    assert_snapshot!(fixture.run_args(&["incidents", "show", ""]).refusal(), @"");
    assert_snapshot!(fixture.run_args(&["incidents", "show", "%"]).refusal(), @"");
    assert_snapshot!(fixture.run("incidents ack nothing").refusal(), @"");
}
