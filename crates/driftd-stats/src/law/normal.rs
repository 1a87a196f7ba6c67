//! The upper tail of the normal law.

/// 2 · P(Z > |z|) for a standard normal Z, in [0, 1]: `statrs`' complementary
/// error function, which agrees with SciPy to ten digits down to underflow.
pub(super) fn two_sided_normal_p(z: f64) -> f64 {
    statrs::function::erf::erfc(z.abs() / std::f64::consts::SQRT_2)
}
