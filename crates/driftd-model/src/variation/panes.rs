//! Healthy variation from a monitor's own history.

use std::collections::BTreeMap;

use driftd_stats::{
    CategoricalAggregate, Dictionary, FeatureAggregate, Rung, ShapeMismatch, UnseenInWindow, VariationLearner,
};
use driftd_window::{PaneWidth, SegmentKey};

use super::{FeatureVariation, HealthyVariation, LEAST_ROWS, MOST_WINDOWS, windows_to_learn_from};
use crate::{MonitorPlan, SealedPane};

/// The panes of the windows of one length, by window.
type Windows<'a> = BTreeMap<i64, Vec<&'a SealedPane>>;

/// What sealed panes teach on windows that are whole numbers of panes: each window against the sum of all panes. The
/// panes must have been counted on the plan.
///
/// The dictionary is not theirs: what a window has that was never seen is what the baseline of the plan had not seen.
///
/// # Errors
/// A pane whose counts contradict the plan.
pub fn learn_from_panes(plan: &MonitorPlan, panes: &[&SealedPane]) -> Result<HealthyVariation, ShapeMismatch> {
    let mut populations: BTreeMap<SegmentKey, Vec<&SealedPane>> = BTreeMap::new();
    for pane in panes {
        populations.entry(SegmentKey::all()).or_default().push(pane);
        if !pane.segment.is_all() {
            populations.entry(pane.segment.clone()).or_default().push(pane);
        }
    }
    let width = plan.monitor().pane;
    let mut healthy = HealthyVariation::default();
    for (segment, panes) in populations {
        let rungs: Vec<(Rung, Windows<'_>)> =
            Rung::ALL.into_iter().filter_map(|rung| Some((rung, windows(&panes, rung, width)?))).collect();
        for (place, feature) in plan.features().iter().enumerate().filter(|_| !rungs.is_empty()) {
            let sum = |panes: &[&SealedPane]| {
                let mut sum = FeatureAggregate::empty(&feature.layout);
                let mut counts = panes.iter().filter_map(|pane| pane.aggregates.get(place));
                counts.try_for_each(|counts| sum.merge(counts)).map(|()| sum)
            };
            let total = sum(&panes)?;
            let mut variation = FeatureVariation::default();
            for (rung, windows) in &rungs {
                let mut learner = VariationLearner::new(&feature.layout, &total, LEAST_ROWS);
                for panes in windows.values() {
                    let window = sum(panes)?;
                    let unseen = match (feature.layout.as_categorical(), &window) {
                        (Some(known), FeatureAggregate::Categorical(counts)) => Some(unseen(known, counts)),
                        _ => None,
                    };
                    learner.add(&window, unseen);
                }
                variation.insert(*rung, learner.finish());
            }
            healthy.insert(segment.clone(), feature.name.clone(), variation);
        }
    }
    Ok(healthy)
}

/// The windows to learn from; nothing where panes do not add up to windows of that length, or to too few.
fn windows<'a>(panes: &[&'a SealedPane], rung: Rung, width: PaneWidth) -> Option<Windows<'a>> {
    let length = i64::try_from(rung.seconds()).ok()?.checked_mul(1_000_000)?;
    if length % width.span().as_micros() != 0 {
        return None;
    }
    let mut windows = Windows::new();
    for pane in panes {
        windows.entry(pane.pane.start().as_micros().div_euclid(length)).or_default().push(pane);
    }
    let rows = windows.iter().map(|(window, panes)| (*window, panes.iter().map(|pane| pane.rows).sum()));
    let chosen: BTreeMap<i64, u64> = windows_to_learn_from(rows, MOST_WINDOWS).into_iter().collect();
    windows.retain(|window, _| chosen.contains_key(window));
    (!windows.is_empty()).then_some(windows)
}

fn unseen(known: &Dictionary, window: &CategoricalAggregate) -> UnseenInWindow {
    UnseenInWindow { count: window.unseen(), novelty: known.novelty() }
}
