//! What a store answers when it could not do what it was asked, and what to make of it.

/// A store that could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It may work later: connection lost, lock timeout, serialization failure.
    #[error("store unavailable: {what}")]
    Transient {
        /// What was being done.
        what: String,
        /// The cause.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// It will not work however often it is tried.
    #[error("store failed: {what}")]
    Permanent {
        /// What was being done, and the remedy if there is one.
        what: String,
        /// The cause.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// Somebody else owns the partition, or the offsets do not follow on: drop the work and stop.
    #[error("fenced: {0}")]
    Fenced(String),
    /// The store is where it was before this owner's last checkpoint: it was restored, or has lost transactions. Drop the
    /// work and claim again: what was counted since then is read again.
    #[error("the store went back in time: {0}")]
    WentBack(String),
    /// Panes were counted on a plan that is not theirs any more: drop the work, and count it again on the one that is.
    #[error("superseded: {0}")]
    Superseded(String),
}

/// How an error is to be treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Try again.
    Transient,
    /// Give up.
    Permanent,
    /// Somebody else has taken over, or what the work rests on has changed.
    Fenced,
}

impl StoreError {
    /// How the error is to be treated.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Transient { .. } => ErrorClass::Transient,
            Self::Permanent { .. } => ErrorClass::Permanent,
            Self::Fenced(_) | Self::WentBack(_) | Self::Superseded(_) => ErrorClass::Fenced,
        }
    }

    /// A permanent error without a cause of its own.
    #[must_use]
    pub fn permanent(what: impl Into<String>) -> Self {
        Self::Permanent { what: what.into(), source: None }
    }
}
