//! ∫ |F_r − F_c| over one cell, when only the counts are known.
//!
//! In a cell of width w let R and C be the in-cell distribution functions of
//! baseline and window, running from 0 to 1, D_a and D_b the values of
//! f = F_r − F_c at its ends, ρ and κ the shares of both sides in it. Then
//! f = D_a + ρR − κC and D_b − D_a = ρ − κ. γ = ∫R (in units of w) is known from
//! the baseline; C is not known.
//!
//! **One sign.** f is at least max(D_a − κ, D_b − ρ) and at most
//! min(D_a + ρ, D_b + κ). If those say that f keeps its sign, its integral is
//! all there is: w|D_a + ργ − κγ′| with γ′ = ∫C. Any guess of γ′ is off by at
//! most max(γ′, 1 − γ′), so the error is at most κ·w·max(γ′, 1 − γ′).
//!
//! **Perhaps two signs.** Write f = \[D_a + (D_b − D_a)R\] + κ(R − C). The bracket
//! runs monotonically from D_a to D_b. If both have one sign, the integral of
//! its absolute value is w|(1 − γ)D_a + γD_b|; if not, that is a lower bound,
//! w((1 − γ)|D_a| + γ|D_b|) is an upper one (the absolute value is convex), and
//! two triangles, kept between them, stand in for it. The rest adds at most
//! κ∫|R − C|, a Wasserstein distance on the cell that is convex in C and so
//! greatest for a point mass at an end: κ·w·max(γ, 1 − γ).

use crate::state::Excess;

/// A distance and the bound of its error, in baseline units.
#[derive(Default)]
pub(super) struct Bounded {
    pub(super) value: f64,
    pub(super) error: f64,
}

impl Bounded {
    pub(super) fn add(&mut self, more: &Self) {
        self.value += more.value;
        self.error += more.error;
    }
}

/// One tail, from the mean excess of both sides. The baseline has none unless
/// its state is a foreign one; then the truth lies between difference and sum.
pub(super) fn tail_distance(baseline: f64, window: f64) -> Bounded {
    let any = baseline > 0.0 || window > 0.0;
    let rounding = if any { 2.0 * Excess::HALF_STEP } else { 0.0 };
    Bounded { value: (baseline - window).abs(), error: rounding + 2.0 * baseline.min(window) }
}

/// One cell, in baseline units.
#[derive(Clone, Copy)]
struct Cell {
    width: f64,
    /// F_r − F_c at the lower end.
    start: f64,
    /// F_r − F_c at the upper end.
    end: f64,
    baseline_share: f64,
    window_share: f64,
    /// ∫R.
    gamma: f64,
    /// A guess of ∫C.
    window_gamma: f64,
}

/// Every case is computed and one chosen, without a branch, so that several cells are computed at a time.
#[inline]
fn cell_distance(cell: Cell) -> Bounded {
    let Cell { width, start, end, baseline_share: rho, window_share: kappa, gamma, window_gamma } = cell;
    let never_negative = (start - kappa).max(end - rho) >= 0.0;
    let never_positive = (start + rho).min(end + kappa) <= 0.0;
    let one_sign = (start + rho * gamma - kappa * window_gamma).abs();
    let one_sign_error = kappa * window_gamma.max(1.0 - window_gamma);

    let shape = kappa * gamma.max(1.0 - gamma);
    let least = (start * (1.0 - gamma) + end * gamma).abs();

    let most = start.abs() * (1.0 - gamma) + end.abs() * gamma;
    let triangles = (start * start + end * end) / (2.0 * (start.abs() + end.abs()));
    let between = triangles.max(least).min(most.max(least));
    let two_signs_error = shape + (most - between).max(between - least);

    let (value, error) = if start * end >= 0.0 { (least, shape) } else { (between, two_signs_error) };
    let is_one_sign = never_negative | never_positive;
    let (value, error) = if is_one_sign { (one_sign, one_sign_error) } else { (value, error) };
    Bounded { value: width * value, error: width * error }
}

/// Neighbouring cells, in baseline units; every list has an entry a cell.
pub(super) struct Cells<'a> {
    width: Vec<f64>,
    /// F_r − F_c at the lower end of the first cell.
    start: f64,
    /// F_r − F_c at the upper ends.
    end: &'a [f64],
    baseline_share: &'a [f64],
    window_share: &'a [f64],
    /// ∫R.
    gamma: &'a [f64],
    /// The window's density in every cell, and on either side of them.
    density: Vec<f64>,
}

impl<'a> Cells<'a> {
    /// `outside`: the window's density on either side.
    pub(super) fn new(
        width: Vec<f64>,
        start: f64,
        end: &'a [f64],
        [baseline_share, window_share]: [&'a [f64]; 2],
        gamma: &'a [f64],
        outside: (f64, f64),
    ) -> Self {
        let inside = width.iter().zip(window_share);
        let inside = inside.map(|(width, share)| if *width > 0.0 { share / width } else { 0.0 });
        let density = std::iter::once(outside.0).chain(inside).chain([outside.1]).collect();
        Self { width, start, end, baseline_share, window_share, gamma, density }
    }

    /// What every cell adds.
    pub(super) fn distances(&self) -> impl Iterator<Item = Bounded> {
        let Self { width, start, end, baseline_share, window_share, gamma, density } = self;
        let ends = std::iter::once(start).chain(*end).zip(*end);
        let shares = baseline_share.iter().zip(*window_share);
        let cells = width.iter().zip(ends).zip(shares).zip(*gamma).zip(density.windows(3));
        cells.map(|((((width, (start, end)), (rho, kappa)), gamma), density)| {
            cell_distance(Cell {
                width: *width,
                start: *start,
                end: *end,
                baseline_share: *rho,
                window_share: *kappa,
                gamma: *gamma,
                window_gamma: guess(density, *rho, *kappa, *gamma),
            })
        })
    }
}

/// Guesses ∫C of a cell. Where both sides have about the same share it is the baseline's; the more they differ, the more
/// it is that of a density running linearly between the means with its neighbours.
#[inline]
fn guess(density: &[f64], rho: f64, kappa: f64, gamma: f64) -> f64 {
    let [left, own, right] = *density else { return gamma };
    let (a, b) = (left + own, right + own);
    let linear = if (a + b > 0.0) & (a + b).is_finite() { (2.0 * a + b) / (3.0 * (a + b)) } else { 0.5 };
    let alike = if kappa > 0.0 { rho.min(kappa) / rho.max(kappa) } else { 1.0 };
    alike * gamma + (1.0 - alike) * linear
}
