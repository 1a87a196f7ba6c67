//! Port of repairs: what an operator puts right by hand when a topic, a partition or a clock has gone wrong.

use async_trait::async_trait;
use driftd_window::{EventTime, Timestamp};

use crate::{Epoch, MonitorId, Offset, PartitionRow, StoreError, TopicPartition};

/// What operators set by hand. Whoever reads a partition that is set is fenced: nobody has to be stopped for it.
#[async_trait]
pub trait RepairStore: Send + Sync {
    /// Every partition of every topic, by name and number, with its owner.
    async fn all_partitions(&self) -> Result<Vec<OwnedPartition>, StoreError>;

    /// Sets where a partition goes on, at the next epoch; nothing when it has no row.
    ///
    /// Its watermark is forgotten: until it is read again nothing is sealed that its records may belong to.
    async fn reset_partition(
        &self,
        partition: &TopicPartition,
        start: ResetStart,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<PartitionReset>, StoreError>;

    /// Forgets a partition that is no more, so that nothing waits for it; what was counted of it stays. False when it has
    /// no row.
    async fn forget_partition(&self, partition: &TopicPartition) -> Result<bool, StoreError>;

    /// Moves a monitor's frontier.
    ///
    /// Back: what was sealed from there on is forgotten, with its windows and what is remembered, and is sealed anew
    /// with the records that came late. Incidents stay. Refused where counts of these panes have been dropped already.
    /// Forward: what lies between is never judged, and its records are late.
    async fn move_frontier(&self, monitor: &MonitorId, to: EventTime) -> Result<FrontierMove, StoreError>;
}

/// Where a partition goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetStart {
    /// At this offset. What is counted of it and the records behind it in panes that are not sealed is taken back, and
    /// with it the rest of the checkpoint that it falls into.
    At(Offset),
    /// Where a partition starts that was never read. What was counted stays, as of other records than those to come.
    Anew,
}

/// A partition that was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionReset {
    /// Its new epoch.
    pub epoch: Epoch,
    /// Where it goes on; nothing where the start policy decides.
    pub next_offset: Option<Offset>,
    /// Records taken back, summed over monitors: they are counted again if they are still there.
    pub undone: u64,
}

/// A frontier that was moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrontierMove {
    /// Where it stood.
    pub before: Option<EventTime>,
    /// Sealed panes, by segment, that are open again.
    pub reopened: u64,
    /// Windows, by segment, that are forgotten and judged again.
    pub windows: u64,
}

/// A partition and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnedPartition {
    /// How far it was read.
    pub row: PartitionRow,
    /// Machine and process that claimed it last, or who set it.
    pub owner: String,
}
