//! The certified Kolmogorov–Smirnov distance.

use super::fine_grid::FineGrid;
use super::outcome::Computed;
use crate::significance::ks_law;

/// max over the edges of |F_r − F_c|, in [0, 1], with a certificate.
///
/// Inside a cell the two distribution functions can part by at most
/// min(rᵢ/n, cᵢ/m) more than at its ends, and in a cell that holds one value not
/// at all. The distance of the raw samples therefore lies in [D, D + δ], with δ
/// the greatest of those over all other cells. The p-value is that of D, which
/// is conservative.
///
/// `atoms` says which cells hold one value only.
pub(super) fn ks(grid: &FineGrid, atoms: &[bool]) -> Computed {
    let shares = grid.baseline_shares().iter().zip(grid.window_shares()).zip(atoms);
    let parted = shares.map(|((r, c), is_atom)| if *is_atom { 0.0 } else { r.min(*c) });
    let error = parted.fold(0.0, f64::max);
    let value = grid.apart().iter().fold(0.0, |greatest: f64, apart| greatest.max(apart.abs()));
    let measure = ks_law(value, grid.sizes());
    Computed { value, certified_error: Some(error.min(1.0 - value)), measure: Some(measure), ..Computed::default() }
}
