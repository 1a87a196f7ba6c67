//! Layouts: what the baseline freezes before the first window is counted.
//!
//! A layout is derived from the baseline sample alone and never moves with the
//! data it judges. It says into which cell, bin or category slot a value falls.

mod booleans;
mod build;
mod categories;
mod dictionary;
mod edges;
mod fingerprint;
mod label;
pub(crate) mod names;
mod options;
mod precision;
mod quantile;
mod sample;

use serde::{Deserialize, Serialize};

pub use self::booleans::boolean_word;
pub use self::categories::CategoryCounts;
pub(crate) use self::dictionary::Rest;
pub use self::dictionary::{Dictionary, Place};
use self::dictionary::{Stored, StoredDictionary, StoredNames};
pub use self::edges::BinEdges;
pub(crate) use self::fingerprint::fnv1a;
pub use self::options::{Binning, LayoutOptions, MAX_BINS, MAX_CATEGORIES, MAX_CELLS, MIN_CELLS};
pub use self::precision::Precision;
pub use self::sample::{OrderedSample, SortedSample};
use crate::error::StatsError;

/// How one feature is counted, frozen by the baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StoredLayout", into = "StoredLayout")]
pub enum FeatureLayout {
    /// Numbers, counted on a frozen grid.
    Numeric(BinEdges),
    /// Text, counted against a frozen dictionary.
    Categorical(Dictionary),
    /// The baseline column had no value at all: only presence is watched.
    Presence,
}

/// A layout as it is stored. A dictionary from before there were buckets keeps the form that its baseline's hash is of.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredLayout {
    Numeric(BinEdges),
    Categorical(StoredDictionary),
    Presence,
    Named(StoredNames),
}

impl TryFrom<StoredLayout> for FeatureLayout {
    type Error = StatsError;

    fn try_from(stored: StoredLayout) -> Result<Self, StatsError> {
        Ok(match stored {
            StoredLayout::Numeric(edges) => Self::Numeric(edges),
            StoredLayout::Categorical(stored) => Self::Categorical(stored.try_into()?),
            StoredLayout::Presence => Self::Presence,
            StoredLayout::Named(stored) => Self::Categorical(stored.try_into()?),
        })
    }
}

impl From<FeatureLayout> for StoredLayout {
    fn from(layout: FeatureLayout) -> Self {
        match layout {
            FeatureLayout::Numeric(edges) => Self::Numeric(edges),
            FeatureLayout::Categorical(dictionary) => match dictionary.into() {
                Stored::OtherAndUnseen(stored) => Self::Categorical(stored),
                Stored::Named(stored) => Self::Named(stored),
            },
            FeatureLayout::Presence => Self::Presence,
        }
    }
}

impl FeatureLayout {
    /// Whether `true` and `false` are values of the feature, as 1 and 0: its baseline is numbers and has no others.
    /// Categories take them by name ([`Dictionary::locate`]).
    #[must_use]
    pub fn takes_booleans(&self) -> bool {
        matches!(self, Self::Numeric(edges) if edges.is_zero_or_one())
    }

    /// The grid, when the feature is numeric.
    #[must_use]
    pub fn as_numeric(&self) -> Option<&BinEdges> {
        match self {
            Self::Numeric(edges) => Some(edges),
            Self::Categorical(_) | Self::Presence => None,
        }
    }

    /// The dictionary, when the feature is categorical.
    #[must_use]
    pub fn as_categorical(&self) -> Option<&Dictionary> {
        match self {
            Self::Categorical(dictionary) => Some(dictionary),
            Self::Numeric(_) | Self::Presence => None,
        }
    }

    /// `"numeric"`, `"categorical"` or `"presence"`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Numeric(_) => "numeric",
            Self::Categorical(_) => "categorical",
            Self::Presence => "presence",
        }
    }

    pub(crate) fn shape(&self) -> String {
        match self {
            Self::Numeric(edges) => crate::state::shape("numeric", edges.cells(), edges.fingerprint()),
            Self::Categorical(d) => crate::state::shape("categorical", d.bins(), d.fingerprint()),
            Self::Presence => "a presence feature".to_owned(),
        }
    }
}
