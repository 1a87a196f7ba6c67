//! Reconciling a monitor's incidents apart from any seal: what is due by the clock alone, and driftd's own trouble.

use driftd_window::Timestamp;

use crate::{Incident, IncidentState, MonitorId, MonitorPlan, Observation, Routing, SealOutcome, Silence, decide};

/// What a store knows of a monitor's incidents in one snapshot.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ReconcileInput {
    /// Unresolved incidents, and resolved ones whose end somebody has still to hear of.
    pub incidents: Vec<Incident>,
    /// Silences that are not over.
    pub silences: Vec<Silence>,
}

/// Decides what is due: asked by a store inside its transaction, and asked again when that has to be repeated.
pub trait IncidentReconciler: Send + Sync {
    /// The monitor.
    fn monitor(&self) -> &MonitorId;

    /// The one moment it happens at.
    fn now(&self) -> Timestamp;

    /// What is to be written, an outcome without windows; nothing when nothing is due.
    fn reconcile(&self, input: ReconcileInput) -> Option<SealOutcome>;
}

/// Reconciles the incidents of one monitor.
#[derive(Debug)]
pub struct MonitorReconciler<'a> {
    plan: &'a MonitorPlan,
    routing: &'a Routing,
    pipeline: Option<&'a Observation>,
    now: Timestamp,
}

impl<'a> MonitorReconciler<'a> {
    /// A reconciler that notifies whom `routing` names, and steps the monitor's `pipeline` incident if something was
    /// seen.
    #[must_use]
    pub const fn new(
        plan: &'a MonitorPlan,
        routing: &'a Routing,
        pipeline: Option<&'a Observation>,
        now: Timestamp,
    ) -> Self {
        Self { plan, routing, pipeline, now }
    }
}

impl IncidentReconciler for MonitorReconciler<'_> {
    fn monitor(&self) -> &MonitorId {
        &self.plan.monitor().id
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn reconcile(&self, input: ReconcileInput) -> Option<SealOutcome> {
        let seen = self.pipeline.map(|observation| (crate::observation::pipeline_key(self.plan), observation.clone()));
        let outcome =
            decide(self.plan, self.routing, seen.into_iter().collect(), input.incidents, &input.silences, self.now);
        (!outcome.is_empty()).then_some(outcome)
    }
}

/// Whether a store has to hand the incident to a reconciler.
#[must_use]
pub fn needs_reconciling(incident: &Incident) -> bool {
    incident.state != IncidentState::Resolved || incident.owes_an_end()
}
