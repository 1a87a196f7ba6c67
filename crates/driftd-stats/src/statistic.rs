//! Drift statistics: what two states counted with one layout say.

mod bins;
mod compare;
mod definition;
mod fine_grid;
mod ks;
mod movement;
mod outcome;
mod shares;
mod table;
mod transport;
mod wasserstein;

use serde::{Deserialize, Serialize};

pub use self::bins::psi;
pub use self::compare::{compare, compare_windows, compared_counts, strangers_in};
pub use self::definition::{AppliesTo, Basis, Certified, Definition, Grows, Measured, Scale, Subject};
pub use self::movement::{Movement, distribution, movements, movements_of_counts};
pub use self::outcome::{Computed, NotComputable, Statistic};
pub use self::table::DriftStatistic;

use crate::error::StatsError;

/// How PSI treats bins that are empty on one side. The other statistics are
/// never smoothed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Smoothing {
    /// Adds α to every count: pᵢ = (rᵢ + α) / (n + αB). α = ½ is Jeffreys' prior.
    PseudoCount(f64),
    /// Replaces a share of 0 by ε and leaves the rest alone.
    Epsilon(f64),
    /// Nothing: an empty bin makes PSI [`Infinite`](NotComputable::Infinite).
    None,
}

impl Default for Smoothing {
    fn default() -> Self {
        Self::PseudoCount(0.5)
    }
}

impl Smoothing {
    /// Passes a usable smoothing on.
    ///
    /// # Errors
    /// When the constant is not in (0, 1].
    pub fn checked(self) -> Result<Self, StatsError> {
        match self {
            Self::PseudoCount(given) | Self::Epsilon(given) if !(given > 0.0 && given <= 1.0) => {
                Err(StatsError::Smoothing { given })
            }
            usable => Ok(usable),
        }
    }
}
