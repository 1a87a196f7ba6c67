//! Repairs by hand.

use driftd_model::{Epoch, FrontierMove, MonitorId, Offset, PartitionReset, ResetStart, StoreError, TopicPartition};
use driftd_window::{EventTime, PartitionMark, Timestamp};

use super::state::{Partial, State};

impl State {
    pub(super) fn reset_partition(
        &mut self,
        partition: &TopicPartition,
        start: ResetStart,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<PartitionReset>, StoreError> {
        if let ResetStart::At(offset) = start
            && offset < Offset(0)
        {
            return Err(StoreError::permanent(format!("{offset} is no offset: records begin at 0")));
        }
        let key = (partition.topic.clone(), partition.partition);
        let Some(row) = self.partitions.get_mut(&key) else {
            return Ok(None);
        };
        row.epoch = Epoch(row.epoch.0 + 1);
        row.mark = PartitionMark::default();
        row.updated_at = now;
        row.next_offset = None;
        let epoch = row.epoch;
        self.owners.insert(key.clone(), by.to_owned());
        let ResetStart::At(wanted) = start else {
            self.set_aside(partition, Offset(-1));
            return Ok(Some(PartitionReset { epoch, next_offset: None, undone: 0 }));
        };
        let (mut next, mut undone) = (wanted, 0);
        for monitor in self.monitors.values_mut() {
            let is_open = |start: EventTime| monitor.sealed_through.is_none_or(|through| start >= through);
            for (_, partials) in monitor.partials.iter_mut().filter(|(pane, _)| is_open(pane.start())) {
                partials.retain(|partial| {
                    let goes = partial.is_of(partition) && partial.to > wanted;
                    if goes {
                        next = next.min(partial.from);
                        undone += partial.planned.delta.rows;
                    }
                    !goes
                });
            }
            monitor.partials.retain(|_, partials| !partials.is_empty());
        }
        self.set_aside(partition, next);
        if let Some(row) = self.partitions.get_mut(&key) {
            row.next_offset = Some(next);
        }
        Ok(Some(PartitionReset { epoch, next_offset: Some(next), undone }))
    }

    pub(super) fn forget_partition(&mut self, partition: &TopicPartition) -> bool {
        let key = (partition.topic.clone(), partition.partition);
        self.set_aside(partition, Offset(-1));
        self.known_since.remove(&key);
        self.partitions.remove(&key).is_some()
    }

    pub(super) fn move_frontier(&mut self, monitor: &MonitorId, to: EventTime) -> Result<FrontierMove, StoreError> {
        let state = self.monitor(monitor);
        let before = state.sealed_through;
        let mut moved = FrontierMove { before, reopened: 0, windows: 0 };
        if before.is_some_and(|before| to < before) {
            let dropped = state.dropped.iter().filter(|((pane, _), rows)| pane.start() >= to && **rows > 0);
            if let Some(pane) = dropped.map(|((pane, _), _)| pane.start()).max() {
                return Err(StoreError::permanent(format!("counts up to the pane of {pane} have been dropped")));
            }
            let sealed = state.sealed.len();
            state.sealed.retain(|(pane, _), _| pane.start() < to);
            moved.reopened = (sealed - state.sealed.len()) as u64;
            let windows = state.windows.len();
            state.windows.retain(|row| row.window_end <= to);
            moved.windows = (windows - state.windows.len()) as u64;
            state.history.retain(|row| row.window_end <= to);
            state.budgets.retain(|end, _| *end <= to);
            state.memories.retain(|_, memory| memory.through <= to);
        }
        state.sealed_through = Some(to);
        Ok(moved)
    }

    /// Gives counts behind that offset one that no record has.
    fn set_aside(&mut self, partition: &TopicPartition, behind: Offset) {
        let partials = self.monitors.values_mut().flat_map(|monitor| monitor.partials.values_mut().flatten());
        for partial in partials.filter(|partial| partial.is_of(partition) && partial.to > behind) {
            (partial.from, partial.to) = (Offset(-1), Offset(-1));
        }
    }
}

impl Partial {
    fn is_of(&self, partition: &TopicPartition) -> bool {
        self.topic == partition.topic && self.partition == partition.partition
    }
}
