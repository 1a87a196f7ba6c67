//! Whether members of the same consumer group count into another store: two deployments that share a group split the
//! partitions between them, and neither has what it needs to complete a window.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use driftd_model::{Offset, Partition, SharedStore, Source, StoreError, Topic, TopicPartition};
use tokio::time::Instant;

/// How long an answer is good for, whichever monitor of the topic asks.
const MAX_AGE: Duration = Duration::from_secs(9);

/// What was found, by topic, and when.
#[derive(Default)]
pub(super) struct OtherDeployments(BTreeMap<Topic, (Instant, Found)>);

#[derive(Default)]
struct Found {
    /// Offsets of the group that the store did not have.
    ahead: BTreeMap<Partition, Offset>,
    /// Partitions that are counted elsewhere.
    elsewhere: BTreeSet<Partition>,
}

impl OtherDeployments {
    /// How many of the topic's partitions, of which there are `count`, the group counts for another store.
    pub(super) async fn count(
        &mut self,
        topic: &Topic,
        count: usize,
        source: &dyn Source,
        store: &SharedStore,
    ) -> Result<usize, StoreError> {
        if let Some((at, found)) = self.0.get(topic)
            && at.elapsed() < MAX_AGE
        {
            return Ok(found.elsewhere.len());
        }
        let numbers = 0..i32::try_from(count).unwrap_or(i32::MAX);
        let partitions: Vec<_> = numbers.map(|n| TopicPartition::new(topic.clone(), Partition(n))).collect();
        // Before the store is asked, which may be ahead of what was said of it but never behind.
        let told = source.group_offsets(&partitions).await;
        let rows = store.partitions(topic).await?;
        let told = partitions.iter().map(|partition| partition.partition).zip(told);
        let told = told.filter_map(|(partition, told)| Some((partition, told?))).collect();
        let counted = rows.iter().map(|row| (row.partition, row.next_offset)).collect();
        let before = self.0.remove(topic).map(|(_, found)| found).unwrap_or_default();
        let found = before.then(&told, &counted);
        let elsewhere = found.elsewhere.len();
        self.0.insert(topic.clone(), (Instant::now(), found));
        Ok(elsewhere)
    }
}

impl Found {
    /// What follows from the offsets that the group was told, and from what the store has counted.
    ///
    /// Members say how far they are after their store knows it, so an offset of the group that this store does not have is of
    /// another one. Of a partition that this store has counted it has to move as well: a store may have been restored, and a
    /// topic that is begun anew leaves the old offset behind.
    fn then(&self, told: &BTreeMap<Partition, Offset>, counted: &BTreeMap<Partition, Option<Offset>>) -> Self {
        let mut found = Self::default();
        for (partition, told) in told {
            let is_ours = |next: &Option<Offset>| next.is_some_and(|next| *told <= next);
            let is_elsewhere = match counted.get(partition) {
                None => true,
                Some(next) if is_ours(next) => continue,
                Some(_) => {
                    let has_moved = self.ahead.get(partition).is_some_and(|before| told > before);
                    has_moved || self.elsewhere.contains(partition)
                }
            };
            found.ahead.insert(*partition, *told);
            if is_elsewhere {
                found.elsewhere.insert(*partition);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_that_moves_ahead_of_the_store_is_anothers() {
        let told = |offsets: [i64; 3]| (0..).map(Partition).zip(offsets.map(Offset)).collect::<BTreeMap<_, _>>();
        let counted = |offsets: [Option<i64>; 2]| {
            (0..).map(Partition).zip(offsets.map(|offset| offset.map(Offset))).collect::<BTreeMap<_, _>>()
        };
        let elsewhere = |found: &Found| found.elsewhere.iter().map(|partition| partition.0).collect::<Vec<_>>();
        // The third has no row: it can only be another store's.
        let first = Found::default().then(&told([10, 10, 10]), &counted([Some(10), Some(4)]));
        assert_eq!(elsewhere(&first), [2], "the second may be what a restored store has yet to read again");
        let still = first.then(&told([10, 10, 10]), &counted([Some(12), Some(4)]));
        assert_eq!(elsewhere(&still), [2]);
        let moved = still.then(&told([12, 11, 10]), &counted([Some(12), Some(4)]));
        assert_eq!(elsewhere(&moved), [1, 2]);
        let waits = moved.then(&told([12, 11, 10]), &counted([Some(12), None]));
        assert_eq!(elsewhere(&waits), [1, 2], "nothing has come since");
        let given_back = waits.then(&told([13, 14, 10]), &counted([Some(13), Some(14)]));
        assert_eq!(elsewhere(&given_back), [2]);
        assert!(elsewhere(&given_back.then(&BTreeMap::new(), &counted([None, None]))).is_empty(), "nobody answers");
    }
}
