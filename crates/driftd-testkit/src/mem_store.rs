//! A store in memory: the semantics of the durable ones, plain data behind one lock, every future ready at once.
//!
//! It serves simulations, which step it hundreds of thousands of times a second, and tests that need no file. It can be
//! told to fail a write before or after its commit, and to carry a planted [`Bug`] that a simulation has to find.

mod baselines;
mod checkpoint;
mod claims;
mod fault;
mod history;
mod incidents;
mod late;
mod outbox;
mod port;
mod reconcile;
mod repair;
mod retain;
mod seal;
mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};

use driftd_model::{Checkpoint, DeadLetter, MonitorId, Offset, Partition, Topic, TopicPartition};
use driftd_window::Timestamp;

pub use fault::{Bug, Fault, Operation, Outage};
use state::{OutboxState, State};

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemStore {
    state: Mutex<State>,
}

/// A run of offsets that was counted for a monitor, and the records of it that fell into one pane and segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedRun {
    /// Source.
    pub topic: Topic,
    /// Partition.
    pub partition: Partition,
    /// First offset of the run.
    pub from: Offset,
    /// Offset after the run.
    pub to: Offset,
    /// Records counted.
    pub rows: u64,
}

/// How many notifications are waiting, delivered and given up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxCensus {
    /// To be delivered.
    pub waiting: u64,
    /// Delivered.
    pub delivered: u64,
    /// Given up.
    pub dead: u64,
}

impl MemStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store with a planted defect.
    #[must_use]
    pub fn with_bug(bug: Bug) -> Self {
        Self { state: Mutex::new(State { bug: Some(bug), ..State::default() }) }
    }

    /// Makes the next `operation` fail.
    pub fn fail_next(&self, operation: Operation, fault: Fault) {
        self.lock().faults.insert(operation, fault);
    }

    /// From now on the store has a clock of its own, which shows this.
    pub fn set_clock(&self, shows: Timestamp) {
        self.lock().clock = Some(shows);
    }

    /// From now on nobody reaches the store, or everybody does again: claims, checkpoints, seals and what they read.
    pub fn set_outage(&self, outage: Option<Outage>) {
        let mut state = self.lock();
        state.outage = outage;
        state.reachable.notify_waiters();
    }

    /// How often a seal was asked for.
    #[must_use]
    pub fn seals_asked(&self) -> u64 {
        self.lock().seals_asked
    }

    /// How often the time was asked for: the first thing of every round of seals.
    #[must_use]
    pub fn clocks_asked(&self) -> u64 {
        self.lock().clocks_asked
    }

    /// Takes back every fault ordered and not yet struck.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// The last checkpoint that was written: what a driver would send again whose answer was lost.
    #[must_use]
    pub fn last_checkpoint(&self) -> Option<Checkpoint> {
        self.lock().last_checkpoint.clone()
    }

    /// Every run of offsets counted for `monitor`, sealed or not, pane by pane.
    #[must_use]
    pub fn counted_runs(&self, monitor: &MonitorId) -> Vec<CountedRun> {
        let state = self.lock();
        let partials = state.monitors.get(monitor).into_iter().flat_map(|m| m.partials.values().flatten());
        let run = |p: &state::Partial| CountedRun {
            topic: p.topic.clone(),
            partition: p.partition,
            from: p.from,
            to: p.to,
            rows: p.planned.delta.rows,
        };
        partials.map(run).collect()
    }

    /// Where a partition goes on; nothing while nothing was written of it.
    #[must_use]
    pub fn next_offset(&self, partition: &TopicPartition) -> Option<Offset> {
        let key = (partition.topic.clone(), partition.partition);
        self.lock().partitions.get(&key).and_then(|row| row.next_offset)
    }

    /// Whether every partition of `topic` is at its end, as its owner sees it.
    #[must_use]
    pub fn ends_seen(&self, topic: &Topic) -> bool {
        self.lock().partitions.values().filter(|row| row.topic == *topic).all(|row| row.mark.end().is_some())
    }

    /// Records of `monitor` in panes that are not sealed yet.
    #[must_use]
    pub fn open_rows(&self, monitor: &MonitorId) -> u64 {
        let state = self.lock();
        let Some(found) = state.monitors.get(monitor) else {
            return 0;
        };
        let open = found.partials.iter().filter(|(pane, _)| found.sealed_through.is_none_or(|t| pane.start() >= t));
        open.flat_map(|(_, partials)| partials).map(|p| p.planned.delta.rows).sum()
    }

    /// The sampled rejects of `topic`, oldest first.
    #[must_use]
    pub fn dead_letters(&self, topic: &Topic) -> Vec<DeadLetter> {
        self.lock().dead_letters.get(topic).into_iter().flatten().map(|(_, letter)| letter.clone()).collect()
    }

    /// What became of all notifications.
    #[must_use]
    pub fn outbox_census(&self) -> OutboxCensus {
        let state = self.lock();
        let count = |wanted: OutboxState| state.outbox.iter().filter(|row| row.state == wanted).count() as u64;
        OutboxCensus {
            waiting: count(OutboxState::Waiting),
            delivered: count(OutboxState::Delivered),
            dead: count(OutboxState::Dead),
        }
    }

    /// The state; a panic of another test thread while it held the lock leaves plain data, which is still readable.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
