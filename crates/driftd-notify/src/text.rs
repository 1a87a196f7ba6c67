//! The whole message as plain text: the sentence first, then everything a person may ask next.

use std::fmt::Write;

use driftd_model::{Evidence, Incident, IncidentState, Notification, Transition, words};
use driftd_window::{EventTime, Timestamp};

use crate::evidence::FEATURE;
use crate::sentence::{end_reason, list, sentence};

/// Features spelled out; the rest is counted.
const FEATURES: usize = 10;
/// Bins or categories spelled out for each feature.
const MOVEMENTS: usize = 5;

/// Why people hear of it now, in words: `opened after 2 bad windows in a row`.
#[must_use]
pub fn reason(transition: &Transition) -> String {
    match transition {
        Transition::Pended => "first bad window".to_owned(),
        Transition::Dropped => "over before anybody was told".to_owned(),
        Transition::Opened { windows: 0 | 1, severity } => format!("opened at once, {severity} in its first window"),
        Transition::Opened { windows, severity } => {
            format!("opened as {severity} after {windows} bad windows in a row")
        }
        Transition::Escalated => "warning became critical".to_owned(),
        Transition::FeaturesJoined { features } => {
            format!("{} joined: {}", words::counted(features.len() as u64, "feature", "features"), list(features))
        }
        Transition::Repeated => "still open, and nobody has taken it".to_owned(),
        Transition::Acknowledged { by } => format!("{} has taken it", words::name(by, FEATURE)),
        Transition::Resolved { by } => format!("resolved {}", end_reason(by)),
    }
}

/// The message as plain text, some 30 lines of at most about 120 characters; ends with a line break.
///
/// It carries everything the notification has: state, severity, identity, window, reason, features with statistic,
/// value, thresholds, n, m and q, what moved, baseline name and hash, dedup key and schema version.
#[must_use]
pub fn text(notification: &Notification) -> String {
    let incident = &notification.incident;
    let mut out = format!("{}\n\n", sentence(notification));
    for (label, value) in facts(notification) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{label:<14}{value}");
    }
    let features = incident.worst_features();
    if !features.is_empty() {
        let _ = writeln!(out, "\nFeatures, worst first");
    }
    for (rank, evidence) in (1..).zip(features.iter().take(FEATURES)) {
        feature(&mut out, rank, evidence);
    }
    let rest = features.len().saturating_sub(FEATURES);
    if rest > 0 {
        let _ = writeln!(out, "\nand {}.", words::counted(rest as u64, "more feature", "more features"));
    }
    out
}

fn facts(notification: &Notification) -> Vec<(&'static str, String)> {
    let incident = &notification.incident;
    let (window, start, end) = &incident.last_window;
    let mut facts = vec![
        ("State", state(incident).to_owned()),
        ("Severity", incident.severity.to_string()),
        ("Why now", reason(&notification.reason)),
        ("Monitor", incident.key.monitor.to_string()),
        ("Segment", words::name(&incident.key.segment.to_string(), 80)),
        ("Kind", incident.key.kind.to_string()),
        ("First seen", format!("{} UTC", event_time(incident.first_seen))),
        (
            "Last window",
            format!(
                "{}, from {} until before {} UTC",
                words::name(window.as_str(), 40),
                event_time(*start),
                event_time(*end)
            ),
        ),
        ("Bad windows", words::count(incident.windows)),
    ];
    let times = [("Opened", incident.opened_at), ("Resolved", incident.resolved_at)];
    facts.extend(times.into_iter().filter_map(|(label, at)| Some((label, format!("{} UTC", wall_time(at?))))));
    if let Some((at, by)) = &incident.acknowledged {
        facts.push(("Acknowledged", format!("{} UTC by {}", wall_time(*at), words::name(by, FEATURE))));
    }
    facts.extend([
        ("Baseline", format!("{} ({})", notification.baseline, words::name(notification.baseline_hash.short(), 16))),
        ("Incident", words::name(incident.id.as_str(), 40)),
        ("Message", format!("{}, decided {} UTC", notification.key.short(), wall_time(notification.at))),
        ("Schema", notification.schema.to_string()),
    ]);
    facts
}

const fn state(incident: &Incident) -> &'static str {
    match incident.state {
        IncidentState::Pending => "pending",
        IncidentState::Open => "firing",
        IncidentState::Acknowledged => "firing, acknowledged",
        IncidentState::Resolved => "resolved",
    }
}

fn feature(out: &mut String, rank: usize, evidence: &Evidence) {
    let Evidence { outcome, statistic, value, n, m, .. } = evidence;
    let _ = writeln!(out, "\n{rank:>3}. {}: {outcome}", words::name(evidence.feature.as_str(), 2 * FEATURE));
    let mut numbers = format!("{} {}", words::statistic(*statistic), words::number(*value));
    if evidence.effect != *value {
        let _ = write!(numbers, ", effect {}", words::number(evidence.effect));
    }
    if let Some(threshold) = evidence.threshold {
        let (warn, critical) = (words::number(threshold.warn), words::number(threshold.critical));
        let _ = write!(numbers, " (warning from {warn}, critical from {critical})");
    }
    if let Some(q) = evidence.q_value {
        let _ = write!(numbers, ", {}", words::probability("q", q));
    }
    let _ = writeln!(out, "     {numbers}, n = {}, m = {}", words::count(*n), words::count(*m));
    for movement in evidence.moved.iter().take(MOVEMENTS) {
        let (before, after) = words::percents(movement.before, movement.after);
        let _ = writeln!(out, "     {:<24} {before:>8} -> {after}", words::name(&movement.label, FEATURE));
    }
}

fn event_time(at: EventTime) -> String {
    words::minutes(&at.to_string())
}

fn wall_time(at: Timestamp) -> String {
    words::minutes(&at.to_string())
}
