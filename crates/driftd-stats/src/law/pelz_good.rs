//! The asymptotic series of Pelz & Good (1976), "Approximating the lower
//! tail-areas of the Kolmogorov–Smirnov one-sample statistic".

use std::f64::consts::{PI, TAU};

/// P(Dₙ < d) ≈ K₀(z) + K₁(z)/√n + K₂(z)/n + K₃(z)/n^(3/2), z = d√n.
///
/// The functions are written with Jacobi's theta functions, as in equations 10
/// to 13 of Simard & L'Ecuyer (2011), so that few terms are enough for the z of
/// interest here (0.17 to 1.5).
pub(super) fn pelz_good_cdf(d: f64, n: f64) -> f64 {
    let z = d * n.sqrt();
    let z2 = z * z;
    let (z4, z6, z8) = (z2 * z2, z2 * z2 * z2, z2 * z2 * z2 * z2);
    let terms = (16.0 * z / PI).ceil().max(2.0) as u32;

    // Σ over odd k, in powers of a = (πk/2)², weighted by e^(−a/2z²).
    let (mut s0, mut s1, mut s2, mut s3) = (0.0, 0.0, 0.0, 0.0);
    for k in (1..=terms).rev() {
        let a = (PI * (f64::from(k) - 0.5)).powi(2);
        let weight = (-a / (2.0 * z2)).exp();
        s0 += weight;
        s1 += weight * (a - z2);
        s2 += weight * (6.0 * z6 + 2.0 * z4 + a * (2.0 * z4 - 5.0 * z2 + a * (1.0 - 2.0 * z2)));
        s3 += weight
            * (-30.0 * z6 - 90.0 * z8
                + a * (135.0 * z4 - 96.0 * z6 + a * (212.0 * z4 - 60.0 * z2 + a * (5.0 - 30.0 * z2))));
    }
    // Σ over all k, in powers of b = (πk)², weighted by e^(−b/2z²).
    let (mut t2, mut t3) = (0.0, 0.0);
    for k in (1..=terms).rev() {
        let b = (PI * f64::from(k)).powi(2);
        let weight = (-b / (2.0 * z2)).exp();
        t2 += weight * b;
        t3 += weight * b * (3.0 * z2 - b);
    }
    let k0 = s0 / z;
    let k1 = s1 / (6.0 * z4);
    let k2 = s2 / (72.0 * z6 * z) - t2 / (36.0 * z2 * z);
    let k3 = s3 / (6480.0 * z8 * z2) + t3 / (216.0 * z6);
    let root = n.sqrt();
    TAU.sqrt() * (k0 + (k1 + (k2 + k3 / root) / root) / root)
}
