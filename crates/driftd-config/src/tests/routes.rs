use driftd_model::{LabelName, Labels, Routing};

use super::{LEAST, errors, loaded};
use crate::Config;

/// A receiver, and a route that tells it everything.
const TOLD: &str = "[[receiver]]\nname = 'log'\nlog = {}\n[[route]]\nreceivers = ['log']\n";

fn notes(config: &Config) -> String {
    config.notes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| (name.parse::<LabelName>().unwrap(), (*value).to_owned())).collect()
}

#[test]
fn routes_name_receivers_that_exist_each_once() {
    insta::assert_snapshot!(errors(r#"
[[receiver]]
name = "log"
log = {}
[[route]]
match = { severity = "critical" }
receivers = ["log", "lgo", "log"]
mute_times = ["at night"]
repeat_interval = "0s"
[[route]]
receivers = []
[[route]]
match = {}
"#), @r#"
    d.toml:7:21: route[#1].receivers[#2]: no receiver is named "lgo": defined are log
    d.toml:7:28: route[#1].receivers[#3]: "log" is already named at d.toml:7:14: leave one out
    d.toml:8:15: route[#1].mute_times[#1]: "at night" is not a mute time: write HH:MM-HH:MM in UTC, with days before it if not every day, as in "sat,sun 00:00-24:00"
    d.toml:9:19: route[#1].repeat_interval: must be longer than zero
    d.toml:11:13: route[#2].receivers: is empty: name at least one
    d.toml:12:1: route[#3]: receivers is missing: Who hears.
    "#);
}

#[test]
fn conditions_are_ones_that_something_can_meet() {
    insta::assert_snapshot!(errors(r#"
[[receiver]]
name = "log"
log = {}
[[route]]
match = { severity = "fatal", kind = "!=drifft", monitor = "=~flight(", segment = 3, "my team" = "ml" }
receivers = ["log"]
[[route]]
match = { severity = "=~crit", kind = "!~.*", team = "=~(a{1000}){1000}" }
receivers = ["log"]
[[route]]
match = { severity = "", kind = "" }
receivers = ["log"]
[[route]]
match = ["severity=critical"]
receivers = ["log"]
"#), @r#"
    d.toml:6:22: route[#1].match.severity: "fatal" is no severity: write one of warning, critical
    d.toml:6:38: route[#1].match.kind: "drifft" is no kind: write one of drift, data_quality, no_data, performance, pipeline
    d.toml:6:60: route[#1].match.monitor: "flight(" is not a pattern: unclosed group
    d.toml:6:83: route[#1].match.segment: expected text in quotes; found an integer
    d.toml:6:86: route[#1].match."my team": "my team" is not a label: use letters, digits and '_', 64 at the most, and no digit first
    d.toml:9:22: route[#2].match.severity: "=~crit" fits no severity: there are warning, critical
    d.toml:9:39: route[#2].match.kind: "!~.*" fits no kind: there are drift, data_quality, no_data, performance, pipeline
    d.toml:9:54: route[#2].match.team: "(a{1000}){1000}" is not a pattern: it is too large
    d.toml:12:22: route[#3].match.severity: "" is no severity: write one of warning, critical
    d.toml:12:33: route[#3].match.kind: "" is no kind: write one of drift, data_quality, no_data, performance, pipeline
    d.toml:15:9: route[#4].match: expected a table; found a list
    "#);
}

#[test]
fn every_incident_is_told_to_somebody() {
    insta::assert_snapshot!(errors("[[receiver]]\nname = 'log'\nlog = {}\n"), @"d.toml:1:1: receiver[log]: there is no route, so nobody would be told anything: add a [[route]] with receivers and without match");
    insta::assert_snapshot!(errors("[[receiver]]\nname = 'log'\nlog = {}\n[[route]]\nmatch = { severity = 'critical' }\nreceivers = ['log']\n[[route]]\nmatch = { severity = 'warning' }\nreceivers = ['log']\n"), @"d.toml:7:1: route[#2]: no route matches everything, so some incidents would be told to nobody: add a last [[route]] without match");
    // What is said already is not said twice.
    insta::assert_snapshot!(errors("[[receiver]]\nname = 'log'\nlog = {}\n[route]\nreceivers = ['log']\n"), @"d.toml:4:1: route: expected a list of tables; found one table: write [[route]] in double brackets");
    insta::assert_snapshot!(errors("[[receiver]]\nname = 'log'\nlog = {}\n[[route]]\nmatch = 'all'\nreceivers = ['log']\n"), @"d.toml:5:9: route[#1].match: expected a table; found text");
    assert_eq!(loaded(LEAST).routing(), Routing::default());
    assert_eq!(loaded(TOLD).notes, []);
}

#[test]
fn what_is_likely_not_meant_is_noted() {
    let config = loaded(&format!(
        "[[route]]\nmatch = {{ team = 'ml', model = 'x', model_version = '!=3', environment = 'prod', segment = 'UA', \
         owner = '=~a|b' }}\nreceivers = ['log']\n[[receiver]]\nname = 'idle'\nlog = {{}}\n{TOLD}{LEAST}labels = {{ owner = 'a' }}"
    ));
    insta::assert_snapshot!(notes(&config), @r#"
    d.toml:2:18: route[#1].match.team: no incident has label "team": give it to a monitor by labels = { team = "…" }
    d.toml:2:32: route[#1].match.model: no incident has label "model": those of a monitor have it when its filter names one model
    d.toml:2:53: route[#1].match.model_version: no incident has label "model_version": those of a monitor have it when its filter names one version
    d.toml:2:74: route[#1].match.environment: no incident has label "environment": set notify.environment
    d.toml:4:1: receiver[idle]: receiver "idle" hears nothing: no route names it
    "#);
    let meant = loaded(&format!(
        "[notify]\nenvironment = 'test'\n[[route]]\nmatch = {{ team = 'ml', model = 'x', model_version = '!=3', environment = \
         'prod' }}\nreceivers = ['log']\n{TOLD}{LEAST}labels = {{ team = 'data' }}\nfilter = {{ model = 'x', version = '3' }}"
    ));
    assert_eq!(notes(&meant), "");
}

#[test]
fn the_routing_is_what_was_written() {
    let config = loaded(&format!(
        "[notify]\nexternal_url = 'https://drift.example.com/'\n[[route]]\nmatch = {{ severity = '!=critical', team = \
         '=~ml|data' }}\nreceivers = ['log']\ncontinue = true\n{TOLD}"
    ));
    let routing = config.routing();
    assert_eq!(routing.external_url.as_deref(), Some("https://drift.example.com"));
    let matched =
        |pairs: &[(&str, &str)]| routing.routes.iter().map(|route| route.matches(&labels(pairs))).collect::<Vec<_>>();
    assert_eq!(matched(&[("severity", "warning"), ("team", "data")]), [true, true]);
    assert_eq!(matched(&[("severity", "critical"), ("team", "data")]), [false, true]);
    assert_eq!(matched(&[("severity", "warning"), ("team", "database")]), [false, true]);
}
