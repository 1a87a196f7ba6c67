//! Values that the baseline never had.

use super::{Difference, Measure, effective_rows};
use crate::law::beta_cdf;

/// What a baseline says about how often something new comes: the categories that occur once and twice in its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Novelty {
    /// Categories that occur once, f₁.
    pub once: u64,
    /// Categories that occur twice, f₂.
    pub twice: u64,
    /// Values, n.
    pub values: u64,
}

impl Novelty {
    /// Of `n` numbers and the range they span: one more is a new minimum or maximum as often as a category is new when
    /// one occurred once.
    #[must_use]
    pub const fn of_range(n: u64) -> Self {
        Self { once: 1, twice: 0, values: n }
    }

    /// μ/m, the share of values that are expected to be new, in (0, 1].
    #[must_use]
    pub fn expected_share(&self) -> f64 {
        ((self.once as f64 + 1.0) / (self.values as f64 + 1.0)).min(1.0)
    }

    /// (mean, k) of the negative binomial for `m` values.
    fn law(&self, m: f64) -> (f64, f64) {
        let (once, twice) = (self.once as f64, self.twice as f64);
        (m * (once + 1.0) / (self.values as f64 + 1.0), (once + 1.0).powi(2) / (once + 1.0 + 2.0 * twice))
    }
}

/// `new` of the window's `m` values, at least one, were never seen in the baseline, which has at least one as well.
///
/// p is the upper tail of a negative binomial with mean μ = m(f₁ + 1)/(n + 1) and k = (f₁ + 1)²/(f₁ + 1 + 2f₂). The mean
/// is Good's (1953), "The population frequencies of species". The variance is that of f₁ itself (Robbins 1968,
/// "Estimating the total probability of the unobserved outcomes of an experiment") and of the clumps in which new
/// categories come: Var(U − m f₁/n) = m f₁/n + (m/n)²(f₁ + 2f₂).
#[must_use]
pub fn strangers(new: u64, m: u64, novelty: &Novelty) -> Measure {
    let (mean, k) = novelty.law(m as f64);
    // P(U ≥ u) = I(μ/(k + μ); u, k)
    let p = if new == 0 { 1.0 } else { beta_cdf(new as f64, k, mean / (k + mean), k / (k + mean)) };
    Measure { difference: strangers_difference(new, m, novelty), p }
}

/// The size alone, to both sides: S = (U − μ)²/(μ + μ²/k). Healthy windows have fewer as well.
#[must_use]
pub fn strangers_difference(new: u64, m: u64, novelty: &Novelty) -> Difference {
    let (mean, k) = novelty.law(m as f64);
    let size = (new as f64 - mean).powi(2) / (mean + mean * mean / k);
    Difference { size, mean: 1.0, nu: 1.0, effective_rows: effective_rows(novelty.values as f64, m as f64) }
}
