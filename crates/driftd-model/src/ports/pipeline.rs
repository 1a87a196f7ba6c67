//! Port of the pipeline: partitions claimed, counts checkpointed, panes sealed, incidents reconciled.

use std::sync::Arc;

use async_trait::async_trait;
use driftd_window::{PartitionMark, Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    ContentHash, CountedOn, Epoch, IncidentReconciler, LogEvent, LogMark, MonitorId, MonitorPlan, Offset, Partition,
    PlannedDelta, ResumePoint, Retained, Retention, SealOutcome, Sealed, Sealer, StoreError, Topic, Unread,
};

/// What moves records through the store, fenced and in transactions.
#[async_trait]
pub trait PipelineStore: Send + Sync {
    /// Takes ownership of a partition, creating its row when it is new, and writes down which plans its records are counted
    /// on from here.
    async fn claim(
        &self,
        topic: &Topic,
        partition: Partition,
        claimant: &Claimant,
        now: Timestamp,
    ) -> Result<Claim, StoreError>;

    /// Appends counts and moves offset and watermark in one transaction, fenced by epoch and offset.
    async fn checkpoint(&self, checkpoint: &Checkpoint, now: Timestamp) -> Result<(), StoreError>;

    /// Another log has taken the place of the one that was counted to `counted_to`: the next claim goes on at its
    /// beginning, and its offsets have nothing to do with those before. Nothing when the partition does not stand there.
    async fn renew(
        &self,
        topic: &Topic,
        partition: Partition,
        counted_to: Offset,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Writes down that a partition cannot be read, or can (`None`), for every process to tell.
    async fn note_unread(&self, topic: &Topic, partition: Partition, unread: Option<&Unread>)
    -> Result<(), StoreError>;

    /// Brokers say that `topic` has `count` partitions and no more: what is known of others holds nothing back. The
    /// number of those that did until now.
    async fn retire_partitions(&self, topic: &Topic, count: i32, now: Timestamp) -> Result<u64, StoreError>;

    /// Takes one sealing step of one monitor in one transaction. Nothing when there was nothing to do, or somebody else
    /// is at it.
    async fn seal(&self, sealer: &dyn Sealer) -> Result<Option<Sealed>, StoreError>;

    /// Reconciles one monitor's incidents in one transaction: what the reconciler decides is written like a seal's.
    /// Nothing when nothing is due, or somebody else is at the monitor.
    async fn reconcile(&self, reconciler: &dyn IncidentReconciler) -> Result<Option<SealOutcome>, StoreError>;

    /// Counts the records that came after their pane was sealed into `late_rows`; the number of late records newly
    /// found.
    async fn sweep_late(&self, monitor: &MonitorId) -> Result<u64, StoreError>;

    /// Forgets what `policy` says is old at `now`. Whatever it drops, nothing is counted again and nothing is judged
    /// otherwise. Nothing when somebody else is at it.
    async fn retain(&self, policy: &Retention, now: Timestamp) -> Result<Retained, StoreError>;
}

/// Who claims a partition, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimant {
    /// Name of the worker, for people.
    pub owner: String,
    /// The plans that it counts the partition's records on, those of a monitor oldest first. Whatever else was counted before has a gap from here on.
    pub plans: Vec<(MonitorId, ContentHash)>,
    /// By how much the newest record may be ahead of the watermark: the largest out-of-orderness of its monitors.
    pub out_of_orderness: Span,
}

impl Claimant {
    /// A worker that does not say what it counts.
    #[must_use]
    pub fn named(owner: &str) -> Self {
        Self { owner: owner.to_owned(), plans: Vec::new(), out_of_orderness: Span::ZERO }
    }

    /// A worker that counts on `plans`.
    #[must_use]
    pub fn counting(owner: &str, plans: &[Arc<MonitorPlan>]) -> Self {
        let named = plans.iter().map(|plan| (plan.monitor().id.clone(), plan.hash().clone()));
        let slack = plans.iter().map(|plan| plan.monitor().out_of_orderness).max();
        Self { owner: owner.to_owned(), plans: named.collect(), out_of_orderness: slack.unwrap_or(Span::ZERO) }
    }
}

/// Ownership of a partition, as claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Fencing number: one larger than the last owner's.
    pub epoch: Epoch,
    /// Where to go on; nothing for a partition never read.
    pub next_offset: Option<Offset>,
    /// How far event time had come.
    pub mark: PartitionMark,
    /// Since when partitions of the topic have been read; nothing where none was yet.
    pub topic_since: Option<Timestamp>,
    /// The last record that was counted.
    pub log_mark: Option<LogMark>,
}

/// How long after the first of its partitions a topic may still have others that nobody has claimed.
const FIRST_CLAIMS: Span = Span::from_secs(600);

impl Claim {
    /// Where to go on at `now`: behind what was counted, at the beginning of a partition that came to a topic which was
    /// read before, and nowhere in particular in a topic that is new to us.
    ///
    /// A start policy of "latest" is about what was there when driftd came. Records of a partition that was added since
    /// would be passed over for as long as nobody notices it.
    #[must_use]
    pub fn start(&self, now: Timestamp) -> Option<ResumePoint> {
        let is_added = self.topic_since.is_some_and(|since| since < now.minus(FIRST_CLAIMS));
        let next = self.next_offset.or_else(|| is_added.then_some(Offset(0)))?;
        Some(ResumePoint { next, mark: self.log_mark })
    }
}

/// A sampled reject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Offset of the record.
    pub offset: Offset,
    /// Why it was rejected.
    pub reason: String,
    /// Where in the record, never the record itself.
    pub detail: String,
}

/// Everything one partition task has to say since its last checkpoint: written in one transaction, or not at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Topic.
    pub topic: Topic,
    /// Partition.
    pub partition: Partition,
    /// The owner's fencing number.
    pub epoch: Epoch,
    /// Whether the owner has claimed a partition that was never read, and this is the first it writes of it.
    pub is_first: bool,
    /// First offset covered; must be the stored next offset. The first checkpoint of a partition may start anywhere.
    pub from: Offset,
    /// Offset of the next record.
    pub to: Offset,
    /// How far event time has come.
    pub mark: PartitionMark,
    /// Counts, by monitor.
    pub deltas: Vec<(MonitorId, PlannedDelta)>,
    /// What they were counted on, for monitors whose plan may be superseded.
    pub counted_on: Vec<CountedOn>,
    /// Records rejected since the last checkpoint, by reason.
    pub rejected: Vec<(String, u64)>,
    /// A few of them.
    pub samples: Vec<DeadLetter>,
    /// The last record covered; nothing when none was read.
    pub log_mark: Option<LogMark>,
    /// The last thing that happened to the log meanwhile.
    pub log_event: Option<LogEvent>,
}
