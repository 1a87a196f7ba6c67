//! Prometheus' own tool reads what is written for Prometheus: the metrics, the rules and the example of a scrape.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use driftd_testkit::services::prometheus::promtool;

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/prometheus")
}

/// Runs promtool in the folder of the rules; nothing where it cannot be had, which is announced.
fn run(test: &str, args: &[&str], input: &str) -> Option<String> {
    let mut command = match promtool() {
        Ok(command) => command,
        Err(skip) => {
            skip.announce(test);
            return None;
        }
    };
    command.args(args).current_dir(deploy()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut tool = command.spawn().unwrap();
    tool.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = tool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "promtool {args:?}: {said}\n{input}");
    Some(said.into_owned())
}

/// An answer of `/metrics` with every metric of the engine, which its own tests keep true.
fn metrics() -> String {
    std::fs::read_to_string(deploy().join("metrics.txt")).unwrap()
}

#[test]
fn metrics_are_prometheus_text() {
    let said = run("metrics_are_prometheus_text", &["check", "metrics"], &metrics());
    assert_eq!(said.unwrap_or_default(), "");
}

#[test]
fn rules_and_scrapes_are_valid() {
    if let Some(said) = run("rules_and_scrapes_are_valid", &["check", "rules", "rules.yml"], "") {
        assert!(said.contains("SUCCESS"), "{said}");
        run("rules_and_scrapes_are_valid", &["check", "config", "prometheus.yml"], "");
    }
}

#[test]
fn rules_fire_when_they_should() {
    run("rules_fire_when_they_should", &["test", "rules", "rules_test.yml"], "");
}

#[test]
fn rules_ask_for_metrics_that_exist() {
    let metrics = metrics();
    let exist: BTreeSet<&str> =
        metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let rules = std::fs::read_to_string(deploy().join("rules.yml")).unwrap();
    let words =
        rules.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.starts_with("driftd_"));
    let names: BTreeSet<&str> = words.collect();
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        // The listener adds the one about readiness.
        assert!(name == "driftd_ready" || exist.contains(name), "{name}");
    }
}
