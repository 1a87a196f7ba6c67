//! The run queue: which tasks wait for a turn, and the protocol by which none of them is forgotten.
//!
//! A task is woken by whoever has something for it: records that arrived, a checkpoint that has landed, a tick. It takes
//! its turns on whichever thread pops it. Every task carries a [`WakeProtocol`], which keeps three promises: a task is in
//! the queue at most once, it has one turn at a time, and what happened before a wake-up is seen by a turn that begins
//! after it.
//!
//! ```text
//!               wake                   begin                      finish(more = false)
//!   resting ----------> queued ------------------> running ---------------------------> resting
//!                         ^                           |  wake
//!                         |                           v
//!                         +--- finish(either) ---- woken        (running, finish(more = true) --> queued)
//! ```
//!
//! The pool's threads wait in [`RunQueue::next`]; the simulation pops with [`RunQueue::try_next`] on its only thread.
//! `tests/run_queue_model.rs` compiles this very file with a model checker's atomics and locks in place of those of
//! `super::sync`, and tries every interleaving.

use std::collections::VecDeque;
use std::sync::Arc;

use super::sync::{AtomicU8, Condvar, Mutex, MutexGuard, Ordering, PoisonError};

/// Nobody has anything to do for the task.
const RESTING: u8 = 0;
/// It waits for its turn.
const QUEUED: u8 = 1;
/// It has its turn.
const RUNNING: u8 = 2;
/// It has its turn, and something has happened since that began.
const WOKEN: u8 = 3;

/// Whether a task rests, waits for its turn or has it.
pub trait WakeProtocol {
    /// Something may have happened: true when the caller has to queue the task.
    fn wake(&self) -> bool;

    /// The task's turn begins.
    fn begin(&self);

    /// The task's turn ends, and there may be `more` to do at once: true when the caller has to queue the task again.
    fn finish(&self, more: bool) -> bool;
}

/// The wake protocol in one atomic byte.
#[derive(Debug)]
pub struct RunState(AtomicU8);

/// A task that takes turns.
pub trait Runnable {
    /// Its protocol.
    type Protocol: WakeProtocol;

    /// Whether it rests, waits for its turn or has it.
    fn run_state(&self) -> &Self::Protocol;
}

/// Tasks that wait for their turn, the one that waits longest first.
#[derive(Debug)]
pub struct RunQueue<T> {
    waiting: Mutex<Waiting<T>>,
    arrived: Condvar,
}

#[derive(Debug)]
struct Waiting<T> {
    tasks: VecDeque<Arc<T>>,
    is_closed: bool,
}

impl RunState {
    /// A task that rests.
    #[must_use]
    pub fn new() -> Self {
        Self(AtomicU8::new(RESTING))
    }
}

impl Default for RunState {
    fn default() -> Self {
        Self::new()
    }
}

impl WakeProtocol for RunState {
    /// It writes even where nothing changes, so that whoever reads the state next has seen all that came before.
    fn wake(&self) -> bool {
        let woken = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |state| match state {
            RESTING => Some(QUEUED),
            RUNNING => Some(WOKEN),
            other => Some(other),
        });
        woken == Ok(RESTING)
    }

    fn begin(&self) {
        self.0.swap(RUNNING, Ordering::AcqRel);
    }

    fn finish(&self, more: bool) -> bool {
        let rests = !more && self.0.compare_exchange(RUNNING, RESTING, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if !rests {
            self.0.swap(QUEUED, Ordering::AcqRel);
        }
        !rests
    }
}

impl<T: Runnable> RunQueue<T> {
    /// An empty queue.
    #[must_use]
    pub fn new() -> Self {
        Self { waiting: Mutex::new(Waiting { tasks: VecDeque::new(), is_closed: false }), arrived: Condvar::new() }
    }

    /// Has the task take a turn, or another one when it is at one.
    pub fn wake(&self, task: &Arc<T>) {
        if task.run_state().wake() {
            self.push(Arc::clone(task));
        }
    }

    /// Gives a popped task its turn. `turn` says what it came to and whether there may be more to do at once; the task
    /// is queued again if there may, or if it was woken meanwhile.
    pub fn take_turn<R>(&self, task: Arc<T>, turn: impl FnOnce(&Arc<T>) -> (R, bool)) -> R {
        task.run_state().begin();
        let (came_to, more) = turn(&task);
        if task.run_state().finish(more) {
            self.push(task);
        }
        came_to
    }

    /// The task that waits longest, as soon as there is one; nothing once the queue is closed.
    #[must_use]
    pub fn next(&self) -> Option<Arc<T>> {
        let mut waiting = self.waiting();
        loop {
            if waiting.is_closed {
                return None;
            }
            if let Some(task) = waiting.tasks.pop_front() {
                return Some(task);
            }
            waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The task that waits longest, if any does.
    #[must_use]
    pub fn try_next(&self) -> Option<Arc<T>> {
        self.waiting().tasks.pop_front()
    }

    /// Nobody gets a turn any more.
    pub fn close(&self) {
        let mut waiting = self.waiting();
        waiting.is_closed = true;
        // A task's reader knows the queue, so a task left in it would keep itself alive.
        let left = std::mem::take(&mut waiting.tasks);
        self.arrived.notify_all();
        drop(waiting);
        drop(left);
    }

    fn push(&self, task: Arc<T>) {
        let mut waiting = self.waiting();
        if !waiting.is_closed {
            waiting.tasks.push_back(task);
            self.arrived.notify_one();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Runnable> Default for RunQueue<T> {
    fn default() -> Self {
        Self::new()
    }
}
