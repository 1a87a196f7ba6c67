//! The delivery loops: one a receiver, so that a slow or broken one delays no other.

use std::sync::Arc;
use std::time::Duration;

use driftd_model::{ReceiverName, SharedStore};
use driftd_window::Span;

use super::retry::Periodic;
use super::status::StoreOperation;
use super::stop::Stop;
use crate::{Clock, EngineError, Outbox};

/// How often it is looked whether there is something to deliver.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Delivers to one receiver.
pub(super) struct DeliveryLoop {
    pub(super) store: SharedStore,
    pub(super) outbox: Outbox,
    pub(super) receiver: ReceiverName,
    /// Shortest time between two messages.
    pub(super) spacing: Span,
    pub(super) clock: Arc<dyn Clock>,
}

impl Periodic for DeliveryLoop {
    const OPERATION: Option<StoreOperation> = Some(StoreOperation::Deliver);

    async fn round(&mut self, _stop: &Stop) -> Result<Duration, EngineError> {
        let report = self.outbox.round(&*self.store, &self.receiver, &*self.clock).await?;
        Ok(if report.tried() == 0 { POLL_INTERVAL } else { self.spacing.as_duration() })
    }
}
