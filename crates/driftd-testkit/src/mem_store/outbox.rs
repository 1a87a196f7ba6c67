//! Notifications under way: leases and settlements.

use driftd_model::{OutboxEntry, Settlement, StoreError};
use driftd_window::Timestamp;

use super::fault::{Fault, Operation};
use super::state::{OutboxRow, OutboxState, State};

impl State {
    pub(super) fn lease(&mut self, owner: &str, limit: u32, now: Timestamp, until: Timestamp) -> Vec<OutboxEntry> {
        let due = |row: &&mut OutboxRow| {
            row.state == OutboxState::Waiting
                && row.due <= now
                && row.lease.as_ref().is_none_or(|(_, until)| *until <= now)
        };
        let leased = self.outbox.iter_mut().filter(due).take(limit as usize).map(|row| {
            row.lease = Some((owner.to_owned(), until));
            row.entry.clone()
        });
        leased.collect()
    }

    pub(super) fn settle(&mut self, owner: &str, entry: i64, settlement: &Settlement) -> Result<bool, StoreError> {
        let fault = self.take_fault(Operation::Settle);
        if fault == Some(Fault::BeforeCommit) {
            return Err(Fault::error(Operation::Settle));
        }
        let held = |row: &OutboxRow| row.lease.as_ref().is_some_and(|(holder, _)| holder == owner);
        let row = self.outbox.iter_mut().find(|row| row.entry.id == entry && held(row));
        let settled = row.is_some();
        if let Some(row) = row {
            row.lease = None;
            row.entry.attempts += 1;
            match settlement {
                Settlement::Delivered => row.state = OutboxState::Delivered,
                Settlement::RetryAt { at, error } => {
                    row.due = *at;
                    row.last_error = Some(error.clone());
                }
                Settlement::Dead { error } => {
                    row.state = OutboxState::Dead;
                    row.last_error = Some(error.clone());
                }
            }
        }
        fault.map_or(Ok(settled), |_| Err(Fault::error(Operation::Settle)))
    }

    pub(super) fn outbox_depth(&self) -> u64 {
        self.outbox.iter().filter(|row| row.state == OutboxState::Waiting).count() as u64
    }
}
