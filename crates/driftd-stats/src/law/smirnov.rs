//! The law of the one-sided Kolmogorov–Smirnov distance.

use super::saddle::binomial;

/// From this size on not every term is summed.
const STRIDE_FROM: f64 = 16_384.0;
/// Terms that are then summed.
const SAMPLES: f64 = 4096.0;

/// P(Dₙ⁺ ≥ d) for n values, 0 < d < 1 (Smirnov 1944, Birnbaum & Tingey 1951):
///
/// d Σⱼ C(n, j) (d + j/n)^(j−1) (1 − d − j/n)^(n−j), j = 0 … ⌊n(1 − d)⌋.
///
/// Each term is a binomial probability times d/(d + j/n), all are positive, so
/// the tail keeps its relative precision. Large sizes, reached only where
/// nd² ≥ 2.2, take every h-th term h times: the terms are a smooth function of
/// j/n that vanishes with all its derivatives at both ends, for which that sum
/// differs from the full one by less than rounding (Euler–Maclaurin).
pub(super) fn smirnov_sf(d: f64, n: f64) -> f64 {
    let stride = if n < STRIDE_FROM { 1.0 } else { (n / SAMPLES).floor() };
    let last = (n * (1.0 - d)).floor();
    let (mut j, mut sum) = (0.0, 0.0);
    while j <= last {
        let p = d + j / n;
        let q = 1.0 - p;
        if q > 0.0 {
            sum += d / p * binomial(j, n, p, q);
        }
        j += stride;
    }
    sum * stride
}
