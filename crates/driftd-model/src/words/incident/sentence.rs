//! One sentence for an incident (what, where, when, how bad, and what moved) and the few words of its subject line.

use super::cause::causes;
use super::reason::{end_reason, list, no_longer, receiver_list};
use super::{FEATURE, evidence, reason, suppressed, why};
use crate::{Incident, IncidentKind, IncidentState, Notification, NotifyReason, Severity, Transition, words};

/// Characters of what a receiver answered.
const ERROR: usize = 160;

/// The subject line: `[CRITICAL] flight-delay: 4 features drifted`.
///
/// In brackets stands what the reader must do something about: the severity while it fires, otherwise that somebody has
/// taken it or that it is over; and `TEST` when nothing is wrong at all.
#[must_use]
pub fn subject(notification: &Notification) -> String {
    let incident = &notification.incident;
    format!("[{}] {}: {}", tag(notification), place(incident), summary(incident))
}

/// What stands in the subject's brackets.
#[must_use]
pub const fn tag(notification: &Notification) -> &'static str {
    let incident = &notification.incident;
    match (&notification.reason, incident.state, incident.severity) {
        (NotifyReason::Test { .. }, _, _) => "TEST",
        (_, IncidentState::Resolved, _) => "RESOLVED",
        (_, IncidentState::Acknowledged, _) => "ACKNOWLEDGED",
        (_, _, Severity::Critical) => "CRITICAL",
        (_, _, Severity::Warning) => "WARNING",
        (_, _, Severity::Info) => "INFO",
    }
}

/// What is wrong, in a few words: `4 features drifted`, `no records arrived, about 12,400 expected`.
#[must_use]
pub fn summary(incident: &Incident) -> String {
    if (incident.key.kind == IncidentKind::NoData || !incident.key.kind.is_of_windows())
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
        IncidentKind::Calibration => "more alarms than the budget allows".to_owned(),
    }
}

/// The monitor, and the segment unless it is the whole population: `flight-delay (carrier=UA)`.
fn place(incident: &Incident) -> String {
    let key = &incident.key;
    if key.segment.is_all() {
        key.monitor.to_string()
    } else {
        format!("{} ({})", key.monitor, words::name(key.segment.as_str(), 80))
    }
}

/// What happened, in one sentence on one line: `flight-delay: 4 features drifted in week 2013-07-01 – 2013-07-08 (UTC);
/// worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.`
#[must_use]
pub fn sentence(notification: &Notification) -> String {
    let incident = &notification.incident;
    let said = |transition| event_sentence(incident, &transition);
    match &notification.reason {
        NotifyReason::Opened { windows } => said(Transition::Opened { windows: *windows, severity: incident.severity }),
        NotifyReason::Escalated => said(Transition::Escalated),
        NotifyReason::FeaturesJoined { features } => said(Transition::FeaturesJoined { features: features.clone() }),
        NotifyReason::Acknowledged { by } => said(Transition::Acknowledged { by: by.clone() }),
        NotifyReason::Resolved { by } => said(Transition::Resolved { by: by.clone() }),
        NotifyReason::Repeated => format!("{}: {}: {}.", place(incident), why(notification), story(incident)),
        NotifyReason::Unmuted { was } => {
            format!("{}: open, and {} over: {}.", place(incident), no_longer(was), story(incident))
        }
        NotifyReason::Test { by } => format!(
            "A test by {}, nothing is wrong: {}: {}.",
            words::name(by, FEATURE),
            place(incident),
            story(incident)
        ),
    }
}

/// What happened to `incident`, in one sentence on one line, for its timeline.
#[must_use]
pub fn event_sentence(incident: &Incident, transition: &Transition) -> String {
    let place = place(incident);
    match transition {
        Transition::Opened { .. } => format!("{place}: {}.", story(incident)),
        Transition::Pended => format!("{place}: first bad window, nobody was told yet: {}.", story(incident)),
        Transition::Dropped => format!("{place}: over before anybody was told: {}.", past(incident)),
        Transition::Escalated => format!("{place}: now critical: {}.", story(incident)),
        Transition::FeaturesJoined { features } => {
            format!("{place}: {} joined ({}): {}.", more(features.len()), list(features), story(incident))
        }
        Transition::Acknowledged { by } => {
            format!("{place}: {} has taken it, repeats stop: {}.", words::name(by, FEATURE), story(incident))
        }
        Transition::Resolved { by } => format!("{place}: resolved {}: {}.", end_reason(by), past(incident)),
        Transition::Notified { why, receivers } => {
            format!("{place}: {} heard of it, {}: {}.", receiver_list(receivers), reason(why), now(incident))
        }
        Transition::Suppressed { why } => {
            format!("{place}: nobody is told, because of {}: {}.", suppressed(why), now(incident))
        }
        Transition::Undelivered { receiver, error } => {
            format!("{place}: {receiver} was not reached ({}): {}.", words::name(error, ERROR), now(incident))
        }
    }
}

/// Where `incident` stands now, in one sentence on one line: for lists, where no single event is told.
#[must_use]
pub fn incident_sentence(incident: &Incident) -> String {
    let place = place(incident);
    match incident.state {
        IncidentState::Resolved => format!("{place}: {}.", past(incident)),
        IncidentState::Pending | IncidentState::Open => format!("{place}: {}.", story(incident)),
        IncidentState::Acknowledged => match &incident.acknowledged {
            Some((_, by)) => event_sentence(incident, &Transition::Acknowledged { by: by.clone() }),
            None => format!("{place}: {}.", story(incident)),
        },
    }
}

/// `4 features drifted in week … (UTC); worst temp: …`, without the full stop. Features are those of the incident's
/// whole life, so once it has seen further windows the sentence says since when, and names the last of them.
fn story(incident: &Incident) -> String {
    let (window, start, end) = &incident.last_window;
    if !incident.key.kind.is_of_windows() {
        // driftd's own trouble is looked for all the time, not in windows of the monitor.
        return format!("{}, first seen {} UTC", summary(incident), words::minutes(&incident.first_seen.to_string()));
    }
    let what = clause(incident);
    let last = format!("{} {}", words::name(window.as_str(), 40), words::span_in(incident.zone, *start, *end));
    let text = if incident.first_seen < *start {
        let since = words::local(incident.zone, incident.first_seen).to_string();
        let since = since.strip_suffix("T00:00:00Z").map_or_else(|| words::minutes(&since), str::to_owned);
        match incident.key.kind {
            // Of other kinds the window behind it says whose clocks these are.
            IncidentKind::NoData if !incident.zone.is_utc() => {
                format!("{what} since {since} ({})", words::clocks(incident.zone, incident.first_seen))
            }
            IncidentKind::NoData => format!("{what} since {since}"),
            _ => format!("{what} since {since}, last in {last}"),
        }
    } else {
        format!("{what} in {last}")
    };
    text + &worst(incident, 1)
}

/// `4 features drifted in 5 windows, … (UTC); worst temp: PSI 8.32 (critical at 0.25)`, without the full stop.
fn past(incident: &Incident) -> String {
    let (_, _, end) = &incident.last_window;
    let windows = words::counted(incident.windows, "window", "windows");
    if !incident.key.kind.is_of_windows() {
        return format!("{}, {}", summary(incident), words::span(incident.first_seen, *end));
    }
    let span = words::span_in(incident.zone, incident.first_seen, *end);
    format!("{} in {windows}, {span}{}", clause(incident), worst(incident, 0))
}

/// The summary, with a comma behind it where it has one inside.
fn clause(incident: &Incident) -> String {
    let summary = summary(incident);
    if summary.contains(", ") { summary + "," } else { summary }
}

/// The worst feature and its numbers; nothing for an incident without features.
fn worst(incident: &Incident, movements: usize) -> String {
    let features = incident.worst_features();
    let Some(first) = features.first() else { return String::new() };
    let worst = if features.len() > 1 { "worst " } else { "" };
    format!("; {worst}{}: {}", words::name(first.feature.as_str(), FEATURE), evidence(first, movements))
}

/// The story of an incident that may be over.
fn now(incident: &Incident) -> String {
    if incident.state == IncidentState::Resolved { past(incident) } else { story(incident) }
}

fn more(features: usize) -> String {
    words::counted(features as u64, "more feature", "more features")
}
