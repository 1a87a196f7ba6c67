//! The counting loop: value → cell → count.
//!
//! One algorithm, written once in plain Rust over small chunks ([`chunk`]) and
//! compiled for several instruction sets; which one runs is decided at run time.
//! Its oracle is [`BinEdges::locate`], a binary search.
//!
//! 1. A [`Lookup`] turns a value into a table slot with a handful of arithmetic
//!    instructions and no branch. The slot gives the first cell it can be in.
//! 2. A fixed number of compares, one or two as a rule, finds the cell. NaN and
//!    the infinities end up in cells of their own on the same path.
//! 3. Four private histograms take turns, so that equal neighbours do not wait
//!    for each other's store.
//!
//! This is the only module with `unsafe` in it: for table look-ups whose bounds
//! hold by construction, and for calling the versions compiled for instruction
//! sets that were detected.

mod chunk;
mod lookup;
mod sweep;
mod tally;

use crate::layout::{BinEdges, Precision};
use crate::state::{Absence, NumericAggregate, NumericSlice, PRESENT};
pub(crate) use lookup::Lookup;
use tally::{CHUNK, Tally};

/// Counts a column into the state, which was made for this grid.
pub(crate) fn count(state: &mut NumericAggregate, edges: &BinEdges, column: NumericSlice<'_>) {
    count_with(chunk::best(), state, edges, column);
}

fn count_with(kernel: chunk::Kernel, state: &mut NumericAggregate, edges: &BinEdges, column: NumericSlice<'_>) {
    for block in 0..column.values.len().div_ceil(BLOCK) {
        let range = block * BLOCK..column.values.len().min((block + 1) * BLOCK);
        let values = column.values.get(range.clone()).unwrap_or_default();
        let absent = column.absent.and_then(|codes| codes.get(range.start..codes.len().min(range.end)));
        let mut tally = Tally::new(edges, values.len());
        count_block(kernel, state, edges, values, absent, &mut tally);
        tally.finish(state);
    }
}

/// The place of every value: 0 is −inf, 1 + i is cell i, then +inf, then NaN. What absent rows hold has some place too.
pub(crate) fn places(edges: &BinEdges, values: &[f64]) -> Vec<u16> {
    let lookup = edges.lookup();
    let (precision, steps) = (edges.precision(), lookup.steps());
    let place = |x: &f64| {
        let x = precision.round(*x);
        // SAFETY: the slot is computed from this value, and the steps are those of the lookup.
        let place = unsafe { lookup.place(x, lookup.slot(x), steps) };
        // A grid has at most 60,000 edges.
        place as u16
    };
    values.iter().map(place).collect()
}

/// Values per tally, far below what its 32-bit counters hold.
const BLOCK: usize = 1 << 24;

fn count_block(
    kernel: chunk::Kernel,
    state: &mut NumericAggregate,
    edges: &BinEdges,
    values: &[f64],
    absent: Option<&[u8]>,
    tally: &mut Tally,
) {
    let mut present = [0.0; CHUNK];
    for (i, chunk) in values.chunks(CHUNK).enumerate() {
        let start = i * CHUNK;
        let codes = absent.and_then(|c| c.get(start..c.len().min(start + CHUNK)));
        let dense = match codes {
            Some(codes) if codes.iter().any(|c| *c != PRESENT) => leave_out_absent(state, chunk, codes, &mut present),
            _ => chunk,
        };
        match edges.precision() {
            Precision::Double => kernel(edges, dense, state, tally),
            precision => {
                let mut rounded = [0.0; CHUNK];
                kernel(edges, round(precision, dense, &mut rounded), state, tally);
            }
        }
    }
}

/// The values of a chunk, rounded to the precision of the baseline.
#[inline(never)]
fn round<'a>(precision: Precision, values: &[f64], rounded: &'a mut [f64; CHUNK]) -> &'a [f64] {
    match precision {
        Precision::Half => rounded.iter_mut().zip(values).for_each(|(to, x)| *to = Precision::Half.round(*x)),
        Precision::Single => rounded.iter_mut().zip(values).for_each(|(to, x)| *to = Precision::Single.round(*x)),
        Precision::Double => rounded.iter_mut().zip(values).for_each(|(to, x)| *to = *x),
    }
    rounded.get(..values.len()).unwrap_or_default()
}

/// Moves the present values of a chunk to the front of `present`, without
/// branching on each, and counts the others.
#[allow(
    clippy::indexing_slicing,
    reason = "`end` counts values of one chunk before the current one, so it is below CHUNK"
)]
fn leave_out_absent<'a>(
    state: &mut NumericAggregate,
    chunk: &[f64],
    codes: &[u8],
    present: &'a mut [f64; CHUNK],
) -> &'a [f64] {
    let (mut end, mut missing) = (0, 0_u64);
    for (row, &value) in chunk.iter().enumerate() {
        let code = codes.get(row).copied().unwrap_or(PRESENT);
        present[end] = value;
        end += usize::from(code == PRESENT);
        missing += u64::from(code == Absence::Missing.code());
    }
    let absent = (chunk.len() - end) as u64;
    state.add_absent(missing, 0, 0, 0);
    if absent > missing {
        state.add_mistyped(absent - missing);
        state.types.add_codes(codes);
    }
    &present[..end]
}

#[cfg(test)]
mod tests;
