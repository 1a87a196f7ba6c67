//! When the rows of a table happened: its traffic.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use driftd_model::{Traffic, words};
use driftd_window::{EventTime, NO_EVENT_TIME, Span};
use foldhash::fast::FixedState;

use super::windows::{HourRows, Quarters, Usual, quarter_of_hour, quarters};
use crate::Table;
use crate::times::{Times, Unread};
use crate::values::Values;

const HOUR: i64 = Span::from_hours(1).as_micros();
/// Different hours that are kept, 120 years of them. Event times that are spread wider are no traffic of anything.
const MAX_HOURS: usize = 1 << 20;
/// Of so many rows, the earliest and the latest say nothing about where the others lie.
const ONE_IN: u64 = 100;
/// What lies closer to the others than this belongs to them, in hours.
const NEAR: i64 = 24;

/// Counts rows by the hour in which they happened.
pub(super) struct TrafficBuilder {
    /// Event times that can be meant.
    between: RangeInclusive<i64>,
    unread: Unread,
    missing: u64,
    outside: u64,
    hours: HashMap<i64, Hour, FixedState>,
    /// The hour of the last row, which is most often that of the next one too.
    current: Option<(i64, Hour)>,
}

/// What the event times of a table say.
pub(super) struct LearntTraffic {
    /// The usual traffic; nothing where the rest says why.
    pub(super) traffic: Option<Traffic>,
    /// The event times that it is of, and how many rows every quarter of an hour has.
    pub(super) windows: Option<(Usual, Quarters)>,
    /// The event times are spread over more than a century.
    is_scattered: bool,
    /// Rows with something that is no event time.
    unread: Unread,
    /// Rows without one.
    missing: u64,
    /// Rows with one that cannot be meant.
    outside: u64,
}

impl LearntTraffic {
    /// What a person should know of it, if anything.
    pub(super) fn note(&self, table: &Table, column: &str) -> Option<String> {
        let (path, rows) = (table.path().display(), words::counted(table.rows(), "row", "rows"));
        let Unread { rows: unread, first } = &self.unread;
        let mut left_out = Vec::new();
        if let Some(first) = first {
            let expected = table.times().expected();
            left_out
                .push(format!("{} with values such as {first:?}, which are none: {expected}", words::count(*unread)));
        }
        for (count, what) in [(self.missing, "without a value"), (self.outside, "with one that cannot be meant")] {
            if count > 0 {
                left_out.push(format!("{} {what}", words::count(count)));
            }
        }
        let left_out = left_out.join("; ");
        match (&self.traffic, self.is_scattered) {
            (None, true) => Some(format!(
                "{path}: the event times in column {column:?} are spread over more than 120 years, so no usual traffic \
                 is learnt and windows with too few records will not be noticed"
            )),
            (None, false) => Some(format!(
                "{path}: no event time in column {column:?}, so no usual traffic is learnt and windows with too few \
                 records will not be noticed; of {rows} {left_out}"
            )),
            (Some(_), _) if *unread > 0 => {
                Some(format!("{path}: some rows have no event time in column {column:?}; of {rows} {left_out}"))
            }
            (Some(_), _) => None,
        }
    }
}

/// Rows of one hour, and when the first and the last of them happened.
#[derive(Clone, Copy)]
struct Hour {
    rows: HourRows,
    first: i64,
    last: i64,
}

impl TrafficBuilder {
    /// A builder that leaves rows out that happened before `oldest` or after `latest`.
    pub(super) fn new(oldest: EventTime, latest: EventTime) -> Self {
        // The marker for "none" is the oldest time of all.
        let between = oldest.as_micros().max(NO_EVENT_TIME + 1)..=latest.as_micros();
        Self { between, unread: Unread::default(), missing: 0, outside: 0, hours: HashMap::default(), current: None }
    }

    /// Adds the event times of a chunk.
    pub(super) fn absorb(&mut self, values: Values) {
        let Values::Times(Times { at, unread }) = values else {
            return;
        };
        let (mut none, mut outside) = (0_u64, 0_u64);
        for at in at {
            if !self.between.contains(&at) {
                let count = if at == NO_EVENT_TIME { &mut none } else { &mut outside };
                *count += 1;
                continue;
            }
            let hour = at.div_euclid(HOUR);
            match &mut self.current {
                Some((same, seen)) if *same == hour => seen.see(at),
                _ => {
                    self.flush();
                    self.current = Some((hour, Hour::of(at)));
                }
            }
        }
        // Whatever says that it is no event time is none.
        self.missing += none.saturating_sub(unread.rows);
        self.outside += outside;
        self.unread.add(unread);
    }

    /// The traffic of everything that was added, and what was left out.
    pub(super) fn finish(mut self) -> LearntTraffic {
        self.flush();
        let Self { unread, missing, outside, .. } = &mut self;
        let (unread, missing, outside) = (std::mem::take(unread), *missing, *outside);
        let is_scattered = self.hours.len() > MAX_HOURS;
        let (traffic, windows) = self.traffic().unzip();
        LearntTraffic { traffic, windows, is_scattered, unread, missing, outside }
    }

    /// Nothing where there was nothing, or where it is scattered.
    fn traffic(self) -> Option<(Traffic, (Usual, Quarters))> {
        if self.hours.len() > MAX_HOURS {
            return None;
        }
        let mut hours: Vec<(i64, Hour)> = self.hours.into_iter().collect();
        hours.sort_unstable_by_key(|(hour, _)| *hour);
        let (from, to) = usual(&hours)?;
        hours.retain(|(hour, _)| (from..=to).contains(hour));
        let mut traffic = Traffic::default();
        for (_, hour) in &hours {
            traffic.add(EventTime::from_micros(hour.first), hour.total());
            traffic.add(EventTime::from_micros(hour.last), 0);
        }
        let quarters = quarters(hours.iter().map(|(hour, seen)| (*hour, &seen.rows)));
        Some((traffic, (Usual::new(&self.between, from..=to), quarters)))
    }

    fn flush(&mut self) {
        // One hour too many is kept: it says that there were too many.
        if let Some((hour, seen)) = self.current.take()
            && self.hours.len() <= MAX_HOURS
        {
            self.hours.entry(hour).and_modify(|known| known.add(seen)).or_insert(seen);
        }
    }
}

impl Hour {
    fn of(at: i64) -> Self {
        let mut hour = Self { rows: HourRows::default(), first: at, last: at };
        hour.see(at);
        hour
    }

    fn see(&mut self, at: i64) {
        if let Some(rows) = self.rows.get_mut(quarter_of_hour(at)) {
            *rows += 1;
        }
        self.first = self.first.min(at);
        self.last = self.last.max(at);
    }

    fn total(&self) -> u64 {
        self.rows.iter().sum()
    }

    fn add(&mut self, other: Self) {
        self.rows.iter_mut().zip(other.rows).for_each(|(rows, more)| *rows += more);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// The first and the last hour that belong to the rest. A zero for "unknown" among event times of last year would
/// otherwise spread the rows over half a century, and every window would have more than enough.
fn usual(hours: &[(i64, Hour)]) -> Option<(i64, i64)> {
    let rows: u64 = hours.iter().map(|(_, seen)| seen.total()).sum();
    let few = rows / ONE_IN;
    let (low, high) = (first_beyond(few, hours.iter())?, first_beyond(few, hours.iter().rev())?);
    let near = (high - low).max(NEAR);
    Some((low.saturating_sub(near), high.saturating_add(near)))
}

/// The hour in which more than `few` rows have passed.
fn first_beyond<'a>(few: u64, mut hours: impl Iterator<Item = &'a (i64, Hour)>) -> Option<i64> {
    let mut passed = 0;
    hours.find_map(|(hour, seen)| {
        passed += seen.total();
        (passed > few).then_some(*hour)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const JULY: i64 = 1_372_636_800_000_000;

    fn of(chunks: &[&[i64]]) -> Option<Traffic> {
        let mut builder = builder(JULY + 100 * 24 * HOUR);
        for at in chunks {
            builder.absorb(times(at.to_vec()));
        }
        builder.finish().traffic
    }

    fn builder(latest: i64) -> TrafficBuilder {
        TrafficBuilder::new(EventTime::from_micros(i64::MIN), EventTime::from_micros(latest))
    }

    fn times(at: Vec<i64>) -> Values {
        Values::Times(Times { at, unread: Unread::default() })
    }

    #[test]
    fn what_cannot_be_meant_is_left_out_and_counted() {
        let (oldest, latest) = (EventTime::from_micros(JULY), EventTime::from_micros(JULY + 48 * HOUR));
        let mut builder = TrafficBuilder::new(oldest, latest);
        let unread = Unread { rows: 1, first: Some("soon".to_owned()) };
        let at = vec![0, JULY - 1, JULY, JULY + 30 * HOUR, latest.as_micros() + 1, NO_EVENT_TIME, NO_EVENT_TIME];
        builder.absorb(Values::Times(Times { at, unread }));
        let learnt = builder.finish();
        assert_eq!((learnt.outside, learnt.missing, learnt.unread.rows), (3, 1, 1));
        assert_eq!(learnt.traffic.unwrap().span(), Some(Span::from_hours(30)));
    }

    /// Ten rows an hour for ten days.
    fn usual_times() -> Vec<i64> {
        (0..2_400).map(|row| JULY + row * HOUR / 10).collect()
    }

    fn a_day(traffic: &Traffic) -> f64 {
        traffic.expected(EventTime::from_micros(JULY), EventTime::from_micros(JULY + 24 * HOUR)).unwrap()
    }

    #[test]
    fn nothing_usable_is_nothing() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[&[NO_EVENT_TIME, NO_EVENT_TIME], &[JULY + 101 * 24 * HOUR]]), None);
        assert!(of(&[&[NO_EVENT_TIME, JULY]]).is_some_and(|traffic| traffic.span() == Some(Span::ZERO)));
    }

    #[test]
    fn times_that_stand_alone_do_not_stretch_the_rest() {
        let usual = of(&[&usual_times()]).unwrap();
        assert!((a_day(&usual) - 240.0).abs() < 1.0);
        for absurd in [0, i64::MIN + 1, JULY - 300 * 24 * HOUR, JULY + 60 * 24 * HOUR] {
            let mut times = usual_times();
            times.splice(100..100, [absurd; 20]);
            assert_eq!(of(&[&times]).as_ref(), Some(&usual), "{absurd}");
        }
        // Several days of little are no mistake.
        let quiet: Vec<i64> = (0..9).map(|day| JULY - (day + 1) * 24 * HOUR).collect();
        let longer = of(&[&quiet, &usual_times()]).unwrap();
        assert_eq!(
            longer.span(),
            Some(EventTime::from_micros(JULY + 2_399 * HOUR / 10).since(EventTime::from_micros(quiet[8])))
        );
    }

    #[test]
    fn scattered_times_are_given_up_and_cost_a_bounded_amount() {
        let scattered: Vec<i64> = (0..MAX_HOURS as i64 + 10_000).map(|row| JULY - row * HOUR).collect();
        let mut builder = builder(JULY);
        builder.absorb(times(scattered));
        assert!(builder.hours.len() <= MAX_HOURS + 1);
        let learnt = builder.finish();
        assert!(learnt.traffic.is_none() && learnt.is_scattered);
    }

    proptest! {
        #[test]
        fn neither_order_nor_chunks_matter(
            (times, shuffled) in prop::collection::vec(-50_i64..2_400, 1..300)
                .prop_flat_map(|rows| {
                    let times: Vec<i64> = rows.iter().map(|row| JULY + row * HOUR / 7).collect();
                    (Just(times.clone()), Just(times).prop_shuffle())
                }),
            cut in 0_usize..300,
        ) {
            let (head, tail) = shuffled.split_at(cut.min(shuffled.len()));
            prop_assert_eq!(of(&[head, tail]), of(&[&times]));
        }
    }
}
