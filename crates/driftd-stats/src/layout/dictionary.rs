//! The frozen dictionary of a categorical feature.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::booleans::BooleanPlaces;
use super::fingerprint::{self, Keyed, fnv1a};
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
/// The others are kept as sorted 64-bit hashes, eight bytes per category; the chance that an unseen value passes for one
/// of a million of them is about 5 · 10⁻¹⁴. The hash is SipHash-2-4 under a key of the dictionary's own, so that nobody who
/// does not know the baseline can make up such a value; dictionaries from before have FNV-1a, which has no key.
#[derive(Clone, Debug)]
pub struct Dictionary {
    stored: StoredDictionary,
    rest: Rest,
    /// Categories that occurred twice; unknown to dictionaries from before it was looked at.
    twice: Option<u64>,
    /// Hashes the others, where that is done with a key.
    keyed: Option<Keyed>,
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
    /// Hashes of the remaining baseline categories, ascending: FNV-1a where they are not keyed.
    pub(super) others: Vec<u64>,
    /// Categories that occurred exactly once.
    pub(super) once: u64,
    /// Categories that occurred exactly twice.
    pub(super) twice: u64,
    /// Baseline values that were present, voters included.
    pub(super) values: u64,
    /// Whether values without a name are counted in buckets.
    pub(super) buckets: bool,
    /// Whether the others are hashed with the dictionary's key.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) keyed: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// A dictionary as it is stored, in the form that it has.
pub(super) enum Stored {
    OtherAndUnseen(StoredDictionary),
    Named(StoredNames),
}

impl PartialEq for Dictionary {
    fn eq(&self, other: &Self) -> bool {
        let parts = |d: &Self| (d.rest, d.twice, d.keyed.is_some());
        self.stored == other.stored && parts(self) == parts(other)
    }
}

impl TryFrom<StoredDictionary> for Dictionary {
    type Error = StatsError;

    fn try_from(stored: StoredDictionary) -> Result<Self, StatsError> {
        Self::lawful(stored, Rest::OtherAndUnseen, None, false)
    }
}

impl TryFrom<StoredNames> for Dictionary {
    type Error = StatsError;

    fn try_from(stored: StoredNames) -> Result<Self, StatsError> {
        let StoredNames { names: categories, others: tail, once: singletons, twice, values: total, buckets, keyed } =
            stored;
        let corrupt = |what| Err(StatsError::CorruptLayout { what });
        if twice > total / 2 {
            return corrupt("more categories that occur twice than values");
        }
        if !buckets && !tail.is_empty() {
            return corrupt("categories without a name and no bucket to count them in");
        }
        let rest = if buckets { Rest::Buckets } else { Rest::Nowhere };
        Self::lawful(StoredDictionary { categories, tail, singletons, total }, rest, Some(twice), keyed)
    }
}

impl Dictionary {
    /// Adds what follows from the stored part, if that is lawful.
    fn lawful(stored: StoredDictionary, rest: Rest, twice: Option<u64>, keyed: bool) -> Result<Self, StatsError> {
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
        let dictionary = Self::frozen(stored, rest, twice, keyed);
        if dictionary.places.len() != dictionary.stored.categories.len() {
            return corrupt("a category is listed twice");
        }
        Ok(dictionary)
    }

    /// Adds what follows from the stored part, which must be lawful.
    pub(super) fn frozen(stored: StoredDictionary, rest: Rest, twice: Option<u64>, keyed: bool) -> Self {
        let categories = || stored.categories.iter().map(String::as_str);
        let keyed = keyed.then(|| Keyed::of(categories(), stored.total, stored.singletons));
        let places = stored.categories.iter().cloned().zip(0..).collect();
        let names = fingerprint::of_texts(categories());
        let form: &[u8] = match rest {
            Rest::OtherAndUnseen => b"",
            Rest::Nowhere => b"names",
            Rest::Buckets => b"buckets",
        };
        // Dictionaries from before had no mark of their form, and keep their fingerprint.
        let mark = if form.is_empty() { 0 } else { fnv1a(form) };
        let fingerprint = names ^ fingerprint::of_hashes(&stored.tail) ^ mark;
        let booleans = BooleanPlaces::of(categories()).filter(|_| stored.tail.is_empty());
        Self { stored, rest, twice, keyed, places, booleans, fingerprint }
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
        let seen = self.keyed.map_or(hash, |keyed| keyed.hash(value));
        let is_new = self.stored.tail.binary_search(&seen).is_err();
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
                keyed: dictionary.keyed.is_some(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::layout::{CategoryCounts, FeatureLayout};

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

    /// The same of one whose others were hashed without a key.
    #[test]
    fn others_without_a_key_stay_known() {
        let text =
            r#"{"named":{"names":["a"],"others":[12638189399578898418],"once":1,"twice":0,"values":8,"buckets":true}}"#;
        let layout: FeatureLayout = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&layout).unwrap(), text);
        let new = |value| layout.as_categorical().unwrap().locate(value).is_new;
        assert_eq!(["a", "c", "d"].map(new), [false, false, true]);
    }

    #[test]
    fn others_are_known_by_their_own_key() {
        let counted = |values: u64| {
            let mut counts = CategoryCounts::new();
            (0..40).for_each(|i| counts.add(&format!("v{i}"), 1));
            counts.add("often", values);
            counts.into_dictionary(5).0
        };
        let (one, other) = (counted(500), counted(501));
        assert!((0..40).all(|i| !one.locate(&format!("v{i}")).is_new));
        assert!((40..400).all(|i| one.locate(&format!("v{i}")).is_new));
        assert!(one.stored.tail.iter().all(|hash| !other.stored.tail.contains(hash)), "another baseline, another key");
        let again: FeatureLayout =
            serde_json::from_str(&serde_json::to_string(&FeatureLayout::Categorical(one.clone())).unwrap()).unwrap();
        assert_eq!(again.as_categorical(), Some(&one));
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
