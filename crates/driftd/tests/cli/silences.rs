//! `driftd silences`: add, list, expire.

use insta::assert_snapshot;

use crate::fixture::Fixture;

#[test]
fn a_silence_begins_and_ends() {
    let fixture = Fixture::with_monitor();
    assert_snapshot!(fixture.run("silences list").shown(), @"
    exit 0
    --- out
    no silences; add one with `driftd silences add MATCHER… --comment WHY`
    ");
    let add = "silences add monitor=orders severity!=critical --duration 2h --comment deploy";
    assert_snapshot!(fixture.run(add).shown(), @"
    exit 0
    --- out
    silence 1 mutes matching incidents until [NOW] UTC
    ");
    assert_snapshot!(fixture.run("silences list").shown(), @"
    exit 0
    --- out
    ID  STATE   MATCHERS                           UNTIL (UTC)       AUTHOR  COMMENT
     1  active  monitor=orders severity!=critical  [NOW]  ana     deploy
    ");
    let listed = fixture.run("silences list --format json").ends(0).json();
    assert_eq!(listed[0]["matchers"], serde_json::json!(["monitor=orders", "severity!=critical"]));
    assert_eq!((&listed[0]["author"], &listed[0]["comment"]), (&"ana".into(), &"deploy".into()));
    for time in ["starts_at", "ends_at"] {
        assert!(listed[0][time].as_str().is_some_and(|t| t.ends_with('Z')), "{listed:#}");
    }
    assert_snapshot!(fixture.run("silences expire 1").shown(), @"
    exit 0
    --- out
    silence 1 is over
    ");
    assert_eq!(fixture.run("silences list --format json").ends(0).json(), serde_json::json!([]));
    assert_snapshot!(fixture.run("silences list --all").shown(), @"
    exit 0
    --- out
    ID  STATE  MATCHERS                           UNTIL (UTC)       AUTHOR  COMMENT
     1  over   monitor=orders severity!=critical  [NOW]  ana     deploy
    ");
}

#[test]
fn silences_that_make_no_sense() {
    let fixture = Fixture::with_monitor();
    let add = |rest: &str| fixture.run(&format!("silences add {rest}")).refusal();
    assert_snapshot!(add("team=ml --comment x"), @"error: no incident has a label team; there are kind, monitor, segment, severity");
    assert_snapshot!(add("monitor --comment x"), @r#"error: "monitor" is not a matcher: write LABEL=VALUE, LABEL!=VALUE, LABEL=~PATTERN or LABEL!~PATTERN"#);
    assert_snapshot!(add("monitor=orders"), @"
    error: the following required arguments were not provided:
      --comment <COMMENT>

    Usage: driftd silences add --comment <COMMENT> <MATCHER>...

    For more information, try '--help'.
    ");
    assert_snapshot!(add("--comment x"), @"
    error: the following required arguments were not provided:
      <MATCHER>...

    Usage: driftd silences add --comment <COMMENT> <MATCHER>...

    For more information, try '--help'.
    ");
    assert_snapshot!(add("monitor=orders --comment x --duration soon"), @r#"error: "soon" is not a duration: write a number and a unit, such as 15m, 6h or 1d"#);
    assert_snapshot!(add("monitor=orders --comment x --duration 0s"), @"error: a silence of 0s mutes nothing: --duration takes a time such as 2h");
    assert_snapshot!(fixture.run("silences expire 7").refusal(), @"error: there is no silence 7 that could be ended; see `driftd silences list`");
    fixture.run("silences add monitor=orders --comment x").ends(0);
    fixture.run("silences expire 1").ends(0);
    assert_snapshot!(fixture.run("silences expire 1").refusal(), @"error: there is no silence 1 that could be ended; see `driftd silences list`");
}
