//! Whether a monitor can get anywhere: partitions that nobody reads hold all of its windows back.

use std::fmt;

use driftd_window::{Span, Timestamp};

use crate::{PartitionRow, words};

/// Since when partitions of a monitor's topics are missing, as far as this process has seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProgressWatch {
    missing_since: Option<Timestamp>,
}

/// Nothing can be sealed, because of partitions that no worker of this store has ever read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standstill {
    /// For how long they have been missing.
    pub lasted: Span,
    /// How many.
    pub missing: u32,
}

impl ProgressWatch {
    /// Looks at the partitions of a monitor's topics that have a row, and at how many there should be, if that is known.
    pub fn look(&mut self, partitions: &[PartitionRow], expected: Option<usize>, now: Timestamp) -> Option<Standstill> {
        let missing = expected?.saturating_sub(partitions.len());
        if missing == 0 {
            self.missing_since = None;
            return None;
        }
        let since = *self.missing_since.get_or_insert(now);
        Some(Standstill { lasted: now.since(since), missing: u32::try_from(missing).unwrap_or(u32::MAX) })
    }
}

impl Standstill {
    /// Whether it lasts for longer than a group takes to hand out its partitions; `limit` is `pipeline.lag`.
    #[must_use]
    pub fn is_trouble(&self, limit: Option<Span>) -> bool {
        limit.is_some_and(|limit| self.lasted > limit)
    }
}

impl fmt::Display for Standstill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = Span::from_minutes(u32::try_from(self.lasted.as_micros() / 60_000_000).unwrap_or(u32::MAX));
        let partitions = words::counted(u64::from(self.missing), "partition was", "partitions were");
        write!(f, "nothing can be sealed: {partitions} never read by a worker of this store, for {minutes} by now")
    }
}

#[cfg(test)]
mod tests {
    use driftd_window::PartitionMark;

    use super::*;
    use crate::fixtures::clock;
    use crate::{Epoch, Offset, Partition};

    fn rows(count: i32) -> Vec<PartitionRow> {
        let row = |number| PartitionRow {
            topic: "topic".into(),
            partition: Partition(number),
            epoch: Epoch(1),
            next_offset: Some(Offset(10)),
            mark: PartitionMark::default(),
            rejected: 0,
            unread: None,
            log_event: None,
            updated_at: clock(0),
        };
        (0..count).map(row).collect()
    }

    #[test]
    fn a_partition_that_nobody_reads_holds_everything_back() {
        let mut watch = ProgressWatch::default();
        assert_eq!(watch.look(&rows(0), None, clock(0)), None, "nobody knows how many there are");
        let found = [1, 2, 5].map(|hour| watch.look(&rows(2), Some(3), clock(hour)).unwrap());
        assert_eq!(found.map(|found| (found.lasted, found.missing)), [0, 1, 4].map(|h| (Span::from_hours(h), 1)));
        let limit = Some(Span::from_hours(1));
        assert_eq!(found.map(|found| found.is_trouble(limit)), [false, false, true]);
        assert!(!found[2].is_trouble(None), "nobody wants to hear of it");
        assert_eq!(watch.look(&rows(3), Some(3), clock(6)), None);
        assert_eq!(watch.look(&rows(2), Some(4), clock(7)).unwrap().lasted, Span::ZERO, "that is another time");
        insta::assert_snapshot!(found[2], @"nothing can be sealed: 1 partition was never read by a worker of this store, for 4h by now");
    }
}
