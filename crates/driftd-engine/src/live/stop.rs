//! Whether the daemon is to stop, and until when it has time for it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Asks for the stop; the first one who does sets the deadline.
pub(super) struct Stopper {
    deadline: watch::Sender<Option<Instant>>,
    timeout: Duration,
}

/// Everybody's view of it.
#[derive(Clone, Debug)]
pub(super) struct Stop(watch::Receiver<Option<Instant>>);

impl Stopper {
    /// A stop that may take `timeout` once it is asked for.
    pub(super) fn new(timeout: Duration) -> (Self, Stop) {
        let (deadline, seen) = watch::channel(None);
        (Self { deadline, timeout }, Stop(seen))
    }

    /// From now on everything is to come to its end.
    pub(super) fn ask(&self) {
        let until = Instant::now() + self.timeout;
        self.deadline.send_if_modified(|deadline| {
            let is_first = deadline.is_none();
            deadline.get_or_insert(until);
            is_first
        });
    }
}

impl Stop {
    /// Whether the stop was asked for.
    pub(super) fn is_asked(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Waits until the stop is asked for, or for ever when there is nobody left to ask for it.
    pub(super) async fn asked(&mut self) {
        if self.0.wait_for(Option::is_some).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until the time for stopping is over.
    pub(super) async fn time_is_up(mut self) {
        self.asked().await;
        let deadline = *self.0.borrow();
        if let Some(deadline) = deadline {
            tokio::time::sleep_until(deadline).await;
        }
    }

    /// Waits for `time`, or until the stop is asked for.
    pub(super) async fn pause(&mut self, time: Duration) {
        // Either end of the wait will do.
        let _ = tokio::time::timeout(time, self.asked()).await;
    }
}
