//! The certified Kolmogorov–Smirnov distance.

use super::outcome::Computed;
use crate::significance::ks_measure;

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
    let [r, c] = [baseline, window].map(|counts| counts.iter().map(|count| *count as f64).collect::<Vec<f64>>());
    let (n, m): (f64, f64) = (r.iter().sum(), c.iter().sum());
    let apart = r.iter().zip(&c).zip(atoms).filter(|(_, is_atom)| !**is_atom);
    let error = apart.map(|((r, c), _)| (r / n).min(c / m)).fold(0.0, f64::max);
    let (value, measure) = ks_measure(&r, &c);
    Computed { value, certified_error: Some(error.min(1.0 - value)), measure: Some(measure), ..Computed::default() }
}
