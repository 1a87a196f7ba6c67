//! What becomes of a lane's checkpoints.

use std::rc::Rc;
use std::sync::Arc;

use driftd_model::{Checkpoint, SharedStore, Source, StoreError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::task::LocalSet;

use super::commit::commit;
use super::lanes::panicked;
use super::pool::Sink;
use super::slot::Slot;
use super::status::{Status, chain};
use crate::{Clock, EngineError};

/// Something about a lane that the daemon has to decide on.
pub(super) enum LaneEvent {
    /// A checkpoint has landed: whoever waits for the lane may look again.
    Landed(Arc<Slot>),
    /// A checkpoint was refused, because its panes fall under another plan now.
    Superseded,
    /// Nothing of this daemon works any more.
    Failed(EngineError),
}

/// A checkpoint to be written, and the lane it is of. There is one of each lane at most.
pub(super) struct Job {
    slot: Arc<Slot>,
    checkpoint: Checkpoint,
}

/// Where the pool's threads hand in what is to be written, and go on counting.
pub(super) struct Desk {
    jobs: UnboundedSender<Job>,
    events: UnboundedSender<LaneEvent>,
}

/// Writes checkpoints beside the pool, those of all lanes at once.
pub(super) struct Writer {
    pub(super) store: SharedStore,
    pub(super) source: Arc<dyn Source>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) status: Arc<Status>,
    pub(super) events: UnboundedSender<LaneEvent>,
}

impl Sink for Desk {
    fn write(&self, slot: &Arc<Slot>, checkpoint: Checkpoint) {
        // Once the daemon has stopped nobody writes; what was counted is counted again.
        let _ = self.jobs.send(Job { slot: Arc::clone(slot), checkpoint });
    }

    fn broken(&self, slot: &Arc<Slot>, error: EngineError) {
        tracing::error!(kafka.partition = %slot.id, error = %chain(&error), "lane stopped");
        let _ = self.events.send(LaneEvent::Failed(error));
    }
}

impl Writer {
    /// Where `jobs` for it are handed in.
    pub(super) fn desk(&self, jobs: UnboundedSender<Job>) -> Desk {
        Desk { jobs, events: self.events.clone() }
    }

    /// Writes until nobody can hand in anything any more. What is on its way then is given up: whoever stops in order
    /// has waited for it before.
    pub(super) async fn run(self, mut jobs: UnboundedReceiver<Job>) {
        let writer = Rc::new(self);
        let at_work = LocalSet::new();
        let hand_out = async {
            while let Some(job) = jobs.recv().await {
                tokio::task::spawn_local(Rc::clone(&writer).see_to(job));
            }
        };
        at_work.run_until(hand_out).await;
    }

    async fn see_to(self: Rc<Self>, Job { slot, checkpoint }: Job) {
        let (writer, writing) = (Rc::clone(&self), Arc::clone(&slot));
        let written = tokio::task::spawn_local(async move {
            write(&writing, &checkpoint, &*writer.store, &*writer.source, &*writer.clock, &writer.status).await
        });
        let event = match written.await {
            Ok(Ok(Written::Settled)) => LaneEvent::Landed(slot),
            Ok(Ok(Written::Superseded)) => LaneEvent::Superseded,
            Ok(Err(error)) => LaneEvent::Failed(error),
            // Nobody would ever hear of this checkpoint again.
            Err(ended) => {
                slot.spend();
                slot.settle();
                LaneEvent::Failed(panicked(&ended, &format!("writing a checkpoint of {}", slot.id)))
            }
        };
        // Nobody listens any more once the daemon has stopped.
        let _ = self.events.send(event);
    }
}

/// What became of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// It has landed, or somebody else owns the partition and the lane is closed.
    Settled,
    /// Its panes fall under another plan now; the lane is closed, and whoever comes next counts them again.
    Superseded,
}

/// Writes one checkpoint of a lane. Being refused is no error.
///
/// # Errors
/// Permanent failures of the store; the lane is closed then.
pub(super) async fn write(
    slot: &Slot,
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
            source.report(&slot.id, checkpoint.to);
            Ok(Written::Settled)
        }
        Err(StoreError::Fenced(why)) => {
            tracing::warn!(kafka.partition = %slot.id, %why, "lane fenced, its work since the last checkpoint is dropped");
            slot.fence(clock.now());
            Ok(Written::Settled)
        }
        Err(StoreError::Superseded(why)) => {
            tracing::info!(kafka.partition = %slot.id, %why, "counts dropped, to be made again on the newer plan");
            slot.spend();
            Ok(Written::Superseded)
        }
        Err(error) => {
            slot.spend();
            Err(error.into())
        }
    };
    slot.settle();
    outcome
}
