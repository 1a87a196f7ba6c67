//! The receiver that needs nothing: the daemon's own log.

use driftd_model::{BoxFuture, DeliveryError, IncidentState, Notification, Transport};

use crate::{sentence, subject};

/// Writes every message to the log: WARN while an incident wants somebody, INFO once it is taken or over.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogTransport;

impl Transport for LogTransport {
    fn kind(&self) -> &'static str {
        "log"
    }

    /// Never fails.
    fn deliver<'a>(&'a self, notification: &'a Notification) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(async move {
            let incident = &notification.incident;
            let (subject, sentence) = (subject(notification), sentence(notification));
            match incident.state {
                IncidentState::Pending | IncidentState::Open => {
                    tracing::warn!(incident.id = %incident.id, reason = notification.reason.as_str(), %subject, "{sentence}");
                }
                IncidentState::Acknowledged | IncidentState::Resolved => {
                    tracing::info!(incident.id = %incident.id, reason = notification.reason.as_str(), %subject, "{sentence}");
                }
            }
            Ok(())
        })
    }
}
