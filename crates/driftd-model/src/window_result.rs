//! Windows from panes: merged by segment, judged together.

use std::collections::{BTreeMap, BTreeSet};

use driftd_stats::FeatureAggregate;
use driftd_window::{EventTime, PaneId, SegmentKey, Span, Timestamp, WindowId};

use crate::judge::{Comparison, judge};
use crate::{
    BaselineRef, FeatureName, HistoryRow, MonitorId, MonitorPlan, Outcome, Reference, SealCounts, SealedPane, Verdict,
    WindowRow, merge_aggregates,
};

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

/// The counts of any range of event time, into which its sealed panes are added one after another: a range of a year
/// takes the memory of one pane.
#[derive(Debug)]
pub struct RangeCounts<'a> {
    plan: &'a MonitorPlan,
    start: EventTime,
    end: EventTime,
    counts: SealCounts,
}

/// Counts of one segment over a window.
#[derive(Clone, Debug)]
pub(crate) struct Merged {
    pub(crate) rows: u64,
    panes: BTreeSet<PaneId>,
    /// One a feature of the plan.
    pub(crate) aggregates: Vec<FeatureAggregate>,
}

/// Counts of a window by segment, the whole population included.
pub(crate) type Segments = BTreeMap<SegmentKey, Merged>;

/// Judges any range of sealed panes as one window, without touching incidents: the question asked afterwards.
#[must_use]
pub fn evaluate_range(plan: &MonitorPlan, start: EventTime, end: EventTime, panes: &[SealedPane]) -> Vec<WindowResult> {
    let mut range = RangeCounts::new(plan, start, end);
    for pane in panes {
        range.add(pane);
    }
    range.complete().judged()
}

/// Every segment's window, judged together.
pub(crate) fn judge_segments(
    plan: &MonitorPlan,
    window: &WindowId,
    start: EventTime,
    segments: &Segments,
) -> Vec<WindowResult> {
    let mut comparisons = Vec::new();
    let mut sizes = Vec::with_capacity(segments.len());
    for (segment, merged) in segments {
        let before = comparisons.len();
        comparisons.extend(comparisons_of(plan, segment, merged, window.end.since(start)));
        sizes.push(comparisons.len() - before);
    }
    let mut verdicts = judge(&comparisons).into_iter();
    segments
        .iter()
        .zip(sizes)
        .map(|((segment, merged), size)| {
            let verdicts: Vec<Verdict> = verdicts.by_ref().take(size).collect();
            WindowResult {
                window: window.clone(),
                start,
                segment: segment.clone(),
                rows: merged.rows,
                coverage: merged.coverage(plan, start, window.end),
                outcome: verdicts.iter().map(|v| v.outcome).max().unwrap_or(Outcome::NotComparable),
                verdicts,
            }
        })
        .collect()
}

/// Adds a pane of the plan's shape to the counts of its segment.
pub(crate) fn add_pane(segments: &mut Segments, pane: &SealedPane) {
    match segments.get_mut(&pane.segment) {
        Some(merged) => merged.add(pane.rows, [pane.pane], &pane.aggregates),
        None => {
            let merged =
                Merged { rows: pane.rows, panes: BTreeSet::from([pane.pane]), aggregates: pane.aggregates.clone() };
            segments.insert(pane.segment.clone(), merged);
        }
    }
}

/// Adds the counts of the whole population, which is the sum of the segments'.
pub(crate) fn add_whole(plan: &MonitorPlan, segments: &mut Segments) {
    let mut all = segments.remove(&SegmentKey::all()).unwrap_or_else(|| Merged::nothing(plan));
    for part in segments.values() {
        all.add(part.rows, part.panes.iter().copied(), &part.aggregates);
    }
    segments.insert(SegmentKey::all(), all);
}

impl<'a> RangeCounts<'a> {
    /// Nothing yet, of [`start`, `end`).
    #[must_use]
    pub fn new(plan: &'a MonitorPlan, start: EventTime, end: EventTime) -> Self {
        Self { plan, start, end, counts: SealCounts::of([(start, end)]) }
    }

    /// Adds a pane that lies in the range. Panes come in order of time.
    pub fn add(&mut self, pane: &SealedPane) {
        self.counts.add(self.plan, pane);
    }

    /// The same once all panes are there.
    #[must_use]
    pub fn complete(mut self) -> Self {
        self.counts = self.counts.complete(self.plan);
        self
    }

    /// Whether there are records that were counted on another plan, and so are not in these counts.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.counts.stretch(self.start, self.end).is_some_and(|range| range.is_foreign)
    }

    /// Records and counts of a feature in a segment; nothing where there are none.
    #[must_use]
    pub fn of(&self, segment: &SegmentKey, feature: &FeatureName) -> Option<(u64, &FeatureAggregate)> {
        let merged = self.counts.stretch(self.start, self.end)?.segments.get(segment)?;
        let index = self.plan.features().iter().position(|planned| planned.name == *feature)?;
        Some((merged.rows, merged.aggregates.get(index)?))
    }

    /// The range as one window, segment by segment.
    #[must_use]
    pub fn judged(&self) -> Vec<WindowResult> {
        let window = WindowId { name: "range".into(), end: self.end };
        let range = self.counts.stretch(self.start, self.end);
        range.map_or_else(Vec::new, |range| judge_segments(self.plan, &window, self.start, &range.segments))
    }
}

impl WindowResult {
    /// Its row of the list of windows.
    #[must_use]
    pub fn row(&self, monitor: &MonitorId, baseline: &BaselineRef, sealed_at: Timestamp) -> WindowRow {
        WindowRow {
            monitor: monitor.clone(),
            segment: self.segment.clone(),
            window_name: self.window.name.clone(),
            window_start: self.start,
            window_end: self.window.end,
            rows: self.rows,
            coverage: self.coverage,
            outcome: self.outcome,
            baseline: baseline.to_string(),
            sealed_at,
        }
    }

    /// Its rows of the `drift_history` view.
    pub fn history<'a>(
        &'a self,
        monitor: &'a MonitorId,
        baseline: &'a BaselineRef,
        sealed_at: Timestamp,
    ) -> impl Iterator<Item = HistoryRow> + 'a {
        let scores = self.verdicts.iter().flat_map(|verdict| verdict.scores.iter().map(move |score| (verdict, score)));
        scores.map(move |(verdict, score)| {
            let (previous_value, previous_p) = score.against(Reference::Previous);
            let (day_value, day_p) = score.against(Reference::Day);
            let (week_value, week_p) = score.against(Reference::Week);
            HistoryRow {
                monitor: monitor.clone(),
                segment: self.segment.clone(),
                window_name: self.window.name.clone(),
                window_start: self.start,
                window_end: self.window.end,
                feature: verdict.feature.clone(),
                statistic: score.statistic,
                value: score.value,
                certified_error: score.certified_error,
                n: verdict.baseline.usable,
                m: verdict.window.usable,
                p_value: score.p_value,
                q_value: score.q_value,
                warn: score.threshold.map(|threshold| threshold.warn),
                critical: score.threshold.and_then(|threshold| threshold.critical_from()),
                outcome: score.outcome,
                baseline: baseline.to_string(),
                sealed_at,
                expected: score.expected,
                net: score.net,
                phi: score.phi,
                healthy_windows: score.healthy_windows,
                level: score.level,
                previous_value,
                previous_p,
                day_value,
                day_p,
                week_value,
                week_p,
            }
        })
    }
}

impl Merged {
    /// No records of any feature.
    pub(crate) fn nothing(plan: &MonitorPlan) -> Self {
        let empty = plan.features().iter().map(|feature| FeatureAggregate::empty(&feature.layout));
        Self { rows: 0, panes: BTreeSet::new(), aggregates: empty.collect() }
    }

    /// Takes note of the records of a pane, whose counts are added by others.
    pub(crate) fn saw(&mut self, pane: PaneId, rows: u64) {
        self.rows += rows;
        self.panes.insert(pane);
    }

    /// The share of the panes in [`start`, `end`) that hold records.
    pub(crate) fn coverage(&self, plan: &MonitorPlan, start: EventTime, end: EventTime) -> f64 {
        self.coverage_of(plan, end.since(start))
    }

    /// The share of the panes that fit into a range of that length which hold records.
    pub(crate) fn coverage_of(&self, plan: &MonitorPlan, length: Span) -> f64 {
        let span = length.as_micros().max(1) as f64;
        let width = plan.monitor().pane.span().as_micros() as f64;
        // A range that cuts through panes may hold the start of more of them than fit into it.
        (self.panes.len() as f64 * width / span).min(1.0)
    }

    fn add(&mut self, rows: u64, panes: impl IntoIterator<Item = PaneId>, aggregates: &[FeatureAggregate]) {
        // Both sides were found to have the plan's shapes, so the merge cannot fail halfway.
        if merge_aggregates(&mut self.aggregates, aggregates).is_ok() {
            self.rows += rows;
            self.panes.extend(panes);
        }
    }
}

/// One comparison a feature; none when the baseline knows nothing of the segment.
pub(crate) fn comparisons_of<'a>(
    plan: &'a MonitorPlan,
    segment: &'a SegmentKey,
    merged: &'a Merged,
    length: Span,
) -> impl Iterator<Item = Comparison<'a>> {
    let baseline = plan.baseline_of(segment).map(|(_, aggregates)| aggregates).unwrap_or_default();
    plan.features().iter().zip(baseline).zip(&merged.aggregates).map(move |((feature, baseline), window)| Comparison {
        feature: &feature.name,
        layout: &feature.layout,
        baseline,
        window,
        rules: &feature.rules,
        healthy: plan.variation_of(segment, &feature.name).map(|variation| (variation, length)),
    })
}
