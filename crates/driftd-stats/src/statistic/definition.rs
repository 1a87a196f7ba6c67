//! What is known about a statistic besides its formula.

use std::fmt;
use std::str::FromStr;

use super::table::DriftStatistic;
use crate::error::StatsError;

/// One row of the table of statistics: everything that configuration, judgement, messages, report and documentation
/// say about a statistic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Definition {
    /// The name used in configuration, storage and output: `psi`.
    pub key: &'static str,
    /// How people call it: `PSI`.
    pub name: &'static str,
    /// What is held against the thresholds, in full: `Population stability index`.
    pub title: &'static str,
    /// What it means, in a sentence, for readers who do not have it in their heads.
    pub meaning: &'static str,
    /// Where the definition or its p-value comes from; empty where there is nothing to cite.
    pub source: &'static str,
    /// The formula.
    pub formula: &'static str,
    /// The interval of its values.
    pub range: &'static str,
    /// The law of its p-value; empty where it has none of its own.
    pub law: &'static str,
    /// Which features have it.
    pub applies_to: AppliesTo,
    /// Which rows it is about.
    pub basis: Basis,
    /// What sort of number it is, and what of it is held against the thresholds.
    pub scale: Scale,
    /// Where the value on the raw samples may lie, given the certified error.
    pub certified: Option<Certified>,
    /// Whose p-value decides whether it is more than chance.
    pub measured: Measured,
    /// How the value grows with a difference.
    pub grows: Grows,
    /// What a bad value means.
    pub speaks_for: Subject,
    /// Default thresholds of the effect, (warn, critical), infinite where it is never critical; without them it can only
    /// decide once some are configured.
    pub thresholds: Option<(f64, f64)>,
    /// Whether it decides by default.
    pub decides: bool,
}

impl Definition {
    /// Whether no effect of it is critical, however large.
    #[must_use]
    pub fn is_never_critical(&self) -> bool {
        self.thresholds.is_some_and(|(_, critical)| critical.is_infinite())
    }
}

/// Kinds of features that have a statistic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppliesTo {
    /// Numbers.
    Numbers,
    /// Categories.
    Categories,
    /// Both.
    Bins,
    /// Every feature, also one without values in the baseline.
    All,
    /// What is remembered of numbers and categories over many windows; no single window has it.
    Memories,
}

/// The rows a statistic is about: with too few of them it decides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Finite numbers, or present categories.
    Usable,
    /// Numbers that are there, NaN and infinite ones included.
    Numbers,
    /// All rows.
    Rows,
}

/// What sort of number a statistic is. The effect, which is held against the thresholds, follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// A bare number, which is the effect.
    Number,
    /// A distance in the feature's unit; the effect is the distance in standard deviations of the baseline.
    Distance,
    /// A change of a share, window − baseline. Thresholds are positive, so only growth counts; a share that was 1 can
    /// only fall, and then that is what counts.
    Change {
        /// The share that changes.
        share: &'static str,
    },
    /// A share whose growth over that of the baseline is the effect.
    Growth {
        /// The share that grows.
        share: &'static str,
    },
    /// A share of the window's values; what of it is more than expected without drift is the effect.
    Share {
        /// What is true of those values.
        values: &'static str,
    },
}

/// Where the exact value lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certified {
    /// Between the value and the value plus the certified error.
    Above,
    /// At most the certified error away on either side.
    Around,
}

/// The difference behind a statistic: those that read the same difference share its p-value and what was learnt of its
/// healthy variation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measured {
    /// Counts over coarse bins or category slots.
    Bins,
    /// The distribution functions on the fine grid.
    Ks,
    /// The share without a value.
    Missing,
    /// The share of another type.
    Mistyped,
    /// The share of NaN and infinite values.
    NonFinite,
    /// Categories never seen.
    Unseen,
    /// Values outside the baseline's range.
    OutOfRange,
}

/// How a statistic grows with the difference it speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grows {
    /// As the difference does.
    Linearly,
    /// As its square does.
    Squared,
}

/// What a statistic speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The distribution of the values: drift.
    Distribution,
    /// Whether the values are what they should be: data quality.
    Quality,
}

impl Grows {
    /// The share of the effect that is left when `share` of the squared difference is.
    #[must_use]
    pub fn of_effect(self, share: f64) -> f64 {
        match self {
            Self::Linearly => share.sqrt(),
            Self::Squared => share,
        }
    }
}

impl AppliesTo {
    /// Whether numeric features have it.
    #[must_use]
    pub const fn numbers(self) -> bool {
        matches!(self, Self::Numbers | Self::Bins | Self::All)
    }

    /// Whether categorical features have it.
    #[must_use]
    pub const fn categories(self) -> bool {
        matches!(self, Self::Categories | Self::Bins | Self::All)
    }
}

impl Scale {
    /// The number that is held against the thresholds.
    #[must_use]
    pub fn effect(self, value: f64, normalized: Option<f64>, baseline_share: Option<f64>) -> Option<f64> {
        match self {
            Self::Distance => normalized,
            Self::Growth { .. } | Self::Share { .. } => Some(value - baseline_share.unwrap_or(0.0)),
            Self::Change { .. } if baseline_share == Some(1.0) => Some(value.abs()),
            Self::Number | Self::Change { .. } => Some(value),
        }
    }

    /// The name of the share that moved, and the share in baseline and window; `None` for a statistic that compares no
    /// two shares, and where that of the baseline is unknown.
    #[must_use]
    pub fn shares(self, value: f64, baseline_share: Option<f64>) -> Option<(&'static str, f64, f64)> {
        match self {
            Self::Change { share } => baseline_share.map(|before| (share, before, (before + value).clamp(0.0, 1.0))),
            Self::Growth { share } => Some((share, baseline_share.unwrap_or(0.0), value.clamp(0.0, 1.0))),
            Self::Number | Self::Distance | Self::Share { .. } => None,
        }
    }
}

impl DriftStatistic {
    /// The name used in configuration, storage and output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.definition().key
    }

    /// How people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.definition().name
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
            @"unknown drift statistic 'kl'; known are psi, ks, js, hellinger, tv, linf, wasserstein, chi_square, missing, mistyped, unseen, out_of_range, non_finite, lasting"
        );
    }

    #[test]
    fn what_decides_has_thresholds_and_a_warning_comes_first() {
        for statistic in DriftStatistic::ALL {
            let Definition { thresholds, decides, .. } = *statistic.definition();
            assert!(thresholds.is_some() || !decides, "{statistic}");
            assert!(thresholds.is_none_or(|(warn, critical)| 0.0 < warn && warn <= critical), "{statistic}");
        }
    }

    #[test]
    fn the_effect_is_the_growth_of_a_share_and_a_distance_in_standard_deviations() {
        assert_eq!(Scale::Number.effect(0.3, None, Some(0.1)), Some(0.3));
        assert_eq!(Scale::Distance.effect(30.0, Some(0.5), None), Some(0.5));
        assert_eq!(Scale::Distance.effect(30.0, None, None), None, "a constant baseline has no spread");
        assert_eq!(Scale::Growth { share: "s" }.effect(0.75, None, Some(0.25)), Some(0.5));
        assert_eq!(Scale::Growth { share: "s" }.shares(0.75, Some(0.25)), Some(("s", 0.25, 0.75)));
        assert_eq!(Scale::Change { share: "s" }.effect(0.5, None, Some(0.25)), Some(0.5));
        assert_eq!(Scale::Change { share: "s" }.effect(-0.5, None, Some(0.75)), Some(-0.5));
        assert_eq!(Scale::Change { share: "s" }.effect(-0.5, None, Some(1.0)), Some(0.5), "it can only fall");
        assert_eq!(Scale::Change { share: "s" }.shares(0.5, Some(0.25)), Some(("s", 0.25, 0.75)));
        assert_eq!(Scale::Change { share: "s" }.shares(0.5, None), None);
        assert_eq!(
            Scale::Share { values: "v" }.effect(0.5, None, Some(0.25)),
            Some(0.25),
            "what was expected is no effect"
        );
    }
}
