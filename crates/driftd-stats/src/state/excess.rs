//! Exact sums of how far values lie outside the baseline's range.

use serde::{Deserialize, Serialize};

/// Binary places behind the point.
const PLACES: i32 = 20;
/// One value counts for at most 2^90 steps, that is 2^70 baseline units.
const LIMIT: f64 = 1_237_940_039_285_380_274_899_124_224.0;

/// Sum of the distances by which values lie beyond one end of the baseline's
/// range, in steps of 2⁻²⁰ baseline units.
///
/// In the tails the Wasserstein distance is exactly this sum over m. Integers
/// keep the merge exactly associative; each value is rounded to the nearest
/// step and limited to 2⁹⁰ of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Excess(u128);

impl Excess {
    /// Half a step, in baseline units: the rounding error of one value.
    pub(crate) const HALF_STEP: f64 = 0.5 / (1_u64 << PLACES) as f64;

    /// Adds the distance of one value, `distance >= 0`, in baseline units.
    pub(crate) fn add(&mut self, distance: f64) {
        // Adding ½ and cutting off rounds; most values fit a machine word, whose
        // conversion is one instruction.
        let steps = distance * (1_u64 << PLACES) as f64 + 0.5;
        let steps = if steps < 9.0e18 { u128::from(steps as i64 as u64) } else { steps.min(LIMIT) as u128 };
        self.0 = self.0.saturating_add(steps);
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }

    /// The sum in baseline units.
    pub(crate) fn units(self) -> f64 {
        self.0 as f64 / (1_u64 << PLACES) as f64
    }

    /// Whether a value may have been limited, so that the sum is a lower bound.
    pub(crate) fn may_be_limited(self) -> bool {
        self.0 as f64 >= LIMIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_absurd_distances_and_says_so() {
        let mut excess = Excess::default();
        excess.add(1.5);
        assert_eq!(excess.units(), 1.5);
        assert!(!excess.may_be_limited());
        excess.add(f64::INFINITY);
        assert!(excess.may_be_limited());
        assert_eq!(excess.units(), 2.0_f64.powi(70));
    }

    #[test]
    fn saturation_keeps_the_sum_at_its_greatest() {
        let mut excess = Excess(u128::MAX);
        excess.merge(Excess(7));
        assert_eq!(excess, Excess(u128::MAX));
    }
}
