//! One chunk of present values: located, counted and summed up.

use super::lookup::Lookup;
use super::sweep::sweep;
use super::tally::{CHUNK, TURNS, Tally};
use crate::layout::BinEdges;
use crate::state::NumericAggregate;

/// Counts at most [`CHUNK`] values.
pub(super) type Kernel = fn(&BinEdges, &[f64], &mut NumericAggregate, &mut Tally);

/// The fastest version this processor can run.
pub(super) fn best() -> Kernel {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx2") {
            return avx2;
        }
    }
    portable
}

/// For every processor.
pub(super) fn portable(edges: &BinEdges, values: &[f64], state: &mut NumericAggregate, tally: &mut Tally) {
    chunk(edges, values, state, tally);
}

/// With AVX2. Call it only where that was detected.
#[cfg(target_arch = "x86_64")]
pub(super) fn avx2(edges: &BinEdges, values: &[f64], state: &mut NumericAggregate, tally: &mut Tally) {
    #[target_feature(enable = "avx2")]
    fn compiled(edges: &BinEdges, values: &[f64], state: &mut NumericAggregate, tally: &mut Tally) {
        chunk(edges, values, state, tally);
    }
    assert!(is_x86_feature_detected!("avx2"));
    // SAFETY: AVX2 was detected on the line above.
    unsafe { compiled(edges, values, state, tally) }
}

#[inline(always)]
fn chunk(edges: &BinEdges, values: &[f64], state: &mut NumericAggregate, tally: &mut Tally) {
    let lookup = edges.lookup();
    match lookup.steps() {
        1 => locate::<1>(lookup, values, state, tally),
        2 => locate::<2>(lookup, values, state, tally),
        3 => locate::<3>(lookup, values, state, tally),
        4 => locate::<4>(lookup, values, state, tally),
        _ => locate::<ANY>(lookup, values, state, tally),
    }
    sweep(edges, values, state, tally);
}

/// Stands for a number of steps that is not known when compiling.
const ANY: u32 = u32::MAX;

#[inline(always)]
#[allow(clippy::indexing_slicing, clippy::needless_range_loop, reason = "turn < TURNS, the length of both arrays")]
fn locate<const STEPS: u32>(lookup: &Lookup, values: &[f64], state: &mut NumericAggregate, tally: &mut Tally) {
    let steps = if STEPS == ANY { lookup.steps() } else { STEPS };
    let mut slots = [0_u32; CHUNK];
    for (slot, &x) in slots.iter_mut().zip(values) {
        *slot = lookup.slot(x);
    }
    let Some(histograms) = tally.histograms() else {
        for (&x, &slot) in values.iter().zip(&slots) {
            // SAFETY: the slot was computed from this value, and the steps are
            // those of the lookup.
            let place = unsafe { lookup.place(x, slot, steps) };
            Tally::add_directly(state, place);
        }
        return;
    };
    // Whole groups, so that every histogram's turn is known when compiling.
    let (groups, rest) = values.as_chunks::<TURNS>();
    let (slot_groups, _) = slots.as_chunks::<TURNS>();
    for (group, slots) in groups.iter().zip(slot_groups) {
        for turn in 0..TURNS {
            // SAFETY: as above; the histograms were made for this lookup's
            // places, and a group has TURNS values.
            unsafe { histograms.add(turn, lookup.place(group[turn], slots[turn], steps)) };
        }
    }
    let done = groups.len() * TURNS;
    for (&x, &slot) in rest.iter().zip(slots.iter().skip(done)) {
        // SAFETY: as above.
        unsafe { histograms.add(0, lookup.place(x, slot, steps)) };
    }
}
