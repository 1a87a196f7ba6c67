//! Whether the store can be read, as far as is known without waiting for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use driftd_model::{ReadStore, StoreError};
use driftd_window::Timestamp;
use tokio::runtime::Handle;
use tokio::time::Instant;

/// How old an answer may be before the store is asked again.
const PROBE_INTERVAL: Duration = Duration::from_secs(5);

/// What the store last said. It is asked for next to nothing in a task of its own, whenever somebody wants to know and the
/// last answer is old, so that a slow database makes no slow probe. Before the first answer nothing is wrong.
#[derive(Debug, Default)]
pub(crate) struct StoreProbe {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    asked_at: Option<Instant>,
    is_waiting: bool,
    failure: Option<String>,
}

impl StoreProbe {
    /// Why `store` could not be read when it last answered. Asks it anew if that is long ago: for silences that end after
    /// the end of time, a read that finds nothing.
    pub(crate) fn failure(self: &Arc<Self>, store: &Arc<dyn ReadStore>) -> Option<String> {
        let store = Arc::clone(store);
        self.failure_of(async move { store.silences(Some(Timestamp::from_micros(i64::MAX))).await.map(drop) })
    }

    fn failure_of(
        self: &Arc<Self>,
        read: impl Future<Output = Result<(), StoreError>> + Send + 'static,
    ) -> Option<String> {
        let mut known = self.known();
        let is_old = known.asked_at.is_none_or(|at| at.elapsed() >= PROBE_INTERVAL);
        if is_old
            && !known.is_waiting
            && let Ok(runtime) = Handle::try_current()
        {
            (known.asked_at, known.is_waiting) = (Some(Instant::now()), true);
            let probe = Arc::clone(self);
            runtime.spawn(async move {
                let answer = read.await;
                let mut known = probe.known();
                (known.is_waiting, known.failure) = (false, answer.err().map(|error| error.to_string()));
            });
        }
        known.failure.clone()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_store_is_asked_now_and_then_and_never_waited_for() {
        let (probe, asked) = (Arc::new(StoreProbe::default()), Arc::new(AtomicUsize::new(0)));
        // The first answer takes an hour and is a failure, those after it are good.
        for (minutes, failure, times) in [(0, None, 1), (30, None, 1), (31, Some("no such table"), 2), (0, None, 2)] {
            tokio::time::sleep(Duration::from_mins(minutes)).await;
            let count = Arc::clone(&asked);
            let told = probe.failure_of(async move {
                if count.fetch_add(1, Ordering::SeqCst) > 0 {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_hours(1)).await;
                Err(StoreError::permanent("no such table"))
            });
            tokio::task::yield_now().await;
            assert_eq!(told.is_some(), failure.is_some(), "{told:?}");
            assert!(told.unwrap_or_default().contains(failure.unwrap_or_default()));
            assert_eq!(asked.load(Ordering::SeqCst), times);
        }
    }
}
