//! Port: where records come from, and who reads which partition.
//!
//! A source tells of assignments and revocations as [`SourceEvent`]s and waits for the reply to each, so that nothing
//! is read before the store was asked where to go on, and nothing is given away before it was written down.

use std::fmt;

use driftd_window::RecordBatch;

use crate::{
    BoxFuture, DeadLetter, ErrorClass, FetchTrouble, LogEvent, LogMark, Offset, Partition, ResumePoint, Topic,
};

/// Decoded records of one run of offsets.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    /// Offset of the first record.
    pub from: Offset,
    /// Offset of the record after the last.
    pub to: Offset,
    /// One batch for every monitor of the topic, in the order of its plans.
    pub batches: Vec<RecordBatch>,
    /// Records that could not be decoded.
    pub rejects: Vec<DeadLetter>,
    /// Records that no monitor's filter lets pass.
    pub filtered: u64,
    /// The last record.
    pub mark: Option<LogMark>,
    /// Why records of these offsets are missing, if some are that should be there.
    pub event: Option<LogEvent>,
}

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic.
    pub topic: Topic,
    /// Its partition.
    pub partition: Partition,
}

/// How much one poll may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollBudget {
    /// Records.
    pub records: usize,
    /// Bytes of their payloads.
    pub bytes: usize,
    /// Rows that they become, for all monitors together: the last record may be of many.
    pub rows: usize,
    /// Panes of a monitor that they lie in: the last record may be in many.
    pub panes: usize,
}

/// What a poll found.
#[derive(Debug)]
pub enum Poll {
    /// Records.
    Chunk {
        /// The records, decoded.
        chunk: Chunk,
        /// Bytes of their payloads.
        bytes: u64,
    },
    /// The source says that this is the end of the partition for now.
    End,
    /// Nothing has arrived; the end may or may not have been reached.
    Nothing,
}

/// Reader of one assigned partition.
pub trait PartitionReader: Send {
    /// Takes and decodes what has arrived, within `budget`; at least one record if there is any. Never waits.
    ///
    /// # Errors
    /// Permanent: the partition cannot be read any further.
    fn poll(&mut self, budget: PollBudget) -> Result<Poll, SourceError>;

    /// Calls `wake` whenever the partition goes from nothing arrived to something arrived. It may be called more often.
    fn on_arrival(&mut self, wake: Box<dyn Fn() + Send + Sync>);
}

/// What happens to a source's partitions.
pub enum SourceEvent {
    /// These partitions are ours from now on; none, if the group has enough members without us. The reply says where each
    /// goes on; nothing for one that was never read, which starts where the source's start policy says.
    Assigned {
        /// The partitions.
        partitions: Vec<TopicPartition>,
        /// Where they go on, in the same order.
        reply: RebalanceReply<Vec<Option<ResumePoint>>>,
    },
    /// An assigned partition can be read; its first chunk starts at `at`.
    Started {
        /// The partition.
        partition: TopicPartition,
        /// Where it starts.
        at: Offset,
        /// Its records.
        reader: Box<dyn PartitionReader>,
    },
    /// These partitions are taken away once the reply has come, or the source's drain timeout is over.
    Revoked {
        /// The partitions.
        partitions: Vec<TopicPartition>,
        /// Whether the group has gone on without us: they are somebody else's by now, and we are no member until
        /// partitions are assigned to us again.
        lost: bool,
        /// What was read of them has been written down, or given up.
        reply: RebalanceReply<()>,
    },
    /// An assigned partition, which was revoked just now, has another log than the one that was counted: its topic was
    /// deleted and made anew, or has lost its end. It is ours on, and the reply says where it goes on, as for one that
    /// was assigned.
    Renewed {
        /// The partition.
        partition: TopicPartition,
        /// How far the log before was counted.
        counted_to: Offset,
        /// Where it goes on.
        reply: RebalanceReply<Vec<Option<ResumePoint>>>,
    },
    /// Fetches of an assigned partition fail, or do not (`None`). Said when it begins and whenever it changes.
    Fetching {
        /// The partition.
        partition: TopicPartition,
        /// What is wrong.
        trouble: Option<FetchTrouble>,
    },
    /// Brokers cannot be reached, or can be again (`None`): nothing to do but to say so.
    Trouble(Option<String>),
    /// The source cannot go on.
    Failed(SourceError),
}

/// Reply to an assignment or a revocation; dropped unsent, the waiting side sees that nobody is there.
pub struct RebalanceReply<T>(Box<dyn FnOnce(T) + Send>);

impl<T> RebalanceReply<T> {
    /// A reply that `deliver` takes to whoever waits for it.
    #[must_use]
    pub fn new(deliver: impl FnOnce(T) + Send + 'static) -> Self {
        Self(Box::new(deliver))
    }

    /// Sends the reply.
    pub fn send(self, value: T) {
        (self.0)(value);
    }
}

impl<T> fmt::Debug for RebalanceReply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RebalanceReply(..)")
    }
}

/// A source that could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct SourceError {
    /// What failed, where, and the remedy if there is one.
    pub what: String,
    /// How it is to be treated.
    pub class: ErrorClass,
    /// The cause.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Records of some topics, shared among the processes of a group.
pub trait Source: Send + Sync {
    /// What happened next; nothing once the source was closed. Dropping the future loses no event.
    fn next_event(&self) -> BoxFuture<'_, Option<SourceEvent>>;

    /// How many partitions `topic` has, asked of the brokers.
    ///
    /// # Errors
    /// Transient: no broker answers, or there is no such topic (yet).
    fn partition_count<'a>(&'a self, topic: &'a Topic) -> BoxFuture<'a, Result<usize, SourceError>>;

    /// Log end offset of every one of `partitions`, asked of the brokers *now*: no cached figure will do, because a
    /// stalled connection must not pass for a quiet topic. In the order given; nothing where no broker answered.
    fn log_end_offsets<'a>(&'a self, partitions: &'a [TopicPartition]) -> BoxFuture<'a, Vec<Option<Offset>>>;

    /// How far the members of the group have said, by [`Source::report`], that each of `partitions` is counted. In the order
    /// given; nothing where nobody has said so, or no broker answered.
    fn group_offsets<'a>(&'a self, partitions: &'a [TopicPartition]) -> BoxFuture<'a, Vec<Option<Offset>>>;

    /// Records before `next` were counted and committed to the store: told to the group's lag tools when convenient.
    /// Where a partition goes on is never read off it.
    fn report(&self, partition: &TopicPartition, next: Offset);

    /// Leaves the group. Partitions still held are revoked first, as events.
    fn close(&self);
}

impl SourceError {
    /// A failure worth another try.
    #[must_use]
    pub fn transient(what: impl Into<String>) -> Self {
        Self { what: what.into(), class: ErrorClass::Transient, source: None }
    }

    /// A failure that another try would only repeat.
    #[must_use]
    pub fn permanent(what: impl Into<String>) -> Self {
        Self { what: what.into(), class: ErrorClass::Permanent, source: None }
    }
}

impl TopicPartition {
    /// Partition `partition` of `topic`.
    #[must_use]
    pub const fn new(topic: Topic, partition: Partition) -> Self {
        Self { topic, partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.topic, self.partition)
    }
}

impl fmt::Debug for SourceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assigned { partitions, .. } => f.debug_tuple("Assigned").field(partitions).finish(),
            Self::Started { partition, at, .. } => f.debug_tuple("Started").field(partition).field(at).finish(),
            Self::Revoked { partitions, .. } => f.debug_tuple("Revoked").field(partitions).finish(),
            Self::Renewed { partition, .. } => f.debug_tuple("Renewed").field(partition).finish(),
            Self::Fetching { partition, trouble } => f.debug_tuple("Fetching").field(partition).field(trouble).finish(),
            Self::Trouble(why) => f.debug_tuple("Trouble").field(why).finish(),
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
        }
    }
}
