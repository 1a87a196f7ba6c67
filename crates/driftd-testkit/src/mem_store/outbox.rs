//! Notifications under way: leases and settlements.

use std::collections::BTreeSet;

use driftd_model::{IncidentEvent, OutboxEntry, ReceiverName, Settlement, StoreError, Transition};
use driftd_window::Timestamp;

use super::fault::{Fault, Operation};
use super::state::{OutboxRow, OutboxState, State};

impl State {
    /// What is due longest comes first; of one incident only the oldest that is not settled.
    pub(super) fn lease(
        &mut self,
        owner: &str,
        receiver: &ReceiverName,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Vec<OutboxEntry> {
        let waits = |row: &OutboxRow| row.state == OutboxState::Waiting && row.entry.receiver == *receiver;
        let is_due = |row: &OutboxRow| row.due <= now && row.lease.as_ref().is_none_or(|(_, until)| *until <= now);
        let mut met = BTreeSet::new();
        let mut numbers = Vec::new();
        for (number, row) in self.outbox.iter().enumerate().filter(|(_, row)| waits(row)) {
            // Whatever stands before it keeps the rest of its incident back, due or not.
            if met.insert(row.entry.notification.incident.id.as_str()) && is_due(row) {
                numbers.push(number);
            }
        }
        numbers.sort_by_key(|number| self.outbox[*number].due);
        numbers.truncate(limit as usize);
        let leased = numbers.into_iter().map(|number| {
            let row = &mut self.outbox[number];
            row.lease = Some((owner.to_owned(), until));
            row.entry.clone()
        });
        leased.collect()
    }

    pub(super) fn settle(
        &mut self,
        owner: &str,
        entry: i64,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let fault = self.take_fault(Operation::Settle);
        if fault == Some(Fault::BeforeCommit) {
            return Err(Fault::error(Operation::Settle));
        }
        let held = |row: &OutboxRow| row.lease.as_ref().is_some_and(|(holder, _)| holder == owner);
        let found = self.outbox.iter().position(|row| row.entry.id == entry && held(row));
        if let Some(number) = found {
            self.settle_row(number, settlement, now);
        }
        fault.map_or(Ok(found.is_some()), |_| Err(Fault::error(Operation::Settle)))
    }

    fn settle_row(&mut self, number: usize, settlement: &Settlement, now: Timestamp) {
        let (settled, behind) = self.outbox[number..].split_first_mut().unwrap();
        settled.lease = None;
        settled.entry.attempts += 1;
        match settlement {
            Settlement::Delivered => settled.state = OutboxState::Delivered,
            Settlement::RetryAt { at, error } => {
                settled.due = *at;
                settled.last_error = Some(error.clone());
                // What stands behind it waits with it.
                for row in behind.iter_mut().filter(|row| row.is_akin(settled)) {
                    row.due = row.due.max(*at);
                }
            }
            Settlement::Dead { error } => {
                settled.state = OutboxState::Dead;
                settled.last_error = Some(error.clone());
                let OutboxEntry { receiver, notification, .. } = &settled.entry;
                let event = IncidentEvent {
                    incident: notification.incident.id.clone(),
                    at: now,
                    transition: Transition::Undelivered { receiver: receiver.clone(), error: error.clone() },
                    silenced: false,
                };
                if self.incidents.iter().any(|i| i.id == event.incident) {
                    self.events.push(event);
                }
            }
        }
    }

    pub(super) fn outbox_depth(&self) -> u64 {
        self.outbox.iter().filter(|row| row.state == OutboxState::Waiting).count() as u64
    }
}
