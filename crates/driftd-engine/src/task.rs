//! The partition task: one partition from its reader to its last checkpoint, as a state machine by types.
//!
//! ```text
//!   PartitionTask<Consuming> --drain--> PartitionTask<Draining> --release--> PartitionTask<Released>
//!             |                                                                    ^
//!             +-------------------------------- release ---------------------------+
//! ```
//!
//! A consuming task polls its reader, counts, and gives a checkpoint whenever the [`CheckpointPolicy`] wants one. A
//! draining one has no reader any more and gives what is left, once nothing is on its way. A released one gives nothing:
//! neither records nor checkpoints can be asked of it, because its type has no such methods. At most one checkpoint is
//! on its way at any time, so that a later one is never written before an earlier one.
//!
//! What happens to a task is a [`TaskEvent`], and a turn takes all that have come: [`TaskState::turn`]. Nothing here
//! waits, asks a clock or knows of threads; the daemon's pool and the simulation drive the same code.

mod handle;
mod turn;

use std::fmt;

use driftd_model::{Checkpoint, Offset, PartitionReader, Poll, PollBudget, TopicPartition};
use driftd_window::Timestamp;

use crate::metrics::METRICS;
use crate::{CheckpointPolicy, CheckpointTimer, EngineError, Moment, PartitionAccumulator};
pub use handle::{TaskHandle, TaskId, TaskSpec};
pub use turn::{TaskEvent, TaskState, Turn};

/// What one turn takes from a partition at most: enough to decode in bulk, little enough to share two cores fairly.
const TURN_BUDGET: PollBudget = PollBudget { records: 4096, bytes: 2 << 20, rows: 1 << 18, panes: 256 };
/// Where records open so many panes that a whole turn would overflow the memory, turns get shorter, down to this.
const LEAST_TURN_RECORDS: usize = 32;
/// How far records reach into the past is not known before the first turn.
const FIRST_TURN_RECORDS: usize = 256;

/// A partition task in state `S`: [`Consuming`], [`Draining`] or [`Released`].
///
/// The way through the states compiles:
///
/// ```
/// # use driftd_engine::{CheckpointPolicy, Consuming, Drain, Draining, EngineError, PartitionTask, Released};
/// # use driftd_window::Timestamp;
/// fn counts(mut task: PartitionTask<Consuming>, now: Timestamp) -> Result<bool, EngineError> {
///     task.consume(&CheckpointPolicy::default(), now)
/// }
/// fn drains(task: PartitionTask<Consuming>) -> PartitionTask<Draining> {
///     task.drain()
/// }
/// fn goes_on(task: PartitionTask<Draining>, now: Timestamp) -> Drain {
///     task.advance(now)
/// }
/// fn ends(task: PartitionTask<Draining>) -> PartitionTask<Released> {
///     task.release()
/// }
/// ```
///
/// Every other way does not. A draining task counts nothing more:
///
/// ```compile_fail,E0599
/// # use driftd_engine::{CheckpointPolicy, Draining, EngineError, PartitionTask};
/// # use driftd_window::Timestamp;
/// fn counts(mut task: PartitionTask<Draining>, now: Timestamp) -> Result<bool, EngineError> {
///     task.consume(&CheckpointPolicy::default(), now)
/// }
/// ```
///
/// A released one is not drained:
///
/// ```compile_fail,E0599
/// # use driftd_engine::{Draining, PartitionTask, Released};
/// fn drains(task: PartitionTask<Released>) -> PartitionTask<Draining> {
///     task.drain()
/// }
/// ```
///
/// and has no checkpoint to give:
///
/// ```compile_fail,E0599
/// # use driftd_engine::{Drain, PartitionTask, Released};
/// # use driftd_window::Timestamp;
/// fn goes_on(task: PartitionTask<Released>, now: Timestamp) -> Drain {
///     task.advance(now)
/// }
/// ```
///
/// A task is in one state only, for a transition takes it:
///
/// ```compile_fail,E0382
/// # use driftd_engine::{Consuming, Draining, PartitionTask, Released};
/// fn both(task: PartitionTask<Consuming>) -> (PartitionTask<Draining>, PartitionTask<Released>) {
///     (task.drain(), task.release())
/// }
/// ```
///
/// and nobody else makes a state:
///
/// ```compile_fail,E0423
/// # use driftd_engine::Released;
/// let state = Released(());
/// ```
pub struct PartitionTask<S> {
    id: TopicPartition,
    accumulator: PartitionAccumulator,
    /// Since when a checkpoint is on its way.
    in_flight: Option<Timestamp>,
    state: S,
}

/// Records are read and counted.
pub struct Consuming {
    reader: Box<dyn PartitionReader>,
    timer: CheckpointTimer,
    /// Records of the next turn.
    turn_records: usize,
    /// The log end offset as the brokers told it first after the reader came to the end.
    first_log_end: Option<Offset>,
}

/// No record is read any more; what was counted is being written down.
#[derive(Debug)]
pub struct Draining(());

/// Nothing of the task will be written any more.
#[derive(Debug)]
pub struct Released(());

/// Why a task was released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// Everything that it counted is written down.
    Drained,
    /// Somebody else owns the partition.
    Fenced,
    /// The store has lost what the task had written; whoever comes next counts it again.
    WentBack,
    /// Its panes fall under another plan now; whoever comes next counts them again.
    Superseded,
    /// A checkpoint was refused for good, or counting went wrong half way.
    Failed,
    /// There was no time to wait for it.
    Abandoned,
}

/// What became of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointOutcome {
    /// It is written.
    Landed,
    /// It was refused: somebody else owns the partition.
    Fenced,
    /// It was refused: the store has lost what was written before it.
    WentBack,
    /// It was refused: its panes fall under another plan now.
    Superseded,
    /// It cannot be written.
    Failed,
}

/// What a draining task still has to do.
#[derive(Debug)]
pub enum Drain {
    /// Its checkpoint is on its way.
    Waiting(PartitionTask<Draining>),
    /// This is to be written.
    Write(PartitionTask<Draining>, Box<Checkpoint>),
    /// Nothing.
    Done(PartitionTask<Released>),
}

impl<S> PartitionTask<S> {
    /// Which partition it is.
    #[must_use]
    pub const fn id(&self) -> &TopicPartition {
        &self.id
    }

    /// The record wanted next.
    #[must_use]
    pub const fn next_offset(&self) -> Offset {
        self.accumulator.next_offset()
    }

    /// Since when a checkpoint is on its way.
    #[must_use]
    pub const fn in_flight_since(&self) -> Option<Timestamp> {
        self.in_flight
    }

    fn into_state<N>(self, state: N) -> (PartitionTask<N>, S) {
        let Self { id, accumulator, in_flight, state: before } = self;
        (PartitionTask { id, accumulator, in_flight, state }, before)
    }

    fn take_checkpoint(&mut self, now: Timestamp) -> Option<Checkpoint> {
        let checkpoint = self.accumulator.take()?;
        self.in_flight = Some(now);
        Some(checkpoint)
    }
}

impl PartitionTask<Consuming> {
    /// A task that counts what `reader` delivers into `accumulator`, from `now` on.
    #[must_use]
    pub fn new(
        id: TopicPartition,
        accumulator: PartitionAccumulator,
        reader: Box<dyn PartitionReader>,
        now: Timestamp,
    ) -> Self {
        let timer = CheckpointTimer::start(accumulator.has_moved(), now);
        let state = Consuming { reader, timer, turn_records: FIRST_TURN_RECORDS, first_log_end: None };
        Self { id, accumulator, in_flight: None, state }
    }

    /// Polls and counts once; whether there may be more at once. Counts that are full wait for the checkpoint on its
    /// way: memory is bounded, and the source keeps the records.
    ///
    /// # Errors
    /// The partition cannot be read or counted any further.
    pub fn consume(&mut self, policy: &CheckpointPolicy, moment: impl Into<Moment>) -> Result<bool, EngineError> {
        let moment = moment.into();
        let before = self.accumulator.uncommitted();
        if self.in_flight.is_some() && policy.is_full(&before) {
            return Ok(false);
        }
        let state = &mut self.state;
        match state.reader.poll(state.budget())? {
            Poll::Chunk { chunk, bytes } => {
                let counts = self.accumulator.counts();
                self.accumulator.absorb(&chunk, moment)?;
                METRICS.records_read(&self.id.topic, counts, self.accumulator.counts(), bytes);
                state.timer.records_came();
                state.first_log_end = None;
                let after = self.accumulator.uncommitted();
                state.adapt(after.bytes.saturating_sub(before.bytes), policy, after.least_bytes);
                Ok(true)
            }
            Poll::End => {
                state.timer.caught_up(policy, before.has_moved, moment.now);
                state.first_log_end = None;
                self.accumulator.reached_end(moment);
                Ok(true)
            }
            Poll::Nothing => Ok(false),
        }
    }

    /// The next checkpoint, if it is due and none is on its way.
    pub fn checkpoint_if_due(&mut self, policy: &CheckpointPolicy, now: Timestamp) -> Option<Checkpoint> {
        if self.in_flight.is_some() || !policy.is_due(&self.accumulator.uncommitted(), &self.state.timer, now) {
            return None;
        }
        self.state.timer.checkpoint_taken(now);
        self.take_checkpoint(now)
    }

    /// The brokers said that the log ends at `end`, asked at `asked_at`. If that is where the task stands, the end is
    /// confirmed.
    ///
    /// Control records have offsets of their own and are never delivered, so the end may lie beyond the task although
    /// the source said that there is no more. Such an end holds while it stays where it is: one that moves on without a
    /// record coming is a source that stalls.
    pub fn confirm_end(&mut self, end: Offset, asked_at: impl Into<Moment>) {
        if !self.state.timer.is_at_end() {
            return;
        }
        let first = *self.state.first_log_end.get_or_insert(end);
        if end <= self.accumulator.next_offset() || end == first {
            self.accumulator.reached_end(asked_at);
        }
    }

    /// The partition is taken away: its reader is let go.
    #[must_use]
    pub fn drain(self) -> PartitionTask<Draining> {
        self.into_state(Draining(())).0
    }

    /// Nothing more is read or written.
    #[must_use]
    pub fn release(self) -> PartitionTask<Released> {
        self.into_state(Released(())).0
    }
}

impl PartitionTask<Draining> {
    /// What is still to be done.
    #[must_use]
    pub fn advance(mut self, now: Timestamp) -> Drain {
        if self.in_flight.is_some() {
            return Drain::Waiting(self);
        }
        match self.take_checkpoint(now) {
            Some(checkpoint) => Drain::Write(self, Box::new(checkpoint)),
            None => Drain::Done(self.release()),
        }
    }

    /// Nothing more is written.
    #[must_use]
    pub fn release(self) -> PartitionTask<Released> {
        self.into_state(Released(())).0
    }
}

impl Consuming {
    /// What the next turn may take. Where turns have become shorter, panes are what made them so.
    fn budget(&self) -> PollBudget {
        let panes = TURN_BUDGET.panes * self.turn_records / TURN_BUDGET.records;
        PollBudget { records: self.turn_records, panes, ..TURN_BUDGET }
    }

    /// A turn that `grew` the counts by more than a quarter of what they may be, and by more than a pane, is followed by
    /// a shorter one: panes of records from all over the past would otherwise overflow the memory between two looks at
    /// it.
    fn adapt(&mut self, grew: usize, policy: &CheckpointPolicy, least_bytes: usize) {
        let is_much = grew > (policy.room(least_bytes) / 4).max(least_bytes);
        let records = if is_much { self.turn_records / 2 } else { self.turn_records * 2 };
        self.turn_records = records.clamp(LEAST_TURN_RECORDS, TURN_BUDGET.records);
    }
}

impl<S> fmt::Debug for PartitionTask<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = std::any::type_name::<S>().rsplit("::").next().unwrap_or_default();
        f.debug_struct("PartitionTask").field("id", &self.id).field("state", &state).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
