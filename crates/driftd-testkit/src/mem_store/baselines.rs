//! Baselines and their activations.

use driftd_model::{Baseline, BaselineName, BaselineRef, BaselineSummary, MonitorId, StoreError, StoredBaseline};
use driftd_window::{EventTime, Timestamp};

use super::state::State;

impl State {
    pub(super) fn put_baseline(&mut self, name: &BaselineName, baseline: Baseline, now: Timestamp) -> StoredBaseline {
        let versions = self.baselines.entry(name.clone()).or_default();
        let reference = BaselineRef { name: name.clone(), version: versions.len() as u32 + 1 };
        let fresh = StoredBaseline::new(reference, now, baseline);
        match versions.last() {
            Some(newest) if newest.hash == fresh.hash => newest.clone(),
            _ => {
                versions.push(fresh.clone());
                fresh
            }
        }
    }

    pub(super) fn baseline(&self, reference: &BaselineRef) -> Option<&StoredBaseline> {
        self.baselines.get(&reference.name)?.iter().find(|b| b.reference == *reference)
    }

    pub(super) fn newest_baseline(&self, name: &BaselineName) -> Option<&StoredBaseline> {
        self.baselines.get(name)?.last()
    }

    pub(super) fn summaries(&self) -> Vec<BaselineSummary> {
        self.baselines.values().flatten().map(StoredBaseline::summary).collect()
    }

    pub(super) fn activate(
        &mut self,
        monitor: &MonitorId,
        reference: &BaselineRef,
        since: EventTime,
    ) -> Result<(), StoreError> {
        if self.baseline(reference).is_none() {
            return Err(StoreError::permanent(format!("activating {reference}: there is no such baseline version")));
        }
        self.activations.entry(monitor.clone()).or_default().insert(since, reference.clone());
        Ok(())
    }
}
