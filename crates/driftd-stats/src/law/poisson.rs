//! The upper tail of the Poisson law.

use statrs::function::erf::erfc;

/// From this mean on the normal law stands for it: its tail at one in a thousand is then right to some percent.
const LARGE: f64 = 500.0;

/// P(X ≥ n) of a Poisson variable of that mean, to about 1e-15 absolutely: it tells one in a thousand, not one in 10²⁰.
#[must_use]
pub fn poisson_tail(n: u64, mean: f64) -> f64 {
    if mean > LARGE {
        // With the correction for continuity.
        let z = (n as f64 - 0.5 - mean) / mean.sqrt();
        return erfc(z / std::f64::consts::SQRT_2) / 2.0;
    }
    let mut term = (-mean).exp();
    let mut below = 0.0;
    for i in 0..n {
        if term == 0.0 {
            break;
        }
        below += term;
        term *= mean / (i + 1) as f64;
    }
    (1.0 - below).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_tail() {
        for (n, mean, tail) in [
            (0, 2.0, 1.0),
            (1, 1.0, 0.632_120_558_828_557_7),
            (5, 1.0, 0.003_659_846_827_343_7),
            (6, 1.0, 0.000_594_184_817_581_7),
            (20, 10.0, 0.003_454_341_975_856_8),
        ] {
            let got = poisson_tail(n, mean);
            assert!((got - tail).abs() < 1e-14, "{n} {mean}: {got}");
        }
        assert!((poisson_tail(1, 0.0), poisson_tail(10_000, 1.0)) == (0.0, 0.0));
    }

    #[test]
    fn both_ways_meet() {
        for n in [480, 500, 540, 570] {
            let (exact, normal) = (poisson_tail(n, 500.0), poisson_tail(n, 500.000_001));
            assert!((exact - normal).abs() < 0.1 * exact + 1e-4, "{n}: {exact} and {normal}");
        }
    }
}
