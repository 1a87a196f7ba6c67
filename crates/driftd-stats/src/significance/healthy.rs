//! How much healthy windows differ: learnt from the windows of the baseline itself.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::Difference;
use super::strangers::{Novelty, strangers_difference};
use crate::law::chi_square_quantile;

/// `upper` is exceeded by the true φ in one of five baselines.
const DOUBT: f64 = 0.2;

/// Healthy variation of one statistic at one length of window. Stored as `[phi, upper, size, windows]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "(f64, f64, f64, u32)", into = "(f64, f64, f64, u32)")]
pub struct Healthy {
    /// φ: how much larger healthy differences are than counts alone make them; at least 1.
    pub phi: f64,
    /// What φ could be as well (80 %), with as many degrees of freedom as if all the variation had one direction.
    pub upper: f64,
    /// Harmonic mean of the effective rows that it was learnt at.
    pub size: f64,
    /// Windows that it was learnt from.
    pub windows: u32,
}

impl From<(f64, f64, f64, u32)> for Healthy {
    /// Whatever the bytes said, φ never makes a difference larger than counts do.
    fn from((phi, upper, size, windows): (f64, f64, f64, u32)) -> Self {
        let at_least = |x: f64, least: f64| if x >= least { x } else { least };
        Self { phi: at_least(phi, 1.0), upper: at_least(upper, 1.0), size: at_least(size, 1.0), windows }
    }
}

impl From<Healthy> for (f64, f64, f64, u32) {
    fn from(healthy: Healthy) -> Self {
        (healthy.phi, healthy.upper, healthy.size, healthy.windows)
    }
}

impl Healthy {
    /// Fewer windows teach nothing.
    pub const LEAST_WINDOWS: u32 = 10;

    /// From the differences of each window of the baseline against the rest of it; `None` from fewer than ten. A window
    /// in which nothing could be compared is `None` and does not count.
    ///
    /// φ = max(1, mean S/E), E the mean of S by counts alone. `upper` = φν/χ²⁻¹(0.2; ν) with
    /// ν = Wφ²/(1/ν₀ + (φ − 1)²) degrees of freedom: those of the mean of W windows whose variation beyond counts all
    /// goes in one direction.
    #[must_use]
    pub fn learn(differences: &[Option<Difference>]) -> Option<Self> {
        let first = differences.iter().flatten().next()?;
        let mut sums = (0_u32, 0.0, 0.0);
        for one in differences.iter().flatten() {
            sums = (sums.0 + 1, sums.1 + one.size / one.mean, sums.2 + one.effective_rows.recip());
        }
        let (windows, ratios, inverse_sizes) = sums;
        if windows < Self::LEAST_WINDOWS {
            return None;
        }
        let w = f64::from(windows);
        let phi = (ratios / w).max(1.0);
        let nu = w * phi * phi / (first.nu.recip() + (phi - 1.0).powi(2));
        let upper = phi * nu / chi_square_quantile(DOUBT, nu);
        Some(Self { phi, upper, size: w / inverse_sizes, windows })
    }

    /// φ for a comparison of so many effective rows. Variation of a population does not shrink with more rows, so in
    /// larger windows it weighs more, and what could not be excluded at the size learnt is extrapolated too. Never less
    /// than measured.
    #[must_use]
    pub fn phi_at(&self, effective_rows: f64) -> f64 {
        self.phi + (self.upper - 1.0) * (effective_rows / self.size - 1.0).max(0.0)
    }
}

/// Each window against the sum of all others: `windows` are counts over the same bins, of all values. Names and edges
/// depend on the sum alone, so nothing was chosen by a single window. `None` where one side is empty.
pub fn leave_one_out<W: AsRef<[f64]>>(
    windows: &[W],
    difference: impl Fn(&[f64], &[f64]) -> Option<Difference>,
) -> Vec<Option<Difference>> {
    let bins = windows.iter().map(|window| window.as_ref().len()).max().unwrap_or(0);
    let mut total = vec![0.0; bins];
    for window in windows {
        total.iter_mut().zip(window.as_ref()).for_each(|(sum, count)| *sum += count);
    }
    let mut others = total.clone();
    let against_others = |window: &W| {
        let window = window.as_ref();
        others.iter_mut().zip(&total).zip(window).for_each(|((other, all), own)| *other = all - own);
        let both = others.iter().any(|count| *count > 0.0) && window.iter().any(|count| *count > 0.0);
        both.then(|| difference(&others, window)).flatten()
    };
    windows.iter().map(against_others).collect()
}

/// The same for values never seen elsewhere: each window is a list of (category, count), each category once. New in a
/// window is what no other window has, held against the categories that occur once and twice in the whole.
#[must_use]
pub fn strangers_by_window<K: Hash + Eq>(windows: &[Vec<(K, u64)>]) -> Vec<Option<Difference>> {
    let mut totals: HashMap<&K, u64, FixedState> = HashMap::default();
    for (category, count) in windows.iter().flatten() {
        *totals.entry(category).or_insert(0) += count;
    }
    let categories_of = |count: u64| totals.values().filter(|total| **total == count).count() as u64;
    let (once, twice, values) = (categories_of(1), categories_of(2), totals.values().sum::<u64>());
    let difference = |window: &Vec<(K, u64)>| {
        let m: u64 = window.iter().map(|(_, count)| count).sum();
        let only_here = |(category, count): &&(K, u64)| totals.get(category) == Some(count);
        let new: u64 = window.iter().filter(only_here).map(|(_, count)| count).sum();
        let novelty = Novelty { once, twice, values: values - m };
        (0 < m && m < values).then(|| strangers_difference(new, m, &novelty))
    };
    windows.iter().map(difference).collect()
}
