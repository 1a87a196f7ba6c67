//! Partitions: claims and fenced checkpoints.

use driftd_model::{
    Checkpoint, Claim, Epoch, LogEvent, Offset, Partition, PartitionRow, RejectReason, StoreError, Topic, Unread,
};
use driftd_window::{PartitionMark, Timestamp};

use super::fault::{Bug, Fault, Operation};
use super::state::{Partial, State};

/// Sampled rejects kept for each topic.
const DEAD_LETTERS: usize = 1000;

impl State {
    /// A new owner has not seen the partition's end: it may have grown while nobody read it.
    pub(super) fn claim(&mut self, topic: &Topic, partition: Partition, now: Timestamp) -> Claim {
        let row = self.partitions.entry((topic.clone(), partition)).or_insert_with(|| PartitionRow {
            topic: topic.clone(),
            partition,
            epoch: Epoch(0),
            next_offset: None,
            mark: PartitionMark::default(),
            rejected: 0,
            unread: None,
            log_event: None,
            updated_at: now,
        });
        row.updated_at = now;
        self.known_since.entry((topic.clone(), partition)).or_insert(now);
        row.epoch = Epoch(row.epoch.0 + 1);
        row.mark = PartitionMark::stored(row.mark.watermark(), None);
        self.retired.remove(&(topic.clone(), partition));
        let log_mark = self.log_marks.get(&(topic.clone(), partition)).copied();
        let claim =
            Claim { epoch: row.epoch, next_offset: row.next_offset, mark: row.mark, topic_since: None, log_mark };
        let read = self.partitions.iter().filter(|((of, _), row)| of == topic && row.next_offset.is_some());
        let topic_since = read.filter_map(|(key, _)| self.known_since.get(key)).min().copied();
        Claim { topic_since, ..claim }
    }

    pub(super) fn renew(&mut self, topic: &Topic, partition: Partition, counted_to: Offset, now: Timestamp) {
        let key = (topic.clone(), partition);
        let Some(row) = self.partitions.get_mut(&key).filter(|row| row.next_offset == Some(counted_to)) else { return };
        row.next_offset = Some(Offset(0));
        row.mark = PartitionMark::stored(row.mark.watermark(), None);
        row.log_event = Some((LogEvent::Renewed { counted_to }, now));
        self.log_marks.remove(&key);
    }

    pub(super) fn note_unread(&mut self, topic: &Topic, partition: Partition, unread: Option<&Unread>) {
        if let Some(row) = self.partitions.get_mut(&(topic.clone(), partition)) {
            row.unread = unread.cloned();
        }
    }

    /// Partitions of a topic that brokers have, as far as is known.
    pub(super) fn rows_of<'a>(&'a self, topic: &'a Topic) -> impl Iterator<Item = &'a PartitionRow> {
        let rows = self.partitions.iter().filter(|(key, _)| key.0 == *topic && !self.retired.contains(*key));
        rows.map(|(_, row)| row)
    }

    pub(super) fn retire(&mut self, topic: &Topic, count: i32) -> u64 {
        let (mut retired, all) = (0, self.partitions.iter_mut());
        for (key, row) in all.filter(|((of, number), _)| of == topic && number.0 >= count) {
            if self.retired.insert(key.clone()) {
                retired += 1;
                row.unread = None;
            }
        }
        retired
    }

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
        let Checkpoint { topic, partition, epoch, from, to, .. } = checkpoint;
        if to < from {
            let what = format!("a checkpoint of {topic}/{partition} cannot go back from offset {from} to {to}");
            return Err(StoreError::permanent(what));
        }
        let fenced = |why: String| Err(StoreError::Fenced(format!("{topic}/{partition}: {why}")));
        let Some(row) = self.partitions.get(&(topic.clone(), *partition)) else {
            return fenced("was never claimed".to_owned());
        };
        if row.epoch != *epoch && !self.has_bug(Bug::NoEpochFence) {
            return fenced(format!("epoch is {}, not {epoch}", row.epoch));
        }
        let follows = row.next_offset.is_none_or(|next| next == *from);
        if !follows && !self.has_bug(Bug::NoOffsetFence) {
            let next = row.next_offset.unwrap_or_default();
            return fenced(format!("offsets [{from}, {to}) do not follow on {next}"));
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
