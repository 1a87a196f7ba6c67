//! The frozen grid of a numeric feature.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::fingerprint;
use super::label;
use super::precision::Precision;
use crate::error::StatsError;
use crate::kernels::Lookup;

/// The frozen grid of a numeric feature: where its cells and bins end, and what
/// the baseline looked like inside them.
///
/// Cells are right-closed: cell `i` holds `edges[i-1] < x <= edges[i]`, the
/// first and the last are unbounded. The empirical distribution function is
/// therefore exact at every edge. Coarse bins are unions of cells.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "StoredEdges", into = "StoredEdges")]
pub struct BinEdges {
    stored: StoredEdges,
    bin_of_cell: Vec<u32>,
    atoms: Vec<bool>,
    inside: Range<usize>,
    fingerprint: u64,
    lookup: Lookup,
}

/// The part that is stored; everything else follows from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredEdges {
    /// Fine inner edges, ascending.
    pub(super) edges: Vec<f64>,
    /// Coarse inner edges, a subset of `edges`.
    pub(super) coarse: Vec<f64>,
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) mean: f64,
    pub(super) sigma: f64,
    /// Per cell: (upper edge − mean of the baseline's values in it) / width,
    /// which is the integral of the baseline's distribution function over the
    /// cell in units of its width; ½ where the baseline has no value.
    pub(super) balance: Vec<f64>,
    /// Of the baseline's values. Not written where it is 64 bits, so that baselines from before it was known keep their
    /// hash.
    #[serde(default, skip_serializing_if = "Precision::is_double")]
    pub(super) precision: Precision,
}

impl PartialEq for BinEdges {
    fn eq(&self, other: &Self) -> bool {
        self.stored == other.stored
    }
}

impl From<BinEdges> for StoredEdges {
    fn from(edges: BinEdges) -> Self {
        edges.stored
    }
}

impl TryFrom<StoredEdges> for BinEdges {
    type Error = StatsError;

    fn try_from(stored: StoredEdges) -> Result<Self, StatsError> {
        stored.check()?;
        let cells = stored.edges.len() + 1;
        let bin_of_cell = stored.bin_of_cell();
        let mut atoms = vec![false; cells];
        for (atom, pair) in atoms.iter_mut().skip(1).zip(stored.edges.windows(2)) {
            *atom = matches!(pair, [a, b] if a.next_up() == *b);
        }
        let first = stored.edges.partition_point(|e| *e < stored.min);
        let last = stored.edges.partition_point(|e| *e < stored.max);
        let fingerprint = fingerprint::of_floats(&stored.edges)
            ^ fingerprint::of_floats(&[stored.min, stored.max, stored.mean, stored.sigma]).rotate_left(1)
            ^ fingerprint::of_precision(stored.precision);
        let lookup = Lookup::build(&stored.edges);
        Ok(Self { stored, bin_of_cell, atoms, inside: first..last + 1, fingerprint, lookup })
    }
}

impl StoredEdges {
    fn check(&self) -> Result<(), StatsError> {
        let corrupt = |what| Err(StatsError::CorruptLayout { what });
        let finite = |list: &[f64]| list.iter().all(|v| v.is_finite());
        let ascending = |list: &[f64]| list.windows(2).all(|p| matches!(p, [a, b] if a < b));
        if self.edges.len() > MAX_EDGES {
            return corrupt("too many edges");
        }
        if !finite(&self.edges) || !ascending(&self.edges) || !ascending(&self.coarse) {
            return corrupt("edges are not finite and ascending");
        }
        if self.coarse.iter().any(|e| self.edges.binary_search_by(|x| x.total_cmp(e)).is_err()) {
            return corrupt("a coarse edge is no fine edge");
        }
        if !finite(&[self.min, self.max, self.mean, self.sigma]) || self.min > self.max || self.sigma < 0.0 {
            return corrupt("range, mean or sigma is impossible");
        }
        let lowest = self.min.next_down();
        let range_is_cut = |e: f64| !e.is_finite() || self.edges.contains(&e);
        if !range_is_cut(lowest) || !range_is_cut(self.max) {
            return corrupt("the ends of the range are no edges");
        }
        if self.balance.len() != self.edges.len() + 1 || !self.balance.iter().all(|g| (0.0..=1.0).contains(g)) {
            return corrupt("in-cell balances do not fit the edges");
        }
        Ok(())
    }

    fn bin_of_cell(&self) -> Vec<u32> {
        let mut bin = 0;
        let mut coarse = self.coarse.iter().peekable();
        let mut bins = Vec::with_capacity(self.edges.len() + 1);
        for edge in &self.edges {
            bins.push(bin);
            if coarse.next_if(|c| *c <= edge).is_some() {
                bin += 1;
            }
        }
        bins.push(bin);
        bins
    }
}

/// Quantiles, two edges per atom, the coarse edges and the range at their caps.
const MAX_EDGES: usize = 60_000;

impl BinEdges {
    /// Inner edges of the fine grid, ascending; `cells() - 1` of them.
    #[must_use]
    pub fn edges(&self) -> &[f64] {
        &self.stored.edges
    }

    /// Inner edges of the coarse bins, ascending; `bins() - 1` of them.
    #[must_use]
    pub fn coarse_edges(&self) -> &[f64] {
        &self.stored.coarse
    }

    /// Number of cells of the fine grid.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.stored.edges.len() + 1
    }

    /// Number of coarse bins.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.stored.coarse.len() + 1
    }

    /// Whether the finite baseline values are 0 and 1 and no others. Of all values between the two these alone are their
    /// own squares, so they alone have the variance mean · (1 − mean); one value of ten million in between is noticed.
    #[must_use]
    pub fn is_zero_or_one(&self) -> bool {
        let known = |value: f64| value == 0.0 || value == 1.0;
        let mean = self.stored.mean;
        known(self.min()) && known(self.max()) && (self.sigma().powi(2) - mean * (1.0 - mean)).abs() < 1e-9
    }

    /// Smallest finite baseline value.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.stored.min
    }

    /// Greatest finite baseline value.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.stored.max
    }

    /// Mean of the finite baseline values.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.stored.mean
    }

    /// Standard deviation (divisor n) of the finite baseline values. It is 0
    /// for a constant baseline, and where the spread is below the smallest float.
    #[must_use]
    pub fn sigma(&self) -> f64 {
        self.stored.sigma
    }

    /// Whether the finite baseline values are all the same.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.stored.min == self.stored.max
    }

    /// How exactly the baseline's values are written.
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.stored.precision
    }

    /// The cell of a finite value: the number of edges below it, once it is
    /// rounded to the baseline's precision. This is the scalar twin, and the
    /// oracle, of the counting kernels.
    #[must_use]
    pub fn locate(&self, x: f64) -> usize {
        let x = self.stored.precision.round(x);
        self.stored.edges.partition_point(|edge| *edge < x)
    }

    /// Readable name of a coarse bin: `(34, 41]`, `(-inf, 34]`, `{0}` for a bin
    /// that holds a single value.
    #[must_use]
    pub fn bin_label(&self, bin: usize) -> String {
        label::bin_label(&self.stored.coarse, bin)
    }

    /// Coarse bin of every cell.
    pub(crate) fn bin_of_cell(&self) -> &[u32] {
        &self.bin_of_cell
    }

    /// Per cell, whether it holds exactly one representable value.
    pub(crate) fn atoms(&self) -> &[bool] {
        &self.atoms
    }

    /// Per cell, the integral of the baseline's distribution function inside it
    /// divided by the cell's width.
    pub(crate) fn balance(&self) -> &[f64] {
        &self.stored.balance
    }

    /// The cells inside the baseline's range [min, max].
    pub(crate) fn inside(&self) -> Range<usize> {
        self.inside.clone()
    }

    /// Hash of everything that decides where a value is counted.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    pub(crate) fn lookup(&self) -> &Lookup {
        &self.lookup
    }

    /// The length in which distances are counted: sigma, or something positive
    /// of the same size where sigma is 0.
    pub(crate) fn unit(&self) -> f64 {
        let range = self.stored.max - self.stored.min;
        [self.stored.sigma, range, self.stored.mean.abs()]
            .into_iter()
            .find(|unit| *unit > 0.0 && unit.is_finite())
            .unwrap_or(1.0)
    }
}
