//! A task's turn: what has happened to it is taken in, then it does what its state allows.

use driftd_model::{Checkpoint, Offset};
use driftd_window::Timestamp;

use super::{CheckpointOutcome, Consuming, Drain, Draining, PartitionTask, Release, Released};
use crate::{CheckpointPolicy, EngineError, Moment};

/// What happens to a task between two turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskEvent {
    /// The brokers said, asked at that moment, where the partition's log ends.
    LogEnd {
        /// The log end offset.
        end: Offset,
        /// When they were asked.
        asked_at: Moment,
    },
    /// The checkpoint on its way came to this.
    Checkpointed(CheckpointOutcome),
    /// The partition is taken away: nothing more is to be read, and the rest to be written.
    Drain,
    /// Nobody waits for the rest any more.
    Abandon,
}

/// A task in whichever state it is.
#[derive(Debug)]
pub enum TaskState {
    /// It reads and counts.
    Consuming(PartitionTask<Consuming>),
    /// It writes down what is left.
    Draining(PartitionTask<Draining>),
    /// It is over.
    Released(PartitionTask<Released>),
}

/// What a turn came to.
#[derive(Debug, Default)]
pub struct Turn {
    /// There may be more to do at once.
    pub more: bool,
    /// To be written before anything later of this task is.
    pub checkpoint: Option<Checkpoint>,
    /// The task came to its end in this turn.
    pub released: Option<Release>,
    /// The partition cannot be read or counted any further; what was counted before is drained.
    pub failed: Option<EngineError>,
}

impl TaskState {
    /// One turn: takes in what has happened, then does what its state allows.
    #[must_use]
    pub fn turn(
        self,
        events: impl IntoIterator<Item = TaskEvent>,
        policy: &CheckpointPolicy,
        moment: impl Into<Moment>,
    ) -> (Self, Turn) {
        let mut turn = Turn::default();
        let state = events.into_iter().fold(self, |state, event| state.on(event, &mut turn));
        (state.advance(policy, moment.into(), &mut turn), turn)
    }

    pub(super) fn on(self, event: TaskEvent, turn: &mut Turn) -> Self {
        use CheckpointOutcome::{Failed, Fenced, Landed, Superseded, WentBack};
        let why = match event {
            TaskEvent::Checkpointed(Landed) => return self.landed(),
            TaskEvent::Checkpointed(Fenced) => Release::Fenced,
            TaskEvent::Checkpointed(WentBack) => Release::WentBack,
            TaskEvent::Checkpointed(Superseded) => Release::Superseded,
            TaskEvent::Checkpointed(Failed) => Release::Failed,
            TaskEvent::Abandon => Release::Abandoned,
            TaskEvent::Drain => {
                return match self {
                    Self::Consuming(task) => Self::Draining(task.drain()),
                    other => other,
                };
            }
            TaskEvent::LogEnd { end, asked_at } => {
                let mut state = self;
                if let Self::Consuming(task) = &mut state {
                    task.confirm_end(end, asked_at);
                }
                return state;
            }
        };
        let released = match self {
            Self::Consuming(task) => task.release(),
            Self::Draining(task) => task.release(),
            Self::Released(_) => return self,
        };
        turn.released = Some(why);
        Self::Released(released)
    }

    fn landed(mut self) -> Self {
        match &mut self {
            Self::Consuming(task) => task.in_flight = None,
            Self::Draining(task) => task.in_flight = None,
            Self::Released(_) => {}
        }
        self
    }

    fn advance(self, policy: &CheckpointPolicy, moment: Moment, turn: &mut Turn) -> Self {
        match self {
            Self::Consuming(mut task) => match task.consume(policy, moment) {
                Ok(more) => {
                    turn.more = more;
                    turn.checkpoint = task.checkpoint_if_due(policy, moment.now);
                    Self::Consuming(task)
                }
                Err(error) => {
                    turn.failed = Some(error);
                    turn.more = true;
                    Self::Draining(task.drain())
                }
            },
            Self::Draining(task) => match task.advance(moment.now) {
                Drain::Waiting(task) => Self::Draining(task),
                Drain::Write(task, checkpoint) => {
                    turn.checkpoint = Some(*checkpoint);
                    Self::Draining(task)
                }
                Drain::Done(task) => {
                    turn.released = Some(Release::Drained);
                    Self::Released(task)
                }
            },
            Self::Released(task) => Self::Released(task),
        }
    }

    /// The record wanted next.
    #[must_use]
    pub const fn next_offset(&self) -> Offset {
        match self {
            Self::Consuming(task) => task.next_offset(),
            Self::Draining(task) => task.next_offset(),
            Self::Released(task) => task.next_offset(),
        }
    }

    /// Since when a checkpoint is on its way.
    #[must_use]
    pub const fn in_flight_since(&self) -> Option<Timestamp> {
        match self {
            Self::Consuming(task) => task.in_flight_since(),
            Self::Draining(task) => task.in_flight_since(),
            Self::Released(_) => None,
        }
    }
}
