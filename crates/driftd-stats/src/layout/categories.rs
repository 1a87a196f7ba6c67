//! Counting categories while a baseline is built.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::booleans::BooleanPlaces;
use super::dictionary::{Dictionary, Rest, StoredDictionary};
use super::fingerprint::Keyed;
use super::names::{Named, choose};
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

    /// Freezes a dictionary with up to `top` names (at least 1, at most 10,000), and the baseline's own counts on it.
    /// Which categories have names, and which values are compared, says the module `names`; booleans both have one.
    /// Missing values are added by the caller.
    #[must_use]
    pub fn into_dictionary(self, top: u16) -> (Dictionary, CategoricalAggregate) {
        let top = usize::from(top.clamp(1, MAX_CATEGORIES));
        let categories_of = |times: u64| self.counts.values().filter(|count| **count == times).count() as u64;
        let (singletons, twice, total) = (categories_of(1), categories_of(2), self.total);
        let are_booleans = BooleanPlaces::of(self.counts.keys().map(String::as_str)).is_some();
        let Named { names, buckets, unnamed } = choose(self.counts.into_iter().collect(), top, are_booleans);
        let (categories, mut slots): (Vec<String>, Vec<u64>) = names.into_iter().unzip();
        let keyed = Keyed::of(categories.iter().map(String::as_str), total, singletons);
        let mut tail: Vec<u64> = unnamed.iter().map(|category| keyed.hash(category)).collect();
        tail.sort_unstable();
        tail.dedup();
        slots.extend(buckets.iter().flatten());
        let rest = if buckets.is_some() { Rest::Buckets } else { Rest::Nowhere };
        let stored = StoredDictionary { categories, tail, singletons, total };
        let dictionary = Dictionary::frozen(stored, rest, Some(twice), true);
        let aggregate = CategoricalAggregate::of_baseline(&dictionary, slots, total);
        (dictionary, aggregate)
    }
}
