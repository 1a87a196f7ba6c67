//! `driftd demo`, the first thing anybody runs.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use insta::assert_snapshot;
use rustix::process::Signal;

use crate::fixture::Fixture;
use crate::serve::Server;

#[test]
fn the_demo_tells_the_year() {
    let fixture = Fixture::new();
    let ran = fixture.run("demo --no-serve").ends(0);
    assert_eq!(ran.stderr, "", "the demo is quiet where nobody looks at a progress bar");
    let text = ran.out();
    for month in ["Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] {
        assert!(text.contains(&format!("\n{month} ")), "{month} is not in the table");
    }
    assert_snapshot!("demo", text);

    // What it leaves behind is a store like any other.
    fixture.write("driftd.toml", include_str!("../../../../examples/flights/driftd.toml"));
    let incidents = fixture.run("incidents list --format json").ends(0).json();
    let incidents = incidents.as_array().unwrap();
    assert!(text.contains(&format!("\n{} incidents, ", incidents.len())));
    let told = incidents.iter().filter(|incident| text.contains(incident["incident_id"].as_str().unwrap())).count();
    assert_eq!(told, 10);
    let days = fixture.run("history flight-delay --feature dep_delay --statistic psi --format json").ends(0).json();
    assert!(days.as_array().unwrap().len() > 300, "one of them a day");

    // Again: the same story, in a store that was made anew.
    let again = fixture.run("demo --no-serve").ends(0).out();
    let story =
        |text: &str| text.split("What drifted").nth(1).unwrap().split("notifications").next().unwrap().to_owned();
    assert_eq!(story(&again), story(&text));
}

#[test]
fn the_demo_ends_on_the_dashboard() {
    let fixture = Fixture::new();
    let mut command = fixture.command("demo --listen 127.0.0.1:0");
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut told = BufReader::new(process.stdout.take().unwrap()).lines();
    let place = told.find_map(|line| line.unwrap().strip_prefix("The dashboard: http://").map(str::to_owned)).unwrap();
    let server = Server::at(process, place.split('/').next().unwrap());
    let (status, page) = server.get("/");
    assert!(status == 200 && page.contains("flight-weather"), "{status}: {page}");
    assert_eq!(server.get("/m/flight-delay").0, 200);
    server.signal(Signal::INT);
    assert_eq!(server.ended(), 0);

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let refusal = fixture.run(&format!("demo --listen {}", taken.local_addr().unwrap())).ends(2);
    assert!(
        refusal.stderr.contains("the dashboard is not shown: --listen ADDRESS has it elsewhere"),
        "{}",
        refusal.stderr
    );
    assert!(fixture.run("demo --listen 0.0.0.0:8080").ends(2).stderr.contains("on this machine only"));
}

#[test]
fn the_demo_replaces_only_its_own() {
    let fixture = Fixture::new();
    fixture.write("precious.db", "not a demo");
    assert_snapshot!(fixture.run("demo --no-serve --store precious.db").refusal(), @r#"error: precious.db exists, and the demo only replaces SQLite files with "demo" in their name; remove it or name another file with --store"#);
    assert_eq!(fixture.read("precious.db"), "not a demo");
    fixture.write("demo.txt", "not a store");
    assert_snapshot!(fixture.run("demo --no-serve --store demo.txt").refusal(), @r#"error: demo.txt exists, and the demo only replaces SQLite files with "demo" in their name; remove it or name another file with --store"#);
    assert_snapshot!(fixture.run("demo --data nowhere").ends(2).stderr, @"error: there is no nowhere/training-january.parquet; --data names a directory like examples/flights");
    assert!(!fixture.path("driftd-demo.db").exists(), "a demo without data leaves nothing behind");
}
