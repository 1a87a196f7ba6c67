//! A measure in the light of healthy variation.

use super::{Healthy, Measure};
use crate::law::f_sf;
use crate::statistic::DriftStatistic;

/// A p-value and the share of an effect that healthy windows do not explain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// Probability of a difference at least as large in a healthy population, in [0, 1].
    pub p: f64,
    /// How much larger healthy differences of this size are than counts alone make them; 1 where nothing was learnt.
    pub phi: f64,
    /// Share of S that is more than a healthy window shows on average, in [0, 1].
    pub net: f64,
}

/// p is what counts alone say, and no less than what follows if all the healthy variation went in one direction: of ν
/// directions of unit variance, one then has 1 + ν(φ − 1), known from W windows, hence F(1, W) at
/// z² = (Sν/E − (ν − 1))₊/(1 + ν(φ − 1)). One direction may well carry all of it; weather does.
///
/// net = (1 − φE/S)₊, the positive-part estimator of James and Stein.
#[must_use]
pub fn judge_difference(measure: &Measure, healthy: Option<&Healthy>) -> Judged {
    let difference = &measure.difference;
    let phi = healthy.map_or(1.0, |healthy| healthy.phi_at(difference.effective_rows));
    let by_variation = healthy.filter(|_| phi > 1.0).map(|healthy| {
        let nu = difference.nu;
        let beyond = (difference.size * nu / difference.mean - (nu - 1.0)).max(0.0);
        f_sf(beyond / (1.0 + nu * (phi - 1.0)), f64::from(healthy.windows))
    });
    let net = if difference.size > 0.0 { (1.0 - phi * difference.mean / difference.size).max(0.0) } else { 0.0 };
    Judged { p: by_variation.map_or(measure.p, |p| p.max(measure.p)), phi, net }
}

impl Judged {
    /// What is left of a statistic's value, or of its effect.
    #[must_use]
    pub fn net_effect(&self, statistic: DriftStatistic, effect: f64) -> f64 {
        // Zero has no sign: not every database keeps that of a negative one.
        effect * statistic.definition().grows.of_effect(self.net) + 0.0
    }
}
