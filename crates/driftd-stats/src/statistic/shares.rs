//! Statistics on shares: missing, mistyped, non-finite, unseen, out of range.

use super::compare::emptiness;
use super::outcome::{Computed, Statistic};
use super::table::DriftStatistic;
use crate::layout::FeatureLayout;
use crate::significance::{Novelty, share, strangers};
use crate::state::FeatureAggregate;

/// `count` of `rows` on each side.
#[derive(Clone, Copy)]
pub(super) struct Share {
    pub(super) count: u64,
    pub(super) rows: u64,
}

impl Share {
    /// In [0, 1]; 0 without rows.
    fn value(self) -> f64 {
        self.count as f64 / self.rows.max(1) as f64
    }
}

/// What is said about values that are not there or not usable: `missing`, `mistyped` and `non_finite`.
///
/// Missing values and NaN are two ways to say that there is no value, and what of the one became the other is no news.
/// So where there are both, the growth of both together is judged, once: as `missing` if the missing share grew more,
/// else as `non_finite`. The other of the two is judged by what is left: for `non_finite` infinities, for `missing`
/// nothing, which has no p-value.
pub(super) fn without_value(
    layout: &FeatureLayout,
    baseline: &FeatureAggregate,
    window: &FeatureAggregate,
) -> Vec<Statistic> {
    let sides = [baseline, window];
    let of_rows = |count: fn(&FeatureAggregate) -> u64| {
        let [baseline, window] = sides.map(|state| Share { count: count(state), rows: state.rows() });
        change(baseline, window)
    };
    let mut missing = of_rows(FeatureAggregate::missing);
    let mut statistics = Vec::new();
    if matches!(layout, FeatureLayout::Numeric(_)) {
        let [r, c] = sides.map(|state| numbers(state, state.nan().saturating_add(state.infinite())));
        let mut result = match emptiness(r.rows, c.rows) {
            Some(reason) => Err(reason),
            None => Ok(non_finite(r, c)),
        };
        let has = |count: fn(&FeatureAggregate) -> u64| sides.into_iter().any(|state| count(state) > 0);
        if has(FeatureAggregate::nan) && has(FeatureAggregate::missing) {
            let [r, c] = sides.map(|state| numbers(state, state.infinite()));
            if missing.value >= of_rows(FeatureAggregate::nan).value {
                missing = missing.judged_by(of_rows(|state| state.missing().saturating_add(state.nan())));
                result = result.map(|own| own.judged_by(change(r, c)));
            } else {
                (missing.growth, missing.measure) = (Some(0.0), None);
                let together = |state: &FeatureAggregate| {
                    state.missing().saturating_add(state.nan()).saturating_add(state.infinite())
                };
                result = result.map(|own| own.judged_by(of_rows(together)));
            }
        }
        statistics.push(Statistic { statistic: DriftStatistic::NonFinite, result });
    }
    if !matches!(layout, FeatureLayout::Presence) {
        let result = Ok(of_rows(FeatureAggregate::mistyped));
        statistics.push(Statistic { statistic: DriftStatistic::Mistyped, result });
    }
    statistics.push(Statistic { statistic: DriftStatistic::Missing, result: Ok(missing) });
    statistics
}

/// `count` of the numbers that are there, infinite and NaN ones included.
fn numbers(state: &FeatureAggregate, count: u64) -> Share {
    let odd = state.nan().saturating_add(state.infinite());
    Share { count, rows: odd.saturating_add(state.usable()) }
}

impl Computed {
    /// The same, judged by the growth and the p-value of another share.
    fn judged_by(self, other: Self) -> Self {
        Self { growth: Some(other.value), measure: other.measure, ..self }
    }
}

/// Change of a share, window − baseline, in [−1, 1]. Without rows on a side, or where it is none or all on both, there is
/// no p-value.
fn change(baseline: Share, window: Share) -> Computed {
    Computed {
        value: window.value() - baseline.value(),
        baseline_share: Some(baseline.value()),
        measure: share(baseline.count, baseline.rows, window.count, window.rows),
        ..Computed::default()
    }
}

/// Share of NaN and ±inf among the numbers of the window, in [0, 1]; tested
/// against the baseline's share as [`change`] is.
fn non_finite(baseline: Share, window: Share) -> Computed {
    grown(baseline, window)
}

/// Share of new values in the window, in [0, 1]: of categories the baseline never had, or of numbers outside its range.
/// The window has at least one value.
pub(super) fn of_strangers(window: Share, novelty: &Novelty) -> Computed {
    Computed {
        value: window.value(),
        baseline_share: Some(novelty.expected_share()),
        measure: Some(strangers(window.count, window.rows, novelty)),
        ..Computed::default()
    }
}

/// Share of the values of `window` that the baseline never had, tested as [`change`] is against that share of `before`:
/// neither of the two is the baseline, so both may have such values. Both have at least one value.
pub(super) fn of_strangers_since(before: Share, window: Share) -> Computed {
    grown(before, window)
}

/// The share itself, tested as [`change`] is.
fn grown(baseline: Share, window: Share) -> Computed {
    Computed { value: window.value(), ..change(baseline, window) }
}
