//! Holding the windows of a baseline against each other.

use std::collections::BTreeMap;

use super::Varying;
use crate::layout::FeatureLayout;
use crate::significance::{Difference, Healthy, Novelty, bins_difference, ks_difference, share, strangers_difference};
use crate::state::{FeatureAggregate, NumericAggregate};
use crate::statistic::compared_counts;

/// Values of a window that were never seen elsewhere, and how many such were to be expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnseenInWindow {
    /// How many there are.
    pub count: u64,
    /// What the rest of the baseline says about new ones.
    pub novelty: Novelty,
}

/// Holds the windows of one length against the rest of the baseline, one after the other.
///
/// Bins, edges and names were frozen by the sum of all windows, so no single window has chosen them, and each may be held
/// against the others with all its values.
#[derive(Clone, Debug)]
pub struct VariationLearner<'a> {
    layout: &'a FeatureLayout,
    total: &'a FeatureAggregate,
    least: u64,
    differences: BTreeMap<Varying, Vec<Option<Difference>>>,
}

impl<'a> VariationLearner<'a> {
    /// For windows that are parts of `total`. What rests on fewer than `least` values of a window teaches nothing, as it
    /// is not judged either.
    #[must_use]
    pub fn new(layout: &'a FeatureLayout, total: &'a FeatureAggregate, least: u64) -> Self {
        Self { layout, total, least, differences: BTreeMap::new() }
    }

    /// Adds a window. One of another shape teaches nothing.
    pub fn add(&mut self, window: &FeatureAggregate, unseen: Option<UnseenInWindow>) {
        let (rows, usable) = (window.rows(), window.usable());
        match (self.layout, self.total, window) {
            (FeatureLayout::Numeric(_), FeatureAggregate::Numeric(total), FeatureAggregate::Numeric(own)) => {
                if usable >= self.least {
                    self.note_bins(window);
                    let cells = Sides::new(total.cells(), own.cells());
                    self.note(Varying::Ks, cells.map(|s| ks_difference(&s.others, &s.own).1));
                }
                self.add_non_finite(total, own);
            }
            (FeatureLayout::Categorical(_), ..) if usable >= self.least => {
                self.note_bins(window);
                if let Some(UnseenInWindow { count, novelty }) = unseen.filter(|unseen| unseen.novelty.values > 0) {
                    self.note(Varying::Unseen, Some(strangers_difference(count, usable, &novelty)));
                }
            }
            _ => {}
        }
        // Where values are missing in one way and in another, both together are judged.
        let is_missing = if has_both(self.total) { missing_or_nan } else { FeatureAggregate::missing };
        if rows >= self.least {
            let of_window = (is_missing(window), rows);
            self.note_share(Varying::Missing, (is_missing(self.total), self.total.rows()), of_window);
        }
    }

    /// What was learnt: nothing of what fewer than ten windows could be compared in.
    #[must_use]
    pub fn finish(self) -> BTreeMap<Varying, Healthy> {
        let learnt = |(what, differences): (Varying, Vec<_>)| Some((what, Healthy::learn(&differences)?));
        self.differences.into_iter().filter_map(learnt).collect()
    }

    fn add_non_finite(&mut self, total: &NumericAggregate, own: &NumericAggregate) {
        let together = total.nan() > 0 && total.missing() > 0;
        let counts = |state: &NumericAggregate| {
            let odd = state.nan().saturating_add(state.pos_inf()).saturating_add(state.neg_inf());
            if together { (odd.saturating_add(state.missing()), state.rows()) } else { (odd, odd + state.finite()) }
        };
        let (total, own) = (counts(total), counts(own));
        if own.1 >= self.least {
            self.note_share(Varying::NonFinite, total, own);
        }
    }

    fn note_bins(&mut self, window: &FeatureAggregate) {
        let bins = Sides::new(&compared_counts(self.layout, self.total), &compared_counts(self.layout, window));
        self.note(Varying::Bins, bins.and_then(|sides| bins_difference(&sides.others, &sides.own)));
    }

    /// `count` of `rows`, on both sides.
    fn note_share(&mut self, what: Varying, total: (u64, u64), own: (u64, u64)) {
        let others = (total.0.saturating_sub(own.0), total.1.saturating_sub(own.1));
        self.note(what, share(others.0, others.1, own.0, own.1).map(|measure| measure.difference));
    }

    fn note(&mut self, what: Varying, difference: Option<Difference>) {
        self.differences.entry(what).or_default().push(difference);
    }
}

fn has_both(total: &FeatureAggregate) -> bool {
    total.nan() > 0 && total.missing() > 0
}

fn missing_or_nan(state: &FeatureAggregate) -> u64 {
    state.missing().saturating_add(state.nan())
}

/// A window's counts and those of all others.
struct Sides {
    others: Vec<f64>,
    own: Vec<f64>,
}

impl Sides {
    /// Nothing where a side is empty.
    fn new(total: &[u64], own: &[u64]) -> Option<Self> {
        let others: Vec<f64> = total.iter().zip(own).map(|(all, own)| all.saturating_sub(*own) as f64).collect();
        let own: Vec<f64> = own.iter().map(|count| *count as f64).collect();
        let has_any = |counts: &[f64]| counts.iter().any(|count| *count > 0.0);
        (has_any(&others) && has_any(&own)).then_some(Self { others, own })
    }
}

#[cfg(test)]
mod tests;
