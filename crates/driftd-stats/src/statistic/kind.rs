//! The names of the statistics.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::StatsError;

/// A drift statistic. Formulas, ranges and p-values stand in the crate
/// documentation and where they are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftStatistic {
    /// Population stability index over the coarse bins, [0, ∞).
    Psi,
    /// Kolmogorov–Smirnov distance on the fine grid, [0, 1].
    Ks,
    /// Jensen–Shannon distance (not divergence), base 2, [0, 1].
    Js,
    /// Hellinger distance, [0, 1].
    Hellinger,
    /// Total variation distance, [0, 1].
    Tv,
    /// Greatest change of one bin's share, [0, 1].
    Linf,
    /// Wasserstein distance of order 1 in the feature's unit, [0, ∞).
    Wasserstein,
    /// χ² statistic of homogeneity, [0, ∞).
    ChiSquare,
    /// Change of the share of rows without a usable value, [−1, 1].
    Missing,
    /// Share of categories the baseline never had, [0, 1].
    Unseen,
    /// Share of values outside the baseline's range, [0, 1].
    OutOfRange,
    /// Share of NaN and ±inf among the numbers that are there, [0, 1].
    NonFinite,
}

impl DriftStatistic {
    /// All of them, in the order they are reported.
    pub const ALL: [Self; 12] = [
        Self::Psi,
        Self::Ks,
        Self::Js,
        Self::Hellinger,
        Self::Tv,
        Self::Linf,
        Self::Wasserstein,
        Self::ChiSquare,
        Self::Missing,
        Self::Unseen,
        Self::OutOfRange,
        Self::NonFinite,
    ];

    /// The name used in configuration, storage and output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Psi => "psi",
            Self::Ks => "ks",
            Self::Js => "js",
            Self::Hellinger => "hellinger",
            Self::Tv => "tv",
            Self::Linf => "linf",
            Self::Wasserstein => "wasserstein",
            Self::ChiSquare => "chi_square",
            Self::Missing => "missing",
            Self::Unseen => "unseen",
            Self::OutOfRange => "out_of_range",
            Self::NonFinite => "non_finite",
        }
    }
}

impl fmt::Display for DriftStatistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for DriftStatistic {
    type Err = StatsError;

    fn from_str(text: &str) -> Result<Self, StatsError> {
        Self::ALL.into_iter().find(|statistic| statistic.as_str() == text).ok_or_else(|| StatsError::UnknownStatistic {
            given: text.to_owned(),
            known: Self::ALL.map(Self::as_str).join(", "),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_order_is_report_order() {
        for statistic in DriftStatistic::ALL {
            assert_eq!(statistic.as_str().parse(), Ok(statistic));
        }
        assert!(DriftStatistic::ALL.is_sorted());
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = "kl".parse::<DriftStatistic>().unwrap_err();
        insta::assert_snapshot!(
            error,
            @"unknown drift statistic 'kl'; known are psi, ks, js, hellinger, tv, linf, wasserstein, chi_square, missing, unseen, out_of_range, non_finite"
        );
    }
}
