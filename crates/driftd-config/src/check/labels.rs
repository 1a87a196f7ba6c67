//! Labels that incidents have by configuration.

use std::collections::BTreeSet;

use driftd_model::{LabelName, Labels, Monitor, RecordFilter};

use crate::NotifyConfig;

/// Labels that every incident has, whatever the configuration says.
const ALWAYS: [&str; 4] = ["monitor", "segment", "kind", "severity"];

/// A monitor's own labels, and those that follow from other keys.
pub(super) fn of_monitor(mut labels: Labels, filter: &RecordFilter, notify: &NotifyConfig) -> Labels {
    let only = |values: &[String]| match values {
        [one] => Some(one.clone()),
        _ => None,
    };
    let derived = [
        ("environment", notify.environment.clone()),
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
pub(super) fn remedy(label: &str) -> String {
    match label {
        "environment" => "set notify.environment".to_owned(),
        "model" => "those of a monitor have it when its filter names one model".to_owned(),
        "model_version" => "those of a monitor have it when its filter names one version".to_owned(),
        _ => format!("give it to a monitor by labels = {{ {label} = \"…\" }}"),
    }
}
