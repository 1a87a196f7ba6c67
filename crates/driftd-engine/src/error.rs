//! What can stop a lane or a replay.

use driftd_model::{ErrorClass, Offset, StoreError, Topic};

/// An error of the engine; it knows whether trying again may help.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store could not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
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
    Source {
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
        /// Monitors of the lane.
        expected: usize,
        /// Batches of the chunk.
        found: usize,
    },
}

impl EngineError {
    /// How the error is to be treated.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Store(error) => error.class(),
            Self::Gap { .. } | Self::Source { .. } | Self::Batches { .. } => ErrorClass::Permanent,
        }
    }
}
