//! Both sides on the cells of the fine grid: what the Kolmogorov–Smirnov and the Wasserstein distance are made of.

/// Shares and distribution functions of a baseline and a window. Both have at least one value.
pub(super) struct FineGrid {
    /// Values of the baseline and of the window.
    sizes: [f64; 2],
    baseline: Vec<f64>,
    window: Vec<f64>,
    apart: Vec<f64>,
}

impl FineGrid {
    /// Of counts a cell.
    pub(super) fn new(baseline: &[u64], window: &[u64]) -> Self {
        let sizes @ [n, m] = [baseline, window].map(|counts| counts.iter().map(|count| *count as f64).sum());
        let shares = |counts: &[u64], of: f64| counts.iter().map(|count| *count as f64 / of).collect();
        let (mut below_r, mut below_c) = (0.0, 0.0);
        let apart = baseline.iter().zip(window).map(|(r, c)| {
            below_r += *r as f64;
            below_c += *c as f64;
            below_r / n - below_c / m
        });
        Self { sizes, baseline: shares(baseline, n), window: shares(window, m), apart: apart.collect() }
    }

    /// Number of values of the baseline and of the window.
    pub(super) const fn sizes(&self) -> [f64; 2] {
        self.sizes
    }

    /// The baseline's share of every cell.
    pub(super) fn baseline_shares(&self) -> &[f64] {
        &self.baseline
    }

    /// The window's share of every cell.
    pub(super) fn window_shares(&self) -> &[f64] {
        &self.window
    }

    /// F_r − F_c at the upper end of every cell.
    pub(super) fn apart(&self) -> &[f64] {
        &self.apart
    }
}
