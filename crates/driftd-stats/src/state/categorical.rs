//! State of a categorical feature.

use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::columns::{MISSING_CODE, TextSlice};
use super::{HeavyHitters, add_counts, shape, total};
use crate::error::ShapeMismatch;
use crate::layout::{Dictionary, Rest};

/// Counts of a categorical feature against a frozen dictionary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoricalAggregate {
    dictionary: u64,
    slots: Vec<u64>,
    /// Values. More than the slots hold where some have no slot: never-seen ones where every category has a name, and
    /// the voters of a baseline.
    present: u64,
    /// Values the baseline never had.
    new: u64,
    missing: u64,
    mistyped: u64,
    unseen: HeavyHitters,
    /// Whether the last two slots are those of other and of never-seen values.
    has_other_and_unseen: bool,
}

impl CategoricalAggregate {
    /// Nothing counted yet against this dictionary.
    #[must_use]
    pub fn empty(dictionary: &Dictionary) -> Self {
        Self::of_baseline(dictionary, vec![0; dictionary.bins()], 0)
    }

    /// Counts known from elsewhere, one per slot, of `present` values none of which is new.
    pub(crate) fn of_baseline(dictionary: &Dictionary, slots: Vec<u64>, present: u64) -> Self {
        Self {
            dictionary: dictionary.fingerprint(),
            slots,
            present,
            new: 0,
            missing: 0,
            mistyped: 0,
            unseen: HeavyHitters::default(),
            has_other_and_unseen: dictionary.rest() == Rest::OtherAndUnseen,
        }
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
            let place = dictionary.locate(value);
            self.add_to_slot(place.slot, count);
            if place.is_new {
                self.add_unseen(value, count);
            }
        }
    }

    /// Counts values in a slot, or without one. The caller adds new values with [`Self::add_unseen`] as well.
    pub(super) fn add_to_slot(&mut self, slot: Option<usize>, count: u64) {
        self.present = self.present.saturating_add(count);
        if let Some(sum) = slot.and_then(|slot| self.slots.get_mut(slot)) {
            *sum = sum.saturating_add(count);
        }
    }

    /// Counts values as new, and remembers what they were.
    pub(super) fn add_unseen(&mut self, value: &str, count: u64) {
        self.new = self.new.saturating_add(count);
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
        self.present = self.present.saturating_add(other.present);
        self.new = self.new.saturating_add(other.new);
        self.add_missing(other.missing);
        self.add_mistyped(other.mistyped);
        self.unseen.merge(&other.unseen);
        Ok(())
    }

    /// Whether this state was counted against this dictionary and is sound; ask
    /// after decoding bytes from outside.
    #[must_use]
    pub fn fits(&self, dictionary: &Dictionary) -> bool {
        self.dictionary == dictionary.fingerprint()
            && self.slots.len() == dictionary.bins()
            && self.has_other_and_unseen == (dictionary.rest() == Rest::OtherAndUnseen)
            && total(&self.slots) <= self.present
            && self.new <= self.present
    }

    /// Counts per slot.
    #[must_use]
    pub fn slots(&self) -> &[u64] {
        &self.slots
    }

    /// Counts that are compared, names first. What the one slot of other values and the one of never-seen ones hold is
    /// compared as one.
    #[must_use]
    pub(crate) fn compared(&self) -> Vec<u64> {
        let mut slots = self.slots.clone();
        if self.has_other_and_unseen
            && let Some(unseen) = slots.pop()
            && let Some(other) = slots.last_mut()
        {
            *other = other.saturating_add(unseen);
        }
        slots
    }

    /// Number of values.
    #[must_use]
    pub fn present(&self) -> u64 {
        self.present
    }

    /// Values the baseline never had.
    #[must_use]
    pub fn unseen(&self) -> u64 {
        self.new
    }

    /// The most frequent of them.
    #[must_use]
    pub fn unseen_values(&self) -> &HeavyHitters {
        &self.unseen
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        total([&self.present, &self.missing, &self.mistyped])
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

    /// Whether the form of before there were buckets says all of it.
    pub(super) fn is_of_before(&self) -> bool {
        self.has_other_and_unseen
    }

    pub(crate) fn shape(&self) -> String {
        shape("categorical", self.slots.len(), self.dictionary)
    }
}

/// As it is stored where fields have names. Before there were buckets the slots said how many values there were, and the
/// last of them how many were new.
#[derive(Deserialize)]
struct NamedFields {
    dictionary: u64,
    slots: Vec<u64>,
    #[serde(default)]
    present: Option<u64>,
    #[serde(default)]
    new: Option<u64>,
    missing: u64,
    mistyped: u64,
    unseen: HeavyHitters,
}

/// As it was stored before there were buckets, field after field.
#[derive(Deserialize)]
struct FieldsBefore {
    dictionary: u64,
    slots: Vec<u64>,
    missing: u64,
    mistyped: u64,
    unseen: HeavyHitters,
}

/// As it is stored, field after field.
#[derive(Deserialize)]
struct Fields {
    dictionary: u64,
    slots: Vec<u64>,
    present: u64,
    new: u64,
    missing: u64,
    mistyped: u64,
    unseen: HeavyHitters,
}

/// Read from the variant of before there were buckets, or from either form where fields have names.
pub(super) struct StoredCounts(pub(super) CategoricalAggregate);

/// Read from the variant of counts of names and buckets.
pub(super) struct StoredNamedCounts(pub(super) CategoricalAggregate);

impl<'de> Deserialize<'de> for StoredCounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = if deserializer.is_human_readable() {
            NamedFields::deserialize(deserializer)?
        } else {
            let FieldsBefore { dictionary, slots, missing, mistyped, unseen } =
                FieldsBefore::deserialize(deserializer)?;
            NamedFields { dictionary, slots, present: None, new: None, missing, mistyped, unseen }
        };
        Ok(Self(fields.into()))
    }
}

impl<'de> Deserialize<'de> for StoredNamedCounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Fields { dictionary, slots, present, new, missing, mistyped, unseen } = Fields::deserialize(deserializer)?;
        let fields =
            NamedFields { dictionary, slots, present: Some(present), new: Some(new), missing, mistyped, unseen };
        Ok(Self(fields.into()))
    }
}

impl From<NamedFields> for CategoricalAggregate {
    fn from(fields: NamedFields) -> Self {
        let NamedFields { dictionary, slots, present, new, missing, mistyped, unseen } = fields;
        let has_other_and_unseen = present.is_none();
        let present = present.unwrap_or_else(|| total(&slots));
        let new = new.unwrap_or_else(|| slots.last().copied().unwrap_or(0));
        Self { dictionary, slots, present, new, missing, mistyped, unseen, has_other_and_unseen }
    }
}

impl Serialize for CategoricalAggregate {
    /// As `StoredCounts` and `StoredNamedCounts` read it, without a copy.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, fields) = if self.is_of_before() { ("FieldsBefore", 5) } else { ("Fields", 7) };
        let mut stored = serializer.serialize_struct(name, fields)?;
        stored.serialize_field("dictionary", &self.dictionary)?;
        stored.serialize_field("slots", &self.slots)?;
        if !self.is_of_before() {
            stored.serialize_field("present", &self.present)?;
            stored.serialize_field("new", &self.new)?;
        }
        stored.serialize_field("missing", &self.missing)?;
        stored.serialize_field("mistyped", &self.mistyped)?;
        stored.serialize_field("unseen", &self.unseen)?;
        stored.end()
    }
}
