//! The incomplete beta function, which the tails of F and of the negative binomial are.

use super::saddle::binomial;

/// Steps of the continued fraction; it takes about the root of the larger parameter.
const MOST_STEPS: u32 = 200_000;
/// Stands in for a zero.
const TINY: f64 = 1e-300;

/// I(x; a, b), the regularised incomplete beta function, for a, b > 0 and y = 1 − x, which is given apart so that it
/// keeps its precision. In [0, 1].
///
/// The continued fraction of Didonato & Morris (1992), evaluated by Lentz's method, times a probability by Loader's
/// saddle point, which keeps its relative precision far into the tail. (`statrs` 0.19 cuts the fraction off too early
/// for large parameters.)
pub(crate) fn beta_cdf(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if y <= 0.0 {
        return 1.0;
    }
    let value = if x < (a + 1.0) / (a + b + 2.0) { tail(a, b, x, y) } else { 1.0 - tail(b, a, y, x) };
    value.clamp(0.0, 1.0)
}

/// x^a y^b/(a B(a, b)) times the continued fraction.
fn tail(a: f64, b: f64, x: f64, y: f64) -> f64 {
    // x^a y^b/B(a, b) = ab/(a + b) · C(a + b, a) x^a y^b
    let front = b / (a + b) * binomial(a, a + b, x, y);
    let not_zero = |z: f64| if z.abs() < TINY { TINY } else { z };
    let mut c = 1.0;
    let mut d = not_zero(1.0 - (a + b) * x / (a + 1.0)).recip();
    let mut fraction = d;
    for step in 1..=MOST_STEPS {
        let i = f64::from(step);
        let even = i * (b - i) * x / ((a + 2.0 * i - 1.0) * (a + 2.0 * i));
        d = not_zero(1.0 + even * d).recip();
        c = not_zero(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + i) * (a + b + i) * x / ((a + 2.0 * i) * (a + 2.0 * i + 1.0));
        d = not_zero(1.0 + odd * d).recip();
        c = not_zero(1.0 + odd / c);
        fraction *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    front * fraction
}

/// P(F > f) for F with 1 and `df` degrees of freedom.
pub(crate) fn f_sf(f: f64, df: f64) -> f64 {
    beta_cdf(df / 2.0, 0.5, df / (df + f), f / (df + f))
}
