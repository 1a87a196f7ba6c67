//! Baseline samples in ascending order.

use crate::error::StatsError;

/// An ascending sample of finite values, in memory or on disk.
///
/// Laws: `value_at_rank` is non-decreasing in the rank and `Some` for every
/// rank below `len`; `count_at_most(x)` is the number of ranks whose value is
/// `<= x`; `visit` yields exactly the values of rank 0, 1, … `len - 1`. No
/// value is −0.0. Samples backed by files report their own I/O errors; here a
/// broken one only shows as [`StatsError::SampleUnreadable`].
pub trait OrderedSample {
    /// Number of values.
    fn len(&self) -> u64;

    /// Whether there is no value at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of that rank, from 0.
    fn value_at_rank(&self, rank: u64) -> Option<f64>;

    /// Number of values `<= x`.
    fn count_at_most(&self, x: f64) -> u64;

    /// Calls `f` with every value in ascending order.
    fn visit(&self, f: &mut dyn FnMut(f64));
}

/// An ascending sample in memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SortedSample {
    values: Vec<f64>,
}

impl SortedSample {
    /// Sorts a sample. Nothing is dropped; −0.0 becomes 0.0.
    ///
    /// # Errors
    /// [`StatsError::NotFinite`] for NaN and infinities, which have counters of
    /// their own and no place on a grid.
    pub fn from_unsorted(mut values: Vec<f64>) -> Result<Self, StatsError> {
        for (position, value) in values.iter_mut().enumerate() {
            if !value.is_finite() {
                return Err(StatsError::NotFinite { position, value: *value });
            }
            *value += 0.0; // turns -0.0 into 0.0 and leaves the rest alone
        }
        // Integers sort with branch-free partitioning; the keys keep the order.
        let mut keys: Vec<u64> = values.iter().map(|v| order_key(*v)).collect();
        keys.sort_unstable();
        for (value, key) in values.iter_mut().zip(keys) {
            *value = from_order_key(key);
        }
        Ok(Self { values })
    }

    /// The values in ascending order.
    #[must_use]
    pub fn as_slice(&self) -> &[f64] {
        &self.values
    }
}

const SIGN: u64 = 1 << 63;

/// Maps a finite float to an integer of the same order.
fn order_key(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

fn from_order_key(key: u64) -> f64 {
    f64::from_bits(if key & SIGN == 0 { !key } else { key ^ SIGN })
}

impl OrderedSample for SortedSample {
    fn len(&self) -> u64 {
        self.values.len() as u64
    }

    fn value_at_rank(&self, rank: u64) -> Option<f64> {
        self.values.get(usize::try_from(rank).ok()?).copied()
    }

    fn count_at_most(&self, x: f64) -> u64 {
        self.values.partition_point(|v| *v <= x) as u64
    }

    fn visit(&self, f: &mut dyn FnMut(f64)) {
        for &value in &self.values {
            f(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_and_normalises_negative_zero() {
        let sample = SortedSample::from_unsorted(vec![3.0, -0.0, -1e308, 5e-324, -5e-324]).unwrap();
        assert_eq!(sample.as_slice(), [-1e308, -5e-324, 0.0, 5e-324, 3.0]);
        assert!(sample.as_slice()[2].is_sign_positive());
        assert_eq!(sample.count_at_most(0.0), 3);
        assert_eq!(sample.count_at_most(f64::NEG_INFINITY), 0);
    }

    #[test]
    fn refuses_values_that_are_not_finite() {
        let error = SortedSample::from_unsorted(vec![1.0, f64::INFINITY]).unwrap_err();
        assert!(matches!(error, StatsError::NotFinite { position: 1, .. }));
    }
}
