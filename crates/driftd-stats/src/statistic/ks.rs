//! The certified Kolmogorov–Smirnov distance.

use super::outcome::Computed;
use crate::law::{KsDistance, kolmogorov_smirnov_p};
use crate::state::total;

/// max over the edges of |F_r − F_c|, in [0, 1], with a certificate.
///
/// Inside a cell the two distribution functions can part by at most
/// min(rᵢ/n, cᵢ/m) more than at its ends, and in a cell that holds one value not
/// at all. The distance of the raw samples therefore lies in [D, D + δ], with δ
/// the greatest of those over all other cells. The p-value is that of D, which
/// is conservative.
///
/// Both sides must have at least one value; `atoms` says which cells hold one
/// value only. All three have one entry per cell.
pub(super) fn ks(baseline: &[u64], window: &[u64], atoms: &[bool]) -> Computed {
    let (n, m) = (total(baseline), total(window));
    let (mut below_r, mut below_c) = (0_u64, 0_u64);
    // |F_r − F_c| · n · m, exactly: products of two u64 fit a u128.
    let mut greatest = 0_u128;
    let mut error = 0.0_f64;
    for ((&r, &c), &atom) in baseline.iter().zip(window).zip(atoms) {
        below_r = below_r.saturating_add(r);
        below_c = below_c.saturating_add(c);
        let a = u128::from(below_r) * u128::from(m);
        let b = u128::from(below_c) * u128::from(n);
        greatest = greatest.max(a.abs_diff(b));
        if !atom {
            error = error.max((r as f64 / n as f64).min(c as f64 / m as f64));
        }
    }
    let distance = KsDistance::new(n, m, greatest);
    let value = distance.value();
    Computed {
        value,
        certified_error: Some(error.min(1.0 - value)),
        p_value: Some(kolmogorov_smirnov_p(&distance)),
        ..Computed::default()
    }
}
