//! How many records the reference had, by hour of the week: what a window normally brings.

use driftd_window::{EventTime, Span};
use serde::{Deserialize, Serialize};

const HOUR: i64 = 3_600_000_000;
const HOURS_A_DAY: usize = 24;
const HOURS_A_WEEK: usize = 7 * HOURS_A_DAY;
/// A reference that covers less than a day says nothing about the other hours.
const SHORTEST: i64 = 24 * HOUR;

/// Rows of a reference by hour of the week, in UTC, and the stretch of event time they cover. Adding is commutative and
/// associative, and [`Traffic::default`] is its identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// First and last event time; nothing before any record.
    range: Option<(EventTime, EventTime)>,
    /// Rows by hour, from the hour the epoch began with.
    rows: Vec<u64>,
}

impl Default for Traffic {
    fn default() -> Self {
        Self { range: None, rows: vec![0; HOURS_A_WEEK] }
    }
}

impl Traffic {
    /// Counts `rows` records at `at`.
    pub fn add(&mut self, at: EventTime, rows: u64) {
        if let Some(count) = self.rows.get_mut(slot(at.as_micros())) {
            *count = count.saturating_add(rows);
        }
        self.range = Some(self.range.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
    }

    /// Adds what another part of the reference had.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.rows.iter_mut().zip(&other.rows) {
            *mine = mine.saturating_add(*theirs);
        }
        self.range = match (self.range, other.range) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (mine, theirs) => mine.or(theirs),
        };
    }

    /// Whether the counts have the shape they must have: what bytes from outside must prove before use.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        self.rows.len() == HOURS_A_WEEK && self.range.is_none_or(|(first, last)| first <= last)
    }

    /// Rows that a window [`start`, `end`) would bring if it went on as in the reference; nothing when the reference
    /// covers less than a day.
    ///
    /// An hour of the week that the reference does not cover counts as the same hour of its other days, and where there
    /// is none, as its average hour.
    #[must_use]
    pub fn expected(&self, start: EventTime, end: EventTime) -> Option<f64> {
        let (first, last) = self.range.filter(|(first, last)| last.since(*first).as_micros() >= SHORTEST)?;
        let covered = covered(first.as_micros(), last.as_micros());
        let (start, end) = (start.as_micros(), end.as_micros());
        let mut sum = 0.0;
        let mut at = start;
        while at < end {
            let next = (at.div_euclid(HOUR) + 1).saturating_mul(HOUR).min(end);
            sum += self.rate(slot(at), &covered) * (next - at) as f64 / HOUR as f64;
            at = next;
        }
        Some(sum)
    }

    /// Rows an hour in that hour of the week.
    fn rate(&self, hour: usize, covered: &[f64]) -> f64 {
        let of = |hours: &mut dyn Iterator<Item = usize>| {
            let (mut rows, mut time) = (0.0, 0.0);
            for hour in hours {
                rows += self.rows.get(hour).map_or(0.0, |rows| *rows as f64);
                time += covered.get(hour).copied().unwrap_or(0.0);
            }
            // Half an hour is the least that says something about an hour.
            (time >= 0.5).then(|| rows / time)
        };
        let same_hour = (hour % HOURS_A_DAY..HOURS_A_WEEK).step_by(HOURS_A_DAY);
        of(&mut std::iter::once(hour))
            .or_else(|| of(&mut same_hour.clone()))
            .or_else(|| of(&mut (0..HOURS_A_WEEK)))
            .unwrap_or(0.0)
    }

    /// Rows that an average day brings; nothing when the reference covers less than a day.
    #[must_use]
    pub fn a_day(&self) -> Option<f64> {
        let week = EventTime::from_micros(HOURS_A_WEEK as i64 * HOUR);
        Some(self.expected(EventTime::from_micros(0), week)? / 7.0)
    }

    /// How many windows of `length` it reaches into, aligned to the epoch; nothing before any record.
    #[must_use]
    pub fn windows_of(&self, length: Span) -> Option<u64> {
        let (first, last) = self.range?;
        let length = length.as_micros().max(1);
        let window = |at: EventTime| at.as_micros().div_euclid(length);
        Some(window(last).abs_diff(window(first)).saturating_add(1))
    }

    /// The stretch of event time it covers.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.range.map(|(first, last)| last.since(first))
    }
}

/// Hour of the week, counted from that of the epoch.
fn slot(micros: i64) -> usize {
    usize::try_from(micros.div_euclid(HOUR).rem_euclid(HOURS_A_WEEK as i64)).unwrap_or(0)
}

/// Hours covered by [`first`, `last`], by hour of the week: whole weeks at once, so that a reference of years, or one with
/// an absurd event time in it, costs no more than one of days.
fn covered(first: i64, last: i64) -> Vec<f64> {
    let week = HOURS_A_WEEK as i64 * HOUR;
    let length = last.saturating_sub(first);
    let mut hours = vec![(length / week) as f64; HOURS_A_WEEK];
    let (mut at, end) = (first, first.saturating_add(length % week));
    while at < end {
        let next = (at.div_euclid(HOUR) + 1).saturating_mul(HOUR).min(end);
        if let Some(hour) = hours.get_mut(slot(at)) {
            *hour += (next - at) as f64 / HOUR as f64;
        }
        at = next;
    }
    hours
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(hour: i64) -> EventTime {
        EventTime::from_micros(hour * HOUR)
    }

    /// `days` days of 100 rows an hour between 6 and 18 o'clock, and none at night.
    fn working(days: i64) -> Traffic {
        let mut traffic = Traffic::default();
        for hour in 0..days * 24 {
            if (6..18).contains(&(hour % 24)) {
                traffic.add(EventTime::from_micros(hour * HOUR + HOUR / 2), 100);
            }
        }
        traffic.add(at(0), 0);
        traffic.add(at(days * 24), 0);
        traffic
    }

    #[test]
    fn a_window_brings_what_its_hours_brought() {
        let traffic = working(14);
        assert_eq!(traffic.expected(at(7), at(9)), Some(200.0));
        assert_eq!(traffic.expected(at(1_000 * 24), at(1_001 * 24)), Some(1_200.0));
        assert_eq!(traffic.expected(at(20), at(28)), Some(0.0), "a night is quiet");
        let half = traffic.expected(EventTime::from_micros(7 * HOUR + HOUR / 2), at(8)).unwrap();
        assert!((half - 50.0).abs() < 1e-9);
    }

    #[test]
    fn hours_that_were_not_covered_are_those_of_other_days() {
        let two_days = working(2);
        assert_eq!(two_days.expected(at(5 * 24 + 7), at(5 * 24 + 9)), Some(200.0));
    }

    #[test]
    fn less_than_a_day_says_nothing() {
        let mut traffic = Traffic::default();
        assert_eq!(traffic.expected(at(0), at(1)), None);
        traffic.add(at(0), 10);
        traffic.add(at(23), 10);
        assert_eq!(traffic.expected(at(0), at(1)), None);
    }

    fn parts() -> impl Strategy<Value = Vec<(i64, u64)>> {
        prop::collection::vec((-1_000_000_000_000_000..2_000_000_000_000_000_i64, 0..1_000_u64), 0..30)
    }

    fn of(parts: &[(i64, u64)]) -> Traffic {
        let mut traffic = Traffic::default();
        for (at, rows) in parts {
            traffic.add(EventTime::from_micros(*at), *rows);
        }
        traffic
    }

    proptest! {
        #[test]
        fn merging_is_adding(a in parts(), b in parts(), c in parts()) {
            let merged = |parts: &[&Vec<(i64, u64)>]| {
                parts.iter().fold(Traffic::default(), |mut sum, part| { sum.merge(&of(part)); sum })
            };
            let together: Vec<_> = a.iter().chain(&b).copied().collect();
            prop_assert_eq!(merged(&[&a, &b]), of(&together));
            prop_assert_eq!(merged(&[&a, &b]), merged(&[&b, &a]));
            let mut right = merged(&[&b, &c]);
            let mut left = merged(&[&a, &b]);
            left.merge(&of(&c));
            let mut whole = of(&a);
            whole.merge(&right);
            prop_assert_eq!(&left, &whole);
            right.merge(&Traffic::default());
            prop_assert_eq!(right, merged(&[&b, &c]));
        }

        #[test]
        fn what_is_expected_of_the_reference_is_the_reference(parts in parts()) {
            let traffic = of(&parts);
            if let (Some((first, last)), true) = (traffic.range, traffic.span() >= Some(Span::from_hours(24 * 7))) {
                let expected = traffic.expected(first, last).unwrap();
                let rows = traffic.rows.iter().sum::<u64>() as f64;
                // The last record stands on the open end, and an hour that is hardly covered borrows from others.
                prop_assert!(expected.is_finite() && expected >= 0.0);
                if last.since(first).as_micros() % (HOURS_A_WEEK as i64 * HOUR) == 0 {
                    prop_assert!((expected - rows).abs() <= 1e-6 * rows.max(1.0));
                }
            }
        }
    }
}
