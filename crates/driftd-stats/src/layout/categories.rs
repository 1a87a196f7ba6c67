//! Counting categories while a baseline is built.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::dictionary::{Dictionary, StoredDictionary};
use super::fingerprint::fnv1a;
use crate::layout::MAX_CATEGORIES;
use crate::state::CategoricalAggregate;

/// Exact counts per category while a baseline is built.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CategoryCounts {
    counts: HashMap<String, u64, FixedState>,
    total: u64,
}

impl CategoryCounts {
    /// No values yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts `count` occurrences of `value`; none leaves no trace.
    pub fn add(&mut self, value: &str, count: u64) {
        if count == 0 {
            return;
        }
        self.total = self.total.saturating_add(count);
        if let Some(known) = self.counts.get_mut(value) {
            *known = known.saturating_add(count);
        } else {
            self.counts.insert(value.to_owned(), count);
        }
    }

    /// The values and how often each occurred, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts.iter().map(|(value, count)| (value.as_str(), *count))
    }

    /// Counts every value by another name; those that get the same one are one.
    #[must_use]
    pub fn renamed(self, name: impl Fn(String) -> String) -> Self {
        let mut renamed = Self::new();
        self.counts.into_iter().for_each(|(value, count)| renamed.add(&name(value), count));
        renamed
    }

    /// Number of distinct values.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.counts.len()
    }

    /// Number of values.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Adds the counts of another part of the same column.
    pub fn merge(&mut self, other: &Self) {
        for (value, count) in &other.counts {
            self.add(value, *count);
        }
    }

    /// Freezes the dictionary with the `top` most frequent values by name (at
    /// least 1, at most 10,000), and the baseline's own counts on it. Missing
    /// values are added by the caller.
    #[must_use]
    pub fn into_dictionary(self, top: u16) -> (Dictionary, CategoricalAggregate) {
        let top = usize::from(top.clamp(1, MAX_CATEGORIES));
        let singletons = self.counts.values().filter(|count| **count == 1).count() as u64;
        let mut ranked: Vec<(String, u64)> = self.counts.into_iter().collect();
        ranked.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.as_bytes().cmp(b.0.as_bytes())));
        let rest = ranked.split_off(top.min(ranked.len()));
        let mut tail: Vec<u64> = rest.iter().map(|(v, _)| fnv1a(v.as_bytes())).collect();
        tail.sort_unstable();
        tail.dedup();
        let mut slots: Vec<u64> = ranked.iter().map(|(_, count)| *count).collect();
        slots.push(rest.iter().fold(0, |sum: u64, (_, count)| sum.saturating_add(*count)));
        slots.push(0);
        let dictionary = Dictionary::frozen(StoredDictionary {
            categories: ranked.into_iter().map(|(value, _)| value).collect(),
            tail,
            singletons,
            total: self.total,
        });
        let aggregate = CategoricalAggregate::of_baseline(&dictionary, slots);
        (dictionary, aggregate)
    }
}
