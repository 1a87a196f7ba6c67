//! A statistic that was computed, or the reason why it was not.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::table::DriftStatistic;
use crate::significance::Measure;

/// One statistic of one feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistic {
    /// Which one.
    pub statistic: DriftStatistic,
    /// Its value, or why there is none.
    pub result: Result<Computed, NotComputable>,
}

/// A value and what belongs to it. Every number is finite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Computed {
    /// The statistic.
    pub value: f64,
    /// `wasserstein` divided by the baseline's sigma; `None` for a constant
    /// baseline.
    pub normalized: Option<f64>,
    /// How far the value may be from the one on the raw samples: for `ks` the
    /// truth lies in [value, value + error], for `wasserstein` in
    /// [value − error, value + error] (in the feature's unit).
    pub certified_error: Option<f64>,
    /// Bins that were not empty on both sides.
    pub bins: Option<u32>,
    /// Degrees of freedom.
    pub df: Option<u32>,
    /// The difference that the statistic speaks of, with its p-value from counts alone; `None` where there is nothing
    /// to tell apart.
    pub measure: Option<Measure>,
    /// Cramér's V of `chi_square`, [0, 1].
    pub cramers_v: Option<f64>,
    /// `missing`, `mistyped`, `non_finite`: the share in the baseline. `unseen`,
    /// `out_of_range`: the share expected without drift, against which the
    /// p-value is computed and which the effect leaves out.
    pub baseline_share: Option<f64>,
    /// `missing` and `non_finite` of data with both missing values and NaN:
    /// the growth of the share that is judged in place of the value, and that
    /// the p-value is about.
    pub growth: Option<f64>,
}

impl Computed {
    /// A bare value.
    #[must_use]
    pub fn of(value: f64) -> Self {
        Self { value, ..Self::default() }
    }

    /// Probability of a difference at least this large without drift, from counts alone, in [0, 1].
    #[must_use]
    pub fn p_value(&self) -> Option<f64> {
        self.measure.map(|measure| measure.p)
    }
}

/// Why a statistic has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NotComputable {
    /// The baseline has one value only and the statistic needs a spread.
    ConstantBaseline,
    /// The baseline has no usable value.
    NoBaselineValues,
    /// The window has no usable value.
    NoWindowValues,
    /// On one side no value has a name, and so none can be compared: all of a window's are new, or all of a few of the
    /// baseline's were needed to choose names.
    NoNamedValues,
    /// A bin is empty on one side and smoothing is off, so PSI is infinite.
    Infinite,
    /// The value is beyond the range of 64-bit floats.
    Overflow,
}

impl NotComputable {
    /// The reason in words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConstantBaseline => "constant baseline",
            Self::NoBaselineValues => "no usable values in the baseline",
            Self::NoWindowValues => "no usable values in the window",
            Self::NoNamedValues => "no value with a name on one side",
            Self::Infinite => "infinite: a bin is empty on one side and smoothing is off",
            Self::Overflow => "beyond the range of 64-bit floats",
        }
    }
}

impl fmt::Display for NotComputable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
