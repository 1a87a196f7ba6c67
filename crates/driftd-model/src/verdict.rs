//! Verdicts: one feature of one window, judged.

mod threshold;

use std::cmp::Ordering;
use std::fmt;

use driftd_stats::{DriftStatistic, FeatureLayout, MistypedTypes, Movement, NotComputable};
use serde::{Deserialize, Serialize};

pub use self::threshold::Threshold;
use crate::{FeatureName, Reference, ReferenceScore};

/// The judgement on a feature, or on a window as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing could be compared; see the reason.
    NotComparable,
    /// Too few rows to judge.
    InsufficientData,
    /// Judged, and no gate opened.
    Stable,
    /// Effect at or above the warn threshold, and significant.
    Warning,
    /// Effect at or above the critical threshold, and significant.
    Critical,
}

impl Outcome {
    /// The outcome as stored and printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotComparable => "not_comparable",
            Self::InsufficientData => "insufficient_data",
            Self::Stable => "stable",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The outcome a stored text names.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::NotComparable, Self::InsufficientData, Self::Stable, Self::Warning, Self::Critical]
            .into_iter()
            .find(|o| o.as_str() == text)
    }

    /// Whether it calls for attention.
    #[must_use]
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Warning | Self::Critical)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a feature or a statistic was not judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Fewer usable window values than `min_samples`.
    TooFewRows {
        /// Usable values in the window.
        found: u64,
        /// Values needed.
        needed: u64,
    },
    /// Fewer usable baseline values than `min_samples`.
    TooFewBaselineRows {
        /// Usable values in the baseline.
        found: u64,
        /// Values needed.
        needed: u64,
    },
    /// Every window value is missing or unusable.
    NoValues,
    /// The column is in the baseline only.
    MissingFromCurrent,
    /// The column is in the current data only.
    MissingFromBaseline,
    /// The column has another type than in the baseline.
    TypeDiffers {
        /// Type in the baseline.
        baseline: String,
        /// Type in the current data.
        current: String,
    },
    /// Nearly every value is distinct: an identifier, not a feature.
    IdentifierLike,
    /// Whole numbers that name rows: a counter, or identifiers that lie close together.
    RunningNumber,
    /// The column holds points in time, which only ever grow: an event time, not a feature.
    PointInTime,
    /// The column holds something that is neither a number nor a category.
    Unsupported {
        /// What it holds.
        found: String,
    },
    /// The baseline column has no values: only its presence is watched.
    EmptyBaseline,
    /// The window's panes were counted on different baselines.
    BaselineChanged,
    /// None of the statistics that decide applies to the feature, or none of them has a threshold.
    NothingDecides,
    /// Nearly all of the data are in one bin, so that a window of this size cannot be told from any other.
    CannotTellApart,
    /// The statistic cannot be computed.
    Statistic(NotComputable),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewRows { found, needed } => write!(f, "{found} values, {needed} needed"),
            Self::TooFewBaselineRows { found, needed } => {
                write!(f, "{found} baseline values, {needed} needed")
            }
            Self::NoValues => f.write_str("no usable value in the window"),
            Self::MissingFromCurrent => f.write_str("column is missing from the current data"),
            Self::MissingFromBaseline => f.write_str("column is missing from the baseline"),
            Self::TypeDiffers { baseline, current } => {
                write!(f, "type differs: {baseline} in the baseline, {current} in the current data")
            }
            Self::IdentifierLike => f.write_str("nearly every value is distinct: an identifier, not monitored"),
            Self::RunningNumber => f.write_str("whole numbers that count rows or name them: no feature, not monitored"),
            Self::PointInTime => f.write_str("column holds timestamps, not a feature"),
            Self::Unsupported { found } => write!(f, "column holds {found}, which cannot be compared"),
            Self::EmptyBaseline => f.write_str("baseline has no values: only presence is watched"),
            Self::BaselineChanged => f.write_str("window spans a change of baseline"),
            Self::NothingDecides => f.write_str("no chosen statistic with a threshold applies to this feature"),
            Self::CannotTellApart => f.write_str("too few values outside one bin to tell a difference from chance"),
            Self::Statistic(reason) => reason.fmt(f),
        }
    }
}

/// Row accounting of one feature on one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rows {
    /// All rows.
    pub rows: u64,
    /// Usable values: finite numbers or present categories (n or m).
    pub usable: u64,
    /// Rows without a value.
    pub missing: u64,
    /// Rows whose value is of the wrong type.
    pub mistyped: u64,
    /// Of which types these are, as far as it is known.
    #[serde(default)]
    pub mistyped_types: MistypedTypes,
    /// NaN values.
    pub nan: u64,
    /// +inf and -inf values.
    pub infinite: u64,
}

/// Values of another type than their feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MistypedValues {
    /// How the feature is compared, hence what was expected.
    pub kind: FeatureKind,
    /// Values of another type.
    pub count: u64,
    /// Values that are there, of whatever type.
    pub of: u64,
    /// Of which types the mistyped ones are, as far as it is known.
    #[serde(default, skip_serializing_if = "MistypedTypes::is_empty")]
    pub types: MistypedTypes,
}

/// One statistic of one feature of one window, with everything that went into its judgement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Which statistic.
    pub statistic: DriftStatistic,
    /// Its value, or nothing and a reason.
    pub value: Option<f64>,
    /// Why there is no value.
    pub reason: Option<NotComputable>,
    /// `wasserstein` divided by the baseline's standard deviation.
    pub normalized: Option<f64>,
    /// Width of the interval above the value in which the exact value certainly lies.
    pub certified_error: Option<f64>,
    /// Bins that took part.
    pub bins: Option<u32>,
    /// Degrees of freedom.
    pub df: Option<u32>,
    /// Effect size of `chi_square`.
    pub cramers_v: Option<f64>,
    /// Share of the baseline, for statistics that are changes of shares.
    pub baseline_share: Option<f64>,
    /// The growth of a share that is judged in place of the value: of missing values and NaN together.
    #[serde(default)]
    pub growth: Option<f64>,
    /// Probability of a difference at least this large in a healthy window.
    pub p_value: Option<f64>,
    /// The p-value after Benjamini-Hochberg over everything that is judged with the window.
    pub q_value: Option<f64>,
    /// What of the effect a healthy window of this size shows on average.
    #[serde(default)]
    pub expected: Option<f64>,
    /// What is left of the effect, and held against the thresholds.
    #[serde(default)]
    pub net: Option<f64>,
    /// How much larger healthy differences are than counts alone make them; 1 where nothing was learnt.
    #[serde(default)]
    pub phi: Option<f64>,
    /// Windows of the baseline that this was learnt from.
    #[serde(default)]
    pub healthy_windows: Option<u32>,
    /// The adjusted p-value up to which it counts as significant.
    #[serde(default)]
    pub level: Option<f64>,
    /// Thresholds, when the statistic is judged.
    pub threshold: Option<Threshold>,
    /// The same statistic against other windows, for people to compare with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<ReferenceScore>,
    /// The judgement on this statistic alone; nothing when it is only shown.
    pub outcome: Option<Outcome>,
}

/// One feature of one window, judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The feature.
    pub feature: FeatureName,
    /// `numeric`, `categorical` or `presence`.
    pub kind: FeatureKind,
    /// The worst outcome of its judged statistics.
    pub outcome: Outcome,
    /// Why it was not judged.
    pub reason: Option<Reason>,
    /// Rows of the baseline.
    pub baseline: Rows,
    /// Rows of the window.
    pub window: Rows,
    /// Every statistic that applies.
    pub scores: Vec<Score>,
    /// What moved most.
    pub moved: Vec<Movement>,
}

/// How a feature is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeatureKind {
    /// By its distribution over the frozen grid.
    Numeric,
    /// By its categories.
    Categorical,
    /// By whether it is there at all.
    Presence,
}

impl From<&FeatureLayout> for FeatureKind {
    fn from(layout: &FeatureLayout) -> Self {
        match layout {
            FeatureLayout::Numeric(_) => Self::Numeric,
            FeatureLayout::Categorical(_) => Self::Categorical,
            FeatureLayout::Presence => Self::Presence,
        }
    }
}

impl fmt::Display for FeatureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Numeric => "numeric",
            Self::Categorical => "categorical",
            Self::Presence => "presence",
        })
    }
}

impl Verdict {
    /// The score of `statistic`, when it applies.
    #[must_use]
    pub fn score(&self, statistic: DriftStatistic) -> Option<&Score> {
        self.scores.iter().find(|s| s.statistic == statistic)
    }

    /// Its values of another type.
    #[must_use]
    pub fn mistyped(&self) -> MistypedValues {
        let Rows { rows, missing, mistyped: count, mistyped_types: types, .. } = self.window;
        MistypedValues { kind: self.kind, count, of: rows.saturating_sub(missing), types }
    }

    /// The judged score that did most to the outcome: worst outcome first, then net effect in units of its threshold, then
    /// all of the effect. It has no value, but a reason, when it is infinite.
    #[must_use]
    pub fn leading_score(&self) -> Option<&Score> {
        self.scores
            .iter()
            .filter(|s| s.outcome.is_some())
            .max_by(|a, b| a.outcome.cmp(&b.outcome).then_with(|| a.weight(b)))
    }

    /// Order of reports: worst outcome first, then largest effect in units of its threshold.
    #[must_use]
    pub fn worst_first(a: &Self, b: &Self) -> Ordering {
        b.outcome.cmp(&a.outcome).then_with(|| match (b.leading_score(), a.leading_score()) {
            (Some(b), Some(a)) => b.weight(a),
            (b, a) => b.is_some().cmp(&a.is_some()),
        })
    }

    /// Effect of the leading score in units of its critical threshold; 0 when nothing was judged.
    #[must_use]
    pub fn severity(&self) -> f64 {
        self.leading_score().map_or(0.0, Score::severity)
    }
}

impl Score {
    /// The size of the difference; what of it healthy windows do not show is held against the thresholds.
    #[must_use]
    pub fn effect(&self) -> Option<f64> {
        let value = self.value?;
        self.growth.or_else(|| self.statistic.definition().scale.effect(value, self.normalized, self.baseline_share))
    }

    /// Net effect in units of the critical threshold; 0 without either, the largest finite number for an infinite effect.
    #[must_use]
    pub fn severity(&self) -> f64 {
        if self.reason == Some(NotComputable::Infinite) {
            return f64::MAX;
        }
        self.in_thresholds(self.net.or_else(|| self.effect()))
    }

    /// Where nothing is left of either effect, the larger one still leads.
    fn weight(&self, other: &Self) -> Ordering {
        let all = |score: &Self| score.in_thresholds(score.effect());
        self.severity().total_cmp(&other.severity()).then_with(|| all(self).total_cmp(&all(other)))
    }

    fn in_thresholds(&self, effect: Option<f64>) -> f64 {
        match (effect, self.threshold) {
            (Some(effect), Some(threshold)) => threshold.weight(effect).unwrap_or(0.0),
            _ => 0.0,
        }
    }

    /// The score against another window, where there was one.
    #[must_use]
    pub fn reference(&self, reference: Reference) -> Option<&ReferenceScore> {
        self.references.iter().find(|score| score.reference == reference)
    }

    /// Effect and p-value against another window, each where there is one.
    #[must_use]
    pub fn against(&self, reference: Reference) -> (Option<f64>, Option<f64>) {
        self.reference(reference).map_or((None, None), |score| (Some(score.value), score.p_value))
    }
}
