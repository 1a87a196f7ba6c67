//! The distribution of the one-sample Kolmogorov–Smirnov distance at finite size, two-sided and one-sided.

use super::durbin::durbin_cdf;
use super::pelz_good::pelz_good_cdf;
use super::saddle::binomial;

/// Sizes up to this one are always computed exactly.
const SMALL: f64 = 140.0;
/// Up to this size the matrix method is used where its matrix is small.
const MATRIX_UP_TO: f64 = 100_000.0;
/// From this size on not every term of the one-sided distribution is summed.
const STRIDE_FROM: f64 = 16_384.0;
/// Terms that are then summed.
const SAMPLES: f64 = 4096.0;

/// P(Dₙ ≥ d) for n values, n a whole number, in [0, 1].
///
/// The division of labour is Simard & L'Ecuyer's (2011, "Computing the
/// two-sided Kolmogorov–Smirnov distribution"), with the limits SciPy's `kstwo`
/// uses, so that both agree to the last digits:
///
/// * nd ≤ 1 and nd ≥ n − 1: closed forms of Ruben & Gambino (1982);
/// * d ≥ ½, or far enough in the tail: twice the one-sided law (Miller 1956),
///   exact for d ≥ ½ and elsewhere too large by a relative e^(−6nd²) at most;
/// * n ≤ 140, or a small matrix: Durbin's matrix, exact;
/// * otherwise: the asymptotic series of Pelz & Good.
pub(crate) fn kolmogorov_sf(d: f64, n: f64) -> f64 {
    if d >= 1.0 {
        return 0.0;
    }
    if d <= 0.0 {
        return 1.0;
    }
    let t = n * d;
    if t <= 1.0 {
        return 1.0 - ruben_gambino_cdf(t, n);
    }
    if t >= n - 1.0 {
        return (2.0 * (1.0 - d).powf(n)).clamp(0.0, 1.0);
    }
    let size = t * d;
    let tail_from = if n <= SMALL { 4.0 } else { 2.2 };
    if d >= 0.5 || size >= tail_from {
        return (2.0 * smirnov_sf(d, n)).clamp(0.0, 1.0);
    }
    // The distribution function is about (√2π / z) e^(−π²/8z²) with z² = nd²:
    // below 10⁻¹⁶ here.
    if size < 0.03 {
        return 1.0;
    }
    let cdf = if n <= SMALL || (n <= MATRIX_UP_TO && n * d.powf(1.5) <= 1.4) {
        durbin_cdf(d, n)
    } else {
        pelz_good_cdf(d, n)
    };
    (1.0 - cdf).clamp(0.0, 1.0)
}

/// P(Dₙ < d) = n! (2d − 1/n)ⁿ for 1/2n ≤ d ≤ 1/n, with t = nd.
fn ruben_gambino_cdf(t: f64, n: f64) -> f64 {
    if t <= 0.5 {
        return 0.0;
    }
    // n! / nⁿ · (2t − 1)ⁿ, factor by factor; it only ever falls.
    let (mut product, mut i) = (1.0, 1.0);
    while i <= n && product > 0.0 {
        product *= i / n * (2.0 * t - 1.0);
        i += 1.0;
    }
    product
}

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
