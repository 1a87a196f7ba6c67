//! State of a numeric feature.

use serde::{Deserialize, Serialize};

use super::columns::NumericSlice;
use super::{Excess, MistypedTypes, Moments, add_counts, shape, total};
use crate::error::ShapeMismatch;
use crate::kernels;
use crate::layout::BinEdges;

/// Counts of a numeric feature on a frozen grid.
///
/// Cells hold finite values only; NaN, +inf, −inf, missing and mistyped values
/// have counters of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumericAggregate {
    grid: u64,
    pub(crate) cells: Vec<u64>,
    pub(crate) missing: u64,
    pub(crate) mistyped: u64,
    #[serde(skip)]
    pub(crate) types: MistypedTypes,
    pub(crate) nan: u64,
    pub(crate) pos_inf: u64,
    pub(crate) neg_inf: u64,
    pub(crate) below: Excess,
    pub(crate) above: Excess,
    pub(crate) moments: Moments,
}

impl NumericAggregate {
    /// Nothing counted yet on this grid.
    #[must_use]
    pub fn empty(edges: &BinEdges) -> Self {
        Self::of_baseline(edges, vec![0; edges.cells()], Moments::default())
    }

    /// Counts known from elsewhere, one per cell.
    pub(crate) fn of_baseline(edges: &BinEdges, cells: Vec<u64>, moments: Moments) -> Self {
        Self {
            grid: edges.fingerprint(),
            cells,
            missing: 0,
            mistyped: 0,
            types: MistypedTypes::default(),
            nan: 0,
            pos_inf: 0,
            neg_inf: 0,
            below: Excess::default(),
            above: Excess::default(),
            moments,
        }
    }

    /// Counts a column. `edges` must be the grid this state was made for; on
    /// any other grid nothing is counted.
    pub fn absorb(&mut self, edges: &BinEdges, column: NumericSlice<'_>) {
        if self.fits(edges) {
            kernels::count(self, edges, column);
        }
    }

    /// Adds rows without a finite value.
    pub fn add_absent(&mut self, missing: u64, nan: u64, pos_inf: u64, neg_inf: u64) {
        self.missing = self.missing.saturating_add(missing);
        self.nan = self.nan.saturating_add(nan);
        self.pos_inf = self.pos_inf.saturating_add(pos_inf);
        self.neg_inf = self.neg_inf.saturating_add(neg_inf);
    }

    /// Adds rows whose value was of the wrong type.
    pub fn add_mistyped(&mut self, rows: u64) {
        self.mistyped = self.mistyped.saturating_add(rows);
    }

    /// Adds the counts of another part.
    ///
    /// # Errors
    /// When the parts were counted on different grids.
    pub fn merge(&mut self, other: &Self) -> Result<(), ShapeMismatch> {
        if self.grid != other.grid || self.cells.len() != other.cells.len() {
            return Err(ShapeMismatch::new(self.shape(), other.shape()));
        }
        add_counts(&mut self.cells, &other.cells);
        self.add_absent(other.missing, other.nan, other.pos_inf, other.neg_inf);
        self.add_mistyped(other.mistyped);
        self.types.merge(&other.types);
        self.below.merge(other.below);
        self.above.merge(other.above);
        self.moments.merge(&other.moments);
        Ok(())
    }

    /// Whether this state was counted on this grid and is sound; ask after
    /// decoding bytes from outside.
    #[must_use]
    pub fn fits(&self, edges: &BinEdges) -> bool {
        self.grid == edges.fingerprint() && self.cells.len() == edges.cells() && self.moments.is_sound()
    }

    /// Whether everything that decides is equal: all but the float moments.
    #[must_use]
    pub fn same_counts(&self, other: &Self) -> bool {
        let (mut a, mut b) = (self.clone(), other.clone());
        a.moments = Moments::default();
        b.moments = Moments::default();
        a == b
    }

    /// Counts per cell of the fine grid.
    #[must_use]
    pub fn cells(&self) -> &[u64] {
        &self.cells
    }

    /// Number of finite values.
    #[must_use]
    pub fn finite(&self) -> u64 {
        total(&self.cells)
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        total([&self.finite(), &self.missing, &self.mistyped, &self.nan, &self.pos_inf, &self.neg_inf])
    }

    /// Rows without a value.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Rows whose value was of the wrong type.
    #[must_use]
    pub fn mistyped(&self) -> u64 {
        self.mistyped
    }

    /// Values that are NaN.
    #[must_use]
    pub fn nan(&self) -> u64 {
        self.nan
    }

    /// Values that are +inf.
    #[must_use]
    pub fn pos_inf(&self) -> u64 {
        self.pos_inf
    }

    /// Values that are −inf.
    #[must_use]
    pub fn neg_inf(&self) -> u64 {
        self.neg_inf
    }

    /// Mean, spread and range of the finite values.
    #[must_use]
    pub fn moments(&self) -> &Moments {
        &self.moments
    }

    pub(crate) fn shape(&self) -> String {
        shape("numeric", self.cells.len(), self.grid)
    }
}
