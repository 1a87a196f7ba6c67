//! Subject lines, and the few words for what an incident is.

use driftd_model::{Incident, IncidentKind, IncidentState, Notification, NotifyReason, Severity, words};

use crate::cause::causes;

/// The subject line: `[CRITICAL] flight-delay: 4 features drifted`.
///
/// In brackets stands what the reader must do something about: the severity while it fires, otherwise that somebody has
/// taken it or that it is over; and `TEST` when nothing is wrong at all.
#[must_use]
pub fn subject(notification: &Notification) -> String {
    let incident = &notification.incident;
    format!("[{}] {}: {}", tag(notification), place(incident), summary(incident))
}

/// What stands in brackets.
pub(crate) const fn tag(notification: &Notification) -> &'static str {
    let incident = &notification.incident;
    match (&notification.reason, incident.state, incident.severity) {
        (NotifyReason::Test { .. }, _, _) => "TEST",
        (_, IncidentState::Resolved, _) => "RESOLVED",
        (_, IncidentState::Acknowledged, _) => "ACKNOWLEDGED",
        (_, _, Severity::Critical) => "CRITICAL",
        (_, _, Severity::Warning) => "WARNING",
    }
}

/// What is wrong, in a few words: `4 features drifted`, `no records arrived, about 12,400 expected`.
#[must_use]
pub fn summary(incident: &Incident) -> String {
    if matches!(incident.key.kind, IncidentKind::NoData | IncidentKind::Pipeline)
        && let Some(causes) = causes(incident)
    {
        return causes;
    }
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
