//! The question asked afterwards: what do the kept counts of a past range of event time say about it?
//!
//! A range is counted in the bins of one plan, its own, whatever its panes were counted on: a feature whose bins, or
//! categories, are the same there and here adds up, and one whose bins are others is left out by name and with the reason.
//! The whole range is then one window, judged as a seal judges windows: against the baseline of its plan, or against
//! another range that was counted for the same plan.

mod counted;
mod stretches;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use driftd_stats::FeatureAggregate;
use driftd_window::{PaneId, SegmentKey, WindowId};

pub use self::stretches::{Stretches, StretchesError};
use crate::judge::{Comparison, judge, judge_windows};
use crate::window_result::{Merged, Segments, add_whole, comparisons_of};
use crate::{BaselineRef, FeatureName, MonitorPlan, Outcome, PlannedFeature, SealedPane, Verdict, WindowResult};
use counted::CountedOn;

/// What the window is called that a range is judged as.
const NAME: &str = "range";

/// The counts of a range, into which its panes are added one after another: a year of them takes the memory of a few.
#[derive(Clone, Debug)]
pub struct PastCounts {
    plan: Arc<MonitorPlan>,
    stretches: Stretches,
    /// The plans that its panes may have been counted on, and what each has of this one's.
    known: Vec<CountedOn>,
    segments: Segments,
    left_out: BTreeMap<FeatureName, LeftOut>,
    left_out_segments: Vec<SegmentKey>,
    tally: PastTally,
}

/// What there is of a range besides its counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PastTally {
    /// Records that are in the counts.
    pub rows: u64,
    /// Records that came after their pane was sealed, or that were not counted on its plan.
    pub late_rows: u64,
    /// Records of panes that were counted on a plan that nobody knows here.
    pub foreign_rows: u64,
    /// The first pane that holds records, and the last one, in whatever counts.
    pub panes: Option<(PaneId, PaneId)>,
}

/// Why a feature is not in the counts of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// Some of the range was counted for a baseline, or in a configuration, that did not have it.
    NotCounted {
        /// The baseline.
        on: BaselineRef,
    },
    /// Some of the range was counted in bins, or by categories, that are others than those of its plan.
    OtherBins {
        /// The baseline whose bins they are.
        on: BaselineRef,
    },
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCounted { on } => {
                write!(f, "not counted: {on}, for which records of the range were, has no such feature")
            }
            Self::OtherBins { on } => {
                write!(f, "counted in other bins: records of the range were in those of {on}, which are not the same")
            }
        }
    }
}

impl PastCounts {
    /// Nothing yet of `stretches`, in the bins of `plan`; panes that were counted on one of `others` are understood as well.
    #[must_use]
    pub fn new(plan: Arc<MonitorPlan>, others: &[MonitorPlan], stretches: Stretches) -> Self {
        let known = std::iter::once(&*plan).chain(others).map(|counted| CountedOn::of(&plan, counted)).collect();
        Self {
            plan,
            stretches,
            known,
            segments: Segments::default(),
            left_out: BTreeMap::new(),
            left_out_segments: Vec::new(),
            tally: PastTally::default(),
        }
    }

    /// Adds a pane of the range. Panes come in order of time.
    pub fn add(&mut self, pane: &SealedPane) {
        self.tally.late_rows = self.tally.late_rows.saturating_add(pane.late_rows);
        if pane.rows == 0 {
            return;
        }
        let first = self.tally.panes.map_or(pane.pane, |(first, _)| first);
        self.tally.panes = Some((first, pane.pane));
        let Some(on) = self.known.iter_mut().find(|on| on.has_counted(pane)) else {
            self.tally.foreign_rows = self.tally.foreign_rows.saturating_add(pane.rows);
            return;
        };
        on.is_used = true;
        self.tally.rows = self.tally.rows.saturating_add(pane.rows);
        let plan = &self.plan;
        let into = self.segments.entry(pane.segment.clone()).or_insert_with(|| Merged::nothing(plan));
        on.add(pane, into);
    }

    /// The same once all panes are there.
    #[must_use]
    pub fn complete(mut self) -> Self {
        add_whole(&self.plan, &mut self.segments);
        let used: Vec<&CountedOn> = self.known.iter().filter(|on| on.is_used).collect();
        for on in &used {
            self.left_out.extend(on.left_out(&self.plan));
        }
        // Where plans know other segments, what one of them has apart is somewhere in the rest of another.
        let is_apart = |segment: &SegmentKey| segment.is_all() || used.iter().all(|on| on.has_apart(segment));
        self.left_out_segments = self.segments.keys().filter(|segment| !is_apart(segment)).cloned().collect();
        let left_out = &self.left_out_segments;
        self.segments.retain(|segment, _| !left_out.contains(segment));
        self
    }

    /// The plan whose bins these are.
    #[must_use]
    pub fn plan(&self) -> &MonitorPlan {
        &self.plan
    }

    /// The range: whole panes.
    #[must_use]
    pub const fn stretches(&self) -> &Stretches {
        &self.stretches
    }

    /// What there is of it besides.
    #[must_use]
    pub const fn tally(&self) -> PastTally {
        self.tally
    }

    /// The features that are not in the counts, and why.
    #[must_use]
    pub const fn left_out(&self) -> &BTreeMap<FeatureName, LeftOut> {
        &self.left_out
    }

    /// The segments that are not in the counts, because not all of the range was counted with them apart.
    #[must_use]
    pub fn left_out_segments(&self) -> &[SegmentKey] {
        &self.left_out_segments
    }

    /// Records by segment, without the whole population.
    pub fn segments(&self) -> impl Iterator<Item = (&SegmentKey, u64)> {
        self.segments.iter().filter(|(segment, _)| !segment.is_all()).map(|(segment, merged)| (segment, merged.rows))
    }

    /// Records of a segment.
    #[must_use]
    pub fn rows(&self, segment: &SegmentKey) -> u64 {
        self.segments.get(segment).map_or(0, |merged| merged.rows)
    }

    /// The share of its panes that hold records of a segment, in [0, 1].
    #[must_use]
    pub fn coverage(&self, segment: &SegmentKey) -> f64 {
        let length = self.stretches.length();
        self.segments.get(segment).map_or(0.0, |merged| merged.coverage_of(&self.plan, length))
    }

    /// Counts of a feature in a segment; nothing where there are none.
    #[must_use]
    pub fn counts(&self, segment: &SegmentKey, feature: &FeatureName) -> Option<&FeatureAggregate> {
        let index = self.plan.features().iter().position(|planned| planned.name == *feature)?;
        if self.left_out.contains_key(feature) { None } else { self.segments.get(segment)?.aggregates.get(index) }
    }
}

/// A past range as one window of a segment, judged against the baseline of its plan, or against another range that was
/// counted for the same plan; nothing where one of the two has no records of the segment.
///
/// All segments are judged together, as the windows of a seal are, so that a range which was a window comes to the verdict
/// that the window came to. Every verdict says what moved.
#[must_use]
pub fn judge_past(past: &PastCounts, before: Option<&PastCounts>, segment: &SegmentKey) -> Option<WindowResult> {
    let own = past.segments.get(segment).filter(|own| own.rows > 0)?;
    before.map_or(Some(()), |before| (before.rows(segment) > 0).then_some(()))?;
    let mut comparisons = Vec::new();
    for (known, merged) in &past.segments {
        let of_segment: Vec<Comparison<'_>> = match before {
            None => comparisons_of(&past.plan, known, merged, past.stretches.length()).collect(),
            Some(before) => between(before, past, known),
        };
        comparisons.extend(of_segment.into_iter().map(|comparison| (known == segment, comparison)));
    }
    let is_left_out =
        |feature| [Some(past), before].into_iter().flatten().any(|side| side.left_out.contains_key(feature));
    comparisons.retain(|(_, comparison)| !is_left_out(comparison.feature));
    let (wanted, comparisons): (Vec<bool>, Vec<Comparison<'_>>) = comparisons.into_iter().unzip();
    let verdicts = if before.is_some() { judge_windows(&comparisons) } else { judge(&comparisons) };
    let of_segment = verdicts.into_iter().zip(&comparisons).zip(wanted).filter(|(_, wanted)| *wanted);
    let verdicts: Vec<Verdict> = of_segment
        .map(|((mut verdict, comparison), _)| {
            verdict.moved = comparison.moved();
            verdict
        })
        .collect();
    let (start, end) = past.stretches.ends();
    Some(WindowResult {
        window: WindowId { name: NAME.into(), end },
        start,
        segment: segment.clone(),
        rows: own.rows,
        coverage: past.coverage(segment),
        outcome: verdicts.iter().map(|verdict| verdict.outcome).max().unwrap_or(Outcome::NotComparable),
        verdicts,
    })
}

/// One comparison a feature of a segment that both ranges have records of. What healthy windows of the shorter of the two
/// show speaks for both: of a longer one, less is left of whatever goes up and down.
fn between<'a>(before: &'a PastCounts, past: &'a PastCounts, segment: &'a SegmentKey) -> Vec<Comparison<'a>> {
    let (Some(there), Some(here)) = (before.segments.get(segment), past.segments.get(segment)) else {
        return Vec::new();
    };
    let length = before.stretches.length().min(past.stretches.length());
    let pairs = past.plan.features().iter().zip(&there.aggregates).zip(&here.aggregates);
    let comparison = |((feature, baseline), window): ((&'a PlannedFeature, _), _)| Comparison {
        feature: &feature.name,
        layout: &feature.layout,
        baseline,
        window,
        rules: &feature.rules,
        healthy: past.plan.variation_of(segment, &feature.name).map(|variation| (variation, length)),
    };
    pairs.map(comparison).collect()
}

#[cfg(test)]
mod tests;
