//! Moments of a chunk, and the distances of values outside the range.

use super::tally::{CHUNK, Tally};
use crate::layout::BinEdges;
use crate::state::{Moments, NumericAggregate};

/// Independent sums, so that the additions do not wait for each other and can
/// become vector instructions.
const LANES: usize = 8;
/// Limit of a standardised value.
const FARTHEST: f64 = 1e100;

/// Adds the moments of at most [`CHUNK`] values to the tally and their excesses
/// to the state.
#[inline(always)]
pub(super) fn sweep(edges: &BinEdges, values: &[f64], state: &mut NumericAggregate, tally: &mut Tally) {
    if all_finite(values) {
        sweep_finite(edges, values, state, tally);
    } else {
        let mut buffer = [0.0; CHUNK];
        sweep_finite(edges, leave_out_non_finite(values, &mut buffer), state, tally);
    }
}

/// 0 · x is 0 for finite values only, and NaN survives every sum.
#[inline(always)]
fn all_finite(values: &[f64]) -> bool {
    by_lanes(values, 0.0, |sum, x| sum + 0.0 * x).iter().all(|sum| !sum.is_nan())
}

/// Outlined: few columns hold NaN or infinities.
#[inline(never)]
#[allow(clippy::indexing_slicing, reason = "`end` counts values of one chunk, at most CHUNK")]
fn leave_out_non_finite<'a>(values: &[f64], buffer: &'a mut [f64; CHUNK]) -> &'a [f64] {
    let mut end = 0;
    for &x in values.iter().take(CHUNK) {
        if x.is_finite() {
            buffer[end] = x;
            end += 1;
        }
    }
    &buffer[..end]
}

#[inline(always)]
fn sweep_finite(edges: &BinEdges, values: &[f64], state: &mut NumericAggregate, tally: &mut Tally) {
    let Some(&pivot) = values.first() else {
        return;
    };
    let (min, max) = extremes(values);
    let inverse = (1.0 / edges.unit()).min(f64::MAX);
    let standard = |x: f64| ((x - edges.mean()) * inverse).clamp(-FARTHEST, FARTHEST);
    // Deviations are taken from the first value, so that squares do not cancel.
    let shift = standard(pivot);
    let near = (min - pivot).abs().max(max - pivot) * inverse <= FARTHEST;
    let (sum, squares) =
        if near { deviations(values, |x| (x - pivot) * inverse) } else { deviations(values, |x| standard(x) - shift) };
    let count = values.len() as f64;
    let mean = sum / count;
    let m2 = squares - sum * mean;
    let batch = Moments::of_batch(values.len() as u64, shift + mean, m2, min, max);
    tally.moments.merge(&batch);
    if min < edges.min() || max > edges.max() {
        add_excess(edges, values, state);
    }
}

/// Least and greatest of finite values.
#[inline(always)]
fn extremes(values: &[f64]) -> (f64, f64) {
    let lesser = |a: f64, b: f64| if b < a { b } else { a };
    let greater = |a: f64, b: f64| if b > a { b } else { a };
    let min = by_lanes(values, f64::INFINITY, lesser).into_iter().fold(f64::INFINITY, lesser);
    let max = by_lanes(values, f64::NEG_INFINITY, greater).into_iter().fold(f64::NEG_INFINITY, greater);
    (min, max)
}

/// Σ d and Σ d², with d the deviation of each value.
#[inline(always)]
fn deviations(values: &[f64], deviation: impl Fn(f64) -> f64) -> (f64, f64) {
    let sums = by_lanes(values, 0.0, |sum, x| sum + deviation(x));
    let squares = by_lanes(values, 0.0, |sum, x| {
        let d = deviation(x);
        sum + d * d
    });
    (sums.iter().sum(), squares.iter().sum())
}

/// Folds values into lanes, each of which starts at `from`.
#[inline(always)]
#[allow(clippy::indexing_slicing, clippy::needless_range_loop, reason = "lane < LANES, the length of both arrays")]
fn by_lanes(values: &[f64], from: f64, step: impl Fn(f64, f64) -> f64) -> [f64; LANES] {
    let mut lanes = [from; LANES];
    let (whole, rest) = values.as_chunks::<LANES>();
    for group in whole {
        for lane in 0..LANES {
            lanes[lane] = step(lanes[lane], group[lane]);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane = step(*lane, *x);
    }
    lanes
}

/// Outlined: most chunks have no value outside the range.
#[inline(never)]
fn add_excess(edges: &BinEdges, values: &[f64], state: &mut NumericAggregate) {
    let unit = edges.unit();
    for &x in values {
        if x > edges.max() {
            state.above.add((x - edges.max()) / unit);
        } else if x < edges.min() {
            state.below.add((edges.min() - x) / unit);
        }
    }
}
