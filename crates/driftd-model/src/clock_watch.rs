//! Whether a machine's clock can be believed: held against the store's, and against how much time has passed.
//!
//! What is sealed because nothing came rests on the clock alone: once all partitions are quiet, the watermark follows it.
//! A clock that jumps ahead would seal hours or years in which records are still to come, and frontiers never go back.

use std::fmt;

use driftd_window::{Span, Timestamp};

use crate::words;

/// Difference of two clocks that means nothing: they are set by the network every now and then.
const TOLERANCE: i64 = 5_000_000;
/// How long a clock that has jumped has to stand where it is to be believed again, in microseconds.
const SETTLED: i64 = 15 * 60 * 1_000_000;

/// What is known of this machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClockWatch {
    own: Course,
    /// The store's clock, where it has one of its own.
    store: Course,
    /// By how much the clock differs from the store's, likewise.
    from_store: Option<i64>,
    /// The time passed when they were compared last.
    compared_at: Option<Span>,
    /// What the clock showed last, less the time that had passed.
    shown: i64,
}

/// A clock held against how much time has passed.
#[derive(Clone, Copy, Debug, Default)]
struct Course {
    /// The time passed since which it has gone as time does.
    since: Option<Span>,
    /// A reading that was believed, and the time passed then.
    believed: Option<(Timestamp, Span)>,
    /// A jump that has not been explained, and the time passed when it was first seen.
    jump: Option<(i64, Span)>,
}

/// A clock that is not to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockDoubt {
    ahead: i64,
    from_store: bool,
}

impl ClockWatch {
    /// The store was asked at `asked` what time it is, and its answer was there at `answered`, when so much time had passed.
    /// Nothing where the store goes by this machine's clock.
    pub fn compare(&mut self, asked: Timestamp, store: Option<Timestamp>, answered: Timestamp, passed: Span) {
        // The store looked at its clock at some moment in between.
        let (earliest, latest) = (asked.as_micros(), answered.as_micros().max(asked.as_micros()));
        let ahead = |store: i64| earliest.saturating_sub(store).max(0) + latest.saturating_sub(store).min(0);
        self.from_store = store.map(Timestamp::as_micros).map(ahead);
        self.compared_at = Some(passed);
        match store {
            Some(store) => self.store.look(store, passed),
            None => self.store = Course::default(),
        }
    }

    /// Looks at the clock, which shows `now`, `passed` after the process began: why it is not to be believed, if so.
    ///
    /// Between two looks it may go as much further as time has passed. One that has jumped is believed again when it is
    /// back, or when it has stood there for a quarter of an hour: a machine that slept wakes up like that. One that has
    /// jumped to where the store's is was set right, if the store's has gone as time does since before the jump. That the
    /// store agrees proves nothing by itself, for it may be on the same machine, and have jumped with it.
    pub fn look(&mut self, now: Timestamp, passed: Span) -> Option<ClockDoubt> {
        self.own.look(now, passed);
        if self.is_set_right() {
            self.own.believe(now, passed);
        }
        self.shown = now.as_micros().saturating_sub(passed.as_micros());
        self.doubt()
    }

    /// What the earliest and the latest clock shows, less the time that has passed: this one, as it is and as it should be
    /// after its course so far, and the store's.
    #[must_use]
    pub fn offsets(&self) -> (i64, i64) {
        let expected = self.own.believed.map_or(self.shown, |(at, passed)| at.as_micros() - passed.as_micros());
        let store = self.from_store.map_or(self.shown, |ahead| self.shown.saturating_sub(ahead));
        (self.shown.min(expected).min(store), self.shown.max(expected).max(store))
    }

    fn is_set_right(&self) -> bool {
        let Some((_, jumped_at)) = self.own.jump else { return false };
        self.from_store.is_some_and(|ahead| ahead.abs() <= TOLERANCE)
            && self.compared_at > Some(jumped_at)
            && self.store.since.is_some_and(|since| since < jumped_at)
    }

    /// By how much the clock is ahead of what it is held against, in seconds.
    #[must_use]
    pub fn skew(&self) -> f64 {
        let micros = self.doubt().map(|doubt| doubt.ahead).or(self.from_store).unwrap_or(0);
        micros as f64 / 1e6
    }

    fn doubt(&self) -> Option<ClockDoubt> {
        let off = |ahead: &i64| ahead.abs() > TOLERANCE;
        let from_store = self.from_store.filter(off).map(|ahead| ClockDoubt { ahead, from_store: true });
        from_store.or(self.own.jump.map(|(ahead, _)| ClockDoubt { ahead, from_store: false }))
    }
}

impl Course {
    fn look(&mut self, now: Timestamp, passed: Span) {
        let Some((then, at)) = self.believed else { return self.believe(now, passed) };
        let expected = then.as_micros().saturating_add(passed.as_micros() - at.as_micros());
        let ahead = now.as_micros().saturating_sub(expected);
        if ahead.abs() <= TOLERANCE {
            (self.believed, self.jump) = (Some((now, passed)), None);
            self.since = self.since.or(Some(passed));
            return;
        }
        self.since = None;
        let (before, since) = self.jump.unwrap_or((ahead, passed));
        let moved = (ahead - before).abs() > TOLERANCE;
        self.jump = Some((ahead, if moved { passed } else { since }));
        if !moved && passed.as_micros() - since.as_micros() >= SETTLED {
            self.believe(now, passed);
        }
    }

    /// From now on it goes as time does.
    fn believe(&mut self, now: Timestamp, passed: Span) {
        *self = Self { since: Some(passed), believed: Some((now, passed)), jump: None };
    }
}

impl fmt::Display for ClockDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = words::counted(self.ahead.unsigned_abs() / 1_000_000, "second", "seconds");
        let is_ahead = self.ahead > 0;
        match (self.from_store, is_ahead) {
            (true, true) => write!(f, "this machine's clock is {by} ahead of the store's")?,
            (true, false) => write!(f, "this machine's clock is {by} behind the store's")?,
            (false, true) => write!(f, "this machine's clock has jumped {by} ahead")?,
            (false, false) => write!(f, "this machine's clock has jumped {by} back")?,
        }
        f.write_str(": until it is right nothing is sealed for being quiet; have it set by the network (NTP)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60;

    fn clock(secs: i64) -> Timestamp {
        Timestamp::from_micros(secs * 1_000_000)
    }

    fn passed(secs: i64) -> Span {
        Span::from_micros(secs * 1_000_000).unwrap()
    }

    fn look(watch: &mut ClockWatch, now: i64, after: i64) -> Option<String> {
        watch.look(clock(now), passed(after)).map(|doubt| doubt.to_string())
    }

    #[test]
    fn a_clock_that_goes_as_time_does_is_believed() {
        let mut watch = ClockWatch::default();
        for (now, after) in [(1_000, 0), (1_001, 1), (4_600, 3_600), (4_604, 3_601), (4_601, 3_602)] {
            assert_eq!(look(&mut watch, now, after), None, "{now} after {after}");
        }
        assert_eq!(watch.skew(), 0.0);
    }

    #[test]
    fn a_jump_is_noticed_and_forgotten_when_it_is_undone() {
        let mut watch = ClockWatch::default();
        assert_eq!(look(&mut watch, 1_000, 0), None);
        insta::assert_snapshot!(look(&mut watch, 1_000 + 7_201, 1).unwrap(), @"this machine's clock has jumped 7,200 seconds ahead: until it is right nothing is sealed for being quiet; have it set by the network (NTP)");
        assert_eq!(watch.skew(), 7_200.0);
        assert!(look(&mut watch, 1_000 + 7_300, 100).is_some());
        assert_eq!(look(&mut watch, 1_101, 101), None);
        assert!(look(&mut watch, 101, 102).unwrap().contains("jumped 1,001 seconds back"));
    }

    #[test]
    fn a_clock_that_stands_where_it_jumped_to_is_believed_after_a_while() {
        // Whether the store goes by this clock, or by one that jumped with it.
        for has_own in [false, true] {
            let mut watch = ClockWatch::default();
            watch.compare(clock(0), has_own.then_some(clock(0)), clock(0), passed(0));
            look(&mut watch, 0, 0);
            let hour = 60 * MINUTE;
            for minute in 1..16 {
                let now = hour + minute * MINUTE;
                watch.compare(clock(now), has_own.then_some(clock(now)), clock(now), passed(minute * MINUTE));
                assert!(look(&mut watch, now, minute * MINUTE).is_some(), "{minute}");
            }
            assert_eq!(look(&mut watch, hour + 16 * MINUTE, 16 * MINUTE), None);
            // One that does not stand still is not.
            for minute in 17..60 {
                let jumps = minute * hour;
                assert!(look(&mut watch, jumps + minute * MINUTE, minute * MINUTE).is_some(), "{minute}");
            }
        }
    }

    #[test]
    fn a_clock_is_held_against_that_of_the_store() {
        let mut watch = ClockWatch::default();
        let three_hours = 3 * 60 * MINUTE;
        watch.compare(clock(three_hours), Some(clock(0)), clock(three_hours + 1), passed(1));
        insta::assert_snapshot!(look(&mut watch, three_hours + 1, 1).unwrap(), @"this machine's clock is 10,800 seconds ahead of the store's: until it is right nothing is sealed for being quiet; have it set by the network (NTP)");
        assert!(look(&mut watch, 2 * three_hours, three_hours).is_some(), "however long it stands");
        watch.compare(clock(100), Some(clock(130)), clock(101), passed(three_hours));
        assert!(look(&mut watch, 2 * three_hours, three_hours).unwrap().contains("29 seconds behind the store's"));
        assert_eq!(watch.skew(), -29.0);
        // A store that takes its time to answer tells nothing more exactly than that.
        watch.compare(clock(100), Some(clock(150)), clock(160), passed(three_hours));
        assert_eq!(look(&mut watch, 2 * three_hours, three_hours), None);
    }

    #[test]
    fn a_clock_that_is_set_to_the_stores_is_believed_at_once() {
        // Whether the process began while it was wrong, or it was wrong for so long that the jump is forgotten.
        for right_first in [false, true] {
            let mut watch = ClockWatch::default();
            let mut round = |shows: i64, store: i64, after: i64| {
                watch.compare(clock(shows), Some(clock(store)), clock(shows), passed(after));
                look(&mut watch, shows, after)
            };
            let (hour, wrong_until) = (60 * MINUTE, 40 * MINUTE);
            assert_eq!(round(if right_first { 0 } else { hour }, 0, 0).is_none(), right_first);
            for minute in 1..=40 {
                assert!(round(hour + minute * MINUTE, minute * MINUTE, minute * MINUTE).is_some(), "{minute}");
            }
            round(wrong_until + 1, wrong_until + 1, wrong_until + 1);
            assert_eq!(round(wrong_until + 2, wrong_until + 2, wrong_until + 2), None, "{right_first}");
        }
    }

    #[test]
    fn a_store_that_has_jumped_as_well_vouches_for_nobody() {
        let mut watch = ClockWatch::default();
        let mut round = |shows: i64, store: i64, after: i64| {
            watch.compare(clock(shows), Some(clock(store)), clock(shows), passed(after));
            look(&mut watch, shows, after)
        };
        let hour = 60 * MINUTE;
        assert_eq!(round(0, 0, 0), None);
        // The store first, this machine a minute later: somebody who sets both is wrong.
        assert!(round(MINUTE, hour + MINUTE, MINUTE).is_some());
        for minute in 2..16 {
            let both = hour + minute * MINUTE;
            assert!(round(both, both, minute * MINUTE).is_some(), "{minute}");
        }
    }
}
