//! The store size loop: how much room the store takes is measured now and then.

use std::time::Duration;

use driftd_model::{ErrorClass, SharedStore, words};

use super::retry::Periodic;
use super::status::StoreOperation;
use super::stop::Stop;
use crate::EngineError;
use crate::metrics::METRICS;

/// A server looks at files for that: often enough for a graph of days.
const MEASURE_INTERVAL: Duration = Duration::from_mins(1);

/// Measures the store.
pub(super) struct StoreSizeLoop {
    pub(super) store: SharedStore,
}

impl Periodic for StoreSizeLoop {
    /// A store that cannot be measured may do its work all the same.
    const OPERATION: Option<StoreOperation> = None;

    async fn round(&mut self, _stop: &Stop) -> Result<Duration, EngineError> {
        match self.store.sizes().await {
            Ok(sizes) => METRICS.store_sizes(&sizes),
            Err(error) if error.class() == ErrorClass::Transient => METRICS.store_failed(error.class()),
            Err(error) => tracing::warn!(error = %words::with_causes(&error), "the store cannot be measured"),
        }
        Ok(MEASURE_INTERVAL)
    }
}
