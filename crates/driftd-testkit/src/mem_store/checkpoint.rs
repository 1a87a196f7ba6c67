//! Fenced checkpoints.

use driftd_model::{Checkpoint, RejectReason, StoreError};
use driftd_window::{PartitionMark, Timestamp};

use super::fault::{Bug, Fault, Operation};
use super::state::{Partial, State};

/// Sampled rejects kept for each topic.
const DEAD_LETTERS: usize = 1000;

impl State {
    pub(super) fn checkpoint(&mut self, checkpoint: &Checkpoint, now: Timestamp) -> Result<(), StoreError> {
        let fault = self.take_fault(Operation::Checkpoint);
        self.fence(checkpoint)?;
        self.check_plans(&checkpoint.counted_on)?;
        if fault == Some(Fault::BeforeCommit) {
            return Err(Fault::error(Operation::Checkpoint));
        }
        self.last_checkpoint = Some(checkpoint.clone());
        self.append(checkpoint, now);
        if fault.is_some() && self.has_bug(Bug::CountsBeforeOffset) {
            return Err(Fault::error(Operation::Checkpoint));
        }
        self.advance(checkpoint, now);
        match fault {
            Some(_) => Err(Fault::error(Operation::Checkpoint)),
            None => Ok(()),
        }
    }

    /// Both fences: the caller still owns the partition, and its offsets follow on.
    fn fence(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let Checkpoint { topic, partition, epoch, from, to, is_first, .. } = checkpoint;
        if to < from {
            let what = format!("a checkpoint of {topic}/{partition} cannot go back from offset {from} to {to}");
            return Err(StoreError::permanent(what));
        }
        let fenced = |why: String| Err(StoreError::Fenced(format!("{topic}/{partition}: {why}")));
        let went_back = |why: String| Err(StoreError::WentBack(format!("{topic}/{partition}: {why}")));
        let Some(row) = self.partitions.get(&(topic.clone(), *partition)) else {
            return went_back("there is no row".to_owned());
        };
        if row.epoch != *epoch && !self.has_bug(Bug::NoEpochFence) {
            let why = format!("epoch is {}, not {epoch}", row.epoch);
            return if row.epoch < *epoch { went_back(why) } else { fenced(why) };
        }
        let follows = row.next_offset.map_or(*is_first, |next| next == *from);
        if !follows && !self.has_bug(Bug::NoOffsetFence) {
            let why = format!("offsets [{from}, {to}) do not follow on {:?}", row.next_offset);
            return if row.next_offset.is_some_and(|next| next > *from) { fenced(why) } else { went_back(why) };
        }
        Ok(())
    }

    fn append(&mut self, checkpoint: &Checkpoint, now: Timestamp) {
        for (monitor, planned) in &checkpoint.deltas {
            let partial = Partial {
                topic: checkpoint.topic.clone(),
                partition: checkpoint.partition,
                from: checkpoint.from,
                to: checkpoint.to,
                landed: now,
                planned: planned.clone(),
            };
            self.monitor(monitor).partials.entry(planned.delta.pane).or_default().push(partial);
        }
    }

    fn advance(&mut self, checkpoint: &Checkpoint, now: Timestamp) {
        let key = (checkpoint.topic.clone(), checkpoint.partition);
        self.retired.remove(&key);
        if let Some(row) = self.partitions.get_mut(&key) {
            row.next_offset = Some(checkpoint.to);
            row.updated_at = now;
            row.mark =
                PartitionMark::stored(row.mark.watermark().max(checkpoint.mark.watermark()), checkpoint.mark.end());
            let counted = checkpoint.rejected.iter().filter(|(reason, _)| reason != RejectReason::Deleted.as_str());
            row.rejected += counted.map(|(_, count)| count).sum::<u64>();
            row.log_event = checkpoint.log_event.map(|event| (event, now)).or(row.log_event);
            if let Some(mark) = checkpoint.log_mark {
                self.log_marks.insert(key, mark);
            }
        }
        let letters = self.dead_letters.entry(checkpoint.topic.clone()).or_default();
        letters.extend(checkpoint.samples.iter().map(|sample| (now, sample.clone())));
        while letters.len() > DEAD_LETTERS {
            letters.pop_front();
        }
    }
}
