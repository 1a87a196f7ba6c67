//! What each receiver has heard of an incident, and why people are told anything.

use std::collections::BTreeSet;

use driftd_window::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Incident, IncidentState, Severity};
use crate::{FeatureName, IncidentId, IncidentKind, ReceiverName, SilenceId};

/// What a receiver was last told of an incident: decided in the transaction that put the message into the outbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// The worst severity it heard of.
    pub severity: Severity,
    /// The features it heard of.
    pub features: BTreeSet<FeatureName>,
    /// Whether it knows that somebody has taken the incident.
    pub acknowledged: bool,
    /// Whether it knows that the incident is over.
    pub resolved: bool,
}

/// Why somebody hears of an incident now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum NotifyReason {
    /// It has opened.
    Opened {
        /// Bad windows that led to it.
        windows: u32,
    },
    /// It opened earlier, and what kept the receiver from hearing of it is over.
    Unmuted {
        /// What it was.
        was: Withheld,
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

/// What keeps people from hearing of an incident.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "withheld_by")]
pub enum Withheld {
    /// A silence.
    Silence {
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
    MuteTime,
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

impl Incident {
    /// Whether somebody who heard of it does not know that it is over.
    #[must_use]
    pub fn owes_an_end(&self) -> bool {
        self.state == IncidentState::Resolved && self.told.values().any(|told| !told.resolved)
    }

    /// Whether that receiver has heard of it.
    #[must_use]
    pub fn was_told_to(&self, receiver: &ReceiverName) -> bool {
        self.told.contains_key(receiver)
    }
}
