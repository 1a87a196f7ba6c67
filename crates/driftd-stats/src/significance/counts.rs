//! Two vectors of counts: the corrected likelihood ratio of homogeneity.

use super::{Difference, Measure, effective_rows};
use crate::law::chi_square_sf;

/// Least expected count of a bin in the smaller sample.
const LEAST_EXPECTED: f64 = 4.5;

/// The one significance of everything that reads bins (PSI, Jensen–Shannon, Hellinger, total variation, L∞, chi-square):
/// p = P(χ²(df) ≥ S).
///
/// `None` where a side is empty or fewer than two bins are left after folding: there is nothing to tell apart.
#[must_use]
pub fn two_sample(baseline: &[f64], window: &[f64]) -> Option<Measure> {
    let difference = bins_difference(baseline, window)?;
    Some(Measure { difference, p: chi_square_sf(difference.size, difference.nu) })
}

/// The size alone, S = G/w, for B folded bins and df = B − 1:
///
/// G = 2 Σ o ln(o/e) over both rows, and
/// w = 1 + (N/n + N/m − 1)(N Σ1/t − 1)/(6 N df) + (max(n, m)/N)² Σ1/e² /(4 df),
///
/// t the pooled count of a bin and e = t·min(n, m)/N. The first correction is Bartlett's, in the form of Williams
/// (1976), "Improved likelihood ratio tests for complete contingency tables". The second is fitted to the exact moments
/// of the Poisson deviance at expected counts of 4 to 16: without it 256 bins of 5 rows ring two to three times too
/// often. Pearson's statistic is not used because with uneven bins or 50 rows it is up to seventeen times too liberal in
/// the tail.
///
/// **Folding.** From the left, neighbouring bins are gathered until 4.5 values are expected in the smaller sample; what
/// is left at the end joins the last. It looks at pooled counts alone, so the law given those is not touched.
#[must_use]
pub fn bins_difference(baseline: &[f64], window: &[f64]) -> Option<Difference> {
    let (n, m): (f64, f64) = (baseline.iter().sum(), window.iter().sum());
    if !(n > 0.0 && m > 0.0) {
        return None;
    }
    let all = n + m;
    let mut sums = Sums::default();
    // A bin is added only when it is known that no rest joins it.
    let (mut last, mut open) = (None::<Bin>, Bin::default());
    for (&r, &c) in baseline.iter().zip(window) {
        open.add(Bin { r, c });
        if (open.r + open.c) * n.min(m) / all >= LEAST_EXPECTED
            && let Some(whole) = last.replace(std::mem::take(&mut open))
        {
            sums.add(&whole, n, m);
        }
    }
    let mut last = last?;
    last.add(open);
    sums.add(&last, n, m);
    let df = sums.bins - 1.0;
    (df >= 1.0).then(|| Difference { size: sums.size(n, m), mean: df, nu: df, effective_rows: effective_rows(n, m) })
}

#[derive(Clone, Copy, Default)]
struct Bin {
    r: f64,
    c: f64,
}

impl Bin {
    fn add(&mut self, other: Self) {
        self.r += other.r;
        self.c += other.c;
    }
}

/// What G and its correction need of the folded bins.
#[derive(Default)]
struct Sums {
    bins: f64,
    /// Σ o ln(o/e).
    deviance: f64,
    /// Σ 1/t.
    inverse: f64,
    /// Σ 1/t².
    inverse_squares: f64,
}

impl Sums {
    fn add(&mut self, bin: &Bin, n: f64, m: f64) {
        let t = bin.r + bin.c;
        self.bins += 1.0;
        self.deviance += x_ln(bin.r, bin.r * (n + m) / (t * n)) + x_ln(bin.c, bin.c * (n + m) / (t * m));
        self.inverse += t.recip();
        self.inverse_squares += t.recip() * t.recip();
    }

    /// G/w; there are at least two bins.
    fn size(&self, n: f64, m: f64) -> f64 {
        let (all, df) = (n + m, self.bins - 1.0);
        let ratio = n.max(m) / n.min(m);
        let first = (all / n + all / m - 1.0) * (all * self.inverse - 1.0) / (6.0 * all * df);
        // (max/N)² Σ1/e² with e = t·min/N.
        let second = ratio * ratio * self.inverse_squares / (4.0 * df);
        (2.0 * self.deviance).max(0.0) / (1.0 + first + second)
    }
}

/// x ln y, 0 at x = 0.
fn x_ln(x: f64, y: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x * y.ln() }
}

/// S of a 2 × 2 table, unfolded: `share` decides itself where an exact test is due.
pub(super) fn four_fold(r: [f64; 2], c: [f64; 2]) -> f64 {
    let (n, m) = (r.iter().sum::<f64>(), c.iter().sum::<f64>());
    let mut sums = Sums::default();
    for (r, c) in r.into_iter().zip(c) {
        sums.add(&Bin { r, c }, n, m);
    }
    sums.size(n, m)
}
