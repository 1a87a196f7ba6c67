//! Trying again: the one delay, for a single call of the store and for what is done over and over.

use std::future::Future;
use std::time::Duration;

use driftd_model::{ErrorClass, StoreError};

use super::status::{Status, StoreOperation};
use super::stop::Stop;
use crate::EngineError;

/// Delay after the first failure; doubled after each further one.
const FIRST_DELAY: Duration = Duration::from_millis(100);
/// Longest delay.
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// Exponential backoff.
#[derive(Debug)]
struct RetryDelay(Duration);

impl RetryDelay {
    const fn new() -> Self {
        Self(FIRST_DELAY)
    }

    fn next(&mut self) -> Duration {
        let delay = self.0;
        self.0 = (self.0 * 2).min(LONGEST_DELAY);
        delay
    }
}

/// A call of the store that is tried until it does what it is asked, or says that it never will; the status hears of
/// both.
///
/// ```text
/// let mut retry = Retry::new(operation, status);
/// loop {
///     if let Some(answer) = retry.settle(call().await).await { break answer }
/// }
/// ```
pub(super) struct Retry<'a> {
    operation: StoreOperation,
    status: &'a Status,
    delay: RetryDelay,
}

impl<'a> Retry<'a> {
    pub(super) const fn new(operation: StoreOperation, status: &'a Status) -> Self {
        Self { operation, status, delay: RetryDelay::new() }
    }

    /// What the call came to; nothing, after a delay, when it is to be tried again.
    pub(super) async fn settle<T>(&mut self, answer: Result<T, StoreError>) -> Option<Result<T, StoreError>> {
        match &answer {
            Ok(_) => self.status.working(self.operation),
            Err(error) if error.class() == ErrorClass::Transient => {
                self.status.failing(self.operation, error);
                tokio::time::sleep(self.delay.next()).await;
                return None;
            }
            Err(_) => {}
        }
        Some(answer)
    }
}

/// What is done over and over while the daemon runs.
pub(super) trait Periodic: Send {
    /// What it asks of the store, if the daemon is not ready while the store does not do it.
    const OPERATION: Option<StoreOperation>;

    /// One round; how long to wait before the next. It ends early, between two steps, when `stop` is asked for.
    fn round(&mut self, stop: &Stop) -> impl Future<Output = Result<Duration, EngineError>> + Send;
}

/// Does `work` until `stop` is asked for. A round that the store was not there for is tried again after a delay.
///
/// # Errors
/// Permanent failures of the store.
pub(super) async fn repeat<P: Periodic>(mut work: P, status: &Status, mut stop: Stop) -> Result<(), EngineError> {
    let mut delay = RetryDelay::new();
    while !stop.is_asked() {
        let pause = match (work.round(&stop).await, P::OPERATION) {
            (Ok(pause), operation) => {
                delay = RetryDelay::new();
                if let Some(operation) = operation {
                    status.working(operation);
                }
                pause
            }
            (Err(EngineError::Store(error)), Some(operation)) if error.class() == ErrorClass::Transient => {
                status.failing(operation, &error);
                delay.next()
            }
            (Err(error), _) => return Err(error),
        };
        stop.pause(pause).await;
    }
    Ok(())
}
