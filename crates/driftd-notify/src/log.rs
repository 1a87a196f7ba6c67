//! The receiver that needs nothing: the daemon's own log.

use driftd_model::{BoxFuture, DeliveryError, Notification, Transport};
use driftd_window::Timestamp;

use crate::view::IncidentView;

/// Writes every message to the log: WARN while an incident wants somebody, INFO once it is taken or over, and for a
/// test.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogTransport;

impl Transport for LogTransport {
    /// Never fails.
    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
        _now: Timestamp,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(async move {
            let IncidentView { subject, sentence, tone, .. } = IncidentView::of(notification);
            let (id, reason) = (&notification.incident.id, notification.reason.as_str());
            if tone.is_pressing() {
                tracing::warn!(incident.id = %id, reason, %subject, "{sentence}");
            } else {
                tracing::info!(incident.id = %id, reason, %subject, "{sentence}");
            }
            Ok(())
        })
    }
}
