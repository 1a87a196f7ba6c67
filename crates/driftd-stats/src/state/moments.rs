//! Mean, spread and range of what was counted. They are shown, never decide.

use serde::{Deserialize, Serialize};

use crate::layout::BinEdges;

/// Count, mean, sum of squared deviations, minimum and maximum, merged after
/// Chan, Golub & LeVeque (1979), equations 2.1a and 2.1b.
///
/// Mean and deviations are kept in baseline units, (x − baseline mean) / sigma,
/// each value limited to ±1e100 of them, so that no input makes them overflow.
/// Unlike the counters they are floats: merging in another order may change
/// their last digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    count: u64,
    mean: f64,
    m2: f64,
    min: f64,
    max: f64,
}

/// [`Moments`] in the feature's own unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MomentSummary {
    /// Number of finite values.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, divisor `count`.
    pub sigma: f64,
    /// The smallest.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Moments {
    pub(crate) fn of_baseline(count: u64, min: f64, max: f64, sigma: f64) -> Self {
        Self { count, mean: 0.0, m2: sigma * sigma * count as f64, min, max }
    }

    /// Moments of one batch: its count, mean, squared deviations and range.
    pub(crate) fn of_batch(count: u64, mean: f64, m2: f64, min: f64, max: f64) -> Self {
        Self { count, mean, m2: m2.max(0.0), min, max }
    }

    /// Adds the moments of more values.
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let share = b / (a + b);
        let delta = other.mean - self.mean;
        self.mean += delta * share;
        self.m2 += other.m2 + delta * delta * a * share;
        self.m2 = self.m2.min(f64::MAX);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.count = self.count.saturating_add(other.count);
    }

    pub(crate) fn is_sound(&self) -> bool {
        let finite = [self.mean, self.m2, self.min, self.max].iter().all(|v| v.is_finite());
        finite && self.m2 >= 0.0 && (self.count == 0 || self.min <= self.max)
    }

    /// Number of values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// In the feature's own unit; `None` without values.
    #[must_use]
    pub fn summary(&self, edges: &BinEdges) -> Option<MomentSummary> {
        if self.count == 0 {
            return None;
        }
        let limit = |v: f64| v.clamp(self.min, self.max);
        let sigma = (self.m2 / self.count as f64).sqrt() * edges.unit();
        Some(MomentSummary {
            count: self.count,
            mean: limit(edges.mean() + self.mean * edges.unit()),
            sigma: sigma.min(f64::MAX),
            min: self.min,
            max: self.max,
        })
    }
}
