//! State of one feature of any kind.

use serde::{Deserialize, Serialize, Serializer};

use super::categorical::{StoredCounts, StoredNamedCounts};
use super::{CategoricalAggregate, MistypedTypes, NumericAggregate};
use crate::error::ShapeMismatch;
use crate::layout::FeatureLayout;

/// Mergeable state of one feature.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "StoredAggregate")]
pub enum FeatureAggregate {
    /// Counts on a grid.
    Numeric(NumericAggregate),
    /// Counts against a dictionary.
    Categorical(CategoricalAggregate),
    /// Rows with and without a value.
    Presence(PresenceAggregate),
}

/// A state as it is stored. Counts against a dictionary from before there were buckets keep the form that their
/// baseline's hash is of.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredAggregate {
    Numeric(NumericAggregate),
    Categorical(StoredCounts),
    Presence(PresenceAggregate),
    Named(StoredNamedCounts),
}

impl From<StoredAggregate> for FeatureAggregate {
    fn from(stored: StoredAggregate) -> Self {
        match stored {
            StoredAggregate::Numeric(state) => Self::Numeric(state),
            StoredAggregate::Categorical(stored) => Self::Categorical(stored.0),
            StoredAggregate::Presence(state) => Self::Presence(state),
            StoredAggregate::Named(stored) => Self::Categorical(stored.0),
        }
    }
}

impl Serialize for FeatureAggregate {
    /// As `StoredAggregate` reads it, without a copy.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const NAME: &str = "StoredAggregate";
        match self {
            Self::Numeric(state) => serializer.serialize_newtype_variant(NAME, 0, "numeric", state),
            // Where fields have names they tell the forms apart, and people read what kind of feature it is.
            Self::Categorical(state) if state.is_of_before() || serializer.is_human_readable() => {
                serializer.serialize_newtype_variant(NAME, 1, "categorical", state)
            }
            Self::Presence(state) => serializer.serialize_newtype_variant(NAME, 2, "presence", state),
            Self::Categorical(state) => serializer.serialize_newtype_variant(NAME, 3, "named", state),
        }
    }
}

impl FeatureAggregate {
    /// Nothing counted yet.
    #[must_use]
    pub fn empty(layout: &FeatureLayout) -> Self {
        match layout {
            FeatureLayout::Numeric(edges) => Self::Numeric(NumericAggregate::empty(edges)),
            FeatureLayout::Categorical(dictionary) => Self::Categorical(CategoricalAggregate::empty(dictionary)),
            FeatureLayout::Presence => Self::Presence(PresenceAggregate::new()),
        }
    }

    /// Adds the counts of another part.
    ///
    /// # Errors
    /// When the parts were counted with different layouts; `self` is unchanged.
    pub fn merge(&mut self, other: &Self) -> Result<(), ShapeMismatch> {
        match (&mut *self, other) {
            (Self::Numeric(a), Self::Numeric(b)) => a.merge(b),
            (Self::Categorical(a), Self::Categorical(b)) => a.merge(b),
            (Self::Presence(a), Self::Presence(b)) => {
                a.merge(b);
                Ok(())
            }
            _ => Err(ShapeMismatch::new(self.shape(), other.shape())),
        }
    }

    /// Whether this state was counted with this layout and is sound. Ask after
    /// decoding bytes from outside.
    #[must_use]
    pub fn fits(&self, layout: &FeatureLayout) -> bool {
        match (self, layout) {
            (Self::Numeric(state), FeatureLayout::Numeric(edges)) => state.fits(edges),
            (Self::Categorical(state), FeatureLayout::Categorical(dictionary)) => state.fits(dictionary),
            (Self::Presence(_), FeatureLayout::Presence) => true,
            _ => false,
        }
    }

    /// Whether everything that decides is equal: all but the float moments of
    /// numeric features, whose last digits depend on the order of merging.
    #[must_use]
    pub fn same_counts(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Numeric(a), Self::Numeric(b)) => a.same_counts(b),
            _ => self == other,
        }
    }

    /// Rows counted.
    #[must_use]
    pub fn rows(&self) -> u64 {
        match self {
            Self::Numeric(state) => state.rows(),
            Self::Categorical(state) => state.rows(),
            Self::Presence(state) => state.present().saturating_add(state.missing()),
        }
    }

    /// Rows without a value.
    #[must_use]
    pub fn missing(&self) -> u64 {
        match self {
            Self::Numeric(state) => state.missing(),
            Self::Categorical(state) => state.missing(),
            Self::Presence(state) => state.missing(),
        }
    }

    /// Rows whose value was of the wrong type for the feature.
    #[must_use]
    pub fn mistyped(&self) -> u64 {
        match self {
            Self::Numeric(state) => state.mistyped(),
            Self::Categorical(state) => state.mistyped(),
            Self::Presence(_) => 0,
        }
    }

    /// Of which types these are, as far as it is known.
    #[must_use]
    pub fn mistyped_types(&self) -> MistypedTypes {
        match self {
            Self::Numeric(state) => state.types,
            Self::Categorical(_) | Self::Presence(_) => MistypedTypes::default(),
        }
    }

    /// Gives a state that was read back the types that were stored beside it.
    pub fn set_mistyped_types(&mut self, types: MistypedTypes) {
        if let Self::Numeric(state) = self {
            state.types = types;
        }
    }

    /// Values the statistics are about (n or m): finite numbers, or categories
    /// that are present. For a presence feature, rows with a value.
    #[must_use]
    pub fn usable(&self) -> u64 {
        match self {
            Self::Numeric(state) => state.finite(),
            Self::Categorical(state) => state.present(),
            Self::Presence(state) => state.present(),
        }
    }

    /// Values that are NaN.
    #[must_use]
    pub fn nan(&self) -> u64 {
        match self {
            Self::Numeric(state) => state.nan(),
            Self::Categorical(_) | Self::Presence(_) => 0,
        }
    }

    /// Values that are +inf or −inf.
    #[must_use]
    pub fn infinite(&self) -> u64 {
        match self {
            Self::Numeric(state) => state.pos_inf().saturating_add(state.neg_inf()),
            Self::Categorical(_) | Self::Presence(_) => 0,
        }
    }

    /// Rough size on the heap, in bytes, for memory budgets.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match self {
            Self::Numeric(state) => size_of_val(state.cells()),
            Self::Categorical(state) => size_of_val(state.slots()) + state.unseen_values().heap_bytes(),
            Self::Presence(_) => 0,
        }
    }

    pub(crate) fn shape(&self) -> String {
        match self {
            Self::Numeric(state) => state.shape(),
            Self::Categorical(state) => state.shape(),
            Self::Presence(_) => "a presence state".to_owned(),
        }
    }
}

/// Rows with and without a value, for a feature whose baseline had none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceAggregate {
    present: u64,
    missing: u64,
}

impl PresenceAggregate {
    /// Nothing counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts rows with a value of any type and rows without one.
    pub fn add(&mut self, present: u64, missing: u64) {
        self.present = self.present.saturating_add(present);
        self.missing = self.missing.saturating_add(missing);
    }

    /// Rows with a value.
    #[must_use]
    pub fn present(&self) -> u64 {
        self.present
    }

    /// Rows without one.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Adds the counts of another part.
    pub fn merge(&mut self, other: &Self) {
        self.add(other.present, other.missing);
    }
}
