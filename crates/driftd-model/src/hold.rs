//! What a monitor's frontier waits for, in terms of partitions: for people, where a sealer needs the mark alone.

use driftd_window::{GlobalMark, Span, Timestamp, Watermark};

use crate::{PartitionRow, TopicPartition};

/// What holds the watermark of a monitor where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// So many partitions of its topics have been read by no worker of this store.
    Missing(usize),
    /// This one has a row, and neither a record nor its end has been seen since it was claimed.
    Unread(TopicPartition),
    /// This one is the furthest behind of those with more to read.
    Partition(TopicPartition, Watermark),
    /// Every partition is quiet: the clock moves the watermark.
    Clock(Watermark),
}

impl Hold {
    /// What holds a monitor with these partitions, of which there should be `expected` where that is known.
    #[must_use]
    pub fn of(rows: &[PartitionRow], expected: Option<usize>, now: Timestamp, idle_timeout: Span) -> Self {
        let expected = expected.unwrap_or(rows.len()).max(1);
        if rows.len() < expected {
            return Self::Missing(expected - rows.len());
        }
        let place = |row: &PartitionRow| TopicPartition::new(row.topic.clone(), row.partition);
        let awake = || rows.iter().filter(|row| !row.mark.is_idle(now, idle_timeout));
        if let Some(row) = awake().find(|row| row.mark.watermark().is_none()) {
            return Self::Unread(place(row));
        }
        let slowest = awake().filter_map(|row| Some((row.mark.watermark()?, row))).min_by_key(|(mark, _)| *mark);
        match slowest {
            Some((mark, row)) => Self::Partition(place(row), mark),
            None => Self::Clock(Watermark::at(now.minus(idle_timeout).as_event_time())),
        }
    }

    /// How far the watermark has come, as [`GlobalMark::combine`] has it.
    #[must_use]
    pub const fn mark(&self) -> GlobalMark {
        match self {
            Self::Missing(_) | Self::Unread(_) => GlobalMark::HeldBack,
            Self::Partition(_, mark) => GlobalMark::Events(*mark),
            Self::Clock(mark) => GlobalMark::Clock(*mark),
        }
    }
}

#[cfg(test)]
mod tests {
    use driftd_window::{EndSeen, PartitionMark};
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::{at, clock};
    use crate::{Epoch, Offset, Partition};

    const IDLE: Span = Span::from_hours(1);

    fn row(number: i32, mark: Option<i64>, end: Option<(i64, i64)>) -> PartitionRow {
        let end = end.map(|(since, confirmed)| EndSeen { since: clock(since), confirmed: clock(confirmed) });
        PartitionRow {
            topic: "topic".into(),
            partition: Partition(number),
            epoch: Epoch(1),
            next_offset: Some(Offset(10)),
            mark: PartitionMark::stored(mark.map(|hour| Watermark::at(at(hour))), end),
            rejected: 0,
            unread: None,
            log_event: None,
            updated_at: clock(0),
        }
    }

    #[test]
    fn the_partition_that_holds_is_named() {
        let place = |number| TopicPartition::new("topic".into(), Partition(number));
        let hold = |rows: &[PartitionRow], expected| Hold::of(rows, expected, clock(10), IDLE);
        assert_eq!(hold(&[], None), Hold::Missing(1));
        assert_eq!(hold(&[row(0, Some(5), None)], Some(12)), Hold::Missing(11));
        assert_eq!(hold(&[row(0, Some(5), None), row(1, None, None)], None), Hold::Unread(place(1)));
        let behind = hold(&[row(0, Some(5), None), row(1, Some(3), None), row(2, Some(1), Some((5, 10)))], Some(3));
        assert_eq!(behind, Hold::Partition(place(1), Watermark::at(at(3))));
        assert_eq!(hold(&[row(0, None, Some((5, 10)))], Some(1)), Hold::Clock(Watermark::at(at(9))));
    }

    proptest! {
        #[test]
        fn it_is_what_a_sealer_waits_for(
            marks in proptest::collection::vec((proptest::option::of(0i64..20), proptest::option::of((0i64..20, 0i64..20))), 0..6),
            expected in 1usize..7,
        ) {
            let rows: Vec<_> = (0..).zip(&marks).map(|(number, (mark, end))| row(number, *mark, *end)).collect();
            let marks: Vec<_> = rows.iter().map(|row| row.mark).collect();
            let hold = Hold::of(&rows, Some(expected), clock(10), IDLE);
            prop_assert_eq!(hold.mark(), GlobalMark::combine(&marks, expected, clock(10), IDLE));
        }
    }
}
