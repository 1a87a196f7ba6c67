//! Repairs by hand: the order of what is done in their transactions. Each is fenced like any other change, so that a
//! daemon may run meanwhile.

use std::future::Future;

use driftd_model::{Epoch, FrontierMove, MonitorId, Offset, PartitionReset, ResetStart, TopicPartition};
use driftd_window::{EventTime, Timestamp};

use crate::error::{Failure, Outcome};

/// An offset before every one that a record has.
const BEFORE_ALL: Offset = Offset(-1);

/// A partition that nobody writes counts of any more.
pub(crate) struct Fenced {
    pub(crate) epoch: Epoch,
    /// Offsets of the logs before this one, which counts are kept behind.
    pub(crate) base: i64,
}

/// A transaction that a repair takes partition in.
pub(crate) trait RepairTransaction: Send {
    /// Raises the partition's epoch and forgets how far it was read; nothing when it has no row. From here on nobody
    /// writes counts of it.
    fn fence(
        &mut self,
        partition: &TopicPartition,
        by: &str,
        now: Timestamp,
    ) -> impl Future<Output = Outcome<Option<Fenced>>> + Send;

    /// Keeps every monitor from being sealed that has counts of the partition's records behind that offset.
    fn hold_frontiers(
        &mut self,
        partition: &TopicPartition,
        behind: Offset,
    ) -> impl Future<Output = Outcome<()>> + Send;

    /// In panes that are not sealed, the first offset of checkpoints with counts behind that one, and records counted.
    fn open_counts(
        &mut self,
        partition: &TopicPartition,
        behind: Offset,
    ) -> impl Future<Output = Outcome<(Option<Offset>, u64)>> + Send;

    /// Takes them back.
    fn drop_open_counts(
        &mut self,
        partition: &TopicPartition,
        behind: Offset,
    ) -> impl Future<Output = Outcome<()>> + Send;

    /// Gives counts behind that offset one that no record has: they stay, and are not those of the records to come.
    fn set_aside(&mut self, partition: &TopicPartition, behind: Offset) -> impl Future<Output = Outcome<()>> + Send;

    /// Sets where the partition goes on.
    fn set_position(&mut self, partition: &TopicPartition, next: Offset) -> impl Future<Output = Outcome<()>> + Send;

    /// Deletes the partition's row and what was rejected of it; false when it has none.
    fn delete_partition(&mut self, partition: &TopicPartition) -> impl Future<Output = Outcome<bool>> + Send;

    /// Where the monitor's frontier stands, which nobody else moves from here on.
    fn hold_frontier(&mut self, monitor: &MonitorId) -> impl Future<Output = Outcome<Option<EventTime>>> + Send;

    /// The newest pane from there on of which counts have been dropped.
    fn newest_dropped_pane(
        &mut self,
        monitor: &MonitorId,
        from: EventTime,
    ) -> impl Future<Output = Outcome<Option<EventTime>>> + Send;

    /// Forgets what was sealed, judged and remembered from there on: panes and windows, by segment.
    fn reopen(&mut self, monitor: &MonitorId, from: EventTime) -> impl Future<Output = Outcome<(u64, u64)>> + Send;

    /// Sets the frontier.
    fn set_frontier(&mut self, monitor: &MonitorId, to: EventTime) -> impl Future<Output = Outcome<()>> + Send;
}

/// Sets where a partition goes on. The fence comes first: a checkpoint that is under way is waited for, and is seen by
/// what follows.
pub(crate) async fn reset_partition(
    transaction: &mut impl RepairTransaction,
    partition: &TopicPartition,
    start: ResetStart,
    by: &str,
    now: Timestamp,
) -> Outcome<Option<PartitionReset>> {
    let Some(Fenced { epoch, base }) = transaction.fence(partition, by, now).await? else {
        return Ok(None);
    };
    let ResetStart::At(wanted) = start else {
        transaction.set_aside(partition, BEFORE_ALL).await?;
        return Ok(Some(PartitionReset { epoch, next_offset: None, undone: 0 }));
    };
    if wanted < Offset(0) {
        return Err(Failure::Refused(format!("{wanted} is no offset: records begin at 0")));
    }
    let behind = Offset(wanted.0.saturating_add(base));
    transaction.hold_frontiers(partition, behind).await?;
    let (first, undone) = transaction.open_counts(partition, behind).await?;
    // A checkpoint counts as a whole.
    let next = first.map_or(wanted, |first| Offset(first.0.saturating_sub(base)).min(wanted));
    transaction.drop_open_counts(partition, behind).await?;
    transaction.set_aside(partition, Offset(next.0.saturating_add(base))).await?;
    transaction.set_position(partition, next).await?;
    Ok(Some(PartitionReset { epoch, next_offset: Some(next), undone }))
}

/// Forgets a partition, and keeps what was counted of it apart from one that may come in its partition.
pub(crate) async fn forget_partition(
    transaction: &mut impl RepairTransaction,
    partition: &TopicPartition,
) -> Outcome<bool> {
    let is_gone = transaction.delete_partition(partition).await?;
    if is_gone {
        transaction.set_aside(partition, BEFORE_ALL).await?;
    }
    Ok(is_gone)
}

/// Moves a frontier.
pub(crate) async fn move_frontier(
    transaction: &mut impl RepairTransaction,
    monitor: &MonitorId,
    to: EventTime,
) -> Outcome<FrontierMove> {
    let before = transaction.hold_frontier(monitor).await?;
    let (mut reopened, mut windows) = (0, 0);
    if before.is_some_and(|before| to < before) {
        if let Some(pane) = transaction.newest_dropped_pane(monitor, to).await? {
            return Err(Failure::Refused(format!(
                "counts of monitor {monitor} up to the pane of {pane} have been dropped (retention.partials), so it \
                 cannot be sealed anew: choose a later time"
            )));
        }
        (reopened, windows) = transaction.reopen(monitor, to).await?;
    }
    transaction.set_frontier(monitor, to).await?;
    Ok(FrontierMove { before, reopened, windows })
}
