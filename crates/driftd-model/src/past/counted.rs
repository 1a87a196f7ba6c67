//! What panes were counted on, seen from another plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use driftd_stats::FeatureLayout;
use driftd_window::SegmentKey;

use super::LeftOut;
use crate::window_result::Merged;
use crate::{BaselineRef, ContentHash, FeatureName, MonitorPlan, SealedPane};

/// A plan that panes may have been counted on, and what of it another plan can use.
#[derive(Clone, Debug)]
pub(super) struct CountedOn {
    hash: ContentHash,
    baseline: BaselineRef,
    layouts: Vec<Arc<FeatureLayout>>,
    /// Where each feature of the other plan stands in its counts.
    places: Vec<Place>,
    segments: BTreeSet<SegmentKey>,
    has_same_segments: bool,
    /// Whether any pane was counted on it.
    pub(super) is_used: bool,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    At(usize),
    NotCounted,
    OtherBins,
}

impl CountedOn {
    /// `counted`, as `plan` can use it.
    pub(super) fn of(plan: &MonitorPlan, counted: &MonitorPlan) -> Self {
        let place = |name: &FeatureName, layout: &FeatureLayout| {
            let found = counted.features().iter().enumerate().find(|(_, feature)| feature.name == *name);
            match found {
                None => Place::NotCounted,
                Some((at, feature)) if *feature.layout == *layout => Place::At(at),
                Some(_) => Place::OtherBins,
            }
        };
        let segments = segments_of(counted);
        Self {
            hash: counted.hash().clone(),
            baseline: counted.baseline().reference.clone(),
            layouts: counted.features().iter().map(|feature| Arc::clone(&feature.layout)).collect(),
            places: plan.features().iter().map(|feature| place(&feature.name, &feature.layout)).collect(),
            has_same_segments: segments == segments_of(plan),
            segments,
            is_used: false,
        }
    }

    /// Whether `pane` was counted on it. One that lies about its hash was not.
    pub(super) fn has_counted(&self, pane: &SealedPane) -> bool {
        pane.plan_hash == self.hash
            && pane.aggregates.len() == self.layouts.len()
            && pane.aggregates.iter().zip(&self.layouts).all(|(counts, layout)| counts.fits(layout))
    }

    /// Adds what can be used of a pane that was counted on it.
    pub(super) fn add(&self, pane: &SealedPane, into: &mut Merged) {
        for (place, sum) in self.places.iter().zip(&mut into.aggregates) {
            if let Place::At(place) = *place
                && let Some(counts) = pane.aggregates.get(place)
            {
                // Both have the layout of the feature, so they add up.
                let _ = sum.merge(counts);
            }
        }
        into.saw(pane.pane, pane.rows);
    }

    /// The features of `plan` that it has no use for.
    pub(super) fn left_out<'a>(&'a self, plan: &'a MonitorPlan) -> impl Iterator<Item = (FeatureName, LeftOut)> + 'a {
        plan.features().iter().zip(&self.places).filter_map(|(feature, place)| {
            let on = self.baseline.clone();
            let why = match place {
                Place::At(_) => return None,
                Place::NotCounted => LeftOut::NotCounted { on },
                Place::OtherBins => LeftOut::OtherBins { on },
            };
            Some((feature.name.clone(), why))
        })
    }

    /// Whether it counts a segment of the other plan apart: the rest is the same where all segments are.
    pub(super) fn has_apart(&self, segment: &SegmentKey) -> bool {
        self.has_same_segments || (*segment != SegmentKey::overflow() && self.segments.contains(segment))
    }
}

fn segments_of(plan: &MonitorPlan) -> BTreeSet<SegmentKey> {
    let segments = &plan.reducer().segments;
    (0..segments.slots()).map(|slot| segments.key_of(slot)).collect()
}
