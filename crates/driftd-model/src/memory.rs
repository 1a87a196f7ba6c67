//! Memories: what the windows of one shape have shown of a feature, the older the less it weighs. They find small changes
//! that last.

use std::collections::{BTreeMap, BTreeSet};

use driftd_stats::{DriftStatistic, FeatureAggregate, FeatureLayout, Healthy, Memory, compared_counts};
use driftd_window::{EventTime, SegmentKey, Span, WindowId, WindowName, WindowSpec};

use crate::window_result::Segments;
use crate::{ContentHash, FalseAlarms, FeatureName, MemoryComparison, Monitor, MonitorPlan, PlannedFeature};

/// What is remembered of one feature of one segment over the windows of one shape.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureMemory {
    /// The window shape.
    pub window: WindowName,
    /// The segment.
    pub segment: SegmentKey,
    /// The feature.
    pub feature: FeatureName,
    /// What the counts are of, [`RememberedShape::hash`]; others are never added.
    pub shape_hash: ContentHash,
    /// End of the last window that was added.
    pub through: EventTime,
    /// The discounted counts.
    pub counts: Memory,
}

/// A window shape whose memories a seal needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RememberedShape {
    /// Its name.
    pub window: WindowName,
    /// Of the plan, and of the size and slide of its windows.
    pub hash: ContentHash,
    /// Memories whose last window ended before this are over: too much time has passed since. Like those with another
    /// hash they are never used again, and may be forgotten.
    pub over_before: EventTime,
}

impl RememberedShape {
    /// The shape `spec` whose window ends at `end`.
    pub(crate) fn of(plan: &MonitorPlan, spec: &WindowSpec, end: EventTime) -> Self {
        let (size, slide) = (spec.size().as_micros(), spec.slide().as_micros());
        let hash = ContentHash::of(format!("{}\n{size}\n{slide}", plan.hash().as_str()).as_bytes());
        let over_before = spec.start_of(end).minus(lasting_length(spec.size()));
        Self { window: spec.name().clone(), hash, over_before }
    }

    /// Whether a memory of this shape may take another window.
    #[must_use]
    pub fn may_go_on(&self, memory: &FeatureMemory) -> bool {
        memory.window == self.window && memory.shape_hash == self.hash && memory.through >= self.over_before
    }
}

/// The memories of one shape once a window was added to them.
pub(crate) struct Memories<'a> {
    /// Those that changed, by segment and in the order of the plan's features.
    pub(crate) taken: Vec<Remembered<'a>>,
    /// Those that took nothing from the window, of the segments of the others.
    pub(crate) beside: Vec<FeatureMemory>,
}

impl Memories<'_> {
    /// All of them.
    pub(crate) fn into_all(self) -> impl Iterator<Item = FeatureMemory> {
        self.taken.into_iter().map(|taken| taken.memory).chain(self.beside)
    }
}

/// A memory that a window was just added to, with what it is judged by.
pub(crate) struct Remembered<'a> {
    pub(crate) feature: &'a PlannedFeature,
    pub(crate) baseline: &'a FeatureAggregate,
    /// How much healthy windows differ that are as long as the memory.
    pub(crate) healthy: Option<Healthy>,
    pub(crate) memory: FeatureMemory,
}

impl Remembered<'_> {
    pub(crate) fn comparison(&self) -> MemoryComparison<'_> {
        let PlannedFeature { name, layout, rules, .. } = self.feature;
        let (baseline, memory) = (self.baseline, &self.memory.counts);
        MemoryComparison { feature: name, layout, baseline, memory, rules, healthy: self.healthy }
    }
}

/// Whether anything is remembered of a feature: there is a budget for it, it has bins, and small changes that last may
/// alarm.
pub(crate) fn is_remembered(monitor: &Monitor, feature: &PlannedFeature) -> bool {
    let has_budget = monitor.false_alarms != FalseAlarms::Off;
    has_budget && !matches!(*feature.layout, FeatureLayout::Presence) && feature.rules.remembers()
}

/// What becomes of the memories of a shape when one of its windows is added; `known` are those from before.
///
/// A memory takes a window that shares no record with the last one it took, and has values of this plan; with sliding
/// windows that is every size/slide-th. What is older than fifteen windows, or was counted on another plan, is forgotten
/// at that moment. Adding up is plain arithmetic in a fixed order: whoever takes the same windows in the same order has
/// the same bits.
pub(crate) fn remember<'a>(
    plan: &'a MonitorPlan,
    spec: &WindowSpec,
    window: &WindowId,
    segments: &Segments,
    known: Vec<FeatureMemory>,
) -> Memories<'a> {
    let start = spec.start_of(window.end);
    let shape = RememberedShape::of(plan, spec, window.end);
    let of_shape = known.into_iter().filter(|memory| shape.may_go_on(memory));
    let mut known: BTreeMap<(SegmentKey, FeatureName), FeatureMemory> =
        of_shape.map(|memory| ((memory.segment.clone(), memory.feature.clone()), memory)).collect();
    let length = lasting_length(spec.size());
    let mut taken = Vec::new();
    for (segment, merged) in segments {
        let baseline = plan.baseline_of(segment).map(|(_, aggregates)| aggregates).unwrap_or_default();
        for ((feature, baseline), aggregate) in plan.features().iter().zip(baseline).zip(&merged.aggregates) {
            if !is_remembered(plan.monitor(), feature) {
                continue;
            }
            let counts = compared_counts(&feature.layout, aggregate);
            if counts.iter().all(|count| *count == 0) {
                continue;
            }
            let key = (segment.clone(), feature.name.clone());
            if known.get(&key).is_some_and(|memory| start < memory.through) {
                continue;
            }
            let kept = known.remove(&key).filter(|memory| memory.counts.bins() == counts.len());
            let mut memory = kept.unwrap_or_else(|| FeatureMemory {
                window: window.name.clone(),
                segment: segment.clone(),
                feature: feature.name.clone(),
                shape_hash: shape.hash.clone(),
                through: window.end,
                counts: Memory::empty(counts.len()),
            });
            memory.counts.add(&counts);
            memory.through = window.end;
            let variation = plan.variation_of(segment, &feature.name);
            let healthy = variation.and_then(|variation| variation.at(DriftStatistic::Lasting, length));
            let healthy = healthy.map(|(_, healthy)| healthy);
            taken.push(Remembered { feature, baseline, healthy, memory });
        }
    }
    let changed: BTreeSet<&SegmentKey> = taken.iter().map(|taken: &Remembered<'_>| &taken.memory.segment).collect();
    let beside = known.into_values().filter(|memory| changed.contains(&memory.segment)).collect();
    Memories { taken, beside }
}

/// The event time that a full memory of windows of this size speaks of.
pub(crate) fn lasting_length(size: Span) -> Span {
    Span::from_micros(size.as_micros().saturating_mul(i64::from(Memory::WINDOWS))).unwrap_or(size)
}

#[cfg(test)]
mod tests;
