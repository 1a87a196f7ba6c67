//! `driftd silences`: add, list, expire.

use insta::assert_snapshot;

use crate::fixture::Fixture;

#[test]
fn a_silence_begins_and_ends() {
    let fixture = Fixture::with_monitor();
    assert_snapshot!(fixture.run("silences list").shown(), @"");
    let add = "silences add monitor=orders severity!=critical --duration 2h --comment deploy";
    assert_snapshot!(fixture.run(add).shown(), @"");
    assert_snapshot!(fixture.run("silences list").shown(), @"");
    let listed = fixture.run("silences list --format json").ends(0).json();
    assert_eq!(listed[0]["matchers"], serde_json::json!(["monitor=orders", "severity!=critical"]));
    assert_eq!((&listed[0]["author"], &listed[0]["comment"]), (&"ana".into(), &"deploy".into()));
    for time in ["starts_at", "ends_at"] {
        assert!(listed[0][time].as_str().is_some_and(|t| t.ends_with('Z')), "{listed:#}");
    }
    assert_snapshot!(fixture.run("silences expire 1").shown(), @"");
    assert_eq!(fixture.run("silences list --format json").ends(0).json(), serde_json::json!([]));
    assert_snapshot!(fixture.run("silences list --all").shown(), @"");
}

#[test]
fn silences_that_make_no_sense() {
    let fixture = Fixture::with_monitor();
    let add = |rest: &str| fixture.run(&format!("silences add {rest}")).refusal();
    assert_snapshot!(add("team=ml --comment x"), @"");
    assert_snapshot!(add("monitor --comment x"), @"");
    assert_snapshot!(add("monitor=orders"), @"");
    assert_snapshot!(add("--comment x"), @"");
    assert_snapshot!(add("monitor=orders --comment x --duration soon"), @"");
    assert_snapshot!(add("monitor=orders --comment x --duration 0s"), @"");
    assert_snapshot!(fixture.run("silences expire 7").refusal(), @"");
    fixture.run("silences add monitor=orders --comment x").ends(0);
    fixture.run("silences expire 1").ends(0);
    assert_snapshot!(fixture.run("silences expire 1").refusal(), @"");
}
