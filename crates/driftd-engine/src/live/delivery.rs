//! The delivery loops: one a receiver, so that a slow or broken one delays no other.

use std::sync::Arc;
use std::time::Duration;

use driftd_model::{ErrorClass, ReceiverName, SharedStore};
use driftd_window::Span;

use super::commit::Waits;
use super::status::{Doing, Status};
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
    pub(super) status: Arc<Status>,
}

impl DeliveryLoop {
    /// Delivers until `stop` says so, between two rounds.
    ///
    /// # Errors
    /// Permanent failures of the store.
    pub(super) async fn run(self, mut stop: Stop) -> Result<(), EngineError> {
        let mut waits = Waits::new();
        while !stop.is_asked() {
            match self.outbox.round(&*self.store, &self.receiver, &*self.clock).await {
                Ok(report) => {
                    waits = Waits::new();
                    self.status.working(Doing::Deliver);
                    if report.tried() == 0 {
                        stop.pause(POLL_INTERVAL).await;
                    } else if !self.spacing.is_zero() {
                        stop.pause(self.spacing.as_duration()).await;
                    }
                }
                Err(EngineError::Store(error)) if error.class() == ErrorClass::Transient => {
                    self.status.failing(Doing::Deliver, &error);
                    waits.pass_or(&mut stop).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
