//! Drift statistics: what two states counted with one layout say.

mod bins;
mod compare;
mod kind;
mod ks;
mod movement;
mod outcome;
mod shares;
mod smoothing;
mod transport;
mod wasserstein;

pub use self::compare::compare;
pub use self::kind::DriftStatistic;
pub use self::movement::{Movement, distribution, movements};
pub use self::outcome::{Computed, NotComputable, Statistic};
pub use self::smoothing::Smoothing;
