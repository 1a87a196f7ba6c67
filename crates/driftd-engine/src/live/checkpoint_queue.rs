//! The checkpoint queue: what the pool's threads hand in is written beside them, and reported to the event loop.

use std::rc::Rc;
use std::sync::Arc;

use driftd_model::{Checkpoint, SharedStore, Source, StoreError, TopicPartition, words};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::task::LocalSet;

use super::coordinator::Event;
use super::pool::TurnSink;
use super::retry::Retry;
use super::status::{Status, StoreOperation};
use crate::commit::Commit;
use crate::metrics::METRICS;
use crate::{CheckpointOutcome, Clock, EngineError, TaskHandle, TaskId, Turn};

/// A checkpoint to be written, and the task it is of. There is one of each task at most.
pub(super) struct PendingCheckpoint {
    task: TaskId,
    partition: TopicPartition,
    checkpoint: Checkpoint,
}

/// Where the pool's threads hand in what is to be written, and go on counting.
pub(super) struct CheckpointQueue {
    pending: UnboundedSender<PendingCheckpoint>,
    events: UnboundedSender<Event>,
}

/// Writes checkpoints beside the pool, those of all tasks at once.
pub(super) struct CheckpointWriter {
    pub(super) store: SharedStore,
    pub(super) source: Arc<dyn Source>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) status: Arc<Status>,
    pub(super) events: UnboundedSender<Event>,
}

impl CheckpointQueue {
    fn enqueue(&self, task: &TaskHandle, checkpoint: Checkpoint) {
        let pending = PendingCheckpoint { task: task.number(), partition: task.id().clone(), checkpoint };
        // Once the daemon has stopped nobody writes; what was counted is counted again.
        let _ = self.pending.send(pending);
    }

    fn report(&self, event: Event) {
        // Nobody listens any more once the daemon has stopped.
        let _ = self.events.send(event);
    }
}

impl TurnSink for CheckpointQueue {
    fn accept(&self, task: &TaskHandle, turn: Turn) {
        if let Some(checkpoint) = turn.checkpoint {
            self.enqueue(task, checkpoint);
        }
        if let Some(error) = turn.failed {
            tracing::error!(kafka.partition = %task.id(), error = %words::with_causes(&error), "partition stopped");
            self.report(Event::TaskFailed(error));
        }
        if let Some(why) = turn.released {
            self.report(Event::Released { task: task.number(), why });
        }
    }
}

impl CheckpointWriter {
    /// The queue of what is to be written; `pending` leads to [`CheckpointWriter::run`].
    pub(super) fn queue(&self, pending: UnboundedSender<PendingCheckpoint>) -> CheckpointQueue {
        CheckpointQueue { pending, events: self.events.clone() }
    }

    /// Writes until nobody can hand in anything any more. What is on its way then is given up: whoever stops in order
    /// has waited for it before.
    pub(super) async fn run(self, mut pending: UnboundedReceiver<PendingCheckpoint>) {
        let writer = Rc::new(self);
        let at_work = LocalSet::new();
        let hand_out = async {
            while let Some(checkpoint) = pending.recv().await {
                tokio::task::spawn_local(Rc::clone(&writer).write_and_report(checkpoint));
            }
        };
        at_work.run_until(hand_out).await;
    }

    async fn write_and_report(self: Rc<Self>, pending: PendingCheckpoint) {
        let (task, partition) = (pending.task, pending.partition.clone());
        let writer = Rc::clone(&self);
        let written = tokio::task::spawn_local(async move { writer.write(pending).await }).await;
        let (outcome, error) = match written {
            Ok(Ok(outcome)) => (outcome, None),
            Ok(Err(error)) => (CheckpointOutcome::Failed, Some(error.into())),
            // Nobody would ever hear of this checkpoint again.
            Err(ended) => {
                let doing = format!("writing a checkpoint of {partition}");
                (CheckpointOutcome::Failed, Some(EngineError::panicked(&ended, &doing)))
            }
        };
        // Nobody listens any more once the daemon has stopped.
        let _ = self.events.send(Event::Checkpointed { task, outcome, error });
    }

    /// Writes one checkpoint. Being refused is no error.
    async fn write(&self, pending: PendingCheckpoint) -> Result<CheckpointOutcome, StoreError> {
        let PendingCheckpoint { partition, checkpoint, .. } = pending;
        let (from, to) = (checkpoint.from, checkpoint.to);
        let started = std::time::Instant::now();
        let mut commit = Commit::new(checkpoint);
        let mut retry = Retry::new(StoreOperation::Checkpoint, &self.status);
        let written = loop {
            let answer = commit.attempt(&*self.store, self.clock.now()).await;
            if let Some(answer) = retry.settle(answer).await {
                break answer;
            }
        };
        METRICS.checkpoint_written(written.as_ref().err().map(StoreError::class), started.elapsed());
        let outcome = CheckpointOutcome::of(&written);
        match written {
            Ok(()) => {
                self.status.add_counted(u64::try_from(to.0.saturating_sub(from.0)).unwrap_or(0));
                self.source.report(&partition, to);
            }
            Err(StoreError::Fenced(why)) => tracing::warn!(
                kafka.partition = %partition, %why,
                "partition fenced, its work since the last checkpoint is dropped"
            ),
            Err(StoreError::WentBack(why)) => tracing::error!(
                kafka.partition = %partition, %why,
                "the store was restored or has lost transactions: claiming again, and counting again from where it is"
            ),
            Err(StoreError::Superseded(why)) => tracing::info!(
                kafka.partition = %partition, %why, "counts dropped, to be made again on the newer plan"
            ),
            Err(error) => return Err(error),
        }
        Ok(outcome)
    }
}
