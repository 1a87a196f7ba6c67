//! Watermarks: one a partition, then the minimum over the expected partitions.

use serde::{Deserialize, Serialize};

use crate::{EventTime, Span, Timestamp};

/// How long a confirmed end is believed at least: watermarks are not written more often than every second or so.
const CONFIRMATION_TIMEOUT: Span = Span::from_secs(5);

/// The promise "nothing older is expected".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Watermark(EventTime);

/// What is known of one partition's progress through event time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct PartitionMark {
    watermark: Option<Watermark>,
    end: Option<EndSeen>,
}

/// The end of a partition, as its owner sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndSeen {
    /// When it was reached first, without records since.
    pub since: Timestamp,
    /// When the source last said that it still is the end. An owner that hangs, or has lost its source, says nothing.
    pub confirmed: Timestamp,
}

/// The watermark of a whole source at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobalMark {
    /// Some expected partition has not been heard of: nothing may be sealed.
    HeldBack,
    /// The minimum over the partitions that are not idle.
    Events(Watermark),
    /// Every partition is idle: the clock is all that moves.
    Clock(Watermark),
}

impl Watermark {
    /// The watermark at `at`.
    #[must_use]
    pub const fn at(at: EventTime) -> Self {
        Self(at)
    }

    /// The event time before which nothing is expected.
    #[must_use]
    pub const fn event_time(self) -> EventTime {
        self.0
    }
}

impl PartitionMark {
    /// A watermark read back from storage.
    #[must_use]
    pub const fn stored(watermark: Option<Watermark>, end: Option<EndSeen>) -> Self {
        Self { watermark, end }
    }

    /// Records up to `newest` were read: the watermark moves to `newest - out_of_orderness`, never backwards, and the
    /// partition is no longer at its end.
    pub fn advance(&mut self, newest: EventTime, out_of_orderness: Span) {
        let mark = Watermark(newest.minus(out_of_orderness));
        self.watermark = self.watermark.max(Some(mark));
        self.end = None;
    }

    /// There are records that have not been read yet, or could not be decoded: the partition is not at its end.
    pub const fn left_end(&mut self) {
        self.end = None;
    }

    /// The source says at `now` that the partition has no more records: the first such moment is kept until new ones
    /// come, the last one is what makes the partition idle in the end.
    pub fn reached_end(&mut self, now: Timestamp) {
        let since = self.end.map_or(now, |end| end.since);
        self.end = Some(EndSeen { since, confirmed: now });
    }

    /// The same where it is known how much time has passed since the end was reached, `quiet`: the clock may have been set
    /// meanwhile.
    pub fn at_end_for(&mut self, now: Timestamp, quiet: Span) {
        self.end = Some(EndSeen { since: now.minus(quiet), confirmed: now });
    }

    /// The watermark, once any record was read.
    #[must_use]
    pub const fn watermark(&self) -> Option<Watermark> {
        self.watermark
    }

    /// The partition's end, while it is reached.
    #[must_use]
    pub const fn end(&self) -> Option<EndSeen> {
        self.end
    }

    /// Idle: the source said that the end is reached, and said so again after `idle_timeout` of quiet, and did so no
    /// longer ago than `idle_timeout` (five seconds at least). A stalled source says neither, so it is never taken for a
    /// quiet one: not when it never came to the end, and not when it hangs there.
    #[must_use]
    pub fn is_idle(&self, now: Timestamp, idle_timeout: Span) -> bool {
        let confirmation_timeout = idle_timeout.max(CONFIRMATION_TIMEOUT);
        self.end.is_some_and(|end| {
            let quiet_from = end.since.plus(idle_timeout);
            end.confirmed >= quiet_from && now >= quiet_from && now <= end.confirmed.plus(confirmation_timeout)
        })
    }
}

impl GlobalMark {
    /// Combines the watermarks of the partitions that have a row with the number that is expected to exist.
    ///
    /// A partition without a row, or with a row but neither records nor its end seen, holds everything back; an idle
    /// one is left out; if all are idle the watermark follows the clock at `now - idle_timeout`, or "no data" could never
    /// be noticed.
    #[must_use]
    pub fn combine(marks: &[PartitionMark], expected: usize, now: Timestamp, idle_timeout: Span) -> Self {
        if marks.len() < expected || expected == 0 {
            return Self::HeldBack;
        }
        let mut minimum: Option<Watermark> = None;
        for mark in marks.iter().filter(|m| !m.is_idle(now, idle_timeout)) {
            match mark.watermark {
                None => return Self::HeldBack,
                Some(w) => minimum = Some(minimum.map_or(w, |m| m.min(w))),
            }
        }
        match minimum {
            Some(mark) => Self::Events(mark),
            None => Self::Clock(Watermark(now.minus(idle_timeout).as_event_time())),
        }
    }

    /// The watermark, unless held back.
    #[must_use]
    pub const fn watermark(self) -> Option<Watermark> {
        match self {
            Self::HeldBack => None,
            Self::Events(mark) | Self::Clock(mark) => Some(mark),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const IDLE: Span = Span::from_secs(60);

    fn mark(micros: i64) -> PartitionMark {
        PartitionMark::stored(Some(Watermark(EventTime::from_micros(micros))), None)
    }

    fn now(secs: i64) -> Timestamp {
        Timestamp::from_micros(secs * 1_000_000)
    }

    #[test]
    fn the_slowest_partition_decides() {
        let global = GlobalMark::combine(&[mark(30), mark(10), mark(20)], 3, now(0), IDLE);
        assert_eq!(global, GlobalMark::Events(Watermark(EventTime::from_micros(10))));
    }

    #[test]
    fn a_partition_nobody_has_heard_of_holds_back() {
        assert_eq!(GlobalMark::combine(&[mark(30)], 2, now(0), IDLE), GlobalMark::HeldBack);
        let silent = PartitionMark::default();
        assert_eq!(GlobalMark::combine(&[mark(30), silent], 2, now(0), IDLE), GlobalMark::HeldBack);
    }

    #[test]
    fn a_stalled_partition_is_not_an_idle_one() {
        let mut quiet = mark(10);
        quiet.reached_end(now(0));
        assert!(!quiet.is_idle(now(59), IDLE));
        assert!(!quiet.is_idle(now(60), IDLE), "nobody has said that it is still the end");
        quiet.reached_end(now(60));
        assert!(quiet.is_idle(now(60), IDLE));
        let hanging = quiet;
        assert!(hanging.is_idle(now(120), IDLE) && !hanging.is_idle(now(121), IDLE), "its owner says nothing any more");
        let stalled = mark(10);
        assert!(!stalled.is_idle(now(1_000_000), IDLE));
        assert_eq!(
            GlobalMark::combine(&[quiet, mark(50)], 2, now(60), IDLE),
            GlobalMark::Events(Watermark(EventTime::from_micros(50)))
        );
        quiet.advance(EventTime::from_micros(40), Span::ZERO);
        assert!(!quiet.is_idle(now(1_000), IDLE));
    }

    #[test]
    fn when_all_are_idle_the_clock_moves_the_mark() {
        let mut quiet = mark(10);
        quiet.reached_end(now(0));
        quiet.reached_end(now(100));
        let global = GlobalMark::combine(&[quiet], 1, now(100), IDLE);
        assert_eq!(global, GlobalMark::Clock(Watermark(EventTime::from_micros(40_000_000))));
    }

    proptest! {
        #[test]
        fn a_partition_mark_never_moves_back(times in proptest::collection::vec(any::<i64>(), 1..50), slack in 0i64..1_000) {
            let mut mark = PartitionMark::default();
            let mut last = None;
            for t in times {
                mark.advance(EventTime::from_micros(t), Span::from_micros(slack).unwrap());
                prop_assert!(mark.watermark() >= last);
                last = mark.watermark();
            }
        }
    }
}
