//! The retention loop: what the store does not need any more is dropped now and then.

use std::sync::Arc;
use std::time::Duration;

use driftd_model::{ErrorClass, Retained, Retention, SharedStore, StoreError, words};

use super::retry::Periodic;
use super::status::{Status, StoreOperation};
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
    pub(super) status: Arc<Status>,
}

impl Periodic for RetentionLoop {
    /// A store that cannot be reached is asked again an hour later: nothing is wrong with keeping more for a while.
    const OPERATION: Option<StoreOperation> = None;

    async fn round(&mut self, _stop: &Stop) -> Result<Duration, EngineError> {
        match self.retain().await {
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

impl RetentionLoop {
    /// What is old by every clock there is: one that is a year ahead would drop a year that nobody gets back.
    async fn retain(&self) -> Result<Retained, StoreError> {
        let by_store = self.store.clock().await?;
        let now = self.status.moment(&*self.clock).earliest;
        self.store.retain(&self.policy, by_store.map_or(now, |store| store.min(now))).await
    }
}
