//! The accumulator of one partition: records in, checkpoints out.

mod watermark;

use std::collections::BTreeMap;
use std::sync::Arc;

use driftd_model::{
    Checkpoint, Chunk, Claim, Claimant, CountedOn, DeadLetter, Epoch, LogEvent, LogMark, MonitorId, MonitorPlan,
    Offset, Partition, PlannedDelta, RejectReason, Store, Topic,
};
use driftd_window::{Absorbed, PaneDelta, PartitionMark, Reducer, Span, Timestamp};

use crate::checkpoint_policy::Uncommitted;
use crate::{EngineError, Moment};
use watermark::WatermarkGenerator;

/// How many rejects a checkpoint carries as samples.
const SAMPLES: usize = 20;

/// What became of a partition's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct RecordCounts {
    /// Records read.
    pub read: u64,
    /// Records that could not be decoded.
    pub undecodable: u64,
    /// Records without a usable event time, whether the decoder or a reducer found that out.
    pub without_time: u64,
    /// Records that no monitor's filter let pass.
    pub filtered: u64,
    /// Records that had been deleted before they were read.
    pub deleted: u64,
    /// Rows of all monitors together.
    pub rows: Absorbed,
}

/// One partition, its monitors' reducers, and where its next checkpoint starts.
#[derive(Debug)]
pub struct PartitionAccumulator {
    topic: Topic,
    partition: Partition,
    epoch: Epoch,
    /// Whether nobody ever read the partition and nothing was taken yet.
    is_new: bool,
    from: Offset,
    cursor: Offset,
    watermark: PartitionMark,
    /// Time that had passed when the partition's end was reached, while it is.
    at_end_since: Option<Span>,
    generator: WatermarkGenerator,
    monitors: Vec<(Arc<MonitorPlan>, Reducer)>,
    rejected: BTreeMap<String, u64>,
    samples: Vec<DeadLetter>,
    counts: RecordCounts,
    log_mark: Option<LogMark>,
    log_event: Option<LogEvent>,
    moved: bool,
}

impl PartitionAccumulator {
    /// Takes ownership of a partition; records are wanted from [`PartitionAccumulator::next_offset`] on.
    ///
    /// # Errors
    /// The store's.
    pub async fn claim(
        store: &dyn Store,
        topic: Topic,
        partition: Partition,
        plans: Vec<Arc<MonitorPlan>>,
        owner: &str,
        now: Timestamp,
    ) -> Result<Self, EngineError> {
        let claim = store.claim(&topic, partition, &Claimant::counting(owner, &plans), now).await?;
        let from = claim.next_offset.unwrap_or(Offset(0));
        Ok(Self::start(topic, partition, plans, &claim, from))
    }

    /// Goes on with a claimed partition at `at`: where the claim says, or further on when the source does not have the
    /// records before `at` any more, or where the start policy says when nobody ever read it.
    #[must_use]
    pub fn start(topic: Topic, partition: Partition, plans: Vec<Arc<MonitorPlan>>, claim: &Claim, at: Offset) -> Self {
        let generator = WatermarkGenerator::new(plans.iter().map(|plan| plan.monitor()));
        let monitors = plans
            .into_iter()
            .map(|plan| {
                let reducer = Reducer::new(Arc::clone(plan.reducer()));
                (plan, reducer)
            })
            .collect();
        Self {
            topic,
            partition,
            epoch: claim.epoch,
            is_new: claim.next_offset.is_none(),
            from: claim.next_offset.unwrap_or(at),
            cursor: at,
            watermark: claim.mark,
            at_end_since: None,
            generator,
            monitors,
            rejected: BTreeMap::new(),
            samples: Vec::new(),
            counts: RecordCounts::default(),
            log_mark: None,
            log_event: None,
            moved: claim.next_offset.is_some_and(|next| next != at),
        }
    }

    /// The same for a partition that is a file: its records are all there, whatever the clock says.
    #[must_use]
    pub fn of_a_file(self) -> Self {
        Self { generator: self.generator.complete(), ..self }
    }

    /// Writes down where a partition that nobody ever read begins, with the next checkpoint: where that is must not
    /// depend on whether the process lives until records come.
    pub const fn begin(&mut self) {
        self.moved = true;
    }

    /// The record the task wants next.
    #[must_use]
    pub const fn next_offset(&self) -> Offset {
        self.cursor
    }

    /// What became of its records so far.
    #[must_use]
    pub const fn counts(&self) -> RecordCounts {
        self.counts
    }

    /// Counts a chunk.
    ///
    /// # Errors
    /// A chunk that does not start at [`PartitionAccumulator::next_offset`] or has not one batch a monitor; nothing is counted then.
    pub fn absorb(&mut self, chunk: &Chunk, moment: impl Into<Moment>) -> Result<(), EngineError> {
        let moment = moment.into();
        if chunk.from != self.cursor || chunk.to < chunk.from {
            return Err(EngineError::Gap { topic: self.topic.clone(), expected: self.cursor, found: chunk.from });
        }
        if chunk.batches.len() != self.monitors.len() {
            let (expected, found) = (self.monitors.len(), chunk.batches.len());
            return Err(EngineError::Batches { topic: self.topic.clone(), expected, found });
        }
        // Mark and rejects belong to the partition, which all monitors share: the mark promises only what holds for each
        // of them, and a record that all of them reject is one rejected record.
        if chunk.to > chunk.from {
            self.watermark.left_end();
            self.at_end_since = None;
        }
        let mut newest = Vec::with_capacity(self.monitors.len());
        let (mut without_time, mut too_old, mut in_future) = (0, 0, 0);
        for ((plan, reducer), batch) in self.monitors.iter_mut().zip(&chunk.batches) {
            let mut absorbed = reducer.absorb(batch, moment.latest);
            if plan.reducer().validity.from.is_some() {
                // The first plan of the monitor has seen the same records, and says so.
                (absorbed.without_time, absorbed.too_old, absorbed.in_future) = (0, 0, 0);
            }
            newest.push(absorbed.newest);
            without_time = absorbed.without_time.max(without_time);
            too_old = absorbed.too_old.max(too_old);
            in_future = absorbed.in_future.max(in_future);
            self.counts.rows.add(absorbed);
        }
        if let Some(newest) = self.generator.advance(newest.into_iter(), moment.earliest) {
            self.watermark.advance(newest, self.slack());
        }
        let rejected = [
            (RejectReason::NoEventTime, without_time),
            (RejectReason::TooOld, too_old),
            (RejectReason::InFuture, in_future),
        ];
        for (reason, count) in rejected {
            if count > 0 {
                *self.rejected.entry(reason.as_str().to_owned()).or_default() += count;
            }
        }
        let timeless = chunk.rejects.iter().filter(|reject| RejectReason::is_want_of_time(&reject.reason)).count();
        for reject in &chunk.rejects {
            *self.rejected.entry(reject.reason.clone()).or_default() += 1;
        }
        let room = SAMPLES.saturating_sub(self.samples.len());
        self.samples.extend(chunk.rejects.iter().take(room).cloned());
        let (deleted, skipped) = match chunk.event {
            Some(event @ LogEvent::Deleted { .. }) => (event.records(), 0),
            Some(event @ LogEvent::Skipped { .. }) => (0, event.records()),
            Some(LogEvent::Renewed { .. }) | None => (0, 0),
        };
        for (reason, count) in [(RejectReason::Deleted, deleted), (RejectReason::UnreadableBatch, skipped)] {
            if count > 0 {
                *self.rejected.entry(reason.as_str().to_owned()).or_default() += count;
            }
        }
        self.log_event = chunk.event.or(self.log_event);
        self.log_mark = chunk.mark.or(self.log_mark);
        self.counts.deleted += deleted;
        self.counts.undecodable += (chunk.rejects.len() - timeless) as u64 + skipped;
        self.counts.without_time += timeless as u64 + without_time;
        self.counts.filtered += chunk.filtered;
        self.counts.read += u64::try_from(chunk.to.0.saturating_sub(chunk.from.0)).unwrap_or(0);
        self.cursor = chunk.to;
        self.moved = true;
        Ok(())
    }

    /// The source says that it has no more records for now, or still has none: the latter is what tells a quiet
    /// partition from one whose owner hangs.
    pub fn reached_end(&mut self, moment: impl Into<Moment>) {
        let (before, moment) = (self.watermark, moment.into());
        let since = *self.at_end_since.get_or_insert(moment.passed);
        let quiet = Span::from_micros(moment.passed.as_micros() - since.as_micros()).unwrap_or(Span::ZERO);
        self.watermark.at_end_for(moment.now, quiet);
        self.moved |= self.watermark != before;
    }

    /// The largest out-of-orderness of the task's monitors: one mark has to serve them all.
    fn slack(&self) -> Span {
        self.monitors.iter().map(|(plan, _)| plan.monitor().out_of_orderness).max().unwrap_or(Span::ZERO)
    }

    /// What is not yet in a checkpoint.
    #[must_use]
    pub fn uncommitted(&self) -> Uncommitted {
        Uncommitted {
            bytes: self.monitors.iter().map(|(_, reducer)| reducer.bytes()).sum(),
            least_bytes: self.monitors.iter().map(|(_, reducer)| reducer.least_bytes()).sum(),
            records: u64::try_from(self.cursor.0.saturating_sub(self.from.0)).unwrap_or(0),
            has_moved: self.moved,
        }
    }

    /// Whether a checkpoint would say anything new.
    #[must_use]
    pub const fn has_moved(&self) -> bool {
        self.moved
    }

    /// Writes everything since the last checkpoint in one transaction; nothing when nothing moved.
    ///
    /// # Errors
    /// The store's. After any error the task is spent: its counts went into the failed checkpoint, so it must be
    /// claimed again, which starts at the offset that really is in the store.
    pub async fn checkpoint(&mut self, store: &dyn Store, now: Timestamp) -> Result<(), EngineError> {
        if let Some(checkpoint) = self.take() {
            store.checkpoint(&checkpoint, now).await?;
        }
        Ok(())
    }

    /// Everything since the last checkpoint, or nothing when nothing moved. The task counts from its end on, so whoever
    /// takes it has to write it, again and again if need be, before anything that the task gives later.
    #[must_use]
    pub fn take(&mut self) -> Option<Checkpoint> {
        if !self.moved {
            return None;
        }
        let (mut deltas, mut counted_on) = (Vec::new(), BTreeMap::new());
        for (plan, reducer) in &mut self.monitors {
            let drained = reducer.drain();
            note_latest(&mut counted_on, plan, &drained);
            let drained = drained.into_iter();
            deltas.extend(
                drained
                    .map(|delta| (plan.monitor().id.clone(), PlannedDelta { plan_hash: plan.hash().clone(), delta })),
            );
        }
        let checkpoint = Checkpoint {
            topic: self.topic.clone(),
            partition: self.partition,
            epoch: self.epoch,
            is_first: std::mem::take(&mut self.is_new),
            from: self.from,
            to: self.cursor,
            mark: self.watermark,
            deltas,
            counted_on: counted_on.into_values().collect(),
            rejected: std::mem::take(&mut self.rejected).into_iter().collect(),
            samples: std::mem::take(&mut self.samples),
            log_mark: self.log_mark.take(),
            log_event: self.log_event.take(),
        };
        self.from = self.cursor;
        self.moved = false;
        Some(checkpoint)
    }
}

/// Keeps, of each monitor whose plan may be superseded, the latest pane and what it was counted on.
fn note_latest(known: &mut BTreeMap<MonitorId, CountedOn>, plan: &MonitorPlan, drained: &[PaneDelta]) {
    let latest = drained.iter().map(|delta| delta.pane).max();
    let Some(counted) = latest.and_then(|pane| plan.counted_on(pane)) else { return };
    if known.get(&counted.monitor).is_none_or(|known| known.pane < counted.pane) {
        known.insert(counted.monitor.clone(), counted);
    }
}

#[cfg(test)]
mod tests;
