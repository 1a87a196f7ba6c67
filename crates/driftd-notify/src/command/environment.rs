//! What a program learns from its environment.

use std::ffi::OsString;

use driftd_model::{Notification, words};

use crate::webhook::{Sender, status};
use crate::{sentence, subject};

/// What is handed on of driftd's own environment, which may hold secrets.
const INHERITED: [&str; 3] = ["PATH", "HOME", "LANG"];
/// Characters of a value.
const VALUE: usize = 2000;

/// Every variable of the program, those of the incident only where they say something.
pub(super) fn of(told: &Notification, sender: &Sender) -> Vec<(OsString, OsString)> {
    let incident = &told.incident;
    let mut variables: Vec<(OsString, OsString)> =
        INHERITED.iter().filter_map(|name| Some(((*name).into(), std::env::var_os(name)?))).collect();
    let own = [
        ("DRIFTD_RECEIVER", sender.receiver.as_str()),
        ("DRIFTD_KEY", told.key.as_str()),
        ("DRIFTD_REASON", told.reason.as_str()),
        ("DRIFTD_STATUS", status(incident)),
        ("DRIFTD_STATE", incident.state.as_str()),
        ("DRIFTD_INCIDENT", incident.id.as_str()),
        ("DRIFTD_KIND", incident.key.kind.as_str()),
        ("DRIFTD_SEVERITY", incident.severity.as_str()),
        ("DRIFTD_MONITOR", incident.key.monitor.as_str()),
        ("DRIFTD_SEGMENT", incident.key.segment.as_str()),
        ("DRIFTD_ENVIRONMENT", told.labels.get("environment")),
        ("DRIFTD_MODEL", told.labels.get("model")),
        ("DRIFTD_MODEL_VERSION", told.labels.get("model_version")),
        ("DRIFTD_SUBJECT", &subject(told)),
        ("DRIFTD_SENTENCE", &sentence(told)),
    ];
    // No variable can hold a zero byte, and no name out of the data is to hold a line break.
    let own = own.into_iter().filter(|(_, value)| !value.is_empty());
    variables.extend(own.map(|(name, value)| (name.into(), words::name(value, VALUE).into())));
    variables
}
