//! The knobs of a layout and their ranges.

use serde::{Deserialize, Serialize};

use crate::error::StatsError;

/// Fewest quantile cells of the fine grid.
pub const MIN_CELLS: u16 = 16;
/// Most quantile cells of the fine grid.
pub const MAX_CELLS: u16 = 4096;
/// Most coarse bins.
pub const MAX_BINS: u16 = 4096;
/// Most categories a dictionary may list.
pub const MAX_CATEGORIES: u16 = 10_000;

/// How the coarse bins, which PSI, JS, Hellinger, TV, L∞ and χ² read, are cut.
///
/// Bins are right-closed and the outermost two are unbounded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binning {
    /// At the quantiles j/B of the baseline; a value carrying at least 1/B of
    /// the baseline gets a bin of its own.
    Quantile(u16),
    /// That many bins of equal width between the baseline's minimum and
    /// maximum. One outlier squeezes all the rest into one bin: prefer
    /// quantiles unless somebody else's numbers must be met.
    EqualWidth(u16),
    /// At these inner edges, ascending and finite.
    Edges(Vec<f64>),
}

impl Default for Binning {
    fn default() -> Self {
        Self::Quantile(10)
    }
}

impl Binning {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`StatsError::Bins`], [`StatsError::EdgeCount`] or [`StatsError::BadEdge`].
    pub fn check(&self) -> Result<(), StatsError> {
        match self {
            Self::Quantile(bins) | Self::EqualWidth(bins) => {
                if (2..=MAX_BINS).contains(bins) {
                    Ok(())
                } else {
                    Err(StatsError::Bins { given: *bins })
                }
            }
            Self::Edges(edges) => check_edges(edges),
        }
    }
}

fn check_edges(edges: &[f64]) -> Result<(), StatsError> {
    if edges.is_empty() || edges.len() >= usize::from(MAX_BINS) {
        return Err(StatsError::EdgeCount { given: edges.len() });
    }
    let mut previous = f64::NEG_INFINITY;
    for (position, &value) in edges.iter().enumerate() {
        if !value.is_finite() || value <= previous {
            return Err(StatsError::BadEdge { position, value });
        }
        previous = value;
    }
    Ok(())
}

/// The knobs of a layout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayoutOptions {
    /// Quantile cells of the fine grid, 16 to 4096; 256 by default.
    pub cells: u16,
    /// The coarse bins; ten quantile bins by default.
    pub binning: Binning,
    /// Categories a dictionary lists by name, 1 to 10,000; 100 by default.
    pub categories: u16,
}

impl Default for LayoutOptions {
    fn default() -> Self {
        Self { cells: 256, binning: Binning::default(), categories: 100 }
    }
}

impl LayoutOptions {
    /// Options whose ranges were checked.
    ///
    /// # Errors
    /// Names the knob that is out of range.
    pub fn new(cells: u16, binning: Binning, categories: u16) -> Result<Self, StatsError> {
        let options = Self { cells, binning, categories };
        options.check()?;
        Ok(options)
    }

    /// Checks options that were put together field by field.
    ///
    /// # Errors
    /// Names the knob that is out of range.
    pub fn check(&self) -> Result<(), StatsError> {
        if !(MIN_CELLS..=MAX_CELLS).contains(&self.cells) {
            return Err(StatsError::Cells { given: self.cells });
        }
        if !(1..=MAX_CATEGORIES).contains(&self.categories) {
            return Err(StatsError::Categories { given: self.categories });
        }
        self.binning.check()
    }
}
