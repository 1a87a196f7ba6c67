//! The frozen dictionary of a categorical feature.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::booleans::BooleanPlaces;
use super::fingerprint::{self, fnv1a};
use crate::error::StatsError;
use crate::layout::MAX_CATEGORIES;

/// Where a category is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CategorySlot {
    /// A category the dictionary lists, by its index in
    /// [`Dictionary::categories`].
    Top(u32),
    /// A category of the baseline's tail.
    Other,
    /// A category the baseline never had.
    Unseen,
}

/// The frozen dictionary of a categorical feature: the top categories by name,
/// the tail by hash, everything else is unseen.
///
/// Slots are numbered: the top categories in order, then `other`, then
/// `unseen`. The tail is kept as sorted 64-bit FNV-1a hashes, eight bytes per
/// category; the chance that an unseen value passes for one of a million tail
/// values is about 5 · 10⁻¹⁴.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "StoredDictionary", into = "StoredDictionary")]
pub struct Dictionary {
    stored: StoredDictionary,
    places: HashMap<String, u32, FixedState>,
    booleans: Option<BooleanPlaces>,
    fingerprint: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredDictionary {
    /// By share, descending; ties by bytes.
    pub(super) categories: Vec<String>,
    /// FNV-1a of the remaining baseline categories, ascending.
    pub(super) tail: Vec<u64>,
    /// Categories that occurred exactly once.
    pub(super) singletons: u64,
    /// Baseline values that were present.
    pub(super) total: u64,
}

impl PartialEq for Dictionary {
    fn eq(&self, other: &Self) -> bool {
        self.stored == other.stored
    }
}

impl From<Dictionary> for StoredDictionary {
    fn from(dictionary: Dictionary) -> Self {
        dictionary.stored
    }
}

impl TryFrom<StoredDictionary> for Dictionary {
    type Error = StatsError;

    fn try_from(stored: StoredDictionary) -> Result<Self, StatsError> {
        let corrupt = |what| Err(StatsError::CorruptLayout { what });
        if stored.categories.len() > usize::from(MAX_CATEGORIES) {
            return corrupt("too many categories");
        }
        if !stored.tail.is_sorted() {
            return corrupt("tail hashes are not ascending");
        }
        if stored.singletons > stored.total {
            return corrupt("more singletons than values");
        }
        let dictionary = Self::frozen(stored);
        if dictionary.places.len() != dictionary.stored.categories.len() {
            return corrupt("a category is listed twice");
        }
        Ok(dictionary)
    }
}

impl Dictionary {
    /// Adds what follows from the stored part, which must be lawful.
    pub(super) fn frozen(stored: StoredDictionary) -> Self {
        let places = stored.categories.iter().cloned().zip(0..).collect();
        let names = fingerprint::of_texts(stored.categories.iter().map(String::as_str));
        let fingerprint = names ^ fingerprint::of_hashes(&stored.tail);
        let booleans = BooleanPlaces::of(&stored.categories).filter(|_| stored.tail.is_empty());
        Self { stored, places, booleans, fingerprint }
    }

    /// The listed categories, by share descending, ties by bytes.
    #[must_use]
    pub fn categories(&self) -> &[String] {
        &self.stored.categories
    }

    /// Number of distinct baseline categories, listed or not (up to hash
    /// collisions among the tail).
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.stored.categories.len() + self.stored.tail.len()
    }

    /// Baseline categories that occurred exactly once.
    #[must_use]
    pub fn singletons(&self) -> u64 {
        self.stored.singletons
    }

    /// Baseline values that were present.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.stored.total
    }

    /// Whether all its categories are booleans, in one spelling or another.
    #[must_use]
    pub fn is_boolean(&self) -> bool {
        self.booleans.is_some()
    }

    /// Where a value is counted. Where all categories are booleans, `true`, `True` and `1` are one, as are `false`, `0`
    /// and `0.0`.
    #[must_use]
    pub fn slot(&self, value: &str) -> CategorySlot {
        if let Some(place) = self.places.get(value) {
            return CategorySlot::Top(*place);
        }
        if let Some(place) = self.booleans.as_ref().and_then(|booleans| booleans.place(value)) {
            return CategorySlot::Top(place);
        }
        match self.stored.tail.binary_search(&fnv1a(value.as_bytes())) {
            Ok(_) => CategorySlot::Other,
            Err(_) => CategorySlot::Unseen,
        }
    }

    /// Number of slots: the listed categories, `other` and `unseen`.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.stored.categories.len() + 2
    }

    /// Number of the slot `other`.
    #[must_use]
    pub fn other(&self) -> usize {
        self.stored.categories.len()
    }

    /// Number of the slot `unseen`.
    #[must_use]
    pub fn unseen(&self) -> usize {
        self.stored.categories.len() + 1
    }

    /// Number of a slot.
    #[must_use]
    pub fn slot_number(&self, slot: CategorySlot) -> usize {
        match slot {
            CategorySlot::Top(place) => place as usize,
            CategorySlot::Other => self.other(),
            CategorySlot::Unseen => self.unseen(),
        }
    }

    /// Readable name of a slot: the category itself, `(other)`, `(unseen)`, or
    /// `(empty)` for the empty text.
    #[must_use]
    pub fn bin_label(&self, slot: usize) -> String {
        match self.stored.categories.get(slot) {
            Some(category) if category.is_empty() => "(empty)".to_owned(),
            Some(category) => category.clone(),
            None if slot == self.other() => "(other)".to_owned(),
            None => "(unseen)".to_owned(),
        }
    }

    /// Hash of everything that decides where a value is counted.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }
}
