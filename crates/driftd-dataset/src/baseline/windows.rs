//! Which windows of a table its healthy variation is learnt from.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use driftd_model::windows_to_learn_from;
use driftd_stats::{CategorySpread, Rung};
use foldhash::fast::FixedState;

/// The finest slices of time that rows are told apart by: a quarter of an hour, of which all rungs are multiples.
const QUARTER: i64 = 1_000_000 * Rung::QuarterHour.seconds() as i64;
/// Quarters of an hour.
const QUARTERS: i64 = 4;

/// Rows by quarter of an hour, in order.
pub(super) type Quarters = Vec<(i64, u64)>;

/// Event times that windows are made of: those that can be meant, and that do not lie far away from all others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usual {
    first: i64,
    last: i64,
}

/// The windows of one length that are counted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kept {
    pub(super) rung: Rung,
    /// By number, counted in their own length from the epoch on, and about how many rows each has.
    pub(super) windows: Vec<(i64, u64)>,
}

/// Rows of one hour by its quarters, so that hours and quarters are counted at once.
pub(super) type HourRows = [u64; QUARTERS as usize];

/// Place of an instant among the quarters of its hour.
pub(super) fn quarter_of_hour(at: i64) -> usize {
    at.div_euclid(QUARTER).rem_euclid(QUARTERS) as usize
}

/// The quarters of hours that have any rows.
pub(super) fn quarters<'a>(hours: impl Iterator<Item = (i64, &'a HourRows)>) -> Quarters {
    let quarters = hours.flat_map(|(hour, rows)| (hour * QUARTERS..).zip(*rows));
    quarters.filter(|(_, rows)| *rows > 0).collect()
}

impl Usual {
    /// The instants of `between` that lie in `hours`.
    pub(super) fn new(between: &RangeInclusive<i64>, hours: RangeInclusive<i64>) -> Self {
        let hour = QUARTERS * QUARTER;
        let (from, to) = (hours.start().saturating_mul(hour), hours.end().saturating_add(1).saturating_mul(hour));
        Self { first: from.max(*between.start()), last: to.saturating_sub(1).min(*between.end()) }
    }

    /// The quarter of an hour that an event time lies in.
    pub(super) fn slice(self, at: i64) -> i64 {
        if (self.first..=self.last).contains(&at) { at.div_euclid(QUARTER) } else { CategorySpread::NO_SLICE }
    }
}

impl Kept {
    /// Quarters of an hour that a window is long.
    pub(super) fn length(&self) -> i64 {
        length_of(self.rung)
    }

    /// Place of the window that a quarter belongs to.
    pub(super) fn place(&self, quarter: i64) -> Option<usize> {
        let window = quarter.div_euclid(self.length());
        self.windows.binary_search_by_key(&window, |(window, _)| *window).ok()
    }
}

fn length_of(rung: Rung) -> i64 {
    (rung.seconds() / Rung::QuarterHour.seconds()) as i64
}

/// The windows to learn from, at most `most` of each length. Lengths of which there are too few are left out.
pub(super) fn choose(quarters: &[(i64, u64)], most: usize) -> Vec<Kept> {
    let of_rung = |rung| {
        let window_of = |quarter: i64| quarter.div_euclid(length_of(rung));
        let windows = quarters.chunk_by(|a, b| window_of(a.0) == window_of(b.0)).filter_map(|quarters| {
            let rows = quarters.iter().fold(0, |sum: u64, (_, rows)| sum.saturating_add(*rows));
            quarters.first().map(|(quarter, _)| (window_of(*quarter), rows))
        });
        Kept { rung, windows: windows_to_learn_from(windows, most) }
    };
    Rung::ALL.into_iter().map(of_rung).filter(|kept| !kept.windows.is_empty()).collect()
}

/// Rows by segment and hour while segments are looked for, up to a limit.
#[derive(Debug, Default)]
pub(super) struct HoursOfSegments {
    hours: HashMap<(u32, i64), HourRows, FixedState>,
}

impl HoursOfSegments {
    /// Pairs of a segment and an hour that are kept, as many as take a hundred megabytes.
    const MOST: usize = 1 << 21;

    /// Counts a row. Where there are more pairs than can be kept, all that is known in the end is that there were.
    pub(super) fn add(&mut self, segment: u32, slice: i64) {
        if slice == CategorySpread::NO_SLICE || self.hours.len() > Self::MOST {
            return;
        }
        let rows = self.hours.entry((segment, slice.div_euclid(QUARTERS))).or_default();
        if let Some(rows) = rows.get_mut(slice.rem_euclid(QUARTERS) as usize) {
            *rows += 1;
        }
    }

    /// The quarters of every group of segments; nothing where there were too many to count. `group` says which group a
    /// segment belongs to.
    pub(super) fn by_group(self, groups: usize, group: impl Fn(u32) -> usize) -> Option<Vec<Quarters>> {
        if self.hours.len() > Self::MOST {
            return None;
        }
        let mut sums: Vec<HashMap<i64, HourRows, FixedState>> = vec![HashMap::default(); groups];
        for ((segment, hour), rows) in self.hours {
            let Some(sums) = sums.get_mut(group(segment)) else { continue };
            let sum = sums.entry(hour).or_default();
            sum.iter_mut().zip(rows).for_each(|(sum, rows)| *sum += rows);
        }
        let in_order = |hours: HashMap<i64, HourRows, FixedState>| {
            let mut hours: Vec<_> = hours.into_iter().collect();
            hours.sort_unstable_by_key(|(hour, _)| *hour);
            quarters(hours.iter().map(|(hour, rows)| (*hour, rows)))
        };
        Some(sums.into_iter().map(in_order).collect())
    }
}
