//! What carries a message, and what may go wrong on the way.

use driftd_window::{Span, Timestamp};

use crate::{BoxFuture, ErrorClass, Notification};

/// How often a receiver may and must be sent something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliverySchedule {
    /// Shortest time from the beginning of one message to the next.
    pub spacing: Span,
    /// How often everything that is open is said again; never without.
    pub resend: Option<Span>,
    /// How often a sign of life is sent; never without.
    pub heartbeat: Option<Span>,
}

impl Default for DeliverySchedule {
    /// One message after the other, and nothing by itself.
    fn default() -> Self {
        Self { spacing: Span::ZERO, resend: None, heartbeat: None }
    }
}

/// Carries messages to one receiver.
///
/// Called outside any transaction, at least once for a message: the notification's `key` is the same every time, so a
/// receiver that can tell repeats apart should be given it. Every call ends within half a minute, by a time-out of the
/// transport's own if need be. Cancelling the future must leave nothing half done that a second try would not repair.
pub trait Transport: Send + Sync {
    /// How often it may and must be sent something.
    fn schedule(&self) -> DeliverySchedule {
        DeliverySchedule::default()
    }

    /// Hands the message over at `now`; `Ok` only once the receiver has it.
    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), DeliveryError>>;

    /// Says again, at `now`, what is open and what has lately ended: called every [`DeliverySchedule::resend`] with one
    /// notification an incident that the receiver has heard of.
    fn resend<'a>(&'a self, incidents: &'a [Notification], now: Timestamp) -> BoxFuture<'a, Result<(), DeliveryError>> {
        let (_, _) = (incidents, now);
        Box::pin(std::future::ready(Ok(())))
    }

    /// Says at `now` that all is well with driftd: called every [`DeliverySchedule::heartbeat`] while it is.
    fn heartbeat(&self, now: Timestamp) -> BoxFuture<'_, Result<(), DeliveryError>> {
        let _ = now;
        Box::pin(std::future::ready(Ok(())))
    }
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
    /// It is refused now, and may be taken later: behind a proxy a receiver that is being deployed is not found, and a
    /// token that is being rotated is not valid.
    #[error("receiver refused the message: {what}")]
    Refused {
        /// What was tried, what came back, and what to change.
        what: String,
        /// How long the receiver asked to be left alone.
        retry_after: Option<Span>,
    },
    /// It will not work however often it is tried: a message the receiver refuses.
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

    /// A refusal that may be over later.
    #[must_use]
    pub fn refused(what: impl Into<String>, retry_after: Option<Span>) -> Self {
        Self::Refused { what: what.into(), retry_after }
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
            Self::Transient { .. } | Self::Refused { .. } => ErrorClass::Transient,
            Self::Permanent { .. } => ErrorClass::Permanent,
        }
    }

    /// How long the receiver asked to be left alone, if it did.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Span> {
        match self {
            Self::Transient { retry_after, .. } | Self::Refused { retry_after, .. } => *retry_after,
            Self::Permanent { .. } => None,
        }
    }
}
