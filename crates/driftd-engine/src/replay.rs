//! A file with event times, walked through a monitor exactly as live records are.

use std::sync::Arc;

use driftd_model::{
    Chunk, MonitorPlan, MonitorSealer, Offset, Partition, PlanError, Routing, SealTime, Sealed, Store, Topic,
};
use driftd_window::{RecordBatch, Timestamp};

use crate::{CheckpointPolicy, EngineError, PartitionAccumulator, RecordCounts, SealAll, seal_all};

/// A replay of one monitor.
pub struct Replay<'a> {
    store: &'a dyn Store,
    plan: Arc<MonitorPlan>,
    topic: Topic,
    routing: Routing,
    policy: CheckpointPolicy,
}

/// How far a replay has come.
#[derive(Debug)]
pub enum Progress<'a> {
    /// Records read so far, those skipped as already counted included.
    Read(u64),
    /// A pane, and what came of it.
    Sealed(&'a Sealed),
}

/// What a replay came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ReplaySummary {
    /// Records counted in this run.
    pub account: RecordCounts,
    /// Records that an earlier run had counted already.
    pub skipped: u64,
    /// Panes and windows.
    pub sealed: SealAll,
    /// Records that came after their pane was sealed.
    pub late: u64,
}

/// The topic under which files are replayed through a monitor: their own, so that live offsets are never touched.
#[must_use]
pub fn replay_topic(name: &str) -> Topic {
    Topic::from(format!("file:{name}").as_str())
}

impl<'a> Replay<'a> {
    /// A replay into `store`, which must not be read by a live daemon for the same monitor at the same time.
    ///
    /// # Errors
    /// The plan's.
    pub fn new(
        store: &'a dyn Store,
        plan: &MonitorPlan,
        topic: Topic,
        routing: Routing,
        policy: CheckpointPolicy,
    ) -> Result<Self, PlanError> {
        let mut monitor = plan.monitor().clone();
        monitor.topics = vec![topic.clone()];
        let plan = Arc::new(MonitorPlan::new(monitor, plan.baseline().clone())?);
        Ok(Self { store, plan, topic, routing, policy })
    }

    /// The plan records must be decoded for.
    #[must_use]
    pub const fn plan(&self) -> &Arc<MonitorPlan> {
        &self.plan
    }

    /// Walks `batches` through the monitor, seals everything they hold and counts what came late.
    ///
    /// Batches are read and decoded on a thread of their own while earlier ones are checkpointed and sealed. Running
    /// the same input again counts nothing twice: what an earlier run checkpointed is skipped.
    ///
    /// # Errors
    /// The source's and the store's; what was checkpointed before stays.
    pub async fn run<I, E>(
        &self,
        batches: I,
        now: Timestamp,
        mut progress: impl FnMut(Progress<'_>),
    ) -> Result<ReplaySummary, EngineError>
    where
        I: IntoIterator<Item = Result<RecordBatch, E>> + Send + 'static,
        E: std::error::Error + Send + Sync + 'static,
    {
        let plans = vec![Arc::clone(&self.plan)];
        let mut accumulator =
            PartitionAccumulator::claim(self.store, self.topic.clone(), Partition(0), plans, "replay", now)
                .await?
                .of_a_file();
        let done = accumulator.next_offset();
        let mut summary = ReplaySummary::default();
        let mut records = decoded(batches);
        let mut offset = Offset(0);
        while let Some(batch) = records.recv().await {
            let batch = batch.map_err(|e| EngineError::Read { topic: self.topic.clone(), source: Box::new(e) })?;
            let mut is_full = false;
            for part in batch.cut(self.plan.monitor().pane, self.most_panes()) {
                let from = offset;
                offset = Offset(from.0.saturating_add(i64::try_from(part.rows()).unwrap_or(i64::MAX)));
                // An earlier run may have been cut elsewhere.
                let counted = usize::try_from(done.0.saturating_sub(from.0)).unwrap_or(0).min(part.rows());
                summary.skipped += counted as u64;
                let (from, part) = match counted {
                    0 => (from, part),
                    all if all == part.rows() => continue,
                    some => (done, part.slice(some..part.rows())),
                };
                accumulator.absorb(&Chunk { from, to: offset, batches: vec![part], ..Chunk::default() }, now)?;
                if self.policy.is_full(&accumulator.uncommitted()) {
                    accumulator.checkpoint(self.store, now).await?;
                    is_full = true;
                }
            }
            progress(Progress::Read(u64::try_from(offset.0).unwrap_or(0)));
            // Never between the parts of a batch, whose rows may be in any order.
            if is_full {
                accumulator.checkpoint(self.store, now).await?;
                self.seal(SealTime::Replay, &mut summary, &mut progress).await?;
            }
        }
        accumulator.checkpoint(self.store, now).await?;
        self.seal(SealTime::ReplayEnd, &mut summary, &mut progress).await?;
        summary.account = accumulator.counts();
        summary.late = self.store.sweep_late(&self.plan.monitor().id).await?;
        Ok(summary)
    }

    /// Panes that may be opened between two looks at what they take.
    fn most_panes(&self) -> usize {
        (self.policy.max_bytes / self.plan.reducer().least_bytes().max(1)).max(1)
    }

    async fn seal(
        &self,
        time: SealTime,
        summary: &mut ReplaySummary,
        progress: &mut impl FnMut(Progress<'_>),
    ) -> Result<(), EngineError> {
        let sealer = MonitorSealer::new(&self.plan, 1, &self.routing, time);
        let sealed = seal_all(self.store, &sealer, |sealed| progress(Progress::Sealed(sealed))).await?;
        summary.sealed.add(sealed);
        Ok(())
    }
}

/// Pulls `batches` on a blocking thread, at most two ahead of whoever receives them.
fn decoded<I, E>(batches: I) -> tokio::sync::mpsc::Receiver<Result<RecordBatch, E>>
where
    I: IntoIterator<Item = Result<RecordBatch, E>> + Send + 'static,
    E: Send + 'static,
{
    let (sender, receiver) = tokio::sync::mpsc::channel(2);
    tokio::task::spawn_blocking(move || {
        for batch in batches {
            let failed = batch.is_err();
            // The receiver is gone when the replay failed elsewhere; there is nothing left to do then.
            if sender.blocking_send(batch).is_err() || failed {
                break;
            }
        }
    });
    receiver
}
