//! How much the windows of a baseline differ while nothing is wrong.

use std::collections::BTreeMap;

use driftd_stats::{DriftStatistic, Healthy, Rung, Varying};
use driftd_window::{SegmentKey, Span};
use serde::{Deserialize, Serialize};

use crate::{Baseline, FeatureName};

mod panes;

pub use self::panes::learn_from_panes;

/// Windows with fewer rows teach nothing, as they are not judged: the default of `min_samples`. A baseline does not depend
/// on a monitor's configuration.
pub const LEAST_ROWS: u64 = crate::defaults::MIN_SAMPLES;

/// Windows of one length that are looked at; of more, every second, third, … is.
pub const MOST_WINDOWS: usize = 200;

/// The windows of one length to learn from, `most` at most: of those with enough rows evenly many in time. None where
/// there are too few to learn from. Each is its number, counted in its own length from the epoch on, and its rows.
#[must_use]
pub fn windows_to_learn_from(windows: impl Iterator<Item = (i64, u64)>, most: usize) -> Vec<(i64, u64)> {
    let mut windows: Vec<_> = windows.filter(|(_, rows)| *rows >= LEAST_ROWS).collect();
    let least = Healthy::LEAST_WINDOWS as usize;
    if windows.len() < least || most < least {
        return Vec::new();
    }
    windows.sort_unstable();
    let step = windows.len().div_ceil(most);
    windows.into_iter().step_by(step).collect()
}

/// What a baseline's own windows taught, by segment and feature; empty where they taught nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HealthyVariation {
    segments: BTreeMap<SegmentKey, BTreeMap<FeatureName, FeatureVariation>>,
}

/// What they taught of one feature of one segment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Ladder", into = "Ladder")]
pub struct FeatureVariation {
    learnt: BTreeMap<Varying, BTreeMap<Rung, Healthy>>,
}

/// By length of window first, as it is stored: `{"1d": {"bins": [φ, upper, size, windows]}}`.
type Ladder = BTreeMap<Rung, BTreeMap<Varying, Healthy>>;

impl From<Ladder> for FeatureVariation {
    fn from(ladder: Ladder) -> Self {
        let mut variation = Self::default();
        for (rung, learnt) in ladder {
            variation.insert(rung, learnt);
        }
        variation
    }
}

impl From<FeatureVariation> for Ladder {
    fn from(variation: FeatureVariation) -> Self {
        let mut ladder = Self::new();
        for (what, rungs) in variation.learnt {
            for (rung, healthy) in rungs {
                ladder.entry(rung).or_default().insert(what, healthy);
            }
        }
        ladder
    }
}

impl HealthyVariation {
    /// Whether nothing was learnt.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Adds what was learnt of a feature of a segment; nothing learnt leaves no trace.
    pub fn insert(&mut self, segment: SegmentKey, feature: FeatureName, variation: FeatureVariation) {
        if !variation.is_empty() {
            self.segments.entry(segment).or_default().insert(feature, variation);
        }
    }

    /// What was learnt of a feature of a segment.
    #[must_use]
    pub fn of(&self, segment: &SegmentKey, feature: &FeatureName) -> Option<&FeatureVariation> {
        self.segments.get(segment)?.get(feature)
    }

    /// Every feature of every segment of which something was learnt.
    pub fn iter(&self) -> impl Iterator<Item = (&SegmentKey, &FeatureName, &FeatureVariation)> {
        let features = |(segment, features)| {
            let features: &BTreeMap<FeatureName, FeatureVariation> = features;
            features.iter().map(move |(feature, variation)| (segment, feature, variation))
        };
        self.segments.iter().flat_map(features)
    }

    /// Whether it is of `baseline` and its numbers can be: what bytes from outside must prove before use.
    #[must_use]
    pub(crate) fn is_consistent_with(&self, baseline: &Baseline) -> bool {
        self.iter().all(|(segment, feature, variation)| {
            let is_known = segment.is_all() || baseline.segment(segment).is_some();
            is_known && baseline.feature(feature.as_str()).is_some() && variation.is_sound()
        })
    }
}

impl FeatureVariation {
    /// Whether nothing was learnt.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.learnt.is_empty()
    }

    /// Adds what windows of one length taught.
    pub fn insert(&mut self, rung: Rung, learnt: BTreeMap<Varying, Healthy>) {
        for (what, healthy) in learnt {
            self.learnt.entry(what).or_default().insert(rung, healthy);
        }
    }

    /// What speaks for a window of `length`, judged by `statistic`, and from which windows it was learnt.
    #[must_use]
    pub fn at(&self, statistic: DriftStatistic, length: Span) -> Option<(Rung, Healthy)> {
        Rung::pick(self.rungs(Varying::of(statistic)?)?, length.as_secs_f64())
    }

    /// What was learnt of bins, the distribution function, or a share, by length.
    #[must_use]
    pub fn rungs(&self, what: Varying) -> Option<&BTreeMap<Rung, Healthy>> {
        self.learnt.get(&what)
    }

    fn is_sound(&self) -> bool {
        let is_sound = |healthy: &Healthy| {
            let Healthy { phi, upper, size, windows } = *healthy;
            let all_finite = [phi, upper, size].iter().all(|x| x.is_finite());
            all_finite && phi >= 1.0 && upper >= 1.0 && size > 0.0 && windows >= Healthy::LEAST_WINDOWS
        };
        self.learnt.values().flat_map(BTreeMap::values).all(is_sound)
    }
}

impl Baseline {
    /// What the baseline's own windows say about a healthy window of `length`, judged by `statistic`, and the length of
    /// those windows; nothing where they taught nothing.
    #[must_use]
    pub fn healthy(
        &self,
        segment: &SegmentKey,
        feature: &FeatureName,
        statistic: DriftStatistic,
        length: Span,
    ) -> Option<(Rung, Healthy)> {
        self.healthy.of(segment, feature)?.at(statistic, length)
    }
}

#[cfg(test)]
mod tests;
