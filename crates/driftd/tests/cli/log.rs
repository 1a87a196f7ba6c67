//! What is written to the log, and how.

use insta::assert_snapshot;

use crate::fixture::{CONFIG, Fixture, finish};

/// A configuration of which the log has something to say.
fn told(fixture: &Fixture, variables: &[(&str, &str)]) -> String {
    let receiver =
        "[[receiver]]\nname = \"chat\"\nslack = { webhook = { env = \"SLACK\" } }\n[[route]]\nreceivers = [\"chat\"]\n";
    fixture.write("driftd.toml", format!("{CONFIG}{receiver}"));
    let mut command = fixture.command("config check");
    command.env("SLACK", "http://chat.example.com/services/SECRET").envs(variables.iter().copied());
    finish(&mut command).ends(0).stderr
}

#[test]
fn a_filter_that_is_none_is_refused_with_the_remedy() {
    let fixture = Fixture::with_monitor();
    let refused = |name: &str, value: &str| finish(fixture.command("config check").env(name, value)).refusal();
    assert_snapshot!(refused("DRIFTD_LOG", "driftd_engine=loud"), @r#"error: environment variable DRIFTD_LOG: "driftd_engine=loud" is no filter: error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5; write a level (error, warn, info, debug, trace) or targets with one, such as warn,driftd_engine=debug"#);
    assert_snapshot!(refused("DRIFTD_LOG", "driftd[=debug"), @r#"error: environment variable DRIFTD_LOG: "driftd[=debug" is no filter: invalid filter directive; write a level (error, warn, info, debug, trace) or targets with one, such as warn,driftd_engine=debug"#);
    assert_snapshot!(refused("DRIFTD_LOG_FORMAT", "JSON"), @r#"error: environment variable DRIFTD_LOG_FORMAT: "JSON" is no format of a log: write text or json"#);
    finish(fixture.command("config check").env("DRIFTD_LOG", "warn,driftd_engine=debug")).ends(0);
    finish(fixture.command("config check").env("DRIFTD_LOG", "").env("DRIFTD_LOG_FORMAT", "text")).ends(0);
}

#[test]
fn a_log_for_programs_has_one_object_a_line() {
    let fixture = Fixture::new();
    let lines = told(&fixture, &[("DRIFTD_LOG_FORMAT", "json")]);
    assert_eq!(lines.lines().count(), 1, "{lines}");
    let line: serde_json::Value = serde_json::from_str(&lines).unwrap();
    let message = line["message"].as_str().unwrap();
    assert!(message.starts_with("receiver[chat].slack.webhook: ") && !lines.contains("SECRET"), "{lines}");
    assert_eq!((&line["level"], &line["target"]), (&"WARN".into(), &"driftd_notify::setup".into()));
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{lines}");
    assert_eq!(told(&fixture, &[("DRIFTD_LOG", "error")]), "");
    assert!(told(&fixture, &[]).contains(" WARN driftd_notify::setup: receiver[chat].slack.webhook: "));
}
