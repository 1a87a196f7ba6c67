//! The upper tail of χ².

use statrs::function::gamma::checked_gamma_ur;

/// P(X > x) for X ~ χ²(df), in [0, 1]; 1 without degrees of freedom.
///
/// The regularised upper incomplete gamma function Q(df/2, x/2) of `statrs`,
/// which agrees with SciPy to nine digits down to underflow (see the tests).
pub(crate) fn chi_square_sf(x: f64, df: u32) -> f64 {
    if df == 0 || x.is_nan() || x <= 0.0 {
        return 1.0;
    }
    if x.is_infinite() {
        return 0.0;
    }
    // Both arguments are positive and finite, which is all it asks for.
    checked_gamma_ur(f64::from(df) / 2.0, x / 2.0).map_or(1.0, |tail| tail.clamp(0.0, 1.0))
}
