//! From a value to the few cells it can be in, without a branch.

/// A table over a lin-log scale.
///
/// With z = (x − centre) / scale the slot is read off the bits of 1 + |z|: up to
/// |z| = 1 slots are equally wide, beyond that every octave has as many as the
/// one before. Nothing a heavy tail or an outlier of 1e12 does to the ends of
/// the range makes the slots in the middle coarser.
///
/// Every step is monotone in x, rounding included. So edges in a lower slot than
/// x are below x, edges in a higher slot are not, and only those in the same
/// slot must be compared. The edges are extended by −inf, by the greatest float
/// and by padding, so that −inf, +inf and finite values need no case of their
/// own:
///
/// place 0 is −inf, place 1 + i is cell i, then +inf, then NaN.
#[derive(Clone, Debug)]
pub(crate) struct Lookup {
    center: f64,
    inverse: f64,
    shift: u32,
    limit: u32,
    /// Per slot, the number of extended edges in lower slots.
    start: Vec<u16>,
    /// −inf, the edges, the greatest float, then +inf at least 2^steps times.
    extended: Vec<f64>,
    steps: u32,
    /// The place of NaN.
    last: usize,
}

/// Bits of 1.0, which those of 1 + |z| never fall below.
const ONE: u64 = 1.0_f64.to_bits();
const MANTISSA: u32 = 52;

/// Slots per octave, as a power of two, and octaves with slots of their own.
#[derive(Clone, Copy)]
struct Shape {
    bits: u32,
    octaves: u32,
}

/// For smooth, for skewed and for fine grids; all fit the first-level cache.
const SHAPES: [Shape; 3] =
    [Shape { bits: 7, octaves: 12 }, Shape { bits: 6, octaves: 24 }, Shape { bits: 9, octaves: 10 }];

/// Ends of the edges without one `part`-th of them at either end.
fn middle(edges: &[f64], part: usize) -> (f64, f64) {
    let trim = edges.len() / part;
    let low = edges.get(trim).copied().unwrap_or(0.0);
    (low, edges.iter().rev().nth(trim).copied().unwrap_or(low))
}

/// Ends of the closest-packed `part`-th of the edges.
fn densest(edges: &[f64], part: usize) -> (f64, f64) {
    let width = |pair: &(f64, f64)| pair.1 / 2.0 - pair.0 / 2.0;
    let reach = edges.len() / part + 2;
    edges
        .iter()
        .copied()
        .zip(edges.iter().copied().skip(reach))
        .min_by(|a, b| width(a).total_cmp(&width(b)))
        .unwrap_or_else(|| middle(edges, usize::MAX))
}

impl Lookup {
    /// For ascending finite edges; at most 60,000 of them.
    ///
    /// Tries a few scales and keeps the one with the fewest compares.
    pub(crate) fn build(edges: &[f64]) -> Self {
        // The two edges around an atom are neighbours in every table.
        let atoms = edges.windows(2).any(|p| matches!(p, [a, b] if a.next_up() == *b));
        let least = if atoms { 2 } else { 1 };
        let mut best = Self::scaled(edges, SHAPES[0], middle(edges, 8));
        for shape in SHAPES {
            let spans =
                [middle(edges, 8), middle(edges, 32), middle(edges, usize::MAX), densest(edges, 4), densest(edges, 32)];
            for span in spans {
                if best.steps <= least {
                    return best;
                }
                let candidate = Self::scaled(edges, shape, span);
                if candidate.steps < best.steps {
                    best = candidate;
                }
            }
        }
        best
    }

    /// One whose linear part is `span`.
    fn scaled(edges: &[f64], shape: Shape, (low, high): (f64, f64)) -> Self {
        let scale = (high / 2.0 - low / 2.0).abs().max(f64::MIN_POSITIVE);
        let mut lookup = Self {
            center: low / 2.0 + high / 2.0,
            inverse: (1.0 / scale).clamp(f64::MIN_POSITIVE, f64::MAX),
            shift: MANTISSA - shape.bits,
            limit: shape.octaves << shape.bits,
            start: Vec::new(),
            extended: Vec::with_capacity(edges.len() + 4),
            steps: 0,
            last: edges.len() + 3,
        };
        lookup.extended.push(f64::NEG_INFINITY);
        lookup.extended.extend_from_slice(edges);
        lookup.extended.push(f64::MAX);
        let most = lookup.fill();
        lookup.steps = usize::BITS - most.leading_zeros();
        lookup.extended.extend(std::iter::repeat_n(f64::INFINITY, 1 << lookup.steps));
        lookup
    }

    /// Fills the table; the greatest number of edges in one slot.
    fn fill(&mut self) -> usize {
        let slots = 2 * self.limit as usize + 2;
        let mut start = Vec::with_capacity(slots);
        let (mut most, mut before) = (0, 0);
        for (place, edge) in self.extended.iter().enumerate() {
            while start.len() <= self.slot(*edge) as usize {
                start.push(place as u16);
                before = place;
            }
            most = most.max(place + 1 - before);
        }
        start.resize(slots, self.extended.len() as u16);
        self.start = start;
        most
    }

    /// The slot of a value, below `start.len()`.
    #[inline(always)]
    pub(super) fn slot(&self, x: f64) -> u32 {
        let z = (x - self.center) * self.inverse;
        let octaves = (z.abs() + 1.0).to_bits().wrapping_sub(ONE).wrapping_shr(self.shift);
        let distance = (octaves as u32).min(self.limit);
        // !distance = −distance − 1: the left half of the table runs backwards.
        let sign = ((z.to_bits() as i64) >> 63) as u32;
        (distance ^ sign).wrapping_add(self.limit).wrapping_add(1)
    }

    /// Compares needed within a slot.
    pub(super) fn steps(&self) -> u32 {
        self.steps
    }

    /// The place of a value whose slot is known, below [`Self::places`].
    ///
    /// # Safety
    /// `slot` is `self.slot(x)`, and `steps` is `self.steps()`.
    #[inline(always)]
    pub(super) unsafe fn place(&self, x: f64, slot: u32, steps: u32) -> usize {
        // SAFETY: slots are at most 2·limit + 1, and `start` has 2·limit + 2.
        let mut place = usize::from(unsafe { *self.start.get_unchecked(slot as usize) });
        let mut half = 1_usize.wrapping_shl(steps) >> 1;
        while half > 0 {
            // SAFETY: the start is at most the number of extended edges before
            // padding, the halves add up to less than 2^steps, and there are
            // 2^steps paddings.
            let edge = unsafe { *self.extended.get_unchecked(place.wrapping_add(half).wrapping_sub(1)) };
            // A mask instead of a choice, which might become a branch.
            place = place.wrapping_add(half & usize::from(edge < x).wrapping_neg());
            half >>= 1;
        }
        // NaN has the last place, whatever the comparisons said.
        (place | usize::from(x.is_nan()).wrapping_neg()).min(self.last)
    }

    /// Number of places: the cells, −inf, +inf and NaN.
    #[inline(always)]
    pub(super) fn places(&self) -> usize {
        self.last.wrapping_add(1)
    }
}
