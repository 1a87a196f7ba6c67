//! The retention loop: what the store does not need any more is dropped now and then.

use std::sync::Arc;
use std::time::Duration;

use driftd_model::{Retention, SharedStore, StoreError};

use super::status::chain;
use super::stop::Stop;
use crate::Clock;
use crate::metrics::METRICS;

/// Between two looks: partitions are cut by the day, so more often would find nothing.
const RETENTION_INTERVAL: Duration = Duration::from_hours(1);

pub(super) struct RetentionLoop {
    pub(super) store: SharedStore,
    pub(super) policy: Retention,
    pub(super) clock: Arc<dyn Clock>,
}

impl RetentionLoop {
    /// Drops what is old until `stop` says so. A store that cannot be reached is asked again an hour later: nothing is
    /// wrong with keeping more for a while.
    ///
    /// # Errors
    /// Permanent failures of the store.
    pub(super) async fn run(self, mut stop: Stop) -> Result<(), StoreError> {
        while !stop.is_asked() {
            match self.store.retain(&self.policy, self.clock.now()).await {
                Ok(dropped) if dropped.is_nothing() => {}
                Ok(dropped) => tracing::info!(
                    partials = dropped.partials,
                    panes = dropped.panes,
                    windows = dropped.windows,
                    incidents = dropped.incidents,
                    notifications = dropped.notifications,
                    dead_letters = dropped.dead_letters,
                    "old rows dropped"
                ),
                Err(error @ StoreError::Transient { .. }) => {
                    METRICS.store_failed(error.class());
                    tracing::warn!(error = %chain(&error), "old rows are kept for another hour");
                }
                Err(error) => return Err(error),
            }
            stop.pause(RETENTION_INTERVAL).await;
        }
        Ok(())
    }
}
