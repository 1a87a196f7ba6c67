//! Two shares.

use super::counts::four_fold;
use super::{Difference, Measure, effective_rows};
use crate::law::{chi_square_sf, fisher_exact_p};

/// Below this expected count the exact test is used.
const FEWEST_EXPECTED: f64 = 5.0;
/// The smallest p that a size is made of.
const LEAST_P: f64 = 1e-300;

/// `a` of `n` rows in the baseline against `b` of `m` in the window, two-sided: the corrected likelihood ratio of the
/// 2 × 2 table, and Fisher's exact test where an expected count is below 5. Then S is the χ²(1) quantile of its p.
///
/// `None` where a side has no rows, or none or all of both sides count: nothing can be told apart. `a <= n`, `b <= m`.
#[must_use]
pub fn share(a: u64, n: u64, b: u64, m: u64) -> Option<Measure> {
    let [a, n, b, m] = [a, n, b, m].map(|count| count as f64);
    if n == 0.0 || m == 0.0 || a + b == 0.0 || a + b == n + m {
        return None;
    }
    let s = (a + b) / (n + m);
    let exact = [n * s, m * s, n * (1.0 - s), m * (1.0 - s)].iter().any(|expected| *expected < FEWEST_EXPECTED);
    let (size, p) = if exact {
        let p = fisher_exact_p(a, n - a, b, m - b);
        (size_of(p), p)
    } else {
        let size = four_fold([a, n - a], [b, m - b]);
        (size, chi_square_sf(size, 1.0))
    };
    let difference = Difference { size, mean: 1.0, nu: 1.0, effective_rows: effective_rows(n, m) };
    Some(Measure { difference, p })
}

/// x with P(χ²(1) > x) = p; kept finite.
fn size_of(p: f64) -> f64 {
    if p >= 1.0 { 0.0 } else { 2.0 * statrs::function::erf::erfc_inv(p.max(LEAST_P)).powi(2) }
}
