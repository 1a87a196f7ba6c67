//! Port of the outbox: notifications on their way to their receivers.

use async_trait::async_trait;
use driftd_window::Timestamp;

use crate::{Incident, OutboxEntry, ReceiverName, Settlement, StoreError};

/// What delivers notifications, and what they are about.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Leases up to `limit` due notifications for one receiver until `until`: nobody else gets them before. Longest
    /// due first, and of one incident only the oldest that is not settled: an end never overtakes its beginning.
    async fn lease(
        &self,
        owner: &str,
        receiver: &ReceiverName,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<OutboxEntry>, StoreError>;

    /// Settles a leased notification; false when the lease was lost to somebody else meanwhile. One that is given up is
    /// written into its incident's events as well.
    async fn settle(
        &self,
        owner: &str,
        entry: i64,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Notifications neither delivered nor dead.
    async fn outbox_depth(&self) -> Result<u64, StoreError>;

    /// Incidents that are open or taken, and those that were resolved after that moment, whole.
    async fn notified_incidents(&self, resolved_after: Timestamp) -> Result<Vec<Incident>, StoreError>;
}
