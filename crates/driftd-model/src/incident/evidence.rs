//! What an incident rests on: one feature's verdict, as people are told of it.

use driftd_stats::{DriftStatistic, Movement, Rung};
use driftd_window::{EventTime, Span};
use serde::{Deserialize, Serialize};

use crate::{FeatureName, MistypedValues, Outcome, ReferenceScore, Threshold};

/// One feature's part in an incident: the numbers of the worst window so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The feature.
    pub feature: FeatureName,
    /// Its outcome.
    pub outcome: Outcome,
    /// The statistic that decided.
    pub statistic: DriftStatistic,
    /// Its value.
    pub value: f64,
    /// The number held against the threshold.
    pub effect: f64,
    /// The threshold.
    pub threshold: Option<Threshold>,
    /// Usable baseline values.
    pub n: u64,
    /// Usable window values.
    pub m: u64,
    /// Adjusted p-value.
    pub q_value: Option<f64>,
    /// The share in the baseline that `missing`, `mistyped` and `non_finite` are held against.
    #[serde(default)]
    pub baseline_share: Option<f64>,
    /// For `mistyped`, how many values it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mistyped: Option<MistypedValues>,
    /// What moved most.
    pub moved: Vec<Movement>,
    /// What of the effect a healthy window of this size shows on average.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<f64>,
    /// What is left of the effect, and was held against the thresholds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net: Option<f64>,
    /// How rarely a healthy monitor shows as much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rarity: Option<Rarity>,
    /// What healthy windows were taken to be; nothing where the baseline has not learnt it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healthy: Option<HealthyWindows>,
    /// What the verdict rests on: `learnt from 60 days of the baseline`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rests_on: Option<String>,
    /// First instant of the window that it was found in, and first instant after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<(EventTime, EventTime)>,
    /// The same statistic against other windows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<ReferenceScore>,
}

/// How rarely a healthy monitor shows as much, and how often it may alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rarity {
    /// About once in this time.
    pub once_in: Span,
    /// The budget of false alarms: one in this time.
    pub budget: Span,
}

/// How much the healthy windows of a baseline differ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HealthyWindows {
    /// How many times as much as chance alone.
    pub phi: f64,
    /// Windows that this was learnt from.
    pub windows: u32,
    /// Their length.
    pub length: Rung,
    /// Effective rows that it was learnt at.
    pub size: f64,
}

impl Evidence {
    /// The least that can be said: what a statistic, whose value is its effect, makes of a feature. All else is unknown.
    #[must_use]
    pub const fn new(feature: FeatureName, outcome: Outcome, statistic: DriftStatistic, value: f64) -> Self {
        Self {
            feature,
            outcome,
            statistic,
            value,
            effect: value,
            threshold: None,
            n: 0,
            m: 0,
            q_value: None,
            baseline_share: None,
            mistyped: None,
            moved: Vec::new(),
            expected: None,
            net: None,
            rarity: None,
            healthy: None,
            rests_on: None,
            window: None,
            references: Vec::new(),
        }
    }

    /// What of the effect was held against the threshold, in units of the critical one.
    #[must_use]
    pub fn weight(&self) -> f64 {
        let net = self.net.unwrap_or(self.effect);
        self.threshold.and_then(|threshold| threshold.weight(net)).unwrap_or(net)
    }
}
