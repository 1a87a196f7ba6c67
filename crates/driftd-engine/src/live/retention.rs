//! The retention loop: what the store does not need any more is dropped now and then.

use std::sync::Arc;
use std::time::Duration;

use driftd_model::{ErrorClass, Retention, SharedStore, words};

use super::retry::Periodic;
use super::status::StoreOperation;
use super::stop::Stop;
use crate::metrics::METRICS;
use crate::{Clock, EngineError};

/// Partitions are cut by the day, so more often would find nothing.
const RETENTION_INTERVAL: Duration = Duration::from_hours(1);

/// Drops what is old.
pub(super) struct RetentionLoop {
    pub(super) store: SharedStore,
    pub(super) policy: Retention,
    pub(super) clock: Arc<dyn Clock>,
}

impl Periodic for RetentionLoop {
    /// A store that cannot be reached is asked again an hour later: nothing is wrong with keeping more for a while.
    const OPERATION: Option<StoreOperation> = None;

    async fn round(&mut self, _stop: &Stop) -> Result<Duration, EngineError> {
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
            Err(error) if error.class() == ErrorClass::Transient => {
                METRICS.store_failed(error.class());
                tracing::warn!(error = %words::with_causes(&error), "old rows are kept for another hour");
            }
            Err(error) => return Err(error.into()),
        }
        Ok(RETENTION_INTERVAL)
    }
}
