//! Significance: how large a difference between two samples is in units of what counts alone do, and how rarely a
//! healthy population shows one as large.
//!
//! Everything is a function of counts over the bins that a layout has frozen. Counts are floats, because those of a
//! [`Memory`] are no whole numbers; the counts of windows are whole ones below 2⁵³ and so exact.
//!
//! A [`Difference`] says how large it is and how large chance alone makes it on average; a [`Measure`] adds the p-value
//! from counts alone. What a baseline's own windows say about healthy populations ([`Healthy`]) is laid on top by
//! [`judge_difference`].

mod budget;
mod counts;
mod grid;
mod healthy;
mod judged;
mod memory;
mod rung;
mod share;
mod strangers;

use serde::{Deserialize, Serialize};

pub use self::budget::{level, once_in};
pub use self::counts::{bins_difference, two_sample};
pub(crate) use self::grid::ks_law;
pub use self::grid::{ks_difference, ks_measure};
pub use self::healthy::{Healthy, leave_one_out, strangers_by_window};
pub use self::judged::{Judged, judge_difference};
pub use self::memory::{Memory, MemoryBytes};
pub use self::rung::Rung;
pub use self::share::share;
pub use self::strangers::{Novelty, strangers, strangers_difference};

/// The size of a difference, and what counts alone make of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// S: the difference in units of its own law, 0 or more.
    pub size: f64,
    /// Mean of S where there is no difference.
    pub mean: f64,
    /// Degrees of freedom of S, of the χ² that has its mean and variance where there is no difference.
    pub nu: f64,
    /// Rows that the comparison is worth, nm/(n + m).
    pub effective_rows: f64,
}

/// A difference and its p-value from counts alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// How large it is.
    pub difference: Difference,
    /// Probability of a difference at least as large where there is none, in [0, 1].
    pub p: f64,
}

/// nm/(n + m).
pub(crate) fn effective_rows(n: f64, m: f64) -> f64 {
    n * m / (n + m)
}

#[cfg(test)]
mod tests;
