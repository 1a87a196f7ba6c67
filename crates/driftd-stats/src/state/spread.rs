//! When, and where, each category of a baseline occurred.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::columns::TextSlice;
use crate::layout::{Dictionary, fnv1a};

/// For every category how often it occurred, and the first and the last slice of time and the segment that it occurred
/// in: enough to say how much of any window only that window had, without counting a category by window.
///
/// Slices are numbered by the caller. Categories that have no name are kept by their 64-bit hash, so it takes about as
/// much as [`CategoryCounts`](crate::CategoryCounts) did. Neither order nor parts of the rows matter.
#[derive(Clone, Debug)]
pub struct CategorySpread {
    named: Vec<Spread>,
    others: HashMap<u64, Spread, FixedState>,
}

/// Values that nothing but one window of one segment has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alone {
    /// The window, counted in its own length.
    pub window: i64,
    /// The segment; nothing for values of several segments.
    pub segment: Option<u32>,
    /// How many values.
    pub count: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spread {
    count: u64,
    first: i64,
    last: i64,
    segment: Segment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Segment {
    One(u32),
    Several,
}

impl CategorySpread {
    /// The slice of a row of which nobody knows when it happened. Its category is in every window.
    pub const NO_SLICE: i64 = i64::MIN;

    /// Nothing yet.
    #[must_use]
    pub fn new(dictionary: &Dictionary) -> Self {
        Self { named: vec![Spread::NONE; dictionary.categories().len()], others: HashMap::default() }
    }

    /// Adds a column whose row `i` happened in slice `slices[i]` and segment `segments[i]`; without segments all are of one.
    pub fn absorb(&mut self, dictionary: &Dictionary, column: TextSlice<'_>, slices: &[i64], segments: Option<&[u32]>) {
        let mut by_code = vec![Spread::NONE; column.values.len()];
        for (row, (code, slice)) in column.codes.iter().zip(slices).enumerate() {
            if let Some(spread) = by_code.get_mut(*code as usize) {
                let segment = segments.and_then(|segments| segments.get(row)).copied().unwrap_or_default();
                spread.add(Spread::of(*slice, segment));
            }
        }
        for (value, spread) in column.values.iter().zip(by_code).filter(|(_, spread)| spread.count > 0) {
            let named = dictionary.locate(value).slot.and_then(|slot| self.named.get_mut(slot));
            named.unwrap_or_else(|| self.others.entry(fnv1a(value.as_bytes())).or_insert(Spread::NONE)).add(spread);
        }
    }

    /// Values that only one window of `length` slices has; several entries a window. Windows are aligned to slice 0.
    pub fn alone(&self, length: i64) -> impl Iterator<Item = Alone> + '_ {
        let length = length.max(1);
        self.occurred().filter(|spread| spread.first != Self::NO_SLICE).filter_map(move |spread| {
            let window = spread.first.div_euclid(length);
            let segment = if let Segment::One(segment) = spread.segment { Some(segment) } else { None };
            (window == spread.last.div_euclid(length)).then_some(Alone { window, segment, count: spread.count })
        })
    }

    /// How many categories occurred exactly `count` times.
    #[must_use]
    pub fn occurred_exactly(&self, count: u64) -> u64 {
        self.occurred().filter(|spread| spread.count == count).count() as u64
    }

    fn occurred(&self) -> impl Iterator<Item = &Spread> {
        self.named.iter().chain(self.others.values()).filter(|spread| spread.count > 0)
    }
}

impl Spread {
    const NONE: Self = Self { count: 0, first: i64::MAX, last: i64::MIN, segment: Segment::Several };

    const fn of(slice: i64, segment: u32) -> Self {
        let last = if slice == CategorySpread::NO_SLICE { i64::MAX } else { slice };
        Self { count: 1, first: slice, last, segment: Segment::One(segment) }
    }

    /// Commutative and associative, with [`Spread::NONE`] as identity.
    fn add(&mut self, other: Self) {
        if self.count == 0 || other.count == 0 {
            *self = if self.count == 0 { other } else { *self };
            return;
        }
        self.count = self.count.saturating_add(other.count);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        if self.segment != other.segment {
            self.segment = Segment::Several;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::layout::CategoryCounts;

    const WORDS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "", "ü"];

    /// Texts, each with its slice and segment.
    type Rows = Vec<(usize, i64, u32)>;

    fn rows() -> impl Strategy<Value = Rows> {
        let slice = prop_oneof![9 => -20..20_i64, 1 => Just(CategorySpread::NO_SLICE)];
        prop::collection::vec((0..WORDS.len(), slice, 0..3_u32), 1..60)
    }

    fn dictionary(rows: &Rows) -> Dictionary {
        let mut counts = CategoryCounts::new();
        for (word, ..) in rows {
            counts.add(WORDS[*word], 1);
        }
        counts.into_dictionary(3).0
    }

    fn spread(dictionary: &Dictionary, parts: &[&[(usize, i64, u32)]]) -> CategorySpread {
        let values = WORDS.map(str::to_owned);
        let mut spread = CategorySpread::new(dictionary);
        for part in parts {
            let codes: Vec<u32> = part.iter().map(|row| row.0 as u32).collect();
            let slices: Vec<i64> = part.iter().map(|row| row.1).collect();
            let segments: Vec<u32> = part.iter().map(|row| row.2).collect();
            spread.absorb(dictionary, TextSlice { codes: &codes, values: &values }, &slices, Some(&segments));
        }
        spread
    }

    /// Values by window and segment.
    fn summed(spread: &CategorySpread, length: i64) -> BTreeMap<(i64, Option<u32>), u64> {
        let mut sums = BTreeMap::new();
        spread.alone(length).for_each(|alone| *sums.entry((alone.window, alone.segment)).or_default() += alone.count);
        sums
    }

    proptest! {
        #[test]
        fn what_one_window_has_alone_is_found(rows in rows(), length in 1..9_i64) {
            let mut expected = BTreeMap::new();
            for word in 0..WORDS.len() {
                let own: Vec<_> = rows.iter().filter(|row| row.0 == word).collect();
                let windows: BTreeSet<i64> = own.iter().map(|row| row.1.div_euclid(length)).collect();
                let segments: BTreeSet<u32> = own.iter().map(|row| row.2).collect();
                if windows.len() == 1 && own.iter().all(|row| row.1 != CategorySpread::NO_SLICE) {
                    let segment = segments.first().copied().filter(|_| segments.len() == 1);
                    *expected.entry((*windows.first().unwrap(), segment)).or_default() += own.len() as u64;
                }
            }
            let found = spread(&dictionary(&rows), &[&rows]);
            prop_assert_eq!(summed(&found, length), expected);
            let once = (0..WORDS.len()).filter(|word| rows.iter().filter(|row| row.0 == *word).count() == 1).count();
            prop_assert_eq!(found.occurred_exactly(1), once as u64);
        }

        #[test]
        fn neither_order_nor_parts_matter(rows in rows(), shuffle in any::<prop::sample::Index>(), length in 1..9_i64) {
            let dictionary = dictionary(&rows);
            let mut turned = rows.clone();
            turned.rotate_left(shuffle.index(rows.len()));
            turned.reverse();
            let (head, tail) = turned.split_at(shuffle.index(rows.len()));
            prop_assert_eq!(
                summed(&spread(&dictionary, &[head, tail]), length),
                summed(&spread(&dictionary, &[&rows]), length)
            );
        }
    }
}
