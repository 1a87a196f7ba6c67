//! The frozen dictionary of a categorical feature.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::booleans::BooleanPlaces;
use super::fingerprint::{self, fnv1a};
use super::names::{self, BUCKETS};
use crate::error::StatsError;
use crate::layout::MAX_CATEGORIES;
use crate::significance::Novelty;

/// Where a value is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Number of the slot; `None` for a value without one, which is only counted as never seen.
    pub slot: Option<usize>,
    /// Whether the baseline never had the value.
    pub is_new: bool,
}

/// The frozen dictionary of a categorical feature: categories that have names, the others by hash.
///
/// Slots are numbered: the names in order, then 32 *buckets* in which all other values are counted, seen before or not,
/// by a hash that no count chose. Where every category of the baseline has a name there are no buckets, and a value that
/// is none of them has no slot. Dictionaries from before there were buckets have two slots behind the names instead, one
/// for the other categories of the baseline and one for values it never had.
///
/// The others are kept as sorted 64-bit FNV-1a hashes, eight bytes per category; the chance that an unseen value passes
/// for one of a million of them is about 5 · 10⁻¹⁴.
#[derive(Clone, Debug)]
pub struct Dictionary {
    stored: StoredDictionary,
    rest: Rest,
    /// Categories that occurred twice; unknown to dictionaries from before it was looked at.
    twice: Option<u64>,
    places: HashMap<String, u32, FixedState>,
    booleans: Option<BooleanPlaces>,
    fingerprint: u64,
}

/// How values without a name are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// In no slot: every category of the baseline has a name.
    Nowhere,
    /// In buckets.
    Buckets,
    /// In two slots, by whether the baseline had them.
    OtherAndUnseen,
}

/// A dictionary with slots for other and unseen values, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredDictionary {
    /// By share, descending; ties by bytes.
    pub(super) categories: Vec<String>,
    /// FNV-1a of the remaining baseline categories, ascending.
    pub(super) tail: Vec<u64>,
    /// Categories that occurred exactly once.
    pub(super) singletons: u64,
    /// Baseline values that were present.
    pub(super) total: u64,
}

/// A dictionary of names and buckets, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredNames {
    /// By votes or, where there are no buckets, by count, descending; ties by bytes.
    pub(super) names: Vec<String>,
    /// FNV-1a of the remaining baseline categories, ascending.
    pub(super) others: Vec<u64>,
    /// Categories that occurred exactly once.
    pub(super) once: u64,
    /// Categories that occurred exactly twice.
    pub(super) twice: u64,
    /// Baseline values that were present, voters included.
    pub(super) values: u64,
    /// Whether values without a name are counted in buckets.
    pub(super) buckets: bool,
}

/// A dictionary as it is stored, in the form that it has.
pub(super) enum Stored {
    OtherAndUnseen(StoredDictionary),
    Named(StoredNames),
}

impl PartialEq for Dictionary {
    fn eq(&self, other: &Self) -> bool {
        (&self.stored, self.rest, self.twice) == (&other.stored, other.rest, other.twice)
    }
}

impl TryFrom<StoredDictionary> for Dictionary {
    type Error = StatsError;

    fn try_from(stored: StoredDictionary) -> Result<Self, StatsError> {
        Self::lawful(stored, Rest::OtherAndUnseen, None)
    }
}

impl TryFrom<StoredNames> for Dictionary {
    type Error = StatsError;

    fn try_from(stored: StoredNames) -> Result<Self, StatsError> {
        let StoredNames { names: categories, others: tail, once: singletons, twice, values: total, buckets } = stored;
        let corrupt = |what| Err(StatsError::CorruptLayout { what });
        if twice > total / 2 {
            return corrupt("more categories that occur twice than values");
        }
        if !buckets && !tail.is_empty() {
            return corrupt("categories without a name and no bucket to count them in");
        }
        let rest = if buckets { Rest::Buckets } else { Rest::Nowhere };
        Self::lawful(StoredDictionary { categories, tail, singletons, total }, rest, Some(twice))
    }
}

impl Dictionary {
    /// Adds what follows from the stored part, if that is lawful.
    fn lawful(stored: StoredDictionary, rest: Rest, twice: Option<u64>) -> Result<Self, StatsError> {
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
        let dictionary = Self::frozen(stored, rest, twice);
        if dictionary.places.len() != dictionary.stored.categories.len() {
            return corrupt("a category is listed twice");
        }
        Ok(dictionary)
    }

    /// Adds what follows from the stored part, which must be lawful.
    pub(super) fn frozen(stored: StoredDictionary, rest: Rest, twice: Option<u64>) -> Self {
        let places = stored.categories.iter().cloned().zip(0..).collect();
        let names = fingerprint::of_texts(stored.categories.iter().map(String::as_str));
        let form: &[u8] = match rest {
            Rest::OtherAndUnseen => b"",
            Rest::Nowhere => b"names",
            Rest::Buckets => b"buckets",
        };
        // Dictionaries from before had no mark of their form, and keep their fingerprint.
        let mark = if form.is_empty() { 0 } else { fnv1a(form) };
        let fingerprint = names ^ fingerprint::of_hashes(&stored.tail) ^ mark;
        let booleans =
            BooleanPlaces::of(stored.categories.iter().map(String::as_str)).filter(|_| stored.tail.is_empty());
        Self { stored, rest, twice, places, booleans, fingerprint }
    }

    /// The categories that have names, by share descending, ties by bytes.
    #[must_use]
    pub fn categories(&self) -> &[String] {
        &self.stored.categories
    }

    /// Number of distinct baseline categories, with a name or without (up to hash collisions among the latter).
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.stored.categories.len() + self.stored.tail.len()
    }

    /// What the baseline says about how often something new comes. A dictionary that does not know which categories
    /// occurred twice takes them for as many as occurred once, so that what is rare is not taken for impossible.
    #[must_use]
    pub fn novelty(&self) -> Novelty {
        let once = self.stored.singletons;
        Novelty { once, twice: self.twice.unwrap_or(once), values: self.stored.total }
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
    pub fn locate(&self, value: &str) -> Place {
        if let Some(place) = self.places.get(value) {
            return Place { slot: Some(*place as usize), is_new: false };
        }
        if let Some(place) = self.booleans.as_ref().and_then(|booleans| booleans.place(value)) {
            return Place { slot: Some(place as usize), is_new: false };
        }
        let hash = fnv1a(value.as_bytes());
        let is_new = self.stored.tail.binary_search(&hash).is_err();
        let slot = match self.rest {
            Rest::Nowhere => None,
            Rest::Buckets => Some(self.named() + names::bucket(hash)),
            Rest::OtherAndUnseen => Some(self.named() + usize::from(is_new)),
        };
        Place { slot, is_new }
    }

    /// Number of categories that have names; the slots of the rest come behind theirs.
    #[must_use]
    pub fn named(&self) -> usize {
        self.stored.categories.len()
    }

    /// Number of slots.
    #[must_use]
    pub fn bins(&self) -> usize {
        let behind = match self.rest {
            Rest::Nowhere => 0,
            Rest::Buckets => BUCKETS,
            Rest::OtherAndUnseen => 2,
        };
        self.named() + behind
    }

    /// How values without a name are counted.
    pub(crate) fn rest(&self) -> Rest {
        self.rest
    }

    /// Readable name of a category that has a name: itself, or `(empty)` for the empty text.
    pub(crate) fn name(&self, slot: usize) -> Option<String> {
        let category = self.stored.categories.get(slot)?;
        Some(if category.is_empty() { "(empty)".to_owned() } else { category.clone() })
    }

    /// Hash of everything that decides where a value is counted.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }
}

impl From<Dictionary> for Stored {
    fn from(dictionary: Dictionary) -> Self {
        let StoredDictionary { categories, tail, singletons, total } = dictionary.stored;
        match dictionary.rest {
            Rest::OtherAndUnseen => Self::OtherAndUnseen(StoredDictionary { categories, tail, singletons, total }),
            rest => Self::Named(StoredNames {
                names: categories,
                others: tail,
                once: singletons,
                twice: dictionary.twice.unwrap_or(0),
                values: total,
                buckets: rest == Rest::Buckets,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::layout::FeatureLayout;

    /// A dictionary from before there were buckets is read, counts as it did, and is written as it was.
    #[test]
    fn dictionaries_from_before_stay_what_they_were() {
        // FNV-1a of "c".
        let text = r#"{"categorical":{"categories":["a","b"],"tail":[12638189399578898418],"singletons":1,"total":8}}"#;
        let layout: FeatureLayout = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&layout).unwrap(), text);
        let dictionary = layout.as_categorical().unwrap();
        let slots = ["a", "b", "c", "d"].map(|value| dictionary.locate(value));
        assert_eq!(
            slots.map(|place| (place.slot, place.is_new)),
            [(Some(0), false), (Some(1), false), (Some(2), false), (Some(3), true)]
        );
        assert_eq!(dictionary.bins(), 4);
        assert_eq!((dictionary.novelty().once, dictionary.novelty().twice, dictionary.novelty().values), (1, 1, 8));
    }

    #[test]
    fn bytes_that_contradict_themselves_are_refused() {
        for (text, why) in [
            (r#"{"named":{"names":["a"],"others":[1],"once":0,"twice":0,"values":9,"buckets":false}}"#, "no bucket"),
            (
                r#"{"named":{"names":["a","a"],"others":[],"once":0,"twice":0,"values":9,"buckets":true}}"#,
                "listed twice",
            ),
            (
                r#"{"named":{"names":["a"],"others":[2,1],"once":0,"twice":0,"values":9,"buckets":true}}"#,
                "not ascending",
            ),
            (r#"{"named":{"names":["a"],"others":[],"once":0,"twice":5,"values":9,"buckets":true}}"#, "occur twice"),
        ] {
            let error = serde_json::from_str::<FeatureLayout>(text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
