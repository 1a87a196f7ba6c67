//! What can stop a partition task or a replay.

use driftd_model::{ErrorClass, Offset, SourceError, StoreError, Topic, TopicPartition};

/// An error of the engine; it knows whether trying again may help.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store could not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The source cannot go on.
    #[error(transparent)]
    PartitionReader(#[from] SourceError),
    /// The group says that a partition is ours, the store says that it is somebody else's, and it stays so.
    #[error(
        "{partition} was claimed by another process while the consumer group still assigns it to this one; \
         check that no other deployment with another kafka.group writes into the same store, then start again"
    )]
    StillFenced {
        /// The partition.
        partition: TopicPartition,
    },
    /// The system gives no threads to count on.
    #[error("starting the threads that decode and count failed")]
    Threads(#[source] std::io::Error),
    /// A defect of the program: something panicked, and said so when it did.
    #[error(
        "{what} panicked; whatever was not checkpointed is counted again at the next start, please report the message above"
    )]
    Panicked {
        /// What was being done.
        what: String,
    },
    /// The source delivered offsets that do not follow on.
    #[error("{topic} delivered offset {found} where {expected} was due; the source lost or repeated records")]
    Gap {
        /// The source.
        topic: Topic,
        /// Offset that was due.
        expected: Offset,
        /// Offset that came.
        found: Offset,
    },
    /// The source could not be read.
    #[error("reading {topic} failed")]
    Read {
        /// The source.
        topic: Topic,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A chunk does not carry one batch a monitor.
    #[error("{topic} delivered {found} batches for {expected} monitors")]
    Batches {
        /// The source.
        topic: Topic,
        /// Monitors of the task.
        expected: usize,
        /// Batches of the chunk.
        found: usize,
    },
}

impl EngineError {
    /// The error that stands for a future which did not come to its end.
    pub(crate) fn panicked(ended: &tokio::task::JoinError, doing: &str) -> Self {
        let what = if ended.is_panic() { doing.to_owned() } else { format!("{doing}, cut short,") };
        Self::Panicked { what }
    }

    /// How the error is to be treated.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Store(error) => error.class(),
            Self::PartitionReader(error) => error.class,
            Self::StillFenced { .. } => ErrorClass::Fenced,
            Self::Gap { .. } | Self::Read { .. } | Self::Batches { .. } | Self::Threads(_) | Self::Panicked { .. } => {
                ErrorClass::Permanent
            }
        }
    }
}
