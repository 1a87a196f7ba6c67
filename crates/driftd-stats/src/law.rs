//! Null laws: probabilities that a statistic is as large as it is by chance.

mod binomial;
mod chi_square;
mod durbin;
mod fisher;
mod kolmogorov;
mod lattice;
mod multiple;
mod normal;
mod pelz_good;
mod saddle;
mod smirnov;

pub(crate) use self::binomial::binomial_sf;
pub(crate) use self::chi_square::chi_square_sf;
pub(crate) use self::fisher::two_proportions_p;
pub(crate) use self::lattice::{KsDistance, kolmogorov_smirnov_p};
pub use self::multiple::benjamini_hochberg;

#[cfg(test)]
mod tests;
