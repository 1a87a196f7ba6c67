//! What the windows of a baseline teach about how much a feature differs while nothing is wrong.

mod learner;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::learner::{UnseenInWindow, VariationLearner};
use crate::statistic::{DriftStatistic, Measured};

/// What of a feature varies by a law of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Varying {
    /// The shares of its bins or slots, for everything that reads those.
    Bins,
    /// Its distribution function on the fine grid.
    Ks,
    /// The share of rows without a value.
    Missing,
    /// The share of numbers that are not finite.
    NonFinite,
    /// The share of categories that the rest does not have.
    Unseen,
}

impl Varying {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Bins, Self::Ks, Self::Missing, Self::NonFinite, Self::Unseen];

    /// What a statistic is about; nothing for those that no variation is learnt of.
    #[must_use]
    pub const fn of(statistic: DriftStatistic) -> Option<Self> {
        match statistic.definition().measured {
            Measured::Bins => Some(Self::Bins),
            Measured::Ks => Some(Self::Ks),
            Measured::Missing => Some(Self::Missing),
            Measured::NonFinite => Some(Self::NonFinite),
            Measured::Unseen => Some(Self::Unseen),
            Measured::Mistyped | Measured::OutOfRange => None,
        }
    }

    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bins => "bins",
            Self::Ks => "ks",
            Self::Missing => "missing",
            Self::NonFinite => "non_finite",
            Self::Unseen => "unseen",
        }
    }
}

impl fmt::Display for Varying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statistic_knows_what_it_varies_with() {
        for statistic in DriftStatistic::ALL {
            let what = Varying::of(statistic);
            assert_eq!(what.is_none(), matches!(statistic, DriftStatistic::Mistyped | DriftStatistic::OutOfRange));
        }
        for what in Varying::ALL {
            assert_eq!(serde_json::to_value(what).unwrap(), what.as_str());
        }
    }
}
