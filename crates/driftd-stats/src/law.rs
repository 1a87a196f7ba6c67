//! Null distributions: p-values of the statistics, and their adjustment for many tests at once.

mod beta;
mod durbin;
mod fisher;
mod kolmogorov;
mod pelz_good;
mod poisson;
mod saddle;

use statrs::function::erf::erfc_inv;
use statrs::function::gamma::{checked_gamma_lr, checked_gamma_ur, ln_gamma};

pub(crate) use self::beta::{beta_cdf, f_sf};
pub(crate) use self::fisher::fisher_exact_p;
pub(crate) use self::kolmogorov::kolmogorov_sf;
pub use self::poisson::poisson_tail;

/// P(X > x) for X ~ χ²(df), in [0, 1]; 1 without degrees of freedom.
///
/// The regularised upper incomplete gamma function Q(df/2, x/2) of `statrs`,
/// which agrees with SciPy to nine digits down to underflow (see the tests).
pub(crate) fn chi_square_sf(x: f64, df: f64) -> f64 {
    if df <= 0.0 || x.is_nan() || x <= 0.0 {
        return 1.0;
    }
    if x.is_infinite() {
        return 0.0;
    }
    // Both arguments are positive and finite, which is all it asks for.
    checked_gamma_ur(df / 2.0, x / 2.0).map_or(1.0, |tail| tail.clamp(0.0, 1.0))
}

/// x with P(X ≤ x) = p for X ~ χ²(df), 0 < p < 1, df > 0: Newton's steps from the approximation of Wilson & Hilferty
/// (1931).
pub(crate) fn chi_square_quantile(p: f64, df: f64) -> f64 {
    let half = df / 2.0;
    let ninth = 2.0 / (9.0 * df);
    let normal = -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p);
    let mut x = (df * (1.0 - ninth + normal * ninth.sqrt()).powi(3)).max(df * 1e-3);
    for _ in 0..50 {
        let density = ((half - 1.0) * (x / 2.0).ln() - x / 2.0 - ln_gamma(half)).exp() / 2.0;
        // Both arguments are positive and finite, which is all it asks for.
        let step = (checked_gamma_lr(half, x / 2.0).unwrap_or(p) - p) / density;
        let next = (x - step).max(x / 4.0);
        let done = (next - x).abs() <= 1e-14 * x;
        x = next;
        if done {
            break;
        }
    }
    x
}

/// Adjusted p-values (q-values) of Benjamini & Hochberg (1995): with the p
/// ascending, qᵢ = min over j ≥ i of p_j · k / j, at most 1. They are returned
/// in the order given.
///
/// Input in [0, 1]; NaN counts as 1, so that a broken p can neither open a gate
/// nor close one for others.
#[must_use]
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut ranked: Vec<(usize, f64)> =
        p.iter().map(|p| if p.is_nan() { 1.0 } else { p.clamp(0.0, 1.0) }).enumerate().collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    let k = p.len() as f64;
    let mut adjusted = vec![1.0; p.len()];
    let mut least = 1.0_f64;
    for (rank, (index, p)) in ranked.into_iter().enumerate().rev() {
        least = least.min(p * (k / (rank + 1) as f64));
        if let Some(q) = adjusted.get_mut(index) {
            *q = least;
        }
    }
    adjusted
}

#[cfg(test)]
mod tests;
