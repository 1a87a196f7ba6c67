//! The run queue under a model checker: every interleaving of a producer, threads of the pool and a task's turns, with
//! memory orderings taken at their word.
//!
//! The file under test is the product's own, compiled with the checker's atomics and locks. Variants of its protocol
//! with a planted bug have to fail, or the check would prove nothing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a broken law stops the test")]

/// The checker's twins of what the product takes from the standard library.
mod sync {
    pub(crate) use loom::sync::atomic::{AtomicU8, Ordering};
    pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};
    pub(crate) use std::sync::PoisonError;
}

#[path = "../src/run_queue.rs"]
#[allow(dead_code, unreachable_pub, reason = "the product uses and exports all of it")]
mod run_queue;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use run_queue::{RunQueue, RunState, Runnable, WakeProtocol};

/// A task that counts what it finds, as a partition task does: records arrive without a lock that it shares with its
/// producer, so only the protocol makes them visible to a turn.
struct Counting<P> {
    protocol: P,
    arrived: AtomicUsize,
    counted: AtomicUsize,
    has_turn: AtomicBool,
}

impl<P: WakeProtocol> Runnable for Counting<P> {
    type Protocol = P;

    fn run_state(&self) -> &P {
        &self.protocol
    }
}

impl<P: WakeProtocol> Counting<P> {
    fn new(protocol: P) -> Self {
        let (arrived, counted, has_turn) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
        Self { protocol, arrived, counted, has_turn }
    }

    /// Counts one record, and says whether there may be more.
    fn turn(&self) -> bool {
        assert!(!self.has_turn.swap(true, Ordering::Relaxed), "two turns at a time");
        let counted = self.counted.load(Ordering::Relaxed);
        let more = self.arrived.load(Ordering::Relaxed) > counted;
        if more {
            self.counted.store(counted + 1, Ordering::Relaxed);
        }
        self.has_turn.store(false, Ordering::Relaxed);
        more
    }
}

/// `producers` put one record each and wake the task; two threads give it turns until the queue has nothing left. Every
/// record has to be counted by then.
fn nothing_is_forgotten<P: WakeProtocol + Send + Sync + 'static>(producers: usize, new: fn() -> P) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(move || {
        let queue = Arc::new(RunQueue::new());
        let task = Arc::new(Counting::new(new()));
        let producing: Vec<_> = (0..producers)
            .map(|_| {
                let (queue, task) = (Arc::clone(&queue), Arc::clone(&task));
                loom::thread::spawn(move || {
                    task.arrived.fetch_add(1, Ordering::Relaxed);
                    queue.wake(&task);
                })
            })
            .collect();
        let working = {
            let queue = Arc::clone(&queue);
            loom::thread::spawn(move || run_what_waits(&queue))
        };
        run_what_waits(&queue);
        for thread in producing.into_iter().chain([working]) {
            thread.join().unwrap();
        }
        // Whatever was woken after both threads had looked.
        run_what_waits(&queue);
        let (arrived, counted) = (task.arrived.load(Ordering::Relaxed), task.counted.load(Ordering::Relaxed));
        assert_eq!(counted, arrived, "a record is never counted");
    });
}

fn run_what_waits<P: WakeProtocol>(queue: &RunQueue<Counting<P>>) {
    while let Some(task) = queue.try_next() {
        queue.take_turn(task, |task| ((), task.turn()));
    }
}

#[test]
fn no_record_is_forgotten_and_no_task_has_two_turns_at_a_time() {
    nothing_is_forgotten(1, RunState::new);
    nothing_is_forgotten(2, RunState::new);
}

#[test]
fn a_thread_that_waits_is_woken_and_one_that_waits_at_the_end_is_let_go() {
    loom::model(|| {
        let queue = Arc::new(RunQueue::new());
        let task = Arc::new(Counting::new(RunState::new()));
        let working = {
            let queue = Arc::clone(&queue);
            loom::thread::spawn(move || {
                while let Some(task) = queue.next() {
                    queue.take_turn(task, |task: &Arc<Counting<RunState>>| ((), task.turn()));
                }
            })
        };
        task.arrived.fetch_add(1, Ordering::Relaxed);
        queue.wake(&task);
        queue.close();
        // A thread that waits in vain is a deadlock, which the checker reports.
        working.join().unwrap();
    });
}

const RESTING: u8 = 0;
const QUEUED: u8 = 1;
const RUNNING: u8 = 2;
const WOKEN: u8 = 3;

/// A protocol with one bug.
struct Buggy {
    state: AtomicU8,
    bug: Bug,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bug {
    /// A wake-up during a turn is taken for one that the turn will see anyway.
    ForgetsWakeUps,
    /// A turn ends without looking whether the task was woken meanwhile.
    RestsBlindly,
    /// A wake-up queues a task that is queued or has its turn.
    QueuesTwice,
    /// The state changes without making visible what came before.
    RelaxedOrderings,
    /// A wake-up that changes nothing writes nothing, so that the turn it relies on may not see what came before it.
    SilentWakeUps,
}

impl Buggy {
    fn order(&self, order: Ordering) -> Ordering {
        if self.bug == Bug::RelaxedOrderings { Ordering::Relaxed } else { order }
    }
}

impl WakeProtocol for Buggy {
    fn wake(&self) -> bool {
        let (set, fetch) = (self.order(Ordering::AcqRel), self.order(Ordering::Acquire));
        let woken = self.state.fetch_update(set, fetch, |state| match state {
            RESTING => Some(QUEUED),
            RUNNING if self.bug == Bug::ForgetsWakeUps => None,
            RUNNING => Some(WOKEN),
            _ if self.bug == Bug::SilentWakeUps => None,
            other => Some(other),
        });
        woken == Ok(RESTING) || self.bug == Bug::QueuesTwice
    }

    fn begin(&self) {
        self.state.swap(RUNNING, self.order(Ordering::AcqRel));
    }

    fn finish(&self, more: bool) -> bool {
        if !more && self.bug == Bug::RestsBlindly {
            self.state.store(RESTING, Ordering::Release);
            return false;
        }
        let (set, fetch) = (self.order(Ordering::AcqRel), self.order(Ordering::Acquire));
        let rests = !more && self.state.compare_exchange(RUNNING, RESTING, set, fetch).is_ok();
        if !rests {
            self.state.swap(QUEUED, self.order(Ordering::AcqRel));
        }
        !rests
    }
}

fn is_found(producers: usize, new: fn() -> Buggy) -> bool {
    catch_unwind(AssertUnwindSafe(|| nothing_is_forgotten(producers, new))).is_err()
}

#[test]
fn every_planted_bug_is_found() {
    fn with(bug: Bug) -> Buggy {
        Buggy { state: AtomicU8::new(RESTING), bug }
    }
    assert!(is_found(1, || with(Bug::ForgetsWakeUps)) || is_found(2, || with(Bug::ForgetsWakeUps)));
    assert!(is_found(2, || with(Bug::RestsBlindly)));
    assert!(is_found(2, || with(Bug::QueuesTwice)));
    assert!(is_found(1, || with(Bug::RelaxedOrderings)) || is_found(2, || with(Bug::RelaxedOrderings)));
    assert!(is_found(2, || with(Bug::SilentWakeUps)));
}
