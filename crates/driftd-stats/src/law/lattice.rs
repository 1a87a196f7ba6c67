//! The law of the two-sample Kolmogorov–Smirnov distance.

use super::kolmogorov::kolmogorov_sf;
use crate::kernels;

/// Up to this product of the sample sizes the exact law is used.
const EXACT_UP_TO: u128 = 10_000_000;

/// A distance between two empirical distribution functions, as the integer
/// |F_r − F_c| · n · m.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KsDistance {
    n: u64,
    m: u64,
    scaled: u128,
}

impl KsDistance {
    /// Both sizes are positive and `scaled` is at most n · m.
    pub(crate) fn new(n: u64, m: u64, scaled: u128) -> Self {
        Self { n, m, scaled }
    }

    /// The distance, in [0, 1].
    pub(crate) fn value(&self) -> f64 {
        let whole = u128::from(self.n) * u128::from(self.m);
        (self.scaled as f64 / whole as f64).min(1.0)
    }
}

/// P(D ≥ d) for two samples of one continuous law, in [0, 1]: exact for
/// n · m ≤ 10⁷, otherwise the one-sample law at round(nm / (n + m)), as SciPy's
/// `ks_2samp` has it.
pub(crate) fn kolmogorov_smirnov_p(distance: &KsDistance) -> f64 {
    let KsDistance { n, m, scaled } = *distance;
    if u128::from(n) * u128::from(m) <= EXACT_UP_TO {
        return exact(n.min(m), n.max(m), scaled as u64);
    }
    let (n, m) = (n.max(m) as f64, n.min(m) as f64);
    let size = (n * m / (n + m)).round_ties_even();
    kolmogorov_sf(distance.value(), size)
}

/// The share of lattice paths from (0, 0) to (m, n) that touch or leave the
/// band |n·x − m·y| < `scaled`, for m ≤ n.
///
/// Let u(x, y) be that share among the paths to (x, y). It is 1 outside the
/// band, and inside
/// u(x, y) = x/(x + y) · u(x − 1, y) + y/(x + y) · u(x, y − 1)
/// (Hodges 1957; Schröer & Trenkler 1995): sums and products of positive
/// numbers only, so small probabilities keep all their digits. The points of an
/// antidiagonal x + y = s depend on the one before and not on each other.
///
/// Half of the antidiagonals are enough: turned around, the paths from the
/// middle to the end are paths from the origin. With w(x) the share of all paths
/// that pass through (x, s − x), the answer is Σ w(u + u′ − uu′), u′ that of the
/// point's mirror image.
fn exact(m: u64, n: u64, scaled: u64) -> f64 {
    if scaled == 0 {
        return 1.0;
    }
    let all = m + n;
    let (here, there) = (all / 2, all - all / 2);
    let (before, now) = walk(m as i64, n as i64, scaled as i64, there as i64);
    let first_half = if here == there { &now } else { &before };
    let weights = passing(m, n, here);
    let mut sums = (0.0, 0.0);
    // now[m − x] is the mirror image of x.
    for ((weight, u), mirror) in weights.iter().zip(first_half).zip(now.iter().rev()) {
        sums.0 += weight * (u + mirror * (1.0 - u));
        sums.1 += weight;
    }
    (sums.0 / sums.1).clamp(0.0, 1.0)
}

/// u on the antidiagonals `steps - 1` and `steps`, by x in 0 ..= m.
fn walk(m: i64, n: i64, h: i64, steps: i64) -> (Vec<f64>, Vec<f64>) {
    // All products stay below (n + m)² ≤ (10⁷ + 1)².
    let step = kernels::lattice_step();
    let places: Vec<f64> = (0..=m).map(|x| x as f64).collect();
    let mut before = vec![1.0; places.len()];
    let mut now = before.clone();
    if let Some(origin) = now.first_mut() {
        *origin = 0.0; // it is inside
    }
    for s in 1..=steps {
        std::mem::swap(&mut before, &mut now);
        // |n·x − m·(s − x)| < h  ⇔  m·s − h < (n + m)·x < m·s + h
        let low = ((m * s - h).div_euclid(n + m) + 1).max(s - n).max(0);
        let high = (m * s + h - 1).div_euclid(n + m).min(s).min(m);
        // The band moves up by at most one place per step, so these are all
        // that were inside when this buffer was last written.
        let (low, end) = (low as usize, (high + 1).max(low) as usize);
        for left in now.iter_mut().take(low).skip(low.saturating_sub(2)) {
            *left = 1.0;
        }
        step(s as f64, low..end, &places, &before, &mut now);
    }
    (before, now)
}

/// C(s, x) · C(m + n − s, m − x) for x in 0 ..= m, relative to the greatest.
fn passing(m: u64, n: u64, s: u64) -> Vec<f64> {
    let (least, most) = (s.saturating_sub(n), s.min(m));
    let mode = ((s as f64 + 1.0) * (m as f64 + 1.0) / ((n + m) as f64 + 2.0)) as u64;
    let mode = mode.clamp(least, most);
    let rest = m + n - s;
    let mut weights = vec![0.0; m as usize + 1];
    let mut put = |x: u64, weight: f64| {
        if let Some(place) = weights.get_mut(x as usize) {
            *place = weight;
        }
    };
    put(mode, 1.0);
    // w(x + 1) / w(x)
    let ratio = |x: u64| {
        let up = (s - x) as f64 * (m - x) as f64;
        up / ((x + 1) as f64 * (rest - (m - x) + 1) as f64)
    };
    let mut weight = 1.0;
    for x in mode..most {
        weight *= ratio(x);
        put(x + 1, weight);
    }
    weight = 1.0;
    for x in (least..mode).rev() {
        weight /= ratio(x);
        put(x, weight);
    }
    weights
}
