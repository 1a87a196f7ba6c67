//! Quantiles and the edges they make.

use super::sample::OrderedSample;
use crate::error::StatsError;

/// Quantile `q` of a sample: Hyndman & Fan (1996), type 7, in NumPy's form of
/// it, which returns v exactly between two equal v, and without overflow when
/// the neighbours are farther apart than the largest float.
///
/// # Errors
/// When the sample is empty or withholds a value it announced.
pub(crate) fn quantile(sample: &impl OrderedSample, q: f64) -> Result<f64, StatsError> {
    let n = sample.len();
    if n == 0 {
        return Err(StatsError::EmptySample);
    }
    let last = n - 1;
    let h = last as f64 * q;
    // Not beyond the last pair, so that q = 1 interpolates with weight 1.
    let rank = (h.floor() as u64).min(last.saturating_sub(1));
    let a = at(sample, rank)?;
    let b = at(sample, (rank + 1).min(last))?;
    let t = h - rank as f64;
    Ok(interpolate(a, b, t))
}

fn at(sample: &impl OrderedSample, rank: u64) -> Result<f64, StatsError> {
    sample.value_at_rank(rank).ok_or(StatsError::SampleUnreadable { announced: sample.len(), delivered: rank })
}

fn interpolate(a: f64, b: f64, t: f64) -> f64 {
    let width = b - a;
    if width.is_infinite() {
        a * (1.0 - t) + b * t
    } else if t >= 0.5 {
        b - width * (1.0 - t)
    } else {
        a + width * t
    }
}

/// Values that carry at least 1/k of the sample (count · k ≥ n, in integers).
///
/// A run of equal values that long covers one of the ranks 0, s, 2s, … with
/// s = ⌈n/k⌉, so k look-ups find them all.
pub(crate) fn atoms(sample: &impl OrderedSample, k: u64) -> Result<Vec<f64>, StatsError> {
    let n = sample.len();
    let stride = n.div_ceil(k).max(1);
    let mut found = Vec::new();
    let mut previous = None;
    let mut rank = 0;
    while rank < n {
        let value = at(sample, rank)?;
        if previous != Some(value) {
            let count = sample.count_at_most(value) - sample.count_at_most(value.next_down());
            if u128::from(count) * u128::from(k) >= u128::from(n) {
                found.push(value);
            }
            previous = Some(value);
        }
        rank += stride;
    }
    Ok(found)
}

/// Right-closed inner edges: the quantiles j/k, and `next_down(v)` and `v` for
/// every atom `v`; ascending, distinct, finite.
pub(crate) fn quantile_edges(sample: &impl OrderedSample, k: u16) -> Result<Vec<f64>, StatsError> {
    let mut edges = Vec::with_capacity(2 * usize::from(k));
    for j in 1..k {
        edges.push(quantile(sample, f64::from(j) / f64::from(k))?);
    }
    for atom in atoms(sample, u64::from(k))? {
        edges.push(atom.next_down());
        edges.push(atom);
    }
    Ok(tidy(edges))
}

/// Ascending, distinct, finite, without −0.0.
pub(crate) fn tidy(mut edges: Vec<f64>) -> Vec<f64> {
    edges.retain(|e| e.is_finite());
    for edge in &mut edges {
        *edge += 0.0;
    }
    edges.sort_unstable_by(f64::total_cmp);
    edges.dedup();
    edges
}

#[cfg(test)]
mod tests {
    use super::super::sample::SortedSample;
    use super::*;

    fn sample(values: &[f64]) -> SortedSample {
        SortedSample::from_unsorted(values.to_vec()).unwrap()
    }

    #[test]
    fn quantiles_interpolate_as_numpy_does() {
        let s = sample(&[1.0, 2.0, 4.0, 8.0]);
        assert_eq!(quantile(&s, 0.5).unwrap(), 3.0);
        assert_eq!(quantile(&s, 0.1).unwrap(), 1.3);
        assert_eq!(quantile(&s, 1.0).unwrap(), 8.0);
        assert_eq!(quantile(&sample(&[7.0]), 0.3).unwrap(), 7.0);
    }

    #[test]
    fn quantiles_do_not_overflow_between_the_ends_of_the_range() {
        let s = sample(&[-f64::MAX, f64::MAX]);
        assert_eq!(quantile(&s, 0.5).unwrap(), 0.0);
    }

    #[test]
    fn an_atom_is_a_value_with_one_kth_of_the_mass() {
        let mut values: Vec<f64> = (0..90).map(f64::from).collect();
        values.extend([1000.0; 10]);
        assert_eq!(atoms(&sample(&values), 10).unwrap(), [1000.0]);
        assert_eq!(atoms(&sample(&values), 9).unwrap(), [0.0; 0]);
    }
}
