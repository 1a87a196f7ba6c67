//! Why people hear of something, or do not, in words.

use super::{FEATURE, lasting};
use crate::{FeatureName, Notification, NotifyReason, ReceiverName, Suppressed, Transition, words};

/// Features named in a list before the rest is counted.
const NAMED: usize = 3;
/// Receivers named before the rest is counted.
const RECEIVERS: usize = 5;
/// Characters of what a receiver answered.
const ERROR: usize = 300;

/// Why people hear of it now, in words: `opened after 2 bad windows in a row`. [`why`] adds how long it has been so.
#[must_use]
pub fn reason(reason: &NotifyReason) -> String {
    match reason {
        NotifyReason::Opened { windows: 0 | 1 } => "opened after its first bad window".to_owned(),
        NotifyReason::Opened { windows } => format!("opened after {windows} bad windows in a row"),
        NotifyReason::Unmuted { was } => format!("opened earlier; {} over", no_longer(was)),
        NotifyReason::Escalated => "warning became critical".to_owned(),
        NotifyReason::FeaturesJoined { features } => joined(features),
        NotifyReason::Repeated => "still open, and nobody has taken it".to_owned(),
        NotifyReason::Acknowledged { by } => format!("{} has taken it", words::name(by, FEATURE)),
        NotifyReason::Resolved { by } => format!("resolved {}", end_reason(by)),
        NotifyReason::Test { by } => format!("{} tries this receiver; nothing is wrong", words::name(by, FEATURE)),
    }
}

/// Why people get this message, in words: the [`reason`], and for a repeat how long the incident has been open.
#[must_use]
pub fn why(notification: &Notification) -> String {
    match (&notification.reason, notification.incident.opened_at) {
        (NotifyReason::Repeated, Some(opened)) => {
            format!("still open after {}, and nobody has taken it", lasting(notification.at.since(opened)))
        }
        (why, _) => reason(why),
    }
}

/// What keeps people from hearing of an incident, in words: `silence 3`.
#[must_use]
pub fn suppressed(by: &Suppressed) -> String {
    match by {
        Suppressed::Silenced { silence } => format!("silence {silence}"),
        Suppressed::Inhibited { kind, incident } => {
            format!("{kind} incident {}, which explains it", words::name(incident.as_str(), 40))
        }
        Suppressed::Muted => "the mute time of a route".to_owned(),
    }
}

/// Why a change came about, in words: the last column of an incident's timeline.
#[must_use]
pub fn transition(transition: &Transition) -> String {
    match transition {
        Transition::Pended => "first bad window".to_owned(),
        Transition::Dropped => "over before anybody was told".to_owned(),
        Transition::Opened { windows: 0 | 1, severity } => format!("{severity} in its first window"),
        Transition::Opened { windows, severity } => format!("{windows} bad windows in a row, {severity}"),
        Transition::Escalated => "warning became critical".to_owned(),
        Transition::FeaturesJoined { features } => joined(features),
        Transition::Acknowledged { by } => format!("by {}", words::name(by, FEATURE)),
        Transition::Resolved { by } => end_reason(by),
        Transition::Notified { why, receivers } => format!("{}: {}", receiver_list(receivers), reason(why)),
        Transition::Suppressed { why } => format!("by {}", suppressed(why)),
        Transition::Undelivered { receiver, error } => format!("{receiver}: {}", words::name(error, ERROR)),
    }
}

fn joined(features: &[FeatureName]) -> String {
    format!("{} joined: {}", words::counted(features.len() as u64, "feature", "features"), list(features))
}

/// The first few names; the rest is counted.
pub(super) fn list(features: &[FeatureName]) -> String {
    abridged(features.iter().map(|f| words::name(f.as_str(), FEATURE)), features.len(), NAMED)
}

/// The first few receivers; the rest is counted.
pub(super) fn receiver_list(receivers: &[ReceiverName]) -> String {
    abridged(receivers.iter().map(ToString::to_string), receivers.len(), RECEIVERS)
}

fn abridged(names: impl Iterator<Item = String>, of: usize, most: usize) -> String {
    let mut names: Vec<String> = names.take(most).collect();
    let rest = of.saturating_sub(most);
    if rest > 0 {
        names.push(format!("and {rest} more"));
    }
    names.join(", ")
}

/// Who or what ended it: the incident machine writes `2 good windows`, everything else is somebody's name.
pub(super) fn end_reason(by: &str) -> String {
    let windows = by.strip_suffix(" good windows").and_then(|n| n.parse::<u64>().ok());
    match windows {
        Some(n) => format!("after {}", words::counted(n, "good window", "good windows")),
        None => format!("by {}", words::name(by, FEATURE)),
    }
}

/// What was in the way of telling it, and that it no longer is, up to the last word: `silence 3 is`.
pub(super) fn no_longer(was: &Suppressed) -> String {
    match was {
        Suppressed::Silenced { .. } | Suppressed::Muted => format!("{} is", suppressed(was)),
        Suppressed::Inhibited { kind, incident } => {
            format!("{kind} incident {}, which explained it, is", words::name(incident.as_str(), 40))
        }
    }
}
