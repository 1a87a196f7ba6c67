//! How much a message presses.

use driftd_model::{IncidentState, Notification, NotifyReason, Severity};
use serde::Serialize;

/// How much something presses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// Somebody must look now.
    Critical,
    /// Somebody should look.
    Warning,
    /// It is over.
    Good,
    /// Nothing presses.
    Calm,
}

impl Tone {
    pub(crate) const fn of(notification: &Notification) -> Self {
        match (&notification.reason, notification.incident.state, notification.incident.severity) {
            (NotifyReason::Test { .. }, _, _) | (_, IncidentState::Acknowledged, _) => Self::Calm,
            (_, IncidentState::Resolved, _) => Self::Good,
            (_, _, Severity::Critical) => Self::Critical,
            (_, _, Severity::Warning) => Self::Warning,
            (_, _, Severity::Info) => Self::Calm,
        }
    }

    /// Whether somebody is wanted.
    pub(crate) const fn is_pressing(self) -> bool {
        matches!(self, Self::Critical | Self::Warning)
    }
}
