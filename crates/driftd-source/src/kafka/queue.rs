//! The queue of an assigned partition, taken away when the partition is.

use std::sync::{Arc, Mutex, PoisonError};

use driftd_model::SourceError;
use rdkafka::consumer::base_consumer::PartitionQueue;

use super::context::Context;

/// Called when records have arrived.
pub(super) type Wake = Arc<dyn Fn() + Send + Sync>;

/// Shared by a reader, which polls it, and the client thread, which takes the queue away. Only while the queue is here does
/// it hold the client, so that a client is never closed on the thread of a reader.
#[derive(Default)]
pub(super) struct SharedQueue(Mutex<State>);

#[derive(Default)]
struct State {
    queue: Option<PartitionQueue<Context>>,
    wake: Option<Wake>,
    failure: Option<String>,
}

impl SharedQueue {
    pub(super) fn new(queue: PartitionQueue<Context>) -> Self {
        Self(Mutex::new(State { queue: Some(queue), ..State::default() }))
    }

    /// Runs `read` on the queue; nothing once it was taken away.
    pub(super) fn with<T>(&self, read: impl FnOnce(&PartitionQueue<Context>) -> T) -> Result<Option<T>, SourceError> {
        let state = self.state();
        match &state.failure {
            Some(what) => Err(SourceError::permanent(what)),
            None => Ok(state.queue.as_ref().map(read)),
        }
    }

    /// From now on `wake` is called when records arrive, and now in case that some have.
    pub(super) fn on_arrival(&self, wake: Wake) {
        let mut state = self.state();
        if let Some(queue) = &mut state.queue {
            let wake = Arc::clone(&wake);
            queue.set_nonempty_callback(move || wake());
        }
        state.wake = Some(Arc::clone(&wake));
        drop(state);
        wake();
    }

    /// The partition cannot be read: the next poll says so.
    pub(super) fn fail(&self, what: String) {
        let mut state = self.state();
        state.failure = Some(what);
        let wake = state.wake.clone();
        drop(state);
        if let Some(wake) = wake {
            wake();
        }
    }

    /// Takes the queue away; waits for a poll that is under way.
    pub(super) fn take(&self) {
        let queue = self.state().queue.take();
        drop(queue);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
