//! Which partitions are ours: claimed when they are assigned, drained when they are taken away.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use driftd_model::{
    Claim, MonitorPlan, Offset, PartitionReader, RebalanceReply, SharedStore, Source, Store, StoreError, Topic,
    TopicPartition,
};

use super::checkpoint_queue::{Written, write};
use super::commit::Waits;
use super::pool::Queue;
use super::status::{Doing, Status};
use super::stop::Stop;
use super::task::PartitionTask;
use crate::metrics::METRICS;
use crate::{Clock, EngineError, PartitionAccumulator};

/// The tasks of this process.
pub(super) struct Assignments {
    pub(super) store: SharedStore,
    pub(super) source: Arc<dyn Source>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) status: Arc<Status>,
    pub(super) queue: Arc<Queue>,
    pub(super) owner: String,
    pub(super) plans: BTreeMap<Topic, Vec<Arc<MonitorPlan>>>,
    pub(super) drain_timeout: Duration,
    pub(super) held: Arc<TaskRegistry>,
    pub(super) claims: BTreeMap<TopicPartition, Claim>,
}

/// Assignments at work, for everybody who has to look at all of them.
#[derive(Default)]
pub(super) struct TaskRegistry {
    tasks: Mutex<BTreeMap<TopicPartition, Arc<PartitionTask>>>,
    count: AtomicUsize,
}

impl TaskRegistry {
    pub(super) fn all(&self) -> Vec<Arc<PartitionTask>> {
        self.lock().values().cloned().collect()
    }

    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Adds a partition task; one that was there before for the same partition does not go on.
    fn add(&self, task: Arc<PartitionTask>) {
        let mut tasks = self.lock();
        if let Some(before) = tasks.insert(task.id.clone(), task) {
            before.abandon();
        }
        self.counted(tasks.len());
    }

    fn remove(&self, partition: &TopicPartition) -> Option<Arc<PartitionTask>> {
        let mut tasks = self.lock();
        let removed = tasks.remove(partition);
        METRICS.partition_gone(partition);
        self.counted(tasks.len());
        removed
    }

    fn counted(&self, tasks: usize) {
        self.count.store(tasks, Ordering::Relaxed);
        METRICS.lanes_owned(tasks);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<TopicPartition, Arc<PartitionTask>>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Assignments {
    /// Claims partitions and answers where they go on. While the store cannot be reached the question stays open: the
    /// source keeps the partitions for us, and reads nothing. No answer is given once `stop` is asked for, however long
    /// the store takes.
    ///
    /// # Errors
    /// Permanent failures of the store.
    pub(super) async fn assigned(
        &mut self,
        partitions: Vec<TopicPartition>,
        reply: RebalanceReply<Vec<Option<Offset>>>,
        stop: &mut Stop,
    ) -> Result<(), EngineError> {
        let claims = tokio::select! {
            claims = self.claim_all(&partitions) => claims?,
            () = stop.asked() => return Ok(()),
        };
        let offsets = claims.iter().map(|claim| claim.next_offset).collect();
        self.claims.extend(partitions.into_iter().zip(claims));
        self.status.joined();
        reply.send(offsets);
        Ok(())
    }

    async fn claim_all(&self, partitions: &[TopicPartition]) -> Result<Vec<Claim>, StoreError> {
        let mut claims = Vec::with_capacity(partitions.len());
        for partition in partitions {
            let TopicPartition { topic, partition: number } = partition;
            let mut waits = Waits::new();
            let claim = loop {
                match self.store.claim(topic, *number, &self.owner, self.clock.now()).await {
                    Ok(claim) => break claim,
                    Err(error @ StoreError::Transient { .. }) => self.status.failing(Doing::Claim, &error),
                    Err(error) => return Err(error),
                }
                waits.pass().await;
            };
            self.status.working(Doing::Claim);
            let at = claim.next_offset.map_or(-1, |offset| offset.0);
            tracing::info!(kafka.partition = %partition, epoch = %claim.epoch, offset = at, "partition claimed");
            claims.push(claim);
        }
        Ok(claims)
    }

    /// Begins to read a claimed partition.
    pub(super) fn started(&mut self, partition: TopicPartition, at: Offset, mut reader: Box<dyn PartitionReader>) {
        let Some(claim) = self.claims.remove(&partition) else {
            tracing::error!(kafka.partition = %partition, "a partition that was not claimed is not read");
            return;
        };
        let plans = self.plans.get(&partition.topic).cloned().unwrap_or_default();
        if let Some(next) = claim.next_offset
            && next != at
        {
            tracing::error!(
                kafka.partition = %partition, from = %next, to = %at,
                "records were deleted from the topic before they were counted; their number is the distance"
            );
        }
        let mut accumulator =
            PartitionAccumulator::start(partition.topic.clone(), partition.partition, plans, &claim, at);
        if claim.next_offset.is_none() {
            accumulator.begin();
        }
        // The reader calls back into the task, which owns the reader: the weak half of the circle lets both go.
        let task = Arc::new_cyclic(|task: &std::sync::Weak<PartitionTask>| {
            let (task, queue) = (task.clone(), Arc::clone(&self.queue));
            reader.on_arrival(Box::new(move || {
                if let Some(task) = task.upgrade() {
                    queue.wake(&task);
                }
            }));
            PartitionTask::new(partition, accumulator, reader, self.clock.now())
        });
        self.held.add(Arc::clone(&task));
        self.queue.wake(&task);
    }

    /// Writes down what was counted of partitions that are taken away, as far as there is time for it, and lets them go.
    ///
    /// # Errors
    /// Permanent failures of the store.
    pub(super) async fn revoked(
        &mut self,
        partitions: Vec<TopicPartition>,
        reply: RebalanceReply<()>,
    ) -> Result<(), EngineError> {
        let mut drains = tokio::task::JoinSet::new();
        for partition in partitions {
            self.claims.remove(&partition);
            let Some(task) = self.held.remove(&partition) else { continue };
            let (store, source) = (Arc::clone(&self.store), Arc::clone(&self.source));
            let (clock, status) = (Arc::clone(&self.clock), Arc::clone(&self.status));
            drains.spawn(async move { drain(task, &*store, &*source, &*clock, &status).await });
        }
        let all = async {
            while let Some(drained) = drains.join_next().await {
                drained.unwrap_or_else(|ended| Err(panicked(&ended, "draining a partition")))?;
            }
            Ok(())
        };
        let outcome = tokio::time::timeout(self.drain_timeout, all).await;
        reply.send(());
        outcome.unwrap_or_else(|_| {
            tracing::warn!(
                "partitions given away before their last checkpoint: the next owner counts from the one before"
            );
            Ok(())
        })
    }
}

async fn drain(
    task: Arc<PartitionTask>,
    store: &dyn Store,
    source: &dyn Source,
    clock: &dyn Clock,
    status: &Status,
) -> Result<(), EngineError> {
    let closing = Arc::clone(&task);
    // A thread of the pool may be at it for some milliseconds.
    let _ = tokio::task::spawn_blocking(move || closing.close()).await;
    task.settled().await;
    if let Some(checkpoint) = task.remainder()
        && write(&task, &checkpoint, store, source, clock, status).await? == Written::Superseded
    {
        return Ok(());
    }
    tracing::info!(kafka.partition = %task.id, offset = %task.next_offset(), "partition released");
    Ok(())
}

/// The error that stands for a task which did not come to its end.
pub(super) fn panicked(ended: &tokio::task::JoinError, doing: &str) -> EngineError {
    let what = if ended.is_panic() { doing.to_owned() } else { format!("{doing}, cut short,") };
    EngineError::Panicked { what }
}
