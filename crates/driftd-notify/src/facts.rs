//! What every message says besides its sentence: the same lines for every form of it.

use driftd_model::{Evidence, Incident, IncidentKind, IncidentState, Links, Notification, NotifyReason, words};
use driftd_window::{EventTime, Timestamp};

use crate::evidence::FEATURE;

/// Features spelled out; the rest is counted.
const FEATURES: usize = 10;
/// Bins or categories spelled out for each feature.
pub(crate) const MOVEMENTS: usize = 5;
/// Troubles spelled out.
pub(crate) const CAUSES: usize = 10;
/// Characters of a label's value.
const VALUE: usize = 120;
/// Labels that have lines of their own.
const TAKEN: [&str; 7] = ["monitor", "segment", "kind", "severity", "environment", "model", "model_version"];

/// What somebody needs to know first, line by line; what there is not has no line.
pub(crate) fn facts(notification: &Notification) -> Vec<(&'static str, String)> {
    let incident = &notification.incident;
    let (window, start, end) = &incident.last_window;
    let window = format!("{} [{}, {}) UTC", words::name(window.as_str(), 40), event_time(*start), event_time(*end));
    let is_pipeline = incident.key.kind == IncidentKind::Pipeline;
    let label =
        |name: &str| Some(notification.labels.get(name)).filter(|v| !v.is_empty()).map(|v| words::name(v, VALUE));
    let model = match (label("model"), label("model_version")) {
        (Some(model), Some(version)) => Some(format!("{model}, version {version}")),
        (Some(model), None) => Some(model),
        (None, version) => version.map(|version| format!("version {version}")),
    };
    let taken =
        incident.acknowledged.as_ref().map(|(at, by)| format!("{} by {}", wall_time(*at), words::name(by, FEATURE)));
    let facts = [
        ("State", Some(state(notification).to_owned())),
        ("Severity", Some(incident.severity.to_string())),
        ("Monitor", Some(incident.key.monitor.to_string())),
        ("Model", model),
        ("Environment", label("environment")),
        ("Segment", Some(words::name(&incident.key.segment.to_string(), VALUE))),
        ("Kind", Some(incident.key.kind.to_string())),
        ("First seen", Some(format!("{} UTC", event_time(incident.first_seen)))),
        // driftd's own trouble is looked for all the time, not in windows of the monitor.
        if is_pipeline {
            ("Last seen", Some(format!("{} UTC", event_time(*end))))
        } else {
            ("Last window", Some(window))
        },
        ("Bad windows", Some(words::count(incident.windows)).filter(|_| !is_pipeline)),
        ("Opened", incident.opened_at.map(wall_time)),
        ("Taken", taken),
        ("Resolved", incident.resolved_at.map(wall_time)),
    ];
    present(facts)
}

/// What a machine, or whoever looks into the matter later, needs to know.
pub(crate) fn reference(notification: &Notification) -> Vec<(&'static str, String)> {
    let others: Vec<String> = notification
        .labels
        .iter()
        .filter(|(name, _)| !TAKEN.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}={}", words::name(value, VALUE)))
        .take(20)
        .collect();
    let hash = words::name(notification.baseline_hash.short(), 16);
    present([
        ("Baseline", Some(format!("{} ({hash})", notification.baseline))),
        ("Labels", Some(others.join(", ")).filter(|text| !text.is_empty())),
        ("Dedup key", Some(words::name(notification.incident.id.as_str(), 40))),
        ("Message", Some(format!("{}, decided {}", notification.key.short(), wall_time(notification.at)))),
        ("Schema", Some(notification.schema.to_string())),
    ])
}

/// Addresses to go to, with what they are.
pub(crate) fn links(notification: &Notification) -> Vec<(&'static str, &str)> {
    let Links { incident, runbook, silence } = &notification.links;
    let is_test = matches!(notification.reason, NotifyReason::Test { .. });
    let is_over = notification.incident.state == IncidentState::Resolved;
    // There is no page of an incident that is none, and what is over makes no more noise.
    let all = [
        ("Incident", incident.as_deref().filter(|_| !is_test)),
        ("Runbook", runbook.as_deref()),
        ("Silence", silence.as_deref().filter(|_| !is_test && !is_over)),
    ];
    all.into_iter().filter_map(|(what, link)| Some((what, web_address(link?)?))).collect()
}

/// An address a person may be led to: on the web, and one line.
fn web_address(link: &str) -> Option<&str> {
    let is_web = link.starts_with("https://") || link.starts_with("http://");
    let is_clean = !link.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>'));
    (is_web && is_clean && link.len() <= 2000).then_some(link)
}

/// How to hear no more of it from a terminal; nothing when there is nothing to hear.
pub(crate) fn silence_command(notification: &Notification) -> Option<String> {
    let key = &notification.incident.key;
    let is_over = notification.incident.state == IncidentState::Resolved;
    if is_over || matches!(notification.reason, NotifyReason::Test { .. }) {
        return None;
    }
    // A segment that a shell would read as something else is left out: the silence is wider then, and safe to type.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '=' | ',' | '.' | '_' | '-');
    let segment = Some(key.segment.as_str()).filter(|s| !s.is_empty() && s.len() <= 80 && s.chars().all(is_plain));
    let segment = segment.map(|segment| format!(" segment={segment}")).unwrap_or_default();
    Some(format!("driftd silences add monitor={} kind={}{segment} --comment WHY", key.monitor, key.kind))
}

/// Where it stands in its life.
pub(crate) const fn state(notification: &Notification) -> &'static str {
    match (&notification.reason, notification.incident.state) {
        (NotifyReason::Test { .. }, _) => "test",
        (_, IncidentState::Pending) => "pending",
        (_, IncidentState::Open) => "firing",
        (_, IncidentState::Acknowledged) => "firing, taken",
        (_, IncidentState::Resolved) => "resolved",
    }
}

/// The features that are told, worst first, and how many are not.
pub(crate) fn told_features(incident: &Incident) -> (Vec<&Evidence>, usize) {
    let mut features = incident.worst_features();
    let rest = features.len().saturating_sub(FEATURES);
    features.truncate(FEATURES);
    (features, rest)
}

fn present<const N: usize>(lines: [(&'static str, Option<String>); N]) -> Vec<(&'static str, String)> {
    lines.into_iter().filter_map(|(label, value)| Some((label, value?))).collect()
}

fn event_time(at: EventTime) -> String {
    words::minutes(&at.to_string())
}

fn wall_time(at: Timestamp) -> String {
    format!("{} UTC", words::minutes(&at.to_string()))
}
