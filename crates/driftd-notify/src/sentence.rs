//! One sentence for an incident: what, where, when, how bad, and what moved.

use driftd_model::{FeatureName, Incident, IncidentKind, IncidentState, Notification, Transition, words};

use crate::evidence::{FEATURE, evidence};
use crate::subject::{place, summary};

/// Features named in a list before the rest is counted.
const NAMED: usize = 3;

/// The sentence of a notification; see [`event_sentence`].
#[must_use]
pub fn sentence(notification: &Notification) -> String {
    event_sentence(&notification.incident, &notification.reason)
}

/// What happened to `incident`, in one sentence on one line: `flight-delay: 4 features drifted in week 2013-07-01 –
/// 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.`
#[must_use]
pub fn event_sentence(incident: &Incident, reason: &Transition) -> String {
    let place = place(incident);
    match reason {
        Transition::Opened { .. } => format!("{place}: {}.", story(incident)),
        Transition::Pended => format!("{place}: first bad window, nobody was told yet: {}.", story(incident)),
        Transition::Dropped => format!("{place}: over before anybody was told: {}.", past(incident)),
        Transition::Escalated => format!("{place}: now critical: {}.", story(incident)),
        Transition::FeaturesJoined { features } => {
            format!("{place}: {} joined ({}): {}.", more(features.len()), list(features), story(incident))
        }
        Transition::Repeated => format!(
            "{place}: still open after {}: {}.",
            words::counted(incident.windows, "bad window", "bad windows"),
            story(incident)
        ),
        Transition::Acknowledged { by } => {
            format!("{place}: {} has taken it, repeats stop: {}.", words::name(by, FEATURE), story(incident))
        }
        Transition::Resolved { by } => format!("{place}: resolved {}: {}.", end_reason(by), past(incident)),
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
    let last = format!("{} {}", words::name(window.as_str(), 40), words::span(*start, *end));
    let text = if incident.first_seen < *start {
        let since = incident.first_seen.to_string();
        let since = since.strip_suffix("T00:00:00Z").map_or_else(|| words::minutes(&since), str::to_owned);
        match incident.key.kind {
            IncidentKind::NoData => format!("{} since {since}", summary(incident)),
            _ => format!("{} since {since}, last in {last}", summary(incident)),
        }
    } else {
        format!("{} in {last}", summary(incident))
    };
    text + &worst(incident, 1)
}

/// `4 features drifted in 5 windows, … (UTC); worst temp: PSI 8.32 (critical at 0.25)`, without the full stop.
fn past(incident: &Incident) -> String {
    let (_, _, end) = &incident.last_window;
    let windows = words::counted(incident.windows, "window", "windows");
    format!("{} in {windows}, {}{}", summary(incident), words::span(incident.first_seen, *end), worst(incident, 0))
}

/// The worst feature and its numbers; nothing for an incident without features.
fn worst(incident: &Incident, movements: usize) -> String {
    let features = incident.worst_features();
    let Some(first) = features.first() else { return String::new() };
    let worst = if features.len() > 1 { "worst " } else { "" };
    format!("; {worst}{}: {}", words::name(first.feature.as_str(), FEATURE), evidence(first, movements))
}

fn more(features: usize) -> String {
    words::counted(features as u64, "more feature", "more features")
}

/// The first few names; the rest is counted.
pub(crate) fn list(features: &[FeatureName]) -> String {
    let mut names: Vec<String> = features.iter().take(NAMED).map(|f| words::name(f.as_str(), FEATURE)).collect();
    let rest = features.len().saturating_sub(NAMED);
    if rest > 0 {
        names.push(format!("and {rest} more"));
    }
    names.join(", ")
}

/// Who or what ended it: the incident machine writes `2 good windows`, everything else is somebody's name.
pub(crate) fn end_reason(by: &str) -> String {
    let windows = by.strip_suffix(" good windows").and_then(|n| n.parse::<u64>().ok());
    match windows {
        Some(n) => format!("after {}", words::counted(n, "good window", "good windows")),
        None => format!("by {}", words::name(by, FEATURE)),
    }
}
