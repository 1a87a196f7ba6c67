//! The Wasserstein distance of order 1, from counts.

use super::outcome::{Computed, NotComputable};
use super::transport::{Bounded, Cell, Densities, cell_distance, tail_distance};
use crate::layout::BinEdges;
use crate::state::NumericAggregate;

/// ∫ |F_r − F_c| dx, raw and divided by the baseline's sigma, with a bound of
/// its error against the raw samples.
///
/// Below the baseline's minimum and above its maximum F_r is 0 or 1 and the
/// integral is the mean excess, which the state keeps. Between them it is put
/// together cell by cell (see `transport`). All lengths are in baseline units,
/// so values near the ends of the float range do not overflow.
///
/// `baseline` must be the state the grid was built with, and both sides must
/// have at least one value.
///
/// # Errors
/// [`NotComputable::Overflow`] when the distance is no finite float.
pub(super) fn wasserstein(
    edges: &BinEdges,
    baseline: &NumericAggregate,
    window: &NumericAggregate,
) -> Result<Computed, NotComputable> {
    let (n, m) = (baseline.finite() as f64, window.finite() as f64);
    let unit = edges.unit();
    let mut sum = Bounded::default();
    for (r, c) in [(baseline.below, window.below), (baseline.above, window.above)] {
        sum.add(&tail_distance(r.units() / n, c.units() / m));
    }
    for cell in inner_cells(edges, baseline, window) {
        sum.add(&cell_distance(&cell));
    }
    let limited = [window.below, window.above].iter().any(|e| e.may_be_limited());
    let (value, error) = (sum.value * unit, sum.error * unit);
    if !value.is_finite() {
        return Err(NotComputable::Overflow);
    }
    let normalized = sum.value * (unit / edges.sigma());
    Ok(Computed {
        value,
        normalized: (edges.sigma() > 0.0 && normalized.is_finite()).then_some(normalized),
        certified_error: (!limited && error.is_finite()).then_some(error),
        ..Computed::default()
    })
}

/// The cells within the baseline's range, from left to right.
fn inner_cells(edges: &BinEdges, baseline: &NumericAggregate, window: &NumericAggregate) -> Vec<Cell> {
    let (n, m) = (baseline.finite() as f64, window.finite() as f64);
    let inside = edges.inside();
    let mut cells = Vec::with_capacity(inside.len());
    let mut below = (0.0, 0.0);
    let counts = baseline.cells.iter().zip(&window.cells).zip(edges.balance());
    for (cell, ((&r, &c), &gamma)) in counts.enumerate().take(inside.end) {
        let start = below.0 / n - below.1 / m;
        below = (below.0 + r as f64, below.1 + c as f64);
        let lower = cell.checked_sub(1).and_then(|i| edges.edges().get(i)).copied();
        if let Some(upper) = edges.edges().get(cell)
            && inside.contains(&cell)
        {
            cells.push(Cell {
                width: width(lower.unwrap_or(edges.min()), *upper, edges.unit()),
                start,
                end: below.0 / n - below.1 / m,
                baseline_share: r as f64 / n,
                window_share: c as f64 / m,
                gamma,
                window_gamma: 0.5,
            });
        }
    }
    Densities::of(&cells, outer_densities(edges, window)).lean(&mut cells);
    cells
}

/// Density of the window just outside the range, below and above: that of an
/// exponential tail with the mean excess that was counted.
fn outer_densities(edges: &BinEdges, window: &NumericAggregate) -> (f64, f64) {
    let inside = edges.inside();
    let m = window.finite() as f64;
    let density = |count: u64, excess: f64| {
        if excess > 0.0 { (count as f64).powi(2) / (m * excess) } else { 0.0 }
    };
    let below = window.cells.get(..inside.start).unwrap_or_default();
    let above = window.cells.get(inside.end..).unwrap_or_default();
    (
        density(crate::state::total(below), window.below.units()),
        density(crate::state::total(above), window.above.units()),
    )
}

/// (b − a) in baseline units, without overflow.
fn width(a: f64, b: f64, unit: f64) -> f64 {
    let width = b - a;
    if width.is_finite() { width / unit } else { (b / 2.0 - a / 2.0) / unit * 2.0 }
}
