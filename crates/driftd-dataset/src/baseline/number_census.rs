//! Numbers that are no measurements: points in time, and identifiers that count on.
//!
//! Every rule asks of (nearly) all values, 999 of 1,000, what a measurement would not do by chance:
//!
//! - **Dates** such as 20240304 are whole numbers that the calendar has, between 1990 and 2100, and at least three
//!   different ones. Of the numbers around twenty million one in 27 is a date, so that amounts are told from them.
//! - **Epoch times** are whole numbers of milliseconds, microseconds or nanoseconds between 1990 and 2100. Seconds since
//!   1970 have as many digits as large amounts have: they also stand in order, or no more than three years apart, or the
//!   column's name says what they are.
//! - **Running numbers** are whole and go up by one nearly always without coming back, or strictly up (or down) within a
//!   range of a hundred numbers a row. Columns of whole numbers are also left out when all values are different although
//!   they lie so close together that measurements would have met: of n values out of a range of R, all are different with
//!   probability exp(−n²/2R), which has to be below 10⁻⁶. Prices, distances and other amounts come twice before that.

use driftd_model::Reason;
use driftd_stats::OrderedSample;

use crate::point_in_time::is_date_number;

/// Values from which a running number is told from numbers that happen to be in order, as those of small tables often do.
const ENOUGH: u64 = 100;
/// Values after which a column that cannot become anything of this is no longer looked at.
const LOOKED_AT: usize = 1 << 12;
/// Seconds since 1970 at the beginnings of the years 1990 and 2100.
const YEARS: std::ops::Range<f64> = 631_152_000.0..4_102_444_800.0;
/// How many milliseconds, microseconds and nanoseconds a second has.
const UNITS: [f64; 4] = [1.0, 1e3, 1e6, 1e9];
/// Seconds of three years.
const CLOSE: f64 = 3.0 * 366.0 * 86_400.0;

/// Counts what the numbers of a column look like, in the order of the rows.
#[derive(Clone, Debug, Default)]
pub(super) struct NumberCensus {
    /// Finite numbers.
    count: u64,
    whole: u64,
    /// Steps from a number to the next: up, down, and up by one.
    up: u64,
    down: u64,
    ones: u64,
    dates: u64,
    /// Times between 1990 and 2100, by unit.
    epochs: [u64; 4],
    /// The first three different values.
    different: Vec<f64>,
    last: Option<f64>,
    range: Option<(f64, f64)>,
    is_over: bool,
}

impl NumberCensus {
    /// Adds numbers; those that are not finite say nothing.
    pub(super) fn absorb(&mut self, values: impl Iterator<Item = f64>) {
        let mut values = values.filter(|value| value.is_finite());
        while !self.is_over {
            let before = self.count;
            values.by_ref().take(LOOKED_AT).for_each(|value| self.add(value));
            if self.count == before {
                return;
            }
            self.is_over = self.count >= LOOKED_AT as u64 && self.is_hopeless();
        }
    }

    /// Why the column is no feature, if it is none. `is_whole` says that the file has whole numbers there and not floats
    /// that happen to be whole.
    pub(super) fn reason(&self, name: &str, is_whole: bool, sample: &impl OrderedSample) -> Option<Reason> {
        if self.is_over {
            return None;
        }
        if self.is_time(says_time(name)) {
            return Some(Reason::PointInTime);
        }
        (self.is_running(is_whole) || is_whole && self.is_all_different(sample)).then_some(Reason::RunningNumber)
    }

    fn add(&mut self, value: f64) {
        self.count += 1;
        self.whole += u64::from(value.trunc() == value);
        if let Some(last) = self.last.replace(value) {
            self.up += u64::from(value > last);
            self.down += u64::from(value < last);
            self.ones += u64::from(value - last == 1.0);
        }
        let (low, high) = self.range.unwrap_or((value, value));
        self.range = Some((low.min(value), high.max(value)));
        if self.different.len() < 3 && !self.different.contains(&value) {
            self.different.push(value);
        }
        if value >= 19_900_101.0 {
            self.dates += u64::from(is_date_number(value as i64));
            for (count, unit) in self.epochs.iter_mut().zip(UNITS) {
                *count += u64::from(YEARS.contains(&(value / unit)));
            }
        }
    }

    /// Whether nothing here can hold any more, so that looking further is a waste of time.
    fn is_hopeless(&self) -> bool {
        let may_be = |count: u64| count > self.count / 2;
        let is_time = may_be(self.dates) || self.epochs.into_iter().any(may_be);
        let is_dense = may_be(self.whole) && self.spread() + 1.0 > self.count as f64 / 2.0;
        !is_time && !is_dense
    }

    fn spread(&self) -> f64 {
        self.range.map_or(0.0, |(low, high)| high - low)
    }

    /// Whether nearly all values are.
    fn nearly_all(&self, count: u64) -> bool {
        count > 0 && count * 1000 >= self.count * 999
    }

    fn is_time(&self, named: bool) -> bool {
        let several = self.different.len() >= 3 || named;
        let whole = self.nearly_all(self.whole);
        if whole && self.nearly_all(self.dates) && several {
            return true;
        }
        let in_order = self.up >= 2 && self.down * 1000 <= self.count;
        let [seconds, finer @ ..] = self.epochs;
        let close = whole && self.spread() <= CLOSE;
        let is_seconds = self.nearly_all(seconds) && (in_order || close || named);
        several && (is_seconds || whole && finer.into_iter().any(|count| self.nearly_all(count)))
    }

    fn is_running(&self, is_whole: bool) -> bool {
        let (steps, rows) = (self.count.saturating_sub(1), self.count as f64);
        if self.count < ENOUGH || !self.nearly_all(self.whole) {
            return false;
        }
        let counts_on = self.ones * 10 >= steps * 9 && self.spread() + 1.0 >= 0.9 * rows;
        let one_way = self.up.max(self.down) * 1000 >= steps * 999 && self.spread() <= 100.0 * rows;
        counts_on || is_whole && one_way
    }

    fn is_all_different(&self, sample: &impl OrderedSample) -> bool {
        let (rows, spread) = (self.count as f64, self.spread());
        let is_close = spread + 1.0 >= 0.99 * rows && rows * rows > 28.0 * spread;
        if self.count < ENOUGH || !self.nearly_all(self.whole) || !is_close {
            return false;
        }
        let (mut last, mut twice) = (None, 0_u64);
        sample.visit(&mut |value| {
            twice += u64::from(last == Some(value));
            last = Some(value);
        });
        twice * 1000 <= self.count
    }
}

/// Whether a column's name says that it holds points in time.
pub(super) fn says_time(name: &str) -> bool {
    const WORDS: [&str; 24] = [
        "time",
        "timestamp",
        "datetime",
        "date",
        "day",
        "ts",
        "epoch",
        "unix",
        "at",
        "since",
        "until",
        "created",
        "updated",
        "modified",
        "seen",
        "start",
        "started",
        "end",
        "ended",
        "expires",
        "expiry",
        "utc",
        "when",
        "dt",
    ];
    let mut word = String::new();
    let mut is_one = false;
    // `createdAt`, `event_time`, `TIMESTAMP_MS`: words end where case rises or anything but a letter stands.
    let mut before_was_lower = false;
    for sign in name.chars().chain([' ']) {
        if !sign.is_alphabetic() || sign.is_uppercase() && before_was_lower {
            is_one |= WORDS.contains(&word.as_str());
            word.clear();
        }
        before_was_lower = sign.is_lowercase();
        word.extend(sign.to_lowercase().filter(|sign| sign.is_alphabetic()));
    }
    is_one
}

#[cfg(test)]
mod tests;
