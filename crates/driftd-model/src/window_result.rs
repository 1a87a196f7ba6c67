//! Windows from panes: merged by segment, judged together.

use std::collections::{BTreeMap, BTreeSet};

use driftd_stats::FeatureAggregate;
use driftd_window::{EventTime, PaneId, SegmentKey, WindowId, WindowSpec};

use crate::judge::{Comparison, judge};
use crate::{MonitorPlan, Outcome, SealedPane, Verdict, merge_aggregates};

/// One window of one segment, judged.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowResult {
    /// Shape and end.
    pub window: WindowId,
    /// First instant.
    pub start: EventTime,
    /// Segment.
    pub segment: SegmentKey,
    /// Records.
    pub rows: u64,
    /// Share of the window's panes that hold records, in [0, 1].
    pub coverage: f64,
    /// Worst outcome of its features; [`Outcome::NotComparable`] for a segment the baseline has no records of.
    pub outcome: Outcome,
    /// One verdict a feature; none for a segment the baseline has no records of.
    pub verdicts: Vec<Verdict>,
}

/// Counts of one segment over a window.
struct Merged {
    rows: u64,
    panes: BTreeSet<PaneId>,
    aggregates: Vec<FeatureAggregate>,
}

/// Every segment's window, judged together.
pub(crate) fn judge_window(
    plan: &MonitorPlan,
    spec: &WindowSpec,
    window: &WindowId,
    panes: &[SealedPane],
) -> Vec<WindowResult> {
    judge_panes(plan, window, spec.start_of(window.end), panes)
}

/// Judges any range of sealed panes as one window, without touching incidents: the question asked afterwards.
#[must_use]
pub fn evaluate_range(plan: &MonitorPlan, start: EventTime, end: EventTime, panes: &[SealedPane]) -> Vec<WindowResult> {
    judge_panes(plan, &WindowId { name: "range".into(), end }, start, panes)
}

/// Whether a window holds records that were counted on another plan, and so cannot be judged on this one.
pub(crate) fn holds_foreign(plan: &MonitorPlan, spec: &WindowSpec, window: &WindowId, panes: &[SealedPane]) -> bool {
    inside(panes, spec.start_of(window.end), window.end)
        .any(|p| p.plan_hash != *plan.hash() && (p.rows > 0 || p.late_rows > 0))
}

fn inside(panes: &[SealedPane], start: EventTime, end: EventTime) -> impl Iterator<Item = &SealedPane> {
    panes.iter().filter(move |p| p.pane.start() >= start && p.pane.start() < end)
}

fn judge_panes(plan: &MonitorPlan, window: &WindowId, start: EventTime, panes: &[SealedPane]) -> Vec<WindowResult> {
    let segments = merge_segments(plan, inside(panes, start, window.end));
    let mut comparisons = Vec::new();
    let mut sizes = Vec::with_capacity(segments.len());
    for (segment, merged) in &segments {
        let before = comparisons.len();
        comparisons.extend(comparisons_of(plan, segment, merged));
        sizes.push(comparisons.len() - before);
    }
    let mut verdicts = judge(&comparisons).into_iter();
    let span = window.end.since(start).as_micros().max(1) as f64;
    let width = plan.monitor().pane.span().as_micros() as f64;
    segments
        .into_iter()
        .zip(sizes)
        .map(|((segment, merged), size)| {
            let verdicts: Vec<Verdict> = verdicts.by_ref().take(size).collect();
            WindowResult {
                window: window.clone(),
                start,
                segment,
                rows: merged.rows,
                // A range that cuts through panes may hold the start of more of them than fit into it.
                coverage: (merged.panes.len() as f64 * width / span).min(1.0),
                outcome: verdicts.iter().map(|v| v.outcome).max().unwrap_or(Outcome::NotComparable),
                verdicts,
            }
        })
        .collect()
}

/// The window's counts by segment, and those of the whole population, which is the sum of them; panes counted on
/// another plan are left out.
fn merge_segments<'a>(plan: &MonitorPlan, panes: impl Iterator<Item = &'a SealedPane>) -> BTreeMap<SegmentKey, Merged> {
    let mut segments: BTreeMap<SegmentKey, Merged> = BTreeMap::new();
    // Equal plan hashes mean equal shapes; a pane that lies about its hash is left out whole.
    for pane in panes.filter(|p| p.plan_hash == *plan.hash() && plan.fits(&p.aggregates)) {
        match segments.get_mut(&pane.segment) {
            Some(merged) => merged.add(pane.rows, [pane.pane], &pane.aggregates),
            None => {
                let merged =
                    Merged { rows: pane.rows, panes: BTreeSet::from([pane.pane]), aggregates: pane.aggregates.clone() };
                segments.insert(pane.segment.clone(), merged);
            }
        }
    }
    let mut all = segments.remove(&SegmentKey::all()).unwrap_or_else(|| Merged {
        rows: 0,
        panes: BTreeSet::new(),
        aggregates: plan.features().iter().map(|f| FeatureAggregate::empty(&f.layout)).collect(),
    });
    for part in segments.values() {
        all.add(part.rows, part.panes.iter().copied(), &part.aggregates);
    }
    segments.insert(SegmentKey::all(), all);
    segments
}

impl Merged {
    fn add(&mut self, rows: u64, panes: impl IntoIterator<Item = PaneId>, aggregates: &[FeatureAggregate]) {
        // Both sides were found to have the plan's shapes, so the merge cannot fail halfway.
        if merge_aggregates(&mut self.aggregates, aggregates).is_ok() {
            self.rows += rows;
            self.panes.extend(panes);
        }
    }
}

/// One comparison a feature; none when the baseline knows nothing of the segment.
fn comparisons_of<'a>(
    plan: &'a MonitorPlan,
    segment: &SegmentKey,
    merged: &'a Merged,
) -> impl Iterator<Item = Comparison<'a>> {
    let baseline = plan.baseline_of(segment).map(|(_, aggregates)| aggregates).unwrap_or_default();
    plan.features().iter().zip(baseline).zip(&merged.aggregates).map(|((feature, baseline), window)| Comparison {
        feature: &feature.name,
        layout: &feature.layout,
        baseline,
        window,
        rules: &feature.rules,
    })
}
