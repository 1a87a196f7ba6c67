//! A partition task as the run queue, the checkpoint writer and the coordinator know it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use driftd_model::{Claim, MonitorPlan, Offset, PartitionReader, TopicPartition};
use driftd_window::Timestamp;

use super::{PartitionTask, Release, TaskEvent, TaskState, Turn};
use crate::run_queue::{RunQueue, RunState, Runnable};
use crate::{CheckpointPolicy, EngineError, Moment, PartitionAccumulator};

/// No checkpoint is on its way.
const NOTHING: i64 = i64::MIN;

/// Number of a task, new for every assignment of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskId(pub u64);

/// A claimed partition whose task is to begin.
#[derive(Clone, Debug)]
pub struct TaskSpec {
    /// Number of the task.
    pub number: TaskId,
    /// The partition.
    pub partition: TopicPartition,
    /// Our claim to it.
    pub claim: Claim,
    /// Offset of the first record.
    pub at: Offset,
}

/// Handle to a partition task: its mailbox, its place in the run queue, and how far it has come.
#[derive(Debug)]
pub struct TaskHandle {
    number: TaskId,
    id: TopicPartition,
    run: RunState,
    mailbox: Mutex<Vec<TaskEvent>>,
    /// Taken out by whoever has the turn; nothing is left of a task that panicked in one, because its counts are half
    /// done.
    state: Mutex<Option<TaskState>>,
    /// For whoever wants to know without waiting for the turn's end: offset of the next record, ...
    next_offset: AtomicI64,
    /// ... and since when a checkpoint is on its way, in microseconds of the clock.
    in_flight: AtomicI64,
}

impl Runnable for TaskHandle {
    type Protocol = RunState;

    fn run_state(&self) -> &RunState {
        &self.run
    }
}

impl TaskHandle {
    /// The task of a claimed partition: counts what `reader` delivers, and is woken whenever records arrive. It is not in
    /// the queue yet.
    #[must_use]
    pub fn new(
        spec: TaskSpec,
        plans: Vec<Arc<MonitorPlan>>,
        mut reader: Box<dyn PartitionReader>,
        queue: &Arc<RunQueue<Self>>,
        now: Timestamp,
    ) -> Arc<Self> {
        let TaskSpec { number, partition: id, claim, at } = spec;
        let mut accumulator = PartitionAccumulator::start(id.topic.clone(), id.partition, plans, &claim, at);
        if claim.next_offset.is_none() {
            accumulator.begin();
        }
        // The reader calls back into the task, which owns it: the weak half of the circle lets both go.
        Arc::new_cyclic(|task: &Weak<Self>| {
            let (task, queue) = (task.clone(), Arc::clone(queue));
            reader.on_arrival(Box::new(move || {
                if let Some(task) = task.upgrade() {
                    queue.wake(&task);
                }
            }));
            let task = PartitionTask::new(id.clone(), accumulator, reader, now);
            Self {
                number,
                id,
                run: RunState::new(),
                mailbox: Mutex::default(),
                next_offset: AtomicI64::new(task.next_offset().0),
                in_flight: AtomicI64::new(NOTHING),
                state: Mutex::new(Some(TaskState::Consuming(task))),
            }
        })
    }

    /// Tells tasks of the same partition apart.
    #[must_use]
    pub const fn number(&self) -> TaskId {
        self.number
    }

    /// Which partition it is.
    #[must_use]
    pub const fn id(&self) -> &TopicPartition {
        &self.id
    }

    /// Leaves an event for the next turn. Whoever cannot wait for the next tick wakes the task afterwards.
    pub fn post(&self, event: TaskEvent) {
        self.mailbox.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    /// One turn. The run queue sees to it that nobody else has one meanwhile.
    #[must_use]
    pub fn turn(&self, policy: &CheckpointPolicy, moment: impl Into<Moment>) -> Turn {
        // In this order: what was posted before the task was woken is seen by this turn.
        let taken = self.state.lock().unwrap_or_else(PoisonError::into_inner).take();
        let events = std::mem::take(&mut *self.mailbox.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(state) = taken else {
            return Turn::default();
        };
        let (state, turn) = state.turn(events, policy, moment);
        self.next_offset.store(state.next_offset().0, Ordering::Release);
        self.in_flight.store(state.in_flight_since().map_or(NOTHING, Timestamp::as_micros), Ordering::Release);
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
        turn
    }

    /// What a turn comes to that panicked: the task is gone, and says so.
    #[must_use]
    pub fn panicked(&self) -> Turn {
        self.in_flight.store(NOTHING, Ordering::Release);
        let what = format!("counting the records of {}", self.id);
        Turn { released: Some(Release::Failed), failed: Some(EngineError::Panicked { what }), ..Turn::default() }
    }

    /// Offset of the record wanted next.
    #[must_use]
    pub fn next_offset(&self) -> Offset {
        Offset(self.next_offset.load(Ordering::Acquire))
    }

    /// Since when a checkpoint is on its way.
    #[must_use]
    pub fn in_flight_since(&self) -> Option<Timestamp> {
        let micros = self.in_flight.load(Ordering::Acquire);
        (micros != NOTHING).then(|| Timestamp::from_micros(micros))
    }
}
