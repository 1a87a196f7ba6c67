//! Largest changes of share, by bin or category.

use super::compare::{check_fit, coarse};
use crate::error::ShapeMismatch;
use crate::layout::FeatureLayout;
use crate::state::FeatureAggregate;

/// Unseen values named in a label.
const NAMED: usize = 3;

/// One bin or category whose share changed.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Movement {
    /// The bin or category; `(unseen: XQ, ZZ)` names the most frequent of them.
    pub label: String,
    /// Share of the baseline's usable values, [0, 1].
    pub before: f64,
    /// Share of the window's usable values, [0, 1].
    pub after: f64,
}

/// The `top` bins or categories by |after − before|, descending; those that did
/// not move are left out. A side without usable values has shares of 0.
///
/// # Errors
/// When a state was not counted with `layout`.
pub fn movements(
    layout: &FeatureLayout,
    baseline: &FeatureAggregate,
    window: &FeatureAggregate,
    top: usize,
) -> Result<Vec<Movement>, ShapeMismatch> {
    check_fit(layout, baseline)?;
    check_fit(layout, window)?;
    let (r, c) = (counts(layout, baseline), counts(layout, window));
    let share = |count: u64, of: &[u64]| count as f64 / crate::state::total(of).max(1) as f64;
    let mut moved: Vec<(usize, f64, f64)> = r
        .iter()
        .zip(&c)
        .enumerate()
        .map(|(slot, (before, after))| (slot, share(*before, &r), share(*after, &c)))
        .filter(|(_, before, after)| before != after)
        .collect();
    moved.sort_by(|a, b| (b.2 - b.1).abs().total_cmp(&(a.2 - a.1).abs()));
    moved.truncate(top);
    Ok(moved
        .into_iter()
        .map(|(slot, before, after)| Movement { label: label(layout, window, slot), before, after })
        .collect())
}

/// Coarse bins or category slots in order, with their labels and counts, for
/// charts. A presence feature has `present` and `missing`. Empty when the state
/// was not counted with `layout`.
#[must_use]
pub fn distribution(layout: &FeatureLayout, aggregate: &FeatureAggregate) -> Vec<(String, u64)> {
    if !aggregate.fits(layout) {
        return Vec::new();
    }
    counts(layout, aggregate)
        .into_iter()
        .enumerate()
        .map(|(slot, count)| (label(layout, aggregate, slot), count))
        .collect()
}

fn counts(layout: &FeatureLayout, state: &FeatureAggregate) -> Vec<u64> {
    match (layout, state) {
        (FeatureLayout::Numeric(edges), FeatureAggregate::Numeric(state)) => coarse(edges, state),
        (_, FeatureAggregate::Categorical(state)) => state.slots().to_vec(),
        (_, FeatureAggregate::Presence(state)) => vec![state.present(), state.missing()],
        (_, FeatureAggregate::Numeric(_)) => Vec::new(),
    }
}

fn label(layout: &FeatureLayout, state: &FeatureAggregate, slot: usize) -> String {
    match (layout, state) {
        (FeatureLayout::Numeric(edges), _) => edges.bin_label(slot),
        (FeatureLayout::Categorical(dictionary), FeatureAggregate::Categorical(state))
            if slot == dictionary.unseen() && state.unseen() > 0 =>
        {
            unseen_label(state.unseen_values().top(NAMED + 1).iter().map(|(value, _)| *value))
        }
        (FeatureLayout::Categorical(dictionary), _) => dictionary.bin_label(slot),
        (FeatureLayout::Presence, _) if slot == 0 => "present".to_owned(),
        (FeatureLayout::Presence, _) => "missing".to_owned(),
    }
}

fn unseen_label<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = values.map(|v| if v.is_empty() { "(empty)" } else { v }).collect();
    match names.get(..NAMED) {
        Some(first) if names.len() > NAMED => format!("(unseen: {}, …)", first.join(", ")),
        _ => format!("(unseen: {})", names.join(", ")),
    }
}
