//! Tending: what is due by the clock alone, all or nothing.

use driftd_model::{Incident, IncidentEvent, IncidentState, SealOutcome, StoreError, TendInput, Tender};

use super::fault::{Fault, Operation};
use super::state::State;

impl State {
    pub(super) fn tend(&mut self, tender: &dyn Tender) -> Result<SealOutcome, StoreError> {
        let fault = self.take_fault(Operation::Tend);
        if fault == Some(Fault::BeforeCommit) {
            return Err(Fault::error(Operation::Tend));
        }
        let incidents = self.wanting(tender.monitor());
        let silences = self.silences(Some(tender.now()));
        let outcome = tender.tend(TendInput { incidents, silences });
        self.tell(&outcome);
        fault.map_or(Ok(outcome), |_| Err(Fault::error(Operation::Tend)))
    }

    /// Writes down incidents, their events and messages.
    pub(super) fn tell(&mut self, outcome: &SealOutcome) {
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
