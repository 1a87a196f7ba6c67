//! Writing one checkpoint until it has landed, or somebody else owns the partition.

use std::time::Duration;

use driftd_model::{Checkpoint, Store, StoreError};

use super::status::{Doing, Status};
use super::stop::Stop;
use crate::Clock;
use crate::metrics::METRICS;

/// Wait after the first failure; doubled after each further one.
const FIRST_DELAY: Duration = Duration::from_millis(100);
/// Longest wait.
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// Waits that double.
#[derive(Debug)]
pub(super) struct Waits(Duration);

impl Waits {
    pub(super) const fn new() -> Self {
        Self(FIRST_DELAY)
    }

    fn next(&mut self) -> Duration {
        let wait = self.0;
        self.0 = (self.0 * 2).min(LONGEST_DELAY);
        wait
    }

    pub(super) async fn pass(&mut self) {
        tokio::time::sleep(self.next()).await;
    }

    /// As [`Waits::pass`], but no longer than until the stop is asked for.
    pub(super) async fn pass_or(&mut self, stop: &mut Stop) {
        stop.pause(self.next()).await;
    }
}

/// Writes `checkpoint`, again and again while the store cannot be reached.
///
/// A commit whose answer was lost may have landed. Trying again is then refused by the fence, and reading the partition
/// tells: my epoch, and the offset at the checkpoint's end.
///
/// # Errors
/// Fenced or permanent; nothing was written then.
pub(super) async fn commit(
    store: &dyn Store,
    checkpoint: &Checkpoint,
    clock: &dyn Clock,
    status: &Status,
) -> Result<(), StoreError> {
    let started = std::time::Instant::now();
    let mut waits = Waits::new();
    let mut is_doubtful = false;
    let written = loop {
        let error = match store.checkpoint(checkpoint, clock.now()).await {
            Ok(()) => break Ok(()),
            Err(error @ StoreError::Transient { .. }) => {
                is_doubtful = true;
                error
            }
            Err(error @ StoreError::Fenced(_)) if is_doubtful => match has_landed(store, checkpoint).await {
                Ok(true) => break Ok(()),
                Ok(false) => break Err(error),
                Err(error @ StoreError::Transient { .. }) => error,
                Err(other) => break Err(other),
            },
            Err(error) => break Err(error),
        };
        status.failing(Doing::Checkpoint, &error);
        waits.pass().await;
    };
    if written.is_ok() {
        status.working(Doing::Checkpoint);
    }
    METRICS.checkpoint_written(written.as_ref().err().map(StoreError::class), started.elapsed());
    written
}

async fn has_landed(store: &dyn Store, checkpoint: &Checkpoint) -> Result<bool, StoreError> {
    let rows = store.partitions(&checkpoint.topic).await?;
    let mine = rows.iter().find(|row| row.partition == checkpoint.partition);
    Ok(mine.is_some_and(|row| row.epoch == checkpoint.epoch && row.next_offset == Some(checkpoint.to)))
}
