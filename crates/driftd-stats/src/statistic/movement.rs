//! Largest changes of share, by bin or category.

use super::compare::{check_fit, coarse};
use crate::error::ShapeMismatch;
use crate::layout::{Dictionary, FeatureLayout, Rest};
use crate::state::{CategoricalAggregate, FeatureAggregate, total};

/// Unseen values named in a label.
const NAMED: usize = 3;

/// One bin or category whose share changed.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Movement {
    /// The bin or category; `(unseen: XQ, ZZ)` names the most frequent of those that were never seen, and
    /// `(other, unseen: XQ, ZZ)` of those among others.
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
    let [r, c] = [baseline, window]
        .map(|state| counts(layout, state).into_iter().map(|count| count as f64).collect::<Vec<f64>>());
    Ok(largest(&r, &c, top, |slot| label(layout, window, slot)))
}

/// The same for counts as they are compared ([`compared_counts`](super::compared_counts)), which need not be whole
/// numbers: those of a memory are not. What has no name is one, `(other)`.
#[must_use]
pub fn movements_of_counts(layout: &FeatureLayout, baseline: &[f64], window: &[f64], top: usize) -> Vec<Movement> {
    let dictionary = if let FeatureLayout::Categorical(dictionary) = layout { Some(dictionary) } else { None };
    let shown = |counts: &[f64]| {
        let named = dictionary.map_or(counts.len(), Dictionary::named).min(counts.len());
        let (names, rest) = counts.split_at(named);
        let rest = (!rest.is_empty()).then(|| rest.iter().sum());
        names.iter().copied().chain(rest).collect::<Vec<f64>>()
    };
    largest(&shown(baseline), &shown(window), top, |slot| match (layout, dictionary) {
        (FeatureLayout::Numeric(edges), _) => edges.bin_label(slot),
        (_, Some(dictionary)) => dictionary.name(slot).unwrap_or_else(|| "(other)".to_owned()),
        (_, None) => String::new(),
    })
}

fn largest(r: &[f64], c: &[f64], top: usize, label: impl Fn(usize) -> String) -> Vec<Movement> {
    let share = |count: f64, of: f64| if of > 0.0 { count / of } else { 0.0 };
    let (n, m): (f64, f64) = (r.iter().sum(), c.iter().sum());
    let mut moved: Vec<(usize, f64, f64)> = r
        .iter()
        .zip(c)
        .enumerate()
        .map(|(slot, (before, after))| (slot, share(*before, n), share(*after, m)))
        .filter(|(_, before, after)| before != after)
        .collect();
    moved.sort_by(|a, b| (b.2 - b.1).abs().total_cmp(&(a.2 - a.1).abs()));
    moved.truncate(top);
    moved.into_iter().map(|(slot, before, after)| Movement { label: label(slot), before, after }).collect()
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
        (FeatureLayout::Categorical(dictionary), FeatureAggregate::Categorical(state)) => shown(dictionary, state),
        (_, FeatureAggregate::Presence(state)) => vec![state.present(), state.missing()],
        (_, FeatureAggregate::Numeric(_) | FeatureAggregate::Categorical(_)) => Vec::new(),
    }
}

/// Counts by name; behind them what has no name: of all buckets together, or what was never seen where there are none.
fn shown(dictionary: &Dictionary, state: &CategoricalAggregate) -> Vec<u64> {
    let (names, rest) = state.slots().split_at(dictionary.named().min(state.slots().len()));
    let mut counts = names.to_vec();
    match dictionary.rest() {
        Rest::Nowhere => counts.push(state.unseen()),
        Rest::Buckets => counts.push(total(rest)),
        Rest::OtherAndUnseen => counts.extend(rest),
    }
    counts
}

fn label(layout: &FeatureLayout, state: &FeatureAggregate, slot: usize) -> String {
    match (layout, state) {
        (FeatureLayout::Numeric(edges), _) => edges.bin_label(slot),
        (FeatureLayout::Categorical(dictionary), FeatureAggregate::Categorical(state)) => {
            dictionary.name(slot).unwrap_or_else(|| rest_label(dictionary, state, slot))
        }
        (FeatureLayout::Categorical(_), _) => String::new(),
        (FeatureLayout::Presence, _) if slot == 0 => "present".to_owned(),
        (FeatureLayout::Presence, _) => "missing".to_owned(),
    }
}

/// What values without a name are called; never-seen ones by the most frequent of them.
fn rest_label(dictionary: &Dictionary, state: &CategoricalAggregate, slot: usize) -> String {
    let new = state.unseen_values().top(NAMED + 1);
    let new = (state.unseen() > 0).then(|| format!("unseen: {}", few(new.iter().map(|(value, _)| *value))));
    match (dictionary.rest(), new) {
        (Rest::OtherAndUnseen, _) if slot == dictionary.named() => "(other)".to_owned(),
        (Rest::Buckets, Some(new)) => format!("(other, {new})"),
        (Rest::Buckets, None) => "(other)".to_owned(),
        (Rest::Nowhere | Rest::OtherAndUnseen, Some(new)) => format!("({new})"),
        (Rest::Nowhere | Rest::OtherAndUnseen, None) => "(unseen)".to_owned(),
    }
}

fn few<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = values.map(|v| if v.is_empty() { "(empty)" } else { v }).collect();
    match names.get(..NAMED) {
        Some(first) if names.len() > NAMED => format!("{}, …", first.join(", ")),
        _ => names.join(", "),
    }
}
