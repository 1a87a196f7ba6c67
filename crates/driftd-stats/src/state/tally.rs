//! Counting a part of a baseline against the dictionary of the whole.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::CategoricalAggregate;
use super::columns::{MISSING_CODE, TextSlice};
use crate::layout::names::{bucket, votes};
use crate::layout::{Dictionary, Rest, fnv1a};

/// Counts of a part of the values that a dictionary was chosen by, such as a segment.
///
/// Some of these values were voters, and of those that were not the part's own counts consist. Who voted hangs on
/// category and count alone, so a part whose values are put first has the first bits of every category as voters: taking
/// `votes(category, count in the part)` away leaves what no name was chosen by, for each part by itself. That needs the
/// counts of categories without a name as well, which are kept by their hashes until [`CategoryTally::finish`].
#[derive(Clone, Debug)]
pub struct CategoryTally {
    named: Vec<u64>,
    others: HashMap<u64, u64, FixedState>,
    missing: u64,
    mistyped: u64,
}

impl CategoryTally {
    /// Nothing counted yet.
    #[must_use]
    pub fn empty(dictionary: &Dictionary) -> Self {
        Self { named: vec![0; dictionary.named()], others: HashMap::default(), missing: 0, mistyped: 0 }
    }

    /// Counts row `i` of a column in `tallies[groups[i]]`. Rows whose group points nowhere are left out.
    pub fn absorb_grouped(dictionary: &Dictionary, column: TextSlice<'_>, groups: &[u32], tallies: &mut [Self]) {
        let mut keys: Vec<Option<Key>> = vec![None; column.values.len()];
        for (&code, &group) in column.codes.iter().zip(groups) {
            let Some(tally) = tallies.get_mut(group as usize) else {
                continue;
            };
            match (keys.get_mut(code as usize), column.values.get(code as usize)) {
                (Some(key), Some(value)) => tally.add(*key.get_or_insert_with(|| Key::of(dictionary, value))),
                _ if code == MISSING_CODE => tally.missing = tally.missing.saturating_add(1),
                _ => tally.mistyped = tally.mistyped.saturating_add(1),
            }
        }
    }

    fn add(&mut self, key: Key) {
        match key {
            Key::Named(slot) => {
                if let Some(count) = self.named.get_mut(slot) {
                    *count = count.saturating_add(1);
                }
            }
            Key::Other(hash) => *self.others.entry(hash).or_insert(0) += 1,
        }
    }

    /// The part's counts on the dictionary, without voters where it has had some.
    #[must_use]
    pub fn finish(self, dictionary: &Dictionary) -> CategoricalAggregate {
        let has_voters = dictionary.rest() == Rest::Buckets;
        let present =
            self.named.iter().chain(self.others.values()).fold(0, |sum: u64, count| sum.saturating_add(*count));
        let compared = |hash: u64, count: u64| if has_voters { count - votes(hash, count) } else { count };
        let categories = dictionary.categories().iter().zip(self.named);
        let mut slots: Vec<u64> =
            categories.map(|(category, count)| compared(fnv1a(category.as_bytes()), count)).collect();
        slots.resize(dictionary.bins(), 0);
        for (hash, count) in self.others {
            // Without buckets every value of the baseline has a name.
            if has_voters && let Some(sum) = slots.get_mut(dictionary.named() + bucket(hash)) {
                *sum = sum.saturating_add(compared(hash, count));
            }
        }
        let mut aggregate = CategoricalAggregate::of_baseline(dictionary, slots, present);
        aggregate.add_missing(self.missing);
        aggregate.add_mistyped(self.mistyped);
        aggregate
    }
}

/// What a value is counted by.
#[derive(Clone, Copy)]
enum Key {
    Named(usize),
    Other(u64),
}

impl Key {
    fn of(dictionary: &Dictionary, value: &str) -> Self {
        match dictionary.locate(value).slot {
            Some(slot) if slot < dictionary.named() => Self::Named(slot),
            _ => Self::Other(fnv1a(value.as_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::CategoryCounts;

    /// Values c0, c1, … of which the i-th occurs 300/(i + 1) times.
    fn column() -> (Vec<String>, Vec<u32>) {
        let values: Vec<String> = (0..200).map(|i| format!("c{i}")).collect();
        let codes = (0..200_u32).flat_map(|code| vec![code; 300 / (code as usize + 1)]).collect();
        (values, codes)
    }

    #[test]
    fn the_whole_as_its_only_part_is_the_whole() {
        let (values, codes) = column();
        let mut counts = CategoryCounts::new();
        for code in &codes {
            counts.add(&values[*code as usize], 1);
        }
        let (dictionary, whole) = counts.into_dictionary(20);
        let mut tallies = [CategoryTally::empty(&dictionary)];
        let groups = vec![0; codes.len()];
        let column = TextSlice { codes: &codes, values: &values };
        CategoryTally::absorb_grouped(&dictionary, column, &groups, &mut tallies);
        let [tally] = tallies;
        assert_eq!(tally.finish(&dictionary), whole);
    }

    #[test]
    fn parts_have_about_half_of_their_values_to_compare() {
        let (values, codes) = column();
        let mut counts = CategoryCounts::new();
        for code in &codes {
            counts.add(&values[*code as usize], 1);
        }
        let (dictionary, _) = counts.into_dictionary(20);
        let groups: Vec<u32> = (0..codes.len() as u32).map(|row| row % 3).collect();
        let mut tallies = vec![CategoryTally::empty(&dictionary); 2];
        let column = TextSlice { codes: &codes, values: &values };
        CategoryTally::absorb_grouped(&dictionary, column, &groups, &mut tallies);
        for tally in tallies {
            let part = tally.finish(&dictionary);
            let compared: u64 = part.slots().iter().sum();
            assert!(part.fits(&dictionary));
            assert!(
                (0.45..0.6).contains(&(compared as f64 / part.present() as f64)),
                "{compared} of {}",
                part.present()
            );
        }
    }
}
