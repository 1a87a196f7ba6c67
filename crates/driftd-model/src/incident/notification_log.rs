//! Notification log of an incident: what each receiver was last notified of, and why anybody is.

use std::collections::{BTreeMap, BTreeSet};

use driftd_window::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Incident, IncidentState, Severity};
use crate::{FeatureName, IncidentId, IncidentKind, ReceiverName, SilenceId};

/// What each receiver was last notified of, by receiver.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NotificationLog(BTreeMap<ReceiverName, NotificationLogEntry>);

/// What a receiver was last notified of: decided in the transaction that put the message into the outbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NotificationLogEntry {
    /// When.
    pub at: Timestamp,
    /// The worst severity it was notified of.
    pub severity: Severity,
    /// The features it was notified of.
    pub features: BTreeSet<FeatureName>,
    /// Whether it knows that somebody has taken the incident.
    pub acknowledged: bool,
    /// Whether it knows that the incident is over.
    pub resolved: bool,
}

/// Why a receiver is notified now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum NotifyReason {
    /// It has opened.
    Opened {
        /// Bad windows that led to it.
        windows: u32,
    },
    /// It opened earlier, and what suppressed the notification is over.
    Unmuted {
        /// What it was.
        was: Suppressed,
    },
    /// Warning became critical.
    Escalated,
    /// Further features joined.
    FeaturesJoined {
        /// Those the receiver has not heard of.
        features: Vec<FeatureName>,
    },
    /// Still open, and nobody has taken it.
    Repeated,
    /// Somebody took it.
    Acknowledged {
        /// Who.
        by: String,
    },
    /// It is over.
    Resolved {
        /// `2 good windows`, or who resolved it.
        by: String,
    },
    /// Somebody tries a receiver; there is no such incident.
    Test {
        /// Who.
        by: String,
    },
}

/// What suppresses a notification.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "suppressed_by")]
pub enum Suppressed {
    /// A silence.
    Silenced {
        /// Its id.
        silence: SilenceId,
    },
    /// Another incident that explains this one.
    Inhibited {
        /// What that one is about.
        kind: IncidentKind,
        /// That incident.
        incident: IncidentId,
    },
    /// A time of the week in which a route tells nobody.
    Muted,
}

impl NotifyReason {
    /// The reason as stored and printed.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Unmuted { .. } => "unmuted",
            Self::Escalated => "escalated",
            Self::FeaturesJoined { .. } => "features_joined",
            Self::Repeated => "repeated",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Resolved { .. } => "resolved",
            Self::Test { .. } => "test",
        }
    }
}

impl NotificationLog {
    /// What that receiver was last notified of; nothing if it never was.
    #[must_use]
    pub fn get(&self, receiver: &ReceiverName) -> Option<&NotificationLogEntry> {
        self.0.get(receiver)
    }

    /// Takes note of a notification.
    pub fn record(&mut self, receiver: ReceiverName, entry: NotificationLogEntry) {
        self.0.insert(receiver, entry);
    }

    /// Receivers that were notified.
    pub fn receivers(&self) -> impl Iterator<Item = &ReceiverName> {
        self.0.keys()
    }

    /// Receivers that do not know that the incident is over.
    pub fn unresolved(&self) -> impl Iterator<Item = &ReceiverName> {
        self.0.iter().filter(|(_, entry)| !entry.resolved).map(|(receiver, _)| receiver)
    }

    /// Number of receivers that were notified.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody was notified.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Incident {
    /// Whether a receiver that was notified does not know that it is over.
    #[must_use]
    pub fn owes_an_end(&self) -> bool {
        self.state == IncidentState::Resolved && self.notification_log.unresolved().next().is_some()
    }

    /// Whether that receiver was notified of it.
    #[must_use]
    pub fn was_notified(&self, receiver: &ReceiverName) -> bool {
        self.notification_log.get(receiver).is_some()
    }
}
