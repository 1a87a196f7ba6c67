//! The Wasserstein distance of order 1, from counts.

use super::fine_grid::FineGrid;
use super::outcome::{Computed, NotComputable};
use super::transport::{Bounded, Cells, tail_distance};
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
/// `baseline` must be the state the grid was built with, both sides must have at
/// least one value, and `grid` is of these two.
///
/// # Errors
/// [`NotComputable::Overflow`] when the distance is no finite float.
pub(super) fn wasserstein(
    edges: &BinEdges,
    grid: &FineGrid,
    baseline: &NumericAggregate,
    window: &NumericAggregate,
) -> Result<Computed, NotComputable> {
    let (n, m) = (baseline.finite() as f64, window.finite() as f64);
    let unit = edges.unit();
    let mut sum = Bounded::default();
    for (r, c) in [(baseline.below, window.below), (baseline.above, window.above)] {
        sum.add(&tail_distance(r.units() / n, c.units() / m));
    }
    let outside = outer_densities(edges, window);
    for distance in inner_cells(edges, grid, outside).distances() {
        sum.add(&distance);
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
fn inner_cells<'a>(edges: &'a BinEdges, grid: &'a FineGrid, outside: (f64, f64)) -> Cells<'a> {
    let inside = edges.inside();
    let uppers = edges.edges().get(inside.start..inside.end.min(edges.edges().len())).unwrap_or_default();
    let before = inside.start.checked_sub(1);
    let lowest = before.and_then(|i| edges.edges().get(i)).copied().unwrap_or(edges.min());
    let lowers = std::iter::once(&lowest).chain(uppers);
    let of = |list: &'a [f64]| list.get(inside.clone()).unwrap_or_default();
    Cells::new(
        lowers.zip(uppers).map(|(lower, upper)| width(*lower, *upper, edges.unit())).collect(),
        before.and_then(|i| grid.apart().get(i)).copied().unwrap_or(0.0),
        of(grid.apart()),
        [of(grid.baseline_shares()), of(grid.window_shares())],
        of(edges.balance()),
        outside,
    )
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
