//! Whether a monitor can get anywhere: partitions that nobody reads for it hold all of its windows back.

use std::fmt;

use driftd_window::{Span, Timestamp};

use crate::{CountedMark, words};

/// Since when partitions of a monitor's topics are not read for it, as far as this process has seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProgressWatch {
    missing_since: Option<Timestamp>,
}

/// Nothing can be sealed, because of partitions that no worker of this store reads for the monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standstill {
    /// For how long they have been missing.
    pub lasted: Span,
    /// How many nobody has ever read.
    pub missing: u32,
    /// How many are read by workers that do not have the monitor as it is here.
    pub uncounted: u32,
    /// How many are counted by another deployment, which shares the consumer group but not the store.
    pub elsewhere: u32,
}

impl ProgressWatch {
    /// Looks at the partitions of a monitor's topics that have a row, at how many there should be, if that is known, and at
    /// how many are counted elsewhere.
    pub fn look(
        &mut self,
        partitions: &[CountedMark],
        expected: Option<usize>,
        elsewhere: usize,
        now: Timestamp,
    ) -> Option<Standstill> {
        let missing = expected?.saturating_sub(partitions.len());
        let uncounted = partitions.iter().filter(|partition| partition.is_uncounted()).count();
        if missing == 0 && uncounted == 0 && elsewhere == 0 {
            self.missing_since = None;
            return None;
        }
        let since = *self.missing_since.get_or_insert(now);
        let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
        Some(Standstill {
            lasted: now.since(since),
            missing: number(missing),
            uncounted: number(uncounted),
            elsewhere: number(elsewhere),
        })
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
        let seconds = u32::try_from(self.lasted.as_micros() / 1_000_000).unwrap_or(u32::MAX);
        // In whole minutes, so that what is told of it changes no more often.
        let lasted = if seconds < 60 { Span::from_secs(seconds) } else { Span::from_minutes(seconds / 60) };
        let missing = words::counted(u64::from(self.missing), "partition was", "partitions were");
        let uncounted = words::counted(u64::from(self.uncounted), "partition is", "partitions are");
        f.write_str("nothing can be sealed: ")?;
        if self.elsewhere > 0 {
            let elsewhere = words::counted(u64::from(self.elsewhere), "partition is", "partitions are");
            write!(f, "{elsewhere} counted by another deployment in the same kafka.group, into a store of its own, ")?;
        }
        if self.missing > 0 {
            write!(f, "{missing} never read by a worker of this store, ")?;
        }
        if self.uncounted > 0 {
            write!(f, "{uncounted} read by workers that do not have the monitor as it is configured here, ")?;
        }
        write!(f, "for {lasted} by now")
    }
}

#[cfg(test)]
mod tests {
    use driftd_window::PartitionMark;

    use super::*;
    use crate::fixtures::clock;
    use crate::{Counting, Partition};

    fn rows(count: i32) -> Vec<CountedMark> {
        let mark = PartitionMark::default();
        (0..count).map(|n| CountedMark { partition: Partition(n), mark, counting: Counting::Now }).collect()
    }

    #[test]
    fn a_partition_that_nobody_reads_holds_everything_back() {
        let mut watch = ProgressWatch::default();
        assert_eq!(watch.look(&rows(0), None, 0, clock(0)), None, "nobody knows how many there are");
        let found = [1, 2, 5].map(|hour| watch.look(&rows(2), Some(3), 0, clock(hour)).unwrap());
        assert_eq!(found.map(|found| (found.lasted, found.missing)), [0, 1, 4].map(|h| (Span::from_hours(h), 1)));
        let limit = Some(Span::from_hours(1));
        assert_eq!(found.map(|found| found.is_trouble(limit)), [false, false, true]);
        assert!(!found[2].is_trouble(None), "nobody wants to hear of it");
        assert_eq!(watch.look(&rows(3), Some(3), 0, clock(6)), None);
        assert_eq!(watch.look(&rows(2), Some(4), 0, clock(7)).unwrap().lasted, Span::ZERO, "that is another time");
        let mut half = rows(4);
        half[1].counting = Counting::Until(None);
        half[2].counting = Counting::Never;
        watch = ProgressWatch::default();
        watch.look(&half, Some(4), 0, clock(8));
        let uncounted = watch.look(&half, Some(5), 0, clock(9)).unwrap();
        assert_eq!((uncounted.missing, uncounted.uncounted), (1, 2));
        let words = "nothing can be sealed: 1 partition was never read by a worker of this store, 2 partitions are read by \
                     workers that do not have the monitor as it is configured here, for 1h by now";
        assert_eq!(uncounted.to_string(), words);
        let elsewhere = ProgressWatch::default().look(&rows(4), Some(4), 2, clock(0)).unwrap();
        insta::assert_snapshot!(elsewhere, @"nothing can be sealed: 2 partitions are counted by another deployment in the same kafka.group, into a store of its own, for 0s by now");
        insta::assert_snapshot!(found[2], @"nothing can be sealed: 1 partition was never read by a worker of this store, for 4h by now");
    }
}
