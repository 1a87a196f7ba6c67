//! The delivery loop: what the seals decided reaches people.

use std::sync::Arc;
use std::time::Duration;

use driftd_model::{ErrorClass, SharedStore};

use super::commit::Waits;
use super::status::{Doing, Status};
use super::stop::Stop;
use crate::{Clock, EngineError, Outbox, metrics};

/// How often it is looked whether there is something to deliver.
const EVERY: Duration = Duration::from_secs(1);

pub(super) struct Delivering {
    pub(super) store: SharedStore,
    pub(super) outbox: Outbox,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) status: Arc<Status>,
}

impl Delivering {
    /// Delivers until `stop` says so, between two rounds.
    ///
    /// # Errors
    /// Permanent failures of the store.
    pub(super) async fn run(self, mut stop: Stop) -> Result<(), EngineError> {
        if !self.outbox.has_transports() {
            return Ok(());
        }
        let mut waits = Waits::new();
        while !stop.is_asked() {
            match self.outbox.deliver_due(&*self.store, self.clock.now()).await {
                Ok(report) => {
                    waits = Waits::new();
                    self.status.working(Doing::Deliver);
                    let outcomes = [
                        ("delivered", report.delivered),
                        ("retrying", report.retrying),
                        ("dead", report.dead),
                        ("lost", report.lost),
                    ];
                    for (outcome, count) in outcomes {
                        metrics::notified(outcome, count);
                    }
                    stop.pause(EVERY).await;
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
