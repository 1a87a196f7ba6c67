//! Incidents: runs of bad windows with one identity, stepped by a pure function.

mod cause;
mod evidence;
mod notification_log;
mod runbook;
mod step;

use std::collections::BTreeMap;
use std::fmt;

use driftd_window::{EventTime, SegmentKey, Timestamp, WindowName, Zone};
use serde::{Deserialize, Serialize};

use crate::{ContentHash, FeatureName, IncidentId, IncidentRow, LabelName, Labels, Monitor, MonitorId, ReceiverName};

pub use cause::Cause;
pub use evidence::{Evidence, HealthyWindows, Rarity};
pub use notification_log::{NotificationLog, NotificationLogEntry, NotifyReason, Suppressed};
pub use runbook::RUNBOOKS;
pub use step::{Step, acknowledge, resolve_by_hand, step};

/// What went wrong; with monitor and segment it is an incident's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentKind {
    /// The distribution moved.
    Drift,
    /// Values are missing, unseen or not finite more often than in training.
    DataQuality,
    /// Windows that should have rows have none.
    NoData,
    /// The model's own quality fell.
    Performance,
    /// driftd itself cannot see: lag, stalls, rejects, store trouble.
    Pipeline,
    /// The monitor alarms more often than its budget.
    Calibration,
}

/// How bad an incident is at its worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth to be known; nothing that presses, so it is told once.
    Info,
    /// Someone should look.
    Warning,
    /// Someone must look now.
    Critical,
}

/// Where an incident is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// Bad, but not often enough yet; nobody has been told.
    Pending,
    /// Told, and nobody has taken it.
    Open,
    /// Somebody has taken it; repeats stop.
    Acknowledged,
    /// Over.
    Resolved,
}

macro_rules! stored_text {
    ($type:ident { $($variant:ident => $text:literal),+ $(,)? }) => {
        impl $type {
            /// The value as stored and printed.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value a stored text names.
            #[must_use]
            pub fn from_stored(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

stored_text!(IncidentKind {
    Drift => "drift",
    DataQuality => "data_quality",
    NoData => "no_data",
    Performance => "performance",
    Pipeline => "pipeline",
    Calibration => "calibration",
});
stored_text!(Severity { Info => "info", Warning => "warning", Critical => "critical" });
stored_text!(IncidentState {
    Pending => "pending",
    Open => "open",
    Acknowledged => "acknowledged",
    Resolved => "resolved",
});

/// What an incident is about, for its whole life.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IncidentKey {
    /// The monitor.
    pub monitor: MonitorId,
    /// The segment.
    pub segment: SegmentKey,
    /// The kind.
    pub kind: IncidentKind,
}

/// What one window says about one identity.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// Shape of the window.
    pub window: WindowName,
    /// Its first instant.
    pub start: EventTime,
    /// First instant after it.
    pub end: EventTime,
    /// Good, bad, or not enough to say.
    pub health: Health,
    /// What is wrong besides features.
    pub causes: Vec<Cause>,
}

/// A window's verdict on an identity.
#[derive(Clone, Debug, PartialEq)]
pub enum Health {
    /// Judged, and nothing is wrong.
    Good,
    /// Something is wrong.
    Bad(Severity, Vec<Evidence>),
    /// Too little to say: neither opens nor resolves.
    Unknown,
}

/// Consecutive windows of one shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Streak {
    /// Bad windows over disjoint data in a row.
    pub bad: u32,
    /// Good windows in a row.
    pub good: u32,
    /// End of the last bad window that was counted.
    pub counted_through: Option<EventTime>,
}

/// An incident, from its first bad window on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id: a hash of identity and first bad window, so a replay gives the same one.
    pub id: IncidentId,
    /// Its identity.
    pub key: IncidentKey,
    /// Where it is in its life.
    pub state: IncidentState,
    /// Its worst severity.
    pub severity: Severity,
    /// Start of the first bad window.
    pub first_seen: EventTime,
    /// The last window that said anything about it.
    pub last_window: (WindowName, EventTime, EventTime),
    /// The zone on whose clocks that window begins and ends.
    #[serde(default, skip_serializing_if = "is_utc")]
    pub zone: Zone,
    /// When it opened.
    pub opened_at: Option<Timestamp>,
    /// When, and by whom, it was acknowledged.
    pub acknowledged: Option<(Timestamp, String)>,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// Its features, each at its worst.
    pub features: BTreeMap<FeatureName, Evidence>,
    /// What is wrong besides features, as the last bad window said.
    #[serde(default)]
    pub causes: Vec<Cause>,
    /// Bad windows seen.
    pub windows: u64,
    /// Bad windows over disjoint data that it took to open it.
    #[serde(default)]
    pub opened_after: u32,
    /// `2 good windows`, or who resolved it.
    #[serde(default)]
    pub resolved_by: Option<String>,
    /// Streaks by window shape.
    pub streaks: BTreeMap<WindowName, Streak>,
    /// What each receiver was last notified of.
    #[serde(default)]
    pub notification_log: NotificationLog,
    /// Notifications decided so far.
    #[serde(default)]
    pub notifications: u64,
    /// What suppresses the notification that is due.
    #[serde(default)]
    pub suppressed: Option<Suppressed>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "asked by serde")]
fn is_utc(zone: &Zone) -> bool {
    zone.is_utc()
}

/// A change in an incident's life, kept for ever with its reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "transition")]
pub enum Transition {
    /// First bad window.
    Pended,
    /// It went away before anyone was told.
    Dropped,
    /// People are told.
    Opened {
        /// Bad windows that led to it.
        windows: u32,
        /// Severity it opened with.
        severity: Severity,
    },
    /// Warning became critical.
    Escalated,
    /// Further features joined.
    FeaturesJoined {
        /// The new ones.
        features: Vec<FeatureName>,
    },
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
    /// Receivers are notified.
    Notified {
        /// Why.
        why: NotifyReason,
        /// Who.
        receivers: Vec<ReceiverName>,
    },
    /// A notification is due, and suppressed.
    Suppressed {
        /// Why not.
        why: Suppressed,
    },
    /// A message was given up.
    Undelivered {
        /// Who did not get it.
        receiver: ReceiverName,
        /// What went wrong at last.
        error: String,
    },
}

impl Transition {
    /// The transition as stored and printed.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pended => "pended",
            Self::Dropped => "dropped",
            Self::Opened { .. } => "opened",
            Self::Escalated => "escalated",
            Self::FeaturesJoined { .. } => "features_joined",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Resolved { .. } => "resolved",
            Self::Notified { .. } => "notified",
            Self::Suppressed { .. } => "suppressed",
            Self::Undelivered { .. } => "undelivered",
        }
    }

    /// Whether it is news: something that people hear of unless it is suppressed.
    #[must_use]
    pub const fn is_news(&self) -> bool {
        matches!(
            self,
            Self::Opened { .. }
                | Self::Escalated
                | Self::FeaturesJoined { .. }
                | Self::Acknowledged { .. }
                | Self::Resolved { .. }
        )
    }
}

/// One row of an incident's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentEvent {
    /// The incident.
    pub incident: IncidentId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub transition: Transition,
    /// Whether a silence keeps people from hearing of it.
    pub silenced: bool,
}

impl IncidentKey {
    /// The id of the incident whose first bad window of shape `window` ended at `end`.
    #[must_use]
    pub fn incident_id(&self, window: &WindowName, end: EventTime) -> IncidentId {
        let text = format!("{}\n{}\n{}\n{window}\n{}", self.monitor, self.segment.as_str(), self.kind, end.as_micros());
        IncidentId::from_stored(ContentHash::of(text.as_bytes()).short().to_owned())
    }
}

impl Incident {
    /// What routes and silences know it by: what the monitor adds, its identity and its severity.
    #[must_use]
    pub fn labels(&self, monitor: &Monitor) -> Labels {
        self.labels_over(monitor.labels.clone())
    }

    /// Those labels, with its identity and its severity over them.
    #[must_use]
    pub fn labels_over(&self, mut labels: Labels) -> Labels {
        let own = [
            ("monitor", self.key.monitor.as_str()),
            ("segment", self.key.segment.as_str()),
            ("kind", self.key.kind.as_str()),
            ("severity", self.severity.as_str()),
        ];
        for (name, value) in own {
            labels.set(LabelName::own(name), value);
        }
        labels
    }

    /// Takes over what a person made of it: a person changes its state, not its evidence, and not its notification log.
    pub fn amend(&mut self, wanted: &Self) {
        self.state = wanted.state;
        self.acknowledged.clone_from(&wanted.acknowledged);
        self.resolved_at = wanted.resolved_at;
        self.resolved_by.clone_from(&wanted.resolved_by);
    }

    /// Whether it is open, taken or not.
    #[must_use]
    pub const fn is_firing(&self) -> bool {
        matches!(self.state, IncidentState::Open | IncidentState::Acknowledged)
    }

    /// Its features, worst first.
    #[must_use]
    pub fn worst_features(&self) -> Vec<&Evidence> {
        let mut features: Vec<&Evidence> = self.features.values().collect();
        features.sort_by(|a, b| b.outcome.cmp(&a.outcome).then_with(|| b.weight().total_cmp(&a.weight())));
        features
    }
}

impl From<&Incident> for IncidentRow {
    fn from(incident: &Incident) -> Self {
        Self {
            incident_id: incident.id.clone(),
            monitor: incident.key.monitor.clone(),
            segment: incident.key.segment.clone(),
            kind: incident.key.kind,
            severity: incident.severity,
            state: incident.state,
            opened_at: incident.opened_at,
            acknowledged_at: incident.acknowledged.as_ref().map(|(at, _)| *at),
            resolved_at: incident.resolved_at,
            features: incident.worst_features().into_iter().map(|evidence| evidence.feature.clone()).collect(),
            windows: incident.windows,
        }
    }
}

impl IncidentKind {
    /// Whether it is about windows; driftd's own trouble is looked for all the time, and so is how often it alarms.
    #[must_use]
    pub const fn is_of_windows(self) -> bool {
        !matches!(self, Self::Pipeline | Self::Calibration)
    }
}
