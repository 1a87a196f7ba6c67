//! `driftd demo`, the first thing anybody runs.

use insta::assert_snapshot;

use crate::fixture::Fixture;

#[test]
fn the_demo_tells_the_year() {
    let fixture = Fixture::new();
    let ran = fixture.run("demo").ends(0);
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
fn the_demo_replaces_only_its_own() {
    let fixture = Fixture::new();
    fixture.write("precious.db", "not a demo");
    assert_snapshot!(fixture.run("demo --store precious.db").refusal(), @r#"error: precious.db exists, and the demo only replaces SQLite files with "demo" in their name; remove it or name another file with --store"#);
    assert_eq!(fixture.read("precious.db"), "not a demo");
    fixture.write("demo.txt", "not a store");
    assert_snapshot!(fixture.run("demo --store demo.txt").refusal(), @r#"error: demo.txt exists, and the demo only replaces SQLite files with "demo" in their name; remove it or name another file with --store"#);
    assert_snapshot!(fixture.run("demo --data nowhere").ends(2).stderr, @"error: there is no nowhere/training-january.parquet; --data names a directory like examples/flights");
    assert!(!fixture.path("driftd-demo.db").exists(), "a demo without data leaves nothing behind");
}
