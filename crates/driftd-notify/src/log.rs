//! The receiver that needs nothing: the daemon's own log.

use driftd_model::{BoxFuture, DeliveryError, IncidentState, Notification, NotifyReason, Transport};
use driftd_window::Timestamp;

use crate::{sentence, subject};

/// Writes every message to the log: WARN while an incident wants somebody, INFO once it is taken or over, and for a
/// test.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogTransport;

impl Transport for LogTransport {
    fn kind(&self) -> &'static str {
        "log"
    }

    /// Never fails.
    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
        _now: Timestamp,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(async move {
            let incident = &notification.incident;
            let (subject, sentence) = (subject(notification), sentence(notification));
            let is_pressing = matches!(incident.state, IncidentState::Pending | IncidentState::Open)
                && !matches!(notification.reason, NotifyReason::Test { .. });
            if is_pressing {
                tracing::warn!(incident.id = %incident.id, reason = notification.reason.as_str(), %subject, "{sentence}");
            } else {
                tracing::info!(incident.id = %incident.id, reason = notification.reason.as_str(), %subject, "{sentence}");
            }
            Ok(())
        })
    }
}
