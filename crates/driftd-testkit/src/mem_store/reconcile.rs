//! Reconciling: what is due by the clock alone, all or nothing.

use driftd_model::{
    Incident, IncidentEvent, IncidentReconciler, IncidentState, ReconcileInput, SealOutcome, StoreError,
};

use super::fault::{Fault, Operation};
use super::state::State;

impl State {
    pub(super) fn reconcile(&mut self, reconciler: &dyn IncidentReconciler) -> Result<Option<SealOutcome>, StoreError> {
        let fault = self.take_fault(Operation::Reconcile);
        if fault == Some(Fault::BeforeCommit) {
            return Err(Fault::error(Operation::Reconcile));
        }
        let incidents = self.wanting(reconciler.monitor());
        let silences = self.silences(Some(reconciler.now()));
        let outcome = reconciler.reconcile(ReconcileInput { incidents, silences });
        if let Some(outcome) = &outcome {
            self.write_incidents(outcome);
        }
        fault.map_or(Ok(outcome), |_| Err(Fault::error(Operation::Reconcile)))
    }

    /// Writes down incidents, their events and messages.
    pub(super) fn write_incidents(&mut self, outcome: &SealOutcome) {
        for key in &outcome.dropped {
            let gone = |i: &Incident| i.key == *key && i.state == IncidentState::Pending;
            let ids: Vec<_> = self.incidents.iter().filter(|i| gone(i)).map(|i| i.id.clone()).collect();
            self.incidents.retain(|i| !gone(i));
            self.events.retain(|e| !ids.contains(&e.incident));
        }
        for incident in &outcome.incidents {
            match self.incidents.iter_mut().find(|i| i.id == incident.id) {
                Some(known) => known.clone_from(incident),
                None => self.incidents.push(incident.clone()),
            }
        }
        // An incident that went away in the same step takes its events along.
        let kept = |event: &&IncidentEvent| self.incidents.iter().any(|i| i.id == event.incident);
        let events: Vec<IncidentEvent> = outcome.events.iter().filter(kept).cloned().collect();
        self.events.extend(events);
        for notification in &outcome.notifications {
            for receiver in &notification.receivers {
                self.enqueue(receiver, notification);
            }
        }
    }
}
