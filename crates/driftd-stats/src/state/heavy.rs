//! Heavy hitters among the unseen values of a window, for its explanation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::layout::fnv1a;

/// Distinct values kept.
const CAPACITY: usize = 256;
/// Bytes of a value kept; longer values are cut at a character.
const LONGEST: usize = 96;

/// Counts of values the baseline never had, bounded in number and length.
///
/// Up to 256 distinct values every count is exact. Beyond that the 256 values
/// of smallest hash stay: a value that falls out of any part is not among the
/// smallest of the whole either, so the counts that remain are still exact and
/// merging obeys the same laws as the counters. (Frequency-based eviction, as
/// in Space-Saving, would make the result depend on the order of the parts.)
/// The list only explains; the `unseen` counter decides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredHitters", into = "StoredHitters")]
pub struct HeavyHitters {
    /// By hash, then text: a collision keeps both.
    counts: BTreeMap<(u64, String), u64>,
    /// Whether values were left out.
    truncated: bool,
}

/// Texts and counts; the hashes follow from the texts.
#[derive(Serialize, Deserialize)]
struct StoredHitters {
    values: Vec<(String, u64)>,
    truncated: bool,
}

impl From<HeavyHitters> for StoredHitters {
    fn from(heavy: HeavyHitters) -> Self {
        Self { values: heavy.counts.into_iter().map(|((_, v), n)| (v, n)).collect(), truncated: heavy.truncated }
    }
}

impl From<StoredHitters> for HeavyHitters {
    /// Re-adding keeps every bound, whatever the bytes said.
    fn from(stored: StoredHitters) -> Self {
        let mut heavy = Self { counts: BTreeMap::new(), truncated: stored.truncated };
        for (value, count) in &stored.values {
            heavy.add(value, *count);
        }
        heavy
    }
}

impl HeavyHitters {
    /// Counts `count` occurrences of `value`.
    pub fn add(&mut self, value: &str, count: u64) {
        if count == 0 {
            return;
        }
        let kept = cut(value);
        let hash = fnv1a(kept.as_bytes());
        let beyond = |(last, text): &(u64, String)| (*last, text.as_str()) < (hash, kept);
        if self.counts.len() >= CAPACITY && self.counts.last_key_value().is_some_and(|(last, _)| beyond(last)) {
            self.truncated = true; // it would be the first to go
        } else {
            self.insert((hash, kept.to_owned()), count);
        }
    }

    /// Adds the counts of another part.
    pub fn merge(&mut self, other: &Self) {
        self.truncated |= other.truncated;
        for (key, count) in &other.counts {
            self.insert(key.clone(), *count);
        }
    }

    fn insert(&mut self, key: (u64, String), count: u64) {
        let sum = self.counts.entry(key).or_insert(0);
        *sum = sum.saturating_add(count);
        if self.counts.len() > CAPACITY {
            self.counts.pop_last();
            self.truncated = true;
        }
    }

    /// The most frequent values kept, by count descending, ties by bytes.
    #[must_use]
    pub fn top(&self, limit: usize) -> Vec<(&str, u64)> {
        let mut all: Vec<(&str, u64)> = self.counts.iter().map(|((_, value), n)| (value.as_str(), *n)).collect();
        all.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        all.truncate(limit);
        all
    }

    /// Whether there were more distinct values than are kept.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.counts.keys().map(|(_, value)| value.capacity() + 48).sum()
    }
}

fn cut(value: &str) -> &str {
    value.get(..value.floor_char_boundary(LONGEST)).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_counted_exactly_and_ranked() {
        let mut heavy = HeavyHitters::default();
        for (value, count) in [("ZZ", 2), ("XQ", 5), ("AA", 2), ("none", 0)] {
            heavy.add(value, count);
        }
        assert_eq!(heavy.top(9), [("XQ", 5), ("AA", 2), ("ZZ", 2)]);
        assert!(!heavy.is_truncated());
    }

    #[test]
    fn many_and_long_values_stay_within_bounds() {
        let mut heavy = HeavyHitters::default();
        for i in 0..10_000 {
            heavy.add(&format!("{i}{}", "é".repeat(1000)), 1);
        }
        assert!(heavy.is_truncated());
        assert_eq!(heavy.top(usize::MAX).len(), CAPACITY);
        assert!(heavy.heap_bytes() < 256 * (LONGEST + 48) + 1);
    }
}
