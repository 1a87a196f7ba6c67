//! Subject lines, and the few words for what an incident is.

use driftd_model::{Incident, IncidentKind, IncidentState, Notification, Severity, words};

/// The subject line: `[CRITICAL] flight-delay: 4 features drifted`.
///
/// In brackets stands what the reader must do something about: the severity while it fires, otherwise that somebody has
/// taken it or that it is over.
#[must_use]
pub fn subject(notification: &Notification) -> String {
    let incident = &notification.incident;
    let tag = match (incident.state, incident.severity) {
        (IncidentState::Resolved, _) => "RESOLVED",
        (IncidentState::Acknowledged, _) => "ACKNOWLEDGED",
        (_, Severity::Critical) => "CRITICAL",
        (_, Severity::Warning) => "WARNING",
    };
    format!("[{tag}] {}: {}", place(incident), summary(incident))
}

/// What is wrong, in a few words: `4 features drifted`, `no records arrived`.
#[must_use]
pub fn summary(incident: &Incident) -> String {
    let features = incident.features.len() as u64;
    match incident.key.kind {
        IncidentKind::Drift => format!("{} drifted", words::counted(features, "feature", "features")),
        IncidentKind::DataQuality => {
            format!("{} bad values", words::counted(features, "feature has", "features have"))
        }
        IncidentKind::NoData => "no records arrived".to_owned(),
        IncidentKind::Performance => "the model's performance fell".to_owned(),
        IncidentKind::Pipeline => "driftd cannot see all of the traffic".to_owned(),
    }
}

/// The monitor, and the segment unless it is the whole population: `flight-delay (carrier=UA)`.
pub(crate) fn place(incident: &Incident) -> String {
    let key = &incident.key;
    if key.segment.is_all() {
        key.monitor.to_string()
    } else {
        format!("{} ({})", key.monitor, words::name(key.segment.as_str(), 80))
    }
}
