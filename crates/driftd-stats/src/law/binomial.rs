//! The upper tail of the binomial distribution.

use super::saddle::binomial;

/// P(X ≥ k) for X ~ Binomial(m, rate), in [0, 1].
///
/// The probability of k by Loader's saddle point, times the sum of its
/// neighbours relative to it. (`statrs` 0.19 goes through the incomplete beta
/// function, whose continued fraction it cuts off too early: for m = 10⁷ and
/// rate ½ it gives 0.365 where the tail is 0.500.)
pub(crate) fn binomial_sf(k: u64, m: u64, rate: f64) -> f64 {
    if k == 0 || rate >= 1.0 {
        return 1.0;
    }
    if k > m || rate <= 0.0 {
        return 0.0;
    }
    let (k, m) = (k as f64, m as f64);
    let (p, q) = (rate, 1.0 - rate);
    let tail = if k > m * p { upward(k, m, p, q) } else { 1.0 - downward(k - 1.0, m, p, q) };
    tail.clamp(0.0, 1.0)
}

/// P(X ≥ k) for k above the mean, where the terms only fall.
fn upward(k: f64, m: f64, p: f64, q: f64) -> f64 {
    let (mut at, mut term, mut sum) = (k, 1.0, 1.0);
    while at < m {
        term *= (m - at) / (at + 1.0) * (p / q);
        sum += term;
        at += 1.0;
        if term <= sum * 1e-17 {
            break;
        }
    }
    binomial(k, m, p, q) * sum
}

/// P(X ≤ k) for k below the mean.
fn downward(k: f64, m: f64, p: f64, q: f64) -> f64 {
    let (mut at, mut term, mut sum) = (k, 1.0, 1.0);
    while at > 0.0 {
        term *= at / (m - at + 1.0) * (q / p);
        sum += term;
        at -= 1.0;
        if term <= sum * 1e-17 {
            break;
        }
    }
    binomial(k, m, p, q) * sum
}
