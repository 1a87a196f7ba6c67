//! The Kolmogorov–Smirnov distance on a fine grid.

use statrs::function::gamma::ln_gamma;

use super::{Difference, Measure, effective_rows};
use crate::law::kolmogorov_sf;

/// Mean of K², K the limit of √x·D: π²/12.
const MEAN: f64 = std::f64::consts::PI * std::f64::consts::PI / 12.0;
/// 2·mean²/variance of K²: 2(π²/12)² / (7π⁴/720 − π⁴/144) = 5.
const NU: f64 = 5.0;

/// D on the grid and its p-value by the one-sample law at x = nm/(n + m) values.
///
/// D on a grid is at most that of the samples, so p errs to the quiet side (0.72 to 1 of nominal at 256 cells). Both
/// sides have at least one value.
#[must_use]
pub fn ks_measure(baseline: &[f64], window: &[f64]) -> (f64, Measure) {
    let sizes = [baseline, window].map(|counts| counts.iter().sum());
    let d = ks_difference(baseline, window).0;
    (d, ks_law(d, sizes))
}

/// What D means between samples of these sizes.
pub(crate) fn ks_law(d: f64, [n, m]: [f64; 2]) -> Measure {
    let difference = difference_of(d, n, m);
    let values = difference.effective_rows.round_ties_even().max(1.0);
    let p = if d < 1.0 { kolmogorov_sf(d, values) } else { apart(n, m) };
    Measure { difference, p }
}

/// D and its size S = x·D², without a p-value.
#[must_use]
pub fn ks_difference(baseline: &[f64], window: &[f64]) -> (f64, Difference) {
    let (n, m): (f64, f64) = (baseline.iter().sum(), window.iter().sum());
    let (mut below_r, mut below_c, mut d) = (0.0, 0.0, 0.0_f64);
    for (r, c) in baseline.iter().zip(window) {
        below_r += r;
        below_c += c;
        d = d.max((below_r / n - below_c / m).abs());
    }
    (d, difference_of(d, n, m))
}

fn difference_of(d: f64, n: f64, m: f64) -> Difference {
    let x = effective_rows(n, m);
    Difference { size: x * d * d, mean: MEAN, nu: NU, effective_rows: x }
}

/// P(D = 1) for samples of n and m values, where the one-sample law says 0: all of one lie below all of the other, which
/// is 2 of the (n + m)!/(n! m!) orders.
fn apart(n: f64, m: f64) -> f64 {
    (2.0_f64.ln() + ln_gamma(n + 1.0) + ln_gamma(m + 1.0) - ln_gamma(n + m + 1.0)).exp().min(1.0)
}
