//! What a block of values adds up to before it goes into the state.

use crate::layout::BinEdges;
use crate::state::{Moments, NumericAggregate};

/// Values handled at a time: small enough for everything to stay in the
/// first-level cache.
pub(super) const CHUNK: usize = 512;
/// Histograms that take turns, as long as all fit the first-level cache.
pub(super) const TURNS: usize = 4;
/// Places up to which they do.
const SMALL: usize = 1024;
/// Below this many values clearing and adding up histograms costs more than
/// they save.
const WORTHWHILE: usize = 2048;

/// Private counts of one block, and its moments.
pub(super) struct Tally {
    histograms: Option<Histograms>,
    pub(super) moments: Moments,
}

/// Private histograms, used in turn.
pub(super) struct Histograms {
    counts: Vec<u32>,
    places: usize,
    /// Distance between histograms: `places`, or 0 if there is only one.
    stride: usize,
}

impl Histograms {
    fn new(places: usize) -> Self {
        let (turns, stride) = if places <= SMALL { (TURNS, places) } else { (1, 0) };
        Self { counts: vec![0; turns * places], places, stride }
    }

    /// Counts one value.
    ///
    /// # Safety
    /// `turn` is below [`TURNS`], and `place` below the number of places these
    /// histograms were made for.
    #[inline(always)]
    pub(super) unsafe fn add(&mut self, turn: usize, place: usize) {
        let at = turn.wrapping_mul(self.stride).wrapping_add(place);
        // SAFETY: with a stride there are TURNS · places counts, without one
        // `at` is `place`.
        let count = unsafe { self.counts.get_unchecked_mut(at) };
        // A block has fewer than 2³² values.
        *count = count.wrapping_add(1);
    }
}

impl Tally {
    pub(super) fn new(edges: &BinEdges, values: usize) -> Self {
        let places = edges.lookup().places();
        let worthwhile = values >= WORTHWHILE && values >= places;
        Self { histograms: worthwhile.then(|| Histograms::new(places)), moments: Moments::default() }
    }

    pub(super) fn histograms(&mut self) -> Option<&mut Histograms> {
        self.histograms.as_mut()
    }

    /// Counts one value in the state itself.
    #[inline(always)]
    pub(super) fn add_directly(state: &mut NumericAggregate, place: usize) {
        add(state, place, 1);
    }

    /// Adds everything to the state.
    pub(super) fn finish(self, state: &mut NumericAggregate) {
        if let Some(histograms) = self.histograms {
            let mut sums = vec![0_u64; histograms.places];
            for histogram in histograms.counts.chunks_exact(histograms.places) {
                for (sum, count) in sums.iter_mut().zip(histogram) {
                    *sum += u64::from(*count);
                }
            }
            for (place, count) in sums.into_iter().enumerate() {
                if count > 0 {
                    add(state, place, count);
                }
            }
        }
        state.moments.merge(&self.moments);
    }
}

/// Place 0 is −inf, then come the cells, +inf and NaN.
#[inline(always)]
fn add(state: &mut NumericAggregate, place: usize, count: u64) {
    let cells = state.cells.len();
    let counter = match place.checked_sub(1) {
        None => &mut state.neg_inf,
        Some(cell) if cell == cells => &mut state.pos_inf,
        Some(cell) => match state.cells.get_mut(cell) {
            Some(counter) => counter,
            None => &mut state.nan,
        },
    };
    *counter = counter.saturating_add(count);
}
