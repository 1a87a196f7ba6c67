//! Labels that incidents have by configuration.

use std::collections::BTreeSet;

use driftd_model::{LabelName, Labels, Monitor, RecordFilter};

use crate::problem::Problems;
use crate::tree::At;

/// Labels that every incident has, whatever the configuration says.
const ALWAYS: [&str; 4] = ["monitor", "segment", "kind", "severity"];
/// Labels that driftd sets itself, and what each says.
const TAKEN: [(&str, &str); 8] = [
    ("alertname", "what Alertmanager knows the incident by"),
    ("monitor", "the monitor's name"),
    ("segment", "the segment an incident is of"),
    ("kind", "the kind of an incident"),
    ("severity", "the severity of an incident"),
    ("environment", "what notify.environment says"),
    ("model", "the one model that the monitor's filter names"),
    ("model_version", "the one model version that the monitor's filter names"),
];

/// Notes what a monitor cannot have for a label of its own.
pub(crate) fn check(labels: &Labels, at: &At<'_>, problems: &mut Problems) {
    for (name, value) in labels.iter() {
        let at = at.key(name.as_str());
        if let Some((_, what)) = TAKEN.iter().find(|(taken, _)| *taken == name.as_str()) {
            at.problem(problems, format!("is set by driftd, to {what}: choose another name"));
        }
        check_value(value, &at, problems);
    }
}

/// Notes a value of a label that would not stay in one line.
pub(crate) fn check_value(text: &str, at: &At<'_>, problems: &mut Problems) {
    if text.trim().is_empty() {
        at.problem(problems, "is empty: write a text, or leave the key out");
    }
    if text.contains(char::is_control) {
        at.problem(problems, "has a line break or another control character in it: leave that out");
    }
}

/// A monitor's own labels, and those that follow from other keys.
pub(crate) fn of_monitor(mut labels: Labels, filter: &RecordFilter, environment: Option<&str>) -> Labels {
    let only = |values: &[String]| match values {
        [one] => Some(one.clone()),
        _ => None,
    };
    let derived = [
        ("environment", environment.map(str::to_owned)),
        ("model", only(&filter.models)),
        ("model_version", only(&filter.versions)),
    ];
    for (name, value) in derived {
        if let (Ok(name), Some(value)) = (name.parse::<LabelName>(), value) {
            labels.set(name, value);
        }
    }
    labels
}

/// Every label that some incident can have.
pub(crate) fn known(monitors: &[Monitor]) -> BTreeSet<&str> {
    let own = monitors.iter().flat_map(|monitor| monitor.labels.iter()).map(|(name, _)| name.as_str());
    own.chain(ALWAYS).collect()
}

/// How incidents come by a label that none of them has.
pub(crate) fn remedy(label: &str) -> String {
    match label {
        "environment" => "set notify.environment".to_owned(),
        "model" => "those of a monitor have it when its filter names one model".to_owned(),
        "model_version" => "those of a monitor have it when its filter names one version".to_owned(),
        _ => format!("give it to a monitor by labels = {{ {label} = \"…\" }}"),
    }
}
