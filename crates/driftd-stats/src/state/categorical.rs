//! State of a categorical feature.

use serde::{Deserialize, Serialize};

use super::columns::{MISSING_CODE, TextSlice};
use super::{HeavyHitters, add_counts, shape, total};
use crate::error::ShapeMismatch;
use crate::layout::{CategorySlot, Dictionary};

/// Counts of a categorical feature against a frozen dictionary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoricalAggregate {
    dictionary: u64,
    slots: Vec<u64>,
    missing: u64,
    mistyped: u64,
    unseen: HeavyHitters,
}

impl CategoricalAggregate {
    /// Nothing counted yet against this dictionary.
    #[must_use]
    pub fn empty(dictionary: &Dictionary) -> Self {
        Self::of_baseline(dictionary, vec![0; dictionary.bins()])
    }

    /// Counts known from elsewhere, one per slot.
    pub(crate) fn of_baseline(dictionary: &Dictionary, slots: Vec<u64>) -> Self {
        Self { dictionary: dictionary.fingerprint(), slots, missing: 0, mistyped: 0, unseen: HeavyHitters::default() }
    }

    /// Counts a column. `dictionary` must be the one this state was made for;
    /// with any other nothing is counted.
    pub fn absorb(&mut self, dictionary: &Dictionary, column: TextSlice<'_>) {
        if !self.fits(dictionary) {
            return;
        }
        let mut by_code = vec![0_u64; column.values.len()];
        for &code in column.codes {
            match by_code.get_mut(code as usize) {
                Some(count) => *count += 1,
                None => self.add_absent_code(code),
            }
        }
        for (value, count) in column.values.iter().zip(by_code) {
            self.add(dictionary, value, count);
        }
    }

    /// Counts `count` occurrences of `value`.
    pub fn add(&mut self, dictionary: &Dictionary, value: &str, count: u64) {
        if count > 0 {
            let slot = dictionary.slot(value);
            self.add_to_slot(dictionary.slot_number(slot), count);
            if slot == CategorySlot::Unseen {
                self.add_unseen(value, count);
            }
        }
    }

    /// Counts in a slot. The caller adds unseen values with
    /// [`Self::add_unseen`] as well.
    pub(super) fn add_to_slot(&mut self, slot: usize, count: u64) {
        if let Some(sum) = self.slots.get_mut(slot) {
            *sum = sum.saturating_add(count);
        }
    }

    /// Remembers what an unseen value was.
    pub(super) fn add_unseen(&mut self, value: &str, count: u64) {
        self.unseen.add(value, count);
    }

    /// Counts one row whose code stands for no text.
    pub(super) fn add_absent_code(&mut self, code: u32) {
        if code == MISSING_CODE {
            self.add_missing(1);
        } else {
            self.add_mistyped(1);
        }
    }

    /// Adds rows without a value.
    pub fn add_missing(&mut self, rows: u64) {
        self.missing = self.missing.saturating_add(rows);
    }

    /// Adds rows whose value was of the wrong type.
    pub fn add_mistyped(&mut self, rows: u64) {
        self.mistyped = self.mistyped.saturating_add(rows);
    }

    /// Adds the counts of another part.
    ///
    /// # Errors
    /// When the parts were counted against different dictionaries.
    pub fn merge(&mut self, other: &Self) -> Result<(), ShapeMismatch> {
        if self.dictionary != other.dictionary || self.slots.len() != other.slots.len() {
            return Err(ShapeMismatch::new(self.shape(), other.shape()));
        }
        add_counts(&mut self.slots, &other.slots);
        self.add_missing(other.missing);
        self.add_mistyped(other.mistyped);
        self.unseen.merge(&other.unseen);
        Ok(())
    }

    /// Whether this state was counted against this dictionary and is sound; ask
    /// after decoding bytes from outside.
    #[must_use]
    pub fn fits(&self, dictionary: &Dictionary) -> bool {
        self.dictionary == dictionary.fingerprint() && self.slots.len() == dictionary.bins()
    }

    /// Counts per slot: the listed categories, `other`, `unseen`.
    #[must_use]
    pub fn slots(&self) -> &[u64] {
        &self.slots
    }

    /// Counts that are compared, names first: other and never-seen values as one.
    pub(crate) fn compared(&self) -> Vec<u64> {
        let mut slots = self.slots.clone();
        if let Some(unseen) = slots.pop()
            && let Some(other) = slots.last_mut()
        {
            *other = other.saturating_add(unseen);
        }
        slots
    }

    /// Number of values.
    #[must_use]
    pub fn present(&self) -> u64 {
        total(&self.slots)
    }

    /// Values the baseline never had.
    #[must_use]
    pub fn unseen(&self) -> u64 {
        self.slots.last().copied().unwrap_or(0)
    }

    /// The most frequent of them.
    #[must_use]
    pub fn unseen_values(&self) -> &HeavyHitters {
        &self.unseen
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        total([&self.present(), &self.missing, &self.mistyped])
    }

    /// Rows without a value.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Rows whose value was of the wrong type.
    #[must_use]
    pub fn mistyped(&self) -> u64 {
        self.mistyped
    }

    pub(crate) fn shape(&self) -> String {
        shape("categorical", self.slots.len(), self.dictionary)
    }
}
