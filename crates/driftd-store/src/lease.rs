//! Leasing messages: what cannot be read is given up on the way.

use std::future::Future;

use driftd_model::{OutboxEntry, ReceiverName, Settlement};
use driftd_window::Timestamp;

use crate::error::Outcome;
use crate::rows::{Leased, OutboxColumns};

/// A store whose messages are leased to whoever sends them.
pub(crate) trait LeaseEntries: Sync {
    /// Leases a receiver's rows that are due and that nobody holds, longest due first; of one incident only the oldest
    /// that is not settled.
    fn lease_rows(
        &self,
        owner: &str,
        receiver: &ReceiverName,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Outcome<Vec<OutboxColumns>>> + Send;

    /// Settles an entry that `owner` holds and writes down the try. What stands behind one that waits for its retry
    /// waits with it; that it is given up is written into its incident's events.
    fn settle_entry(
        &self,
        owner: &str,
        entry: i64,
        settlement: &Settlement,
        now: Timestamp,
    ) -> impl Future<Output = Outcome<bool>> + Send;

    /// Leases rows that can be read. An expired lease is as good as none: its holder is taken to be dead, and should it
    /// not be, the receiver tells the two messages apart by their key.
    fn lease_entries(
        &self,
        owner: &str,
        receiver: &ReceiverName,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Outcome<Vec<OutboxEntry>>> + Send {
        async move {
            loop {
                let rows = self.lease_rows(owner, receiver, limit, now, until).await?;
                let Leased { entries, unreadable } = Leased::of(rows, receiver);
                for (id, settlement) in &unreadable {
                    self.settle_entry(owner, *id, settlement, now).await?;
                }
                // Where nothing could be read, what stands behind it is next.
                if unreadable.is_empty() || !entries.is_empty() {
                    return Ok(entries);
                }
            }
        }
    }
}
