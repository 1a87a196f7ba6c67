//! Claims: who owns a partition, and which plans its records are counted on from here.

use std::collections::BTreeMap;

use driftd_model::{
    Claim, Claimant, ContentHash, CountedMark, Counting, Epoch, LogEvent, MonitorId, Offset, Partition, PartitionRow,
    Topic, Unread,
};
use driftd_window::{EventTime, PartitionMark, Timestamp, Watermark};

use super::state::State;

/// A plan that the records of a partition are or were counted on.
#[derive(Clone, Debug)]
pub(super) struct CountedPlan {
    epoch: Epoch,
    watermark: Option<Watermark>,
    next_offset: Option<Offset>,
    whole_from: Option<EventTime>,
}

impl State {
    /// A new owner has not seen the partition's end: it may have grown while nobody read it.
    pub(super) fn claim(&mut self, topic: &Topic, partition: Partition, claimant: &Claimant, now: Timestamp) -> Claim {
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
        self.owners.insert((topic.clone(), partition), claimant.owner.clone());
        self.known_since.entry((topic.clone(), partition)).or_insert(now);
        row.epoch = Epoch(row.epoch.0 + 1);
        row.mark = PartitionMark::stored(row.mark.watermark(), None);
        let row = row.clone();
        self.hand_over(&row, claimant);
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

    /// What the last owner counted on ends here, and what the new one counts on goes on or has a gap.
    fn hand_over(&mut self, row: &PartitionRow, claimant: &Claimant) {
        let counted = self.counted.entry((row.topic.clone(), row.partition)).or_default();
        let is_first = counted.is_empty() || row.next_offset.is_none();
        let newest = row.mark.watermark().map(|mark| mark.event_time().plus(claimant.out_of_orderness));
        let after = |newest: EventTime| EventTime::from_micros(newest.as_micros() + 1);
        let whole_from = newest.filter(|_| !is_first).map(after);
        for plan in counted.values_mut().filter(|plan| plan.epoch.0 + 1 == row.epoch.0) {
            plan.watermark = row.mark.watermark();
            plan.next_offset = row.next_offset;
        }
        // A newer plan of a monitor takes over what was counted on the one before it.
        let mut last: Option<(&MonitorId, Option<EventTime>)> = None;
        for key in &claimant.plans {
            let inherited = last.filter(|(monitor, _)| **monitor == key.0).map_or(whole_from, |(_, whole)| whole);
            let fresh = CountedPlan { epoch: row.epoch, watermark: None, next_offset: None, whole_from: inherited };
            let plan = counted.entry(key.clone()).or_insert_with(|| fresh.clone());
            if plan.epoch != row.epoch && plan.next_offset != row.next_offset {
                plan.whole_from = inherited;
            }
            plan.epoch = row.epoch;
            last = Some((&key.0, plan.whole_from));
        }
        counted.retain(|(monitor, _), plan| {
            plan.epoch == row.epoch || claimant.plans.iter().all(|(claimed, _)| claimed != monitor)
        });
    }

    /// The marks of a topic's partitions for one plan of a monitor.
    pub(super) fn marks(&self, topic: &Topic, monitor: &MonitorId, plan: &ContentHash) -> Vec<CountedMark> {
        let rows = self.partitions.iter().filter(|(key, _)| key.0 == *topic && !self.retired.contains(*key));
        let counting = |key: &(Topic, Partition), row: &PartitionRow| {
            let counted = self.counted.get(key).filter(|counted| !counted.is_empty());
            let Some(counted) = counted else { return Counting::Unsaid };
            match counted.get(&(monitor.clone(), plan.clone())) {
                None => Counting::Never,
                Some(found) if found.epoch == row.epoch => Counting::Now,
                Some(found) => Counting::Until(found.watermark),
            }
        };
        rows.map(|(key, row)| CountedMark { partition: key.1, mark: row.mark, counting: counting(key, row) }).collect()
    }

    /// From where on all records of the topics were counted on each plan of a monitor.
    pub(super) fn whole_from(&self, monitor: &MonitorId, topics: &[Topic]) -> BTreeMap<ContentHash, EventTime> {
        let mut whole = BTreeMap::new();
        let counted = self.counted.iter().filter(|((topic, _), _)| topics.contains(topic)).flat_map(|(_, all)| all);
        for ((_, hash), plan) in counted.filter(|((of, _), _)| of == monitor) {
            if let Some(from) = plan.whole_from {
                whole.entry(hash.clone()).and_modify(|known: &mut EventTime| *known = from.max(*known)).or_insert(from);
            }
        }
        whole
    }
}
