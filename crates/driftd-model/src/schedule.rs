//! The plans of one monitor, each for its own stretch of event time.

use std::sync::Arc;

use driftd_window::{EventTime, PaneWidth, Validity};

use crate::{Activation, Monitor, MonitorPlan, PlanError, PlanOrigin, StoredBaseline};

/// A monitor and every plan that records which may still come fall under, oldest first; never without one.
#[derive(Clone, Debug)]
pub struct PlanSchedule {
    older: Vec<Arc<MonitorPlan>>,
    newest: Arc<MonitorPlan>,
}

impl PlanSchedule {
    /// The origins that panes from `sealed_through` on fall under, out of all activations of a monitor.
    ///
    /// Whatever is older is over: what comes for it now is late, and late records are counted by the first plan there is.
    #[must_use]
    pub fn needed_origins(
        activations: &[Activation],
        sealed_through: Option<EventTime>,
        width: PaneWidth,
    ) -> Vec<PlanOrigin> {
        let open = sealed_through.unwrap_or(width.earliest());
        let begun = activations.iter().take_while(|activation| activation.since <= open).count();
        let kept = activations.iter().skip(begun.saturating_sub(1)).cloned().map(PlanOrigin::Activated);
        (begun == 0).then_some(PlanOrigin::Configured).into_iter().chain(kept).collect()
    }

    /// Binds `monitor` to the baselines of its origins: those before the `last`, oldest first, and that one.
    ///
    /// # Errors
    /// The first plan's that cannot be made; see [`PlanError`].
    pub fn bind(
        monitor: &Monitor,
        before: Vec<(PlanOrigin, StoredBaseline)>,
        last: (PlanOrigin, StoredBaseline),
    ) -> Result<Self, PlanError> {
        let since = |origin: &PlanOrigin| origin.activation().map(|activation| activation.since);
        let begins: Vec<Option<EventTime>> =
            before.iter().map(|(origin, _)| since(origin)).skip(1).chain([since(&last.0)]).collect();
        let mut from = None;
        let mut older = Vec::with_capacity(before.len());
        for ((origin, baseline), until) in before.into_iter().zip(begins) {
            let plan = MonitorPlan::new(monitor.clone(), baseline)?.with_validity(origin, Validity { from, until });
            older.push(Arc::new(plan));
            from = until;
        }
        let newest = MonitorPlan::new(monitor.clone(), last.1)?.with_validity(last.0, Validity { from, until: None });
        Ok(Self { older, newest: Arc::new(newest) })
    }

    /// The monitor.
    #[must_use]
    pub fn monitor(&self) -> &Monitor {
        self.newest.monitor()
    }

    /// The plan of the panes to come.
    #[must_use]
    pub const fn newest(&self) -> &Arc<MonitorPlan> {
        &self.newest
    }

    /// All of them, oldest first.
    pub fn plans(&self) -> impl DoubleEndedIterator<Item = &Arc<MonitorPlan>> {
        self.older.iter().chain([&self.newest])
    }

    /// Their origins.
    #[must_use]
    pub fn origins(&self) -> Vec<PlanOrigin> {
        self.plans().filter_map(|plan| plan.origin().cloned()).collect()
    }
}

impl From<MonitorPlan> for PlanSchedule {
    /// One plan for all times.
    fn from(plan: MonitorPlan) -> Self {
        Self { older: Vec::new(), newest: Arc::new(plan) }
    }
}

#[cfg(test)]
mod tests;
