//! The queue of an assigned partition, taken away when the partition is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use driftd_model::Offset;
use rdkafka::consumer::base_consumer::PartitionQueue;

use super::context::Context;

/// Called when records have arrived.
pub(super) type Wake = Arc<dyn Fn() + Send + Sync>;

/// Shared by a reader, which polls it, and the client thread, which takes the queue away. Only while the queue is here does
/// it hold the client, so that a client is never closed on the thread of a reader.
#[derive(Default)]
pub(super) struct SharedQueue {
    state: Mutex<State>,
    /// The log may be another than the one that was counted. Not part of the state, which is locked while records are read.
    is_doubtful: AtomicBool,
}

#[derive(Default)]
struct State {
    queue: Option<PartitionQueue<Context>>,
    wake: Option<Wake>,
    /// Where the client last began to fetch.
    positioned: Option<Offset>,
    /// Records before this offset were deleted.
    deleted_to: Option<Offset>,
}

impl SharedQueue {
    /// The queue of a partition that is fetched from `at` on.
    pub(super) fn new(queue: PartitionQueue<Context>, at: Offset) -> Self {
        let state = State { queue: Some(queue), positioned: Some(at), ..State::default() };
        Self { state: Mutex::new(state), ..Self::default() }
    }

    /// Runs `read` on the queue; nothing once it was taken away.
    pub(super) fn with<T>(&self, read: impl FnOnce(&PartitionQueue<Context>) -> T) -> Option<T> {
        self.state().queue.as_ref().map(read)
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

    /// The client fetches from `at` on, after it was told where to go.
    pub(super) fn moved_to(&self, at: Offset) {
        self.tell(|state| state.positioned = Some(at));
    }

    /// The client is about to be told to fetch from elsewhere.
    pub(super) fn leave(&self) {
        self.state().positioned = None;
    }

    /// Where the client last began to fetch.
    pub(super) fn positioned(&self) -> Option<Offset> {
        self.state().positioned
    }

    /// Records before `to` were deleted before they were read.
    pub(super) fn deleted(&self, to: Offset) {
        self.tell(|state| state.deleted_to = Some(to));
    }

    /// The offset before which records were deleted, once.
    pub(super) fn take_deleted(&self) -> Option<Offset> {
        self.state().deleted_to.take()
    }

    /// The log may be another than the one that was counted.
    pub(super) fn doubt(&self) {
        self.is_doubtful.store(true, Ordering::Release);
        self.tell(|_| {});
    }

    /// Whether that is so.
    pub(super) fn is_doubtful(&self) -> bool {
        self.is_doubtful.load(Ordering::Acquire)
    }

    /// Whether that is so, once.
    pub(super) fn take_doubt(&self) -> bool {
        self.is_doubtful.swap(false, Ordering::AcqRel)
    }

    /// Leaves word for the reader, and wakes it.
    fn tell(&self, word: impl FnOnce(&mut State)) {
        let mut state = self.state();
        word(&mut state);
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
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
