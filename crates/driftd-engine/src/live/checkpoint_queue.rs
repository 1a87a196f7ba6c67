//! What becomes of a partition task's checkpoints.

use std::rc::Rc;
use std::sync::Arc;

use driftd_model::{Checkpoint, SharedStore, Source, StoreError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::task::LocalSet;

use super::assignment::panicked;
use super::commit::commit;
use super::pool::Sink;
use super::status::{Status, chain};
use super::task::PartitionTask;
use crate::{Clock, EngineError};

/// Something about a partition task that the daemon has to decide on.
pub(super) enum TaskEvent {
    /// A checkpoint has landed: whoever waits for the task may look again.
    Landed(Arc<PartitionTask>),
    /// A checkpoint was refused, because its panes fall under another plan now.
    Superseded,
    /// Nothing of this daemon works any more.
    Failed(EngineError),
}

/// A checkpoint to be written, and the task it is of. There is one of each task at most.
pub(super) struct PendingCheckpoint {
    task: Arc<PartitionTask>,
    checkpoint: Checkpoint,
}

/// Where the pool's threads hand in what is to be written, and go on counting.
pub(super) struct CheckpointQueue {
    pending: UnboundedSender<PendingCheckpoint>,
    events: UnboundedSender<TaskEvent>,
}

/// Writes checkpoints beside the pool, those of all tasks at once.
pub(super) struct CheckpointWriter {
    pub(super) store: SharedStore,
    pub(super) source: Arc<dyn Source>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) status: Arc<Status>,
    pub(super) events: UnboundedSender<TaskEvent>,
}

impl Sink for CheckpointQueue {
    fn enqueue(&self, task: &Arc<PartitionTask>, checkpoint: Checkpoint) {
        // Once the daemon has stopped nobody writes; what was counted is counted again.
        let _ = self.pending.send(PendingCheckpoint { task: Arc::clone(task), checkpoint });
    }

    fn broken(&self, task: &Arc<PartitionTask>, error: EngineError) {
        tracing::error!(kafka.partition = %task.id, error = %chain(&error), "partition stopped");
        let _ = self.events.send(TaskEvent::Failed(error));
    }
}

impl CheckpointWriter {
    /// Where `pending` for it are handed in.
    pub(super) fn queue(&self, pending: UnboundedSender<PendingCheckpoint>) -> CheckpointQueue {
        CheckpointQueue { pending, events: self.events.clone() }
    }

    /// Writes until nobody can hand in anything any more. What is on its way then is given up: whoever stops in order
    /// has waited for it before.
    pub(super) async fn run(self, mut pending: UnboundedReceiver<PendingCheckpoint>) {
        let writer = Rc::new(self);
        let at_work = LocalSet::new();
        let hand_out = async {
            while let Some(job) = pending.recv().await {
                tokio::task::spawn_local(Rc::clone(&writer).write_pending(job));
            }
        };
        at_work.run_until(hand_out).await;
    }

    async fn write_pending(self: Rc<Self>, PendingCheckpoint { task, checkpoint }: PendingCheckpoint) {
        let (writer, writing) = (Rc::clone(&self), Arc::clone(&task));
        let written = tokio::task::spawn_local(async move {
            write(&writing, &checkpoint, &*writer.store, &*writer.source, &*writer.clock, &writer.status).await
        });
        let event = match written.await {
            Ok(Ok(Written::Settled)) => TaskEvent::Landed(task),
            Ok(Ok(Written::Superseded)) => TaskEvent::Superseded,
            Ok(Err(error)) => TaskEvent::Failed(error),
            // Nobody would ever hear of this checkpoint again.
            Err(ended) => {
                task.spend();
                task.settle();
                TaskEvent::Failed(panicked(&ended, &format!("writing a checkpoint of {}", task.id)))
            }
        };
        // Nobody listens any more once the daemon has stopped.
        let _ = self.events.send(event);
    }
}

/// What became of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// It has landed, or somebody else owns the partition and the task is closed.
    Settled,
    /// Its panes fall under another plan now; the task is closed, and whoever comes next counts them again.
    Superseded,
}

/// Writes one checkpoint of a partition task. Being refused is no error.
///
/// # Errors
/// Permanent failures of the store; the task is closed then.
pub(super) async fn write(
    task: &PartitionTask,
    checkpoint: &Checkpoint,
    store: &dyn driftd_model::Store,
    source: &dyn Source,
    clock: &dyn Clock,
    status: &Status,
) -> Result<Written, EngineError> {
    let written = commit(store, checkpoint, clock, status).await;
    let outcome = match written {
        Ok(()) => {
            let records = checkpoint.to.0.saturating_sub(checkpoint.from.0);
            status.add_counted(u64::try_from(records).unwrap_or(0));
            source.report(&task.id, checkpoint.to);
            Ok(Written::Settled)
        }
        Err(StoreError::Fenced(why)) => {
            tracing::warn!(kafka.partition = %task.id, %why, "partition fenced, its work since the last checkpoint is dropped");
            task.fence(clock.now());
            Ok(Written::Settled)
        }
        Err(StoreError::Superseded(why)) => {
            tracing::info!(kafka.partition = %task.id, %why, "counts dropped, to be made again on the newer plan");
            task.spend();
            Ok(Written::Superseded)
        }
        Err(error) => {
            task.spend();
            Err(error.into())
        }
    };
    task.settle();
    outcome
}
