//! Statistics on two vectors of counts over the same bins.

use super::Smoothing;
use super::outcome::{Computed, NotComputable, Statistic};
use super::table::DriftStatistic;
use crate::significance::{Measure, two_sample};

/// Population stability index of two vectors of counts over the same bins, which need not be whole numbers: those of a
/// memory are not. 0 where a side is empty.
///
/// # Errors
/// [`NotComputable::Infinite`] where a bin is empty on one side and nothing is smoothed.
pub fn psi(baseline: &[f64], window: &[f64], smoothing: Smoothing) -> Result<f64, NotComputable> {
    let pair = BinPair::of(baseline.iter().copied().zip(window.iter().copied()));
    if pair.n > 0.0 && pair.m > 0.0 { pair.psi(smoothing).map(|computed| computed.value) } else { Ok(0.0) }
}

/// Two vectors of counts, without the bins that are empty on both sides: those
/// say nothing and take no degree of freedom.
pub(super) struct BinPair {
    /// (baseline count, window count) per bin that is left.
    bins: Vec<(f64, f64)>,
    n: f64,
    m: f64,
    /// How sure it is that there is any difference; for all of them.
    measure: Option<Measure>,
}

impl BinPair {
    pub(super) fn new(baseline: &[u64], window: &[u64]) -> Self {
        let [r, c] = [baseline, window].map(|counts| counts.iter().map(|count| *count as f64).collect::<Vec<f64>>());
        let measure = two_sample(&r, &c);
        Self { measure, ..Self::of(r.into_iter().zip(c)) }
    }

    /// Without a measure.
    fn of(counts: impl Iterator<Item = (f64, f64)>) -> Self {
        let bins: Vec<(f64, f64)> = counts.filter(|(r, c)| *r > 0.0 || *c > 0.0).collect();
        Self { n: bins.iter().map(|b| b.0).sum(), m: bins.iter().map(|b| b.1).sum(), bins, measure: None }
    }

    /// How sure it is that there is any difference.
    pub(super) fn measure(&self) -> Option<Measure> {
        self.measure
    }

    fn shares(&self) -> impl Iterator<Item = (f64, f64)> {
        self.bins.iter().map(|(r, c)| (r / self.n, c / self.m))
    }

    fn count(&self) -> u32 {
        self.bins.len() as u32
    }

    fn df(&self) -> u32 {
        self.count().saturating_sub(1)
    }

    /// Everything that reads the bins, in report order.
    pub(super) fn statistics(&self, smoothing: Smoothing) -> Vec<Statistic> {
        use DriftStatistic::{ChiSquare, Hellinger, Js, Linf, Psi, Tv};
        if self.n == 0.0 || self.m == 0.0 {
            let none = |statistic| Statistic { statistic, result: Err(NotComputable::NoNamedValues) };
            return [Psi, Js, Hellinger, Tv, Linf, ChiSquare].map(none).into();
        }
        [
            (Psi, self.psi(smoothing)),
            (Js, Ok(Computed::of(self.js()))),
            (Hellinger, Ok(Computed::of(self.hellinger()))),
            (Tv, Ok(Computed::of(self.tv()))),
            (Linf, Ok(Computed::of(self.linf()))),
            (ChiSquare, Ok(self.chi_square())),
        ]
        .into_iter()
        .map(|(statistic, result)| Statistic {
            statistic,
            result: result.map(|c| Computed { bins: Some(self.count()), measure: self.measure, ..c }),
        })
        .collect()
    }

    /// Population stability index, Σ (qᵢ − pᵢ) ln(qᵢ / pᵢ), in [0, ∞).
    fn psi(&self, smoothing: Smoothing) -> Result<Computed, NotComputable> {
        let b = self.bins.len() as f64;
        let term = |p: f64, q: f64| (q - p) * (q / p).ln();
        let psi: f64 = match smoothing {
            Smoothing::PseudoCount(alpha) => self
                .bins
                .iter()
                .map(|(r, c)| term((r + alpha) / (self.n + alpha * b), (c + alpha) / (self.m + alpha * b)))
                .sum(),
            Smoothing::Epsilon(epsilon) => {
                let lift = |share: f64| if share == 0.0 { epsilon } else { share };
                self.shares().map(|(p, q)| term(lift(p), lift(q))).sum()
            }
            Smoothing::None => self.shares().map(|(p, q)| term(p, q)).sum(),
        };
        if !psi.is_finite() {
            return Err(NotComputable::Infinite);
        }
        Ok(Computed { df: Some(self.df()), ..Computed::of(psi.max(0.0)) })
    }

    /// Jensen–Shannon distance in base 2: the square root of the divergence
    /// (Endres & Schindelin 2003), in [0, 1].
    fn js(&self) -> f64 {
        // Σ u log₂(u/w) over both sides, with w the mean of the two shares.
        let half = |u: f64, w: f64| if u > 0.0 { u * (u / w).log2() } else { 0.0 };
        let divergence: f64 = self.shares().map(|(p, q)| half(p, p.midpoint(q)) + half(q, p.midpoint(q))).sum();
        (divergence / 2.0).clamp(0.0, 1.0).sqrt()
    }

    /// Hellinger distance, ‖√p − √q‖₂ / √2, in [0, 1].
    fn hellinger(&self) -> f64 {
        let squares: f64 = self.shares().map(|(p, q)| (p.sqrt() - q.sqrt()).powi(2)).sum();
        (squares / 2.0).sqrt().min(1.0)
    }

    /// Total variation distance, ½ Σ |pᵢ − qᵢ|, in [0, 1].
    fn tv(&self) -> f64 {
        let sum: f64 = self.shares().map(|(p, q)| (p - q).abs()).sum();
        (sum / 2.0).min(1.0)
    }

    /// max |pᵢ − qᵢ|, in [0, 1].
    fn linf(&self) -> f64 {
        self.shares().map(|(p, q)| (p - q).abs()).fold(0.0, f64::max)
    }

    /// Pearson's χ² of homogeneity on the 2×B table with pooled expected
    /// counts; Cramér's V = √(χ² / (n + m)).
    fn chi_square(&self) -> Computed {
        let all = self.n + self.m;
        // Σ over both rows of (observed − expected)² / expected. The deviations
        // of the two rows are equal and opposite, d = r − n(r + c)/(n + m).
        let chi: f64 = self
            .bins
            .iter()
            .map(|(r, c)| {
                let pooled = (r + c) / all;
                let (a, b) = (self.n * pooled, self.m * pooled);
                (r - a).powi(2) / a + (c - b).powi(2) / b
            })
            .sum();
        let df = self.df();
        Computed {
            value: chi,
            df: Some(df),
            cramers_v: Some(if df == 0 { 0.0 } else { (chi / all).sqrt().min(1.0) }),
            ..Computed::default()
        }
    }
}
