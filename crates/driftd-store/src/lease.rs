//! Leasing messages: what cannot be read is given up on the way.

use std::future::Future;

use driftd_model::{OutboxEntry, OutboxStore, ReceiverName, StoreError};
use driftd_window::Timestamp;

use crate::rows::{Leased, OutboxColumns};

/// Leases rows that can be read of those that `lease_rows` leases. An expired lease is as good as none: its holder is taken
/// to be dead, and should it not be, the receiver tells the two messages apart by their key.
pub(crate) async fn readable<F>(
    store: &impl OutboxStore,
    owner: &str,
    receiver: &ReceiverName,
    now: Timestamp,
    lease_rows: impl Fn() -> F + Send + Sync,
) -> Result<Vec<OutboxEntry>, StoreError>
where
    F: Future<Output = Result<Vec<OutboxColumns>, StoreError>> + Send,
{
    loop {
        let Leased { entries, unreadable } = Leased::of(lease_rows().await?, receiver);
        for (id, settlement) in &unreadable {
            store.settle(owner, *id, settlement, now).await?;
        }
        // Where nothing could be read, what stands behind it is next.
        if unreadable.is_empty() || !entries.is_empty() {
            return Ok(entries);
        }
    }
}
