//! From a baseline sample to its grid.

use super::edges::{BinEdges, StoredEdges};
use super::options::{Binning, LayoutOptions};
use super::precision::Precision;
use super::quantile::{quantile_edges, tidy};
use super::sample::OrderedSample;
use crate::error::StatsError;
use crate::state::{Moments, NumericAggregate};

impl BinEdges {
    /// The grid of a baseline, and the baseline's own counts on it.
    ///
    /// Only finite values are in the sample; the caller adds the rest to the
    /// aggregate with [`NumericAggregate::add_absent`].
    ///
    /// # Errors
    /// When the options are out of range, the sample is empty, or the sample
    /// contradicts itself.
    pub fn from_sample(
        sample: &impl OrderedSample,
        options: &LayoutOptions,
    ) -> Result<(Self, NumericAggregate), StatsError> {
        Self::from_sample_of(sample, options, Precision::Double)
    }

    /// The same for values that were stored in floats of that width, and are
    /// such floats.
    ///
    /// # Errors
    /// As [`BinEdges::from_sample`].
    pub fn from_sample_of(
        sample: &impl OrderedSample,
        options: &LayoutOptions,
        precision: Precision,
    ) -> Result<(Self, NumericAggregate), StatsError> {
        options.check()?;
        let n = sample.len();
        let unreadable = |delivered| StatsError::SampleUnreadable { announced: n, delivered };
        if n == 0 {
            return Err(StatsError::EmptySample);
        }
        let min = sample.value_at_rank(0).ok_or(unreadable(0))? + 0.0;
        let max = sample.value_at_rank(n - 1).ok_or(unreadable(n - 1))? + 0.0;
        let middle = sample.value_at_rank(n / 2).ok_or(unreadable(n / 2))?;
        let coarse = coarse_edges(sample, &options.binning, min, max)?;
        let mut edges = quantile_edges(sample, options.cells)?;
        edges.extend_from_slice(&coarse);
        edges.extend([min.next_down(), max]);
        let edges = tidy(edges);

        let mut profile = Profile::new(&edges, min, max, middle);
        sample.visit(&mut |x| profile.push(x));
        if profile.seen != n {
            return Err(unreadable(profile.seen));
        }
        let counts = cell_counts(sample, &edges);
        let stored = StoredEdges {
            mean: profile.mean().clamp(min, max),
            sigma: profile.sigma(),
            balance: profile.balance(),
            edges,
            coarse,
            min,
            max,
            precision,
        };
        let grid = Self::try_from(stored)?;
        let moments = Moments::of_baseline(n, min, max, grid.sigma() / grid.unit());
        let aggregate = NumericAggregate::of_baseline(&grid, counts, moments);
        Ok((grid, aggregate))
    }
}

fn coarse_edges(sample: &impl OrderedSample, binning: &Binning, min: f64, max: f64) -> Result<Vec<f64>, StatsError> {
    match binning {
        Binning::Quantile(bins) => quantile_edges(sample, *bins),
        Binning::EqualWidth(bins) => Ok(equal_width(*bins, min, max)),
        Binning::Edges(edges) => Ok(tidy(edges.clone())),
    }
}

/// min + (max − min) · j/B, computed so that it cannot overflow.
fn equal_width(bins: u16, min: f64, max: f64) -> Vec<f64> {
    let place = |j: u16| {
        let t = f64::from(j) / f64::from(bins);
        let width = max - min;
        if width.is_finite() { min + width * t } else { min * (1.0 - t) + max * t }
    };
    tidy((1..bins).map(place).collect())
}

fn cell_counts(sample: &impl OrderedSample, edges: &[f64]) -> Vec<u64> {
    let mut counts = Vec::with_capacity(edges.len() + 1);
    let mut below = 0;
    for &edge in edges {
        let at_most = sample.count_at_most(edge);
        counts.push(at_most.saturating_sub(below));
        below = at_most;
    }
    counts.push(sample.len().saturating_sub(below));
    counts
}

/// Mean, spread and in-cell balance in one ascending pass.
struct Profile<'a> {
    edges: &'a [f64],
    cell: usize,
    lower: f64,
    upper: f64,
    in_cell: Vec<(u64, f64)>,
    shift: f64,
    scale: f64,
    wide: bool,
    seen: u64,
    sum: CarefulSum,
    squares: CarefulSum,
}

impl<'a> Profile<'a> {
    /// Deviations are taken from the median and divided by the range, so their
    /// squares neither overflow nor cancel: |mean − median| is at most sigma.
    fn new(edges: &'a [f64], min: f64, max: f64, middle: f64) -> Self {
        let range = max - min;
        let wide = range.is_infinite();
        let scale = if wide { min.abs().max(max.abs()) } else { range };
        Self {
            edges,
            cell: 0,
            lower: f64::NEG_INFINITY,
            upper: edges.first().copied().unwrap_or(f64::INFINITY),
            in_cell: vec![(0, 0.0); edges.len() + 1],
            shift: middle,
            scale: if scale > 0.0 { scale } else { 1.0 },
            wide,
            seen: 0,
            sum: CarefulSum::default(),
            squares: CarefulSum::default(),
        }
    }

    fn push(&mut self, x: f64) {
        self.seen += 1;
        let d = if self.wide { x / self.scale - self.shift / self.scale } else { (x - self.shift) / self.scale };
        self.sum.add(d);
        self.squares.add(d * d);
        while x > self.upper {
            self.cell += 1;
            self.lower = self.upper;
            self.upper = self.edges.get(self.cell).copied().unwrap_or(f64::INFINITY);
        }
        if let Some((count, total)) = self.in_cell.get_mut(self.cell) {
            *count += 1;
            *total += share_left(self.lower, x, self.upper);
        }
    }

    fn mean(&self) -> f64 {
        let d = self.sum.total() / self.seen as f64;
        if self.wide { (self.shift / self.scale + d) * self.scale } else { self.shift + d * self.scale }
    }

    fn sigma(&self) -> f64 {
        let n = self.seen as f64;
        let mean = self.sum.total() / n;
        let variance = (self.squares.total() / n - mean * mean).max(0.0);
        (variance.sqrt() * self.scale).min(f64::MAX)
    }

    fn balance(&self) -> Vec<f64> {
        self.in_cell
            .iter()
            .map(|(count, total)| if *count == 0 { 0.5 } else { (total / *count as f64).clamp(0.0, 1.0) })
            .collect()
    }
}

/// (upper − x) / (upper − lower), without overflow; ½ in an unbounded cell.
fn share_left(lower: f64, x: f64, upper: f64) -> f64 {
    let width = upper - lower;
    if width.is_finite() {
        (upper - x) / width
    } else if lower.is_finite() && upper.is_finite() {
        (upper / 2.0 - x / 2.0) / (upper / 2.0 - lower / 2.0)
    } else {
        0.5
    }
}

/// Neumaier's compensated sum: a million small terms lose nothing next to a
/// large one.
#[derive(Default)]
struct CarefulSum {
    sum: f64,
    lost: f64,
}

impl CarefulSum {
    fn add(&mut self, x: f64) {
        let sum = self.sum + x;
        self.lost += if self.sum.abs() >= x.abs() { (self.sum - sum) + x } else { (x - sum) + self.sum };
        self.sum = sum;
    }

    fn total(&self) -> f64 {
        self.sum + self.lost
    }
}
