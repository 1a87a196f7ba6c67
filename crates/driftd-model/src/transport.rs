//! What carries a message, and what may go wrong on the way.

use driftd_window::Span;

use crate::{BoxFuture, ErrorClass, Notification};

/// Carries messages to one receiver.
///
/// Called outside any transaction, at least once for a message: the notification's `key` is the same every time, so a
/// receiver that can tell repeats apart should be given it. Cancelling the future must leave nothing half done that a
/// second try would not repair.
pub trait Transport: Send + Sync {
    /// What kind of receiver this is, for logs and metrics: `log`, `email`, `webhook`, …
    fn kind(&self) -> &'static str;

    /// Hands the message over; `Ok` only once the receiver has it.
    fn deliver<'a>(&'a self, notification: &'a Notification) -> BoxFuture<'a, Result<(), DeliveryError>>;
}

/// A message that was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// It may work later: no connection, a time-out, a busy receiver.
    #[error("receiver not reached: {what}")]
    Transient {
        /// What was tried and what came back.
        what: String,
        /// How long the receiver asked to be left alone.
        retry_after: Option<Span>,
        /// The cause.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// It will not work however often it is tried: wrong address, wrong key, a message the receiver refuses.
    #[error("receiver refused the message: {what}")]
    Permanent {
        /// What was tried, what came back, and what to change.
        what: String,
        /// The cause.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

impl DeliveryError {
    /// A failure worth another try, not before `retry_after` if the receiver named one.
    #[must_use]
    pub fn transient(what: impl Into<String>, retry_after: Option<Span>) -> Self {
        Self::Transient { what: what.into(), retry_after, source: None }
    }

    /// A failure that another try would only repeat.
    #[must_use]
    pub fn permanent(what: impl Into<String>) -> Self {
        Self::Permanent { what: what.into(), source: None }
    }

    /// How the error is to be treated.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Transient { .. } => ErrorClass::Transient,
            Self::Permanent { .. } => ErrorClass::Permanent,
        }
    }

    /// How long the receiver asked to be left alone, if it did.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Span> {
        match self {
            Self::Transient { retry_after, .. } => *retry_after,
            Self::Permanent { .. } => None,
        }
    }
}
