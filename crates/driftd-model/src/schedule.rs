//! The plans of one monitor, each for its own stretch of event time.

use std::sync::Arc;

use driftd_window::{EventSpan, EventTime, PaneWidth};

use crate::{Activation, Monitor, MonitorPlan, PlanError, StoredBaseline, Term};

/// A monitor and every plan that records which may still come fall under, oldest first; never without one.
#[derive(Clone, Debug)]
pub struct PlanSchedule {
    older: Vec<Arc<MonitorPlan>>,
    newest: Arc<MonitorPlan>,
}

impl PlanSchedule {
    /// The terms that panes from `sealed_through` on fall under, out of all activations of a monitor.
    ///
    /// Whatever is older is over: what comes for it now is late, and late records are counted by the first plan there is.
    #[must_use]
    pub fn terms(activations: &[Activation], sealed_through: Option<EventTime>, width: PaneWidth) -> Vec<Term> {
        let open = sealed_through.unwrap_or(width.earliest());
        let begun = activations.iter().take_while(|activation| activation.since <= open).count();
        let kept = activations.iter().skip(begun.saturating_sub(1)).cloned().map(Term::Activated);
        (begun == 0).then_some(Term::Configured).into_iter().chain(kept).collect()
    }

    /// Binds `monitor` to the baselines of its terms: those before the `last`, oldest first, and that one.
    ///
    /// # Errors
    /// The first plan's that cannot be made; see [`PlanError`].
    pub fn bind(
        monitor: &Monitor,
        before: Vec<(Term, StoredBaseline)>,
        last: (Term, StoredBaseline),
    ) -> Result<Self, PlanError> {
        let since = |term: &Term| term.activation().map(|activation| activation.since);
        let begins: Vec<Option<EventTime>> =
            before.iter().map(|(term, _)| since(term)).skip(1).chain([since(&last.0)]).collect();
        let mut from = None;
        let mut older = Vec::with_capacity(before.len());
        for ((term, baseline), until) in before.into_iter().zip(begins) {
            let plan = MonitorPlan::new(monitor.clone(), baseline)?.during(term, EventSpan { from, until });
            older.push(Arc::new(plan));
            from = until;
        }
        let newest = MonitorPlan::new(monitor.clone(), last.1)?.during(last.0, EventSpan { from, until: None });
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

    /// The terms they hold by.
    #[must_use]
    pub fn held_by(&self) -> Vec<Term> {
        self.plans().filter_map(|plan| plan.term().cloned()).collect()
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
