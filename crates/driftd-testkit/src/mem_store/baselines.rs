//! Baselines and their activations.

use driftd_model::{
    Activation, Baseline, BaselineName, BaselineRef, BaselineSummary, CountedOn, MonitorId, StoreError, StoredBaseline,
    first_free,
};
use driftd_window::{PaneWidth, Timestamp};

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
        width: PaneWidth,
    ) -> Result<Activation, StoreError> {
        if self.baseline(reference).is_none() {
            return Err(StoreError::permanent(format!("activating {reference}: there is no such baseline version")));
        }
        let known = self.monitors.get(monitor);
        let last_counted = known.and_then(|m| m.partials.keys().next_back().copied());
        let since = first_free(width, known.and_then(|m| m.sealed_through), last_counted);
        let activations = self.activations.entry(monitor.clone()).or_default();
        match activations.last() {
            Some(newest) if newest.reference == *reference => return Ok(newest.clone()),
            Some(newest) if newest.since == since => _ = activations.pop(),
            _ => {}
        }
        let fresh = Activation { since, reference: reference.clone() };
        activations.push(fresh.clone());
        Ok(fresh)
    }

    pub(super) fn activations(&self, monitor: &MonitorId) -> &[Activation] {
        self.activations.get(monitor).map_or(&[], Vec::as_slice)
    }

    /// Nobody has activated another baseline for the panes that were counted.
    pub(super) fn check_plans(&self, counted_on: &[CountedOn]) -> Result<(), StoreError> {
        for counted in counted_on {
            let newest = self.activations(&counted.monitor).iter().rfind(|a| a.since <= counted.pane.start());
            if let Some(found) = newest.filter(|found| counted.is_superseded_by(found)) {
                return Err(StoreError::Superseded(counted.refusal(found)));
            }
        }
        Ok(())
    }
}
