//! Every statistic of a feature.

use super::Smoothing;
use super::bins::BinPair;
use super::definition::{AppliesTo, Basis, Scale};
use super::fine_grid::FineGrid;
use super::ks::ks;
use super::outcome::{Computed, NotComputable, Statistic};
use super::shares::{self, Share, without_value};
use super::table::DriftStatistic;
use super::wasserstein::wasserstein;
use crate::error::ShapeMismatch;
use crate::layout::{BinEdges, Dictionary, FeatureLayout};
use crate::significance::Novelty;
use crate::state::{CategoricalAggregate, FeatureAggregate, NumericAggregate, total};

/// Every statistic that applies to the kind of feature, in report order.
///
/// `missing` is always there, `mistyped` where values have a type.
/// `baseline` must be the state that was built together with `layout`.
///
/// # Errors
/// When a state was not counted with `layout`.
pub fn compare(
    layout: &FeatureLayout,
    baseline: &FeatureAggregate,
    window: &FeatureAggregate,
    smoothing: Smoothing,
) -> Result<Vec<Statistic>, ShapeMismatch> {
    check_fit(layout, baseline)?;
    check_fit(layout, window)?;
    let mut statistics = match (layout, baseline, window) {
        (FeatureLayout::Numeric(edges), FeatureAggregate::Numeric(r), FeatureAggregate::Numeric(c)) => {
            numeric(edges, r, c, smoothing)
        }
        (
            FeatureLayout::Categorical(dictionary),
            FeatureAggregate::Categorical(r),
            FeatureAggregate::Categorical(c),
        ) => categorical(dictionary, r, c, smoothing),
        _ => Vec::new(),
    };
    statistics.extend(without_value(layout, baseline, window));
    statistics.sort_by_key(|s| s.statistic);
    Ok(statistics)
}

/// The same for two windows of which neither is the baseline that `layout` is of, `before` in its place. Both may have values
/// that the baseline never had: what is tested of these is the change of their share.
///
/// # Errors
/// When a state was not counted with `layout`.
pub fn compare_windows(
    layout: &FeatureLayout,
    before: &FeatureAggregate,
    window: &FeatureAggregate,
    smoothing: Smoothing,
) -> Result<Vec<Statistic>, ShapeMismatch> {
    let mut statistics = compare(layout, before, window, smoothing)?;
    let [r, c] = [before, window].map(|state| Share { count: strangers_in(layout, state), rows: state.usable() });
    for statistic in &mut statistics {
        if let (Scale::Share { .. }, Ok(computed)) = (statistic.statistic.definition().scale, &mut statistic.result) {
            *computed = shares::of_strangers_since(r, c);
        }
    }
    Ok(statistics)
}

pub(super) fn check_fit(layout: &FeatureLayout, state: &FeatureAggregate) -> Result<(), ShapeMismatch> {
    if state.fits(layout) { Ok(()) } else { Err(ShapeMismatch::new(layout.shape(), state.shape())) }
}

pub(super) fn emptiness(n: u64, m: u64) -> Option<NotComputable> {
    if n == 0 {
        Some(NotComputable::NoBaselineValues)
    } else if m == 0 {
        Some(NotComputable::NoWindowValues)
    } else {
        None
    }
}

/// Every statistic of usable values among those that apply, for one reason not computable.
fn none_of(applies: fn(AppliesTo) -> bool, reason: NotComputable) -> Vec<Statistic> {
    let is_lost = |statistic: &DriftStatistic| {
        let definition = statistic.definition();
        definition.basis == Basis::Usable && applies(definition.applies_to)
    };
    let lost = DriftStatistic::ALL.into_iter().filter(is_lost);
    lost.map(|statistic| Statistic { statistic, result: Err(reason) }).collect()
}

fn numeric(
    edges: &BinEdges,
    baseline: &NumericAggregate,
    window: &NumericAggregate,
    smoothing: Smoothing,
) -> Vec<Statistic> {
    let (n, m) = (baseline.finite(), window.finite());
    match emptiness(n, m) {
        Some(reason) => none_of(AppliesTo::numbers, reason),
        None => {
            let pair = BinPair::new(&coarse(edges, baseline), &coarse(edges, window));
            let mut all = pair.statistics(smoothing);
            let strangers = Share { count: outside(edges, window), rows: m };
            let grid = FineGrid::new(&baseline.cells, &window.cells);
            for (statistic, result) in [
                (DriftStatistic::Ks, Ok(ks(&grid, edges.atoms()))),
                (
                    DriftStatistic::Wasserstein,
                    // It has no law of its own: how sure it is that anything moved, the bins say.
                    wasserstein(edges, &grid, baseline, window).map(|own| Computed { measure: pair.measure(), ..own }),
                ),
                (DriftStatistic::OutOfRange, Ok(shares::of_strangers(strangers, &Novelty::of_range(n)))),
            ] {
                all.push(Statistic { statistic, result });
            }
            all
        }
    }
}

fn categorical(
    dictionary: &Dictionary,
    baseline: &CategoricalAggregate,
    window: &CategoricalAggregate,
    smoothing: Smoothing,
) -> Vec<Statistic> {
    let (n, m) = (baseline.present(), window.present());
    match emptiness(n, m) {
        Some(reason) => none_of(AppliesTo::categories, reason),
        None => {
            let mut all = BinPair::new(&baseline.compared(), &window.compared()).statistics(smoothing);
            let strangers = Share { count: window.unseen(), rows: m };
            all.push(Statistic {
                statistic: DriftStatistic::Unseen,
                result: Ok(shares::of_strangers(strangers, &dictionary.novelty())),
            });
            all
        }
    }
}

/// The counts that statistics on bins compare: per coarse bin, or per name and bucket. Empty where a feature has none, or
/// the state was not counted with `layout`.
#[must_use]
pub fn compared_counts(layout: &FeatureLayout, state: &FeatureAggregate) -> Vec<u64> {
    match (layout, state) {
        _ if !state.fits(layout) => Vec::new(),
        (FeatureLayout::Numeric(edges), FeatureAggregate::Numeric(state)) => coarse(edges, state),
        (_, FeatureAggregate::Categorical(state)) => state.compared(),
        _ => Vec::new(),
    }
}

/// Counts per coarse bin.
pub(super) fn coarse(edges: &BinEdges, state: &NumericAggregate) -> Vec<u64> {
    let mut bins = vec![0_u64; edges.bins()];
    for (bin, count) in edges.bin_of_cell().iter().zip(&state.cells) {
        if let Some(sum) = bins.get_mut(*bin as usize) {
            *sum = sum.saturating_add(*count);
        }
    }
    bins
}

/// Values that a baseline which was counted with `layout` never had: unseen categories, numbers outside its range. 0
/// for a state of another kind.
#[must_use]
pub fn strangers_in(layout: &FeatureLayout, state: &FeatureAggregate) -> u64 {
    match (layout, state) {
        (FeatureLayout::Numeric(edges), FeatureAggregate::Numeric(state)) => outside(edges, state),
        (FeatureLayout::Categorical(_), FeatureAggregate::Categorical(state)) => state.unseen(),
        _ => 0,
    }
}

/// Finite values outside the baseline's range, whose ends are edges.
fn outside(edges: &BinEdges, state: &NumericAggregate) -> u64 {
    let inside = edges.inside();
    let strangers = state.cells.iter().enumerate().filter(|(cell, _)| !inside.contains(cell)).map(|(_, count)| count);
    total(strangers)
}
