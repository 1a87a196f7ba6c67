use super::{LEAST, env, errors, loaded, monitor_errors};
use crate::Config;

/// The labels of the only monitor.
fn labels(text: &str) -> String {
    let config = loaded(text);
    let labels = config.monitors[0].labels.iter().map(|(name, value)| format!("{name}={value}"));
    labels.collect::<Vec<_>>().join(" ")
}

#[test]
fn labels_come_from_the_monitor_its_filter_and_the_environment() {
    assert_eq!(labels(LEAST), "");
    assert_eq!(labels(&format!("{LEAST}labels = {{ team = 'ml' }}")), "team=ml");
    assert_eq!(
        labels(&format!(
            "[notify]\nenvironment = 'prod'\n{LEAST}labels.team = 'ml'\nfilter = {{ model = 'x', version = ['3'] }}"
        )),
        "environment=prod model=x model_version=3 team=ml"
    );
    assert_eq!(labels(&format!("{LEAST}filter = {{ model = ['x', 'y'], version = ['3', '3'] }}")), "model_version=3");
}

#[test]
fn labels_have_names_of_their_own() {
    insta::assert_snapshot!(monitor_errors("labels = { monitor = 'x', segment = 'x', kind = 'x', severity = 'x', environment = 'x', model = 'x', model_version = 'x' }"), @"
    d.toml:5:22: monitor[flights].labels.monitor: is set by driftd, to the monitor's name: choose another name
    d.toml:5:37: monitor[flights].labels.segment: is set by driftd, to the segment an incident is of: choose another name
    d.toml:5:49: monitor[flights].labels.kind: is set by driftd, to the kind of an incident: choose another name
    d.toml:5:65: monitor[flights].labels.severity: is set by driftd, to the severity of an incident: choose another name
    d.toml:5:84: monitor[flights].labels.environment: is set by driftd, to what notify.environment says: choose another name
    d.toml:5:97: monitor[flights].labels.model: is set by driftd, to the one model that the monitor's filter names: choose another name
    d.toml:5:118: monitor[flights].labels.model_version: is set by driftd, to the one model version that the monitor's filter names: choose another name
    ");
    insta::assert_snapshot!(monitor_errors("labels = { 'on-call' = 'x', 2nd = 'x', team = '', owner = 3 }"), @r#"
    d.toml:5:12: monitor[flights].labels.on-call: "on-call" is not a label: use letters, digits and '_', 64 at the most, and no digit first
    d.toml:5:29: monitor[flights].labels.2nd: "2nd" is not a label: use letters, digits and '_', 64 at the most, and no digit first
    d.toml:5:47: monitor[flights].labels.team: is empty: write a text, or leave the key out
    d.toml:5:59: monitor[flights].labels.owner: expected text in quotes; found an integer
    "#);
    insta::assert_snapshot!(monitor_errors("labels = { note = \"a\\nb\" }"), @"d.toml:5:19: monitor[flights].labels.note: has a line break or another control character in it: leave that out");
    insta::assert_snapshot!(monitor_errors("labels = ['team']"), @"d.toml:5:10: monitor[flights].labels: expected a table; found a list");
}

#[test]
fn the_least_volume_is_a_share() {
    insta::assert_snapshot!(monitor_errors("incidents = { least_volume = 0 }"), @r#"d.toml:5:30: monitor[flights].incidents.least_volume: 0 is out of range: choose a number above 0 and at most 1, or "never""#);
    insta::assert_snapshot!(monitor_errors("incidents = { least_volume = 1.01 }"), @r#"d.toml:5:30: monitor[flights].incidents.least_volume: 1.01 is out of range: choose a number above 0 and at most 1, or "never""#);
    insta::assert_snapshot!(monitor_errors("incidents = { least_volume = -0.1 }"), @r#"d.toml:5:30: monitor[flights].incidents.least_volume: -0.1 is out of range: choose a number above 0 and at most 1, or "never""#);
    insta::assert_snapshot!(monitor_errors("incidents = { least_volume = nan }"), @"d.toml:5:30: monitor[flights].incidents.least_volume: NaN is not a finite number");
    insta::assert_snapshot!(monitor_errors("incidents = { least_volume = '10 %' }"), @r#"d.toml:5:30: monitor[flights].incidents.least_volume: expected a number such as 0.05, or "never"; found text"#);
    let least = |value: &str| {
        loaded(&format!("{LEAST}incidents = {{ least_volume = {value} }}")).monitors[0].incidents.least_volume
    };
    assert_eq!((least("1"), least("0.25"), least("'never'")), (Some(1.0), Some(0.25), None));
    assert_eq!(loaded(LEAST).monitors[0].incidents.least_volume, Some(0.1));
    let schema = crate::schema();
    let share = &schema["properties"]["monitor"]["items"]["properties"]["incidents"]["properties"]["least_volume"];
    assert_eq!(share["anyOf"][1]["const"], "never");
}

#[test]
fn runbooks_are_addresses_and_limits_are_limits() {
    insta::assert_snapshot!(monitor_errors("runbook = 'see the wiki'\npipeline = { lag = '0s', stall = 5, rejected = 0, lost = 1 }"), @r#"
    d.toml:5:11: monitor[flights].runbook: "see the wiki" is not an address: write http:// or https:// and a host
    d.toml:6:20: monitor[flights].pipeline.lag: must be longer than zero, or "never"
    d.toml:6:34: monitor[flights].pipeline.stall: expected a duration such as "90d", or "never"; found an integer
    d.toml:6:48: monitor[flights].pipeline.rejected: 0 is out of range: choose a number above 0 and at most 1, or "never"
    d.toml:6:51: monitor[flights].pipeline.lost: unknown key; known here: lag, stall, rejected
    "#);
    insta::assert_snapshot!(monitor_errors("pipeline = { lag = 'soon', stall = 'Never', rejected = 'often' }"), @r#"
    d.toml:5:20: monitor[flights].pipeline.lag: "soon" is not a duration: write a number and a unit, such as 15m, 6h or 1d
    d.toml:5:36: monitor[flights].pipeline.stall: "Never" is not a duration: write a number and a unit, such as 15m, 6h or 1d
    d.toml:5:56: monitor[flights].pipeline.rejected: expected a number such as 0.05, or "never"; found text
    "#);
    insta::assert_snapshot!(monitor_errors("pipeline = { rejected = 1.5 }"), @r#"d.toml:5:25: monitor[flights].pipeline.rejected: 1.5 is out of range: choose a number above 0 and at most 1, or "never""#);
    insta::assert_snapshot!(monitor_errors("pipeline = { rejected = nan }"), @"d.toml:5:25: monitor[flights].pipeline.rejected: NaN is not a finite number");
    let off = loaded(&format!("{LEAST}pipeline = {{ lag = 'never', stall = 'never', rejected = 'never' }}"));
    let rules = off.monitors[0].pipeline;
    assert_eq!((rules.lag, rules.stall, rules.rejected), (None, None, None));
}

#[test]
fn what_holds_for_all_receivers_is_checked() {
    insta::assert_snapshot!(errors("[notify]\nallow_link_local = 'yes'\nenvironment = \"a\\tb\"\nexternal_url = 'https://x.example/?tenant=1'\n"), @r#"
    d.toml:2:20: notify.allow_link_local: expected true or false; found text
    d.toml:3:15: notify.environment: has a line break or another control character in it: leave that out
    d.toml:4:16: notify.external_url: has a query or a fragment: links are made by adding to it, write it without '?' and '#'
    "#);
    insta::assert_snapshot!(errors("[notify]\nenvironment = '  '\nexternal_url = 'driftd.example.com'\n"), @r#"
    d.toml:2:15: notify.environment: is empty: write a text, or leave the key out
    d.toml:3:16: notify.external_url: "driftd.example.com" is not an address: write http:// or https:// and a host
    "#);
    insta::assert_snapshot!(errors("[notify]\nenvironment = 1\nexternal_url = 'https://me:pw@x.example'\n"), @r#"
    d.toml:2:15: notify.environment: expected text in quotes; found an integer
    d.toml:3:16: notify.external_url: has a user or password in the address: keep secrets out of addresses
    "#);
    let config = Config::load(
        &[],
        env([("DRIFTD__NOTIFY__ENVIRONMENT", "prod"), ("DRIFTD__NOTIFY__EXTERNAL_URL", "http://x/d/")]),
    );
    let notify = config.unwrap().notify;
    assert_eq!(notify.environment.as_deref(), Some("prod"));
    assert_eq!(notify.external_url.map(|url| url.to_string()).as_deref(), Some("http://x/d"));
    let none = loaded("[notify]\nenvironment = ''\nexternal_url = ''\n");
    assert_eq!(none, Config::default());
}
