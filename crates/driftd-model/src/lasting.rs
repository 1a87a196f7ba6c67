//! What memories say: the verdicts of the statistic `lasting`.

use driftd_stats::{
    DriftStatistic, FeatureAggregate, FeatureLayout, Healthy, Memory, Movement, benjamini_hochberg, compared_counts,
    judge_difference, movements_of_counts, psi, two_sample,
};
use driftd_window::{EventTime, SegmentKey, WindowId};

use crate::judge::{MOVED, gated, rows_of, unjudged};
use crate::memory::Remembered;
use crate::window_result::Segments;
use crate::{FeatureName, JudgeRules, MonitorPlan, Outcome, Reason, Rows, Verdict, WindowResult};

/// What is remembered of one feature, ready to be judged.
#[derive(Clone, Copy, Debug)]
pub struct MemoryComparison<'a> {
    /// The feature.
    pub feature: &'a FeatureName,
    /// Its layout.
    pub layout: &'a FeatureLayout,
    /// What the baseline looks like.
    pub baseline: &'a FeatureAggregate,
    /// What is remembered.
    pub memory: &'a Memory,
    /// How it is judged.
    pub rules: &'a JudgeRules,
    /// How much healthy windows differ that are as long as a memory, where that was learnt.
    pub healthy: Option<Healthy>,
}

/// The memories that a window was just added to, judged together as windows of a shape of their own. The first window of
/// a memory has not lasted, and was judged by itself.
pub(crate) fn lasting_windows(
    plan: &MonitorPlan,
    window: &WindowId,
    start: EventTime,
    segments: &Segments,
    remembered: &[Remembered<'_>],
) -> Vec<WindowResult> {
    let has_lasted = |remembered: &&Remembered<'_>| remembered.memory.counts.has_lasted();
    let comparisons: Vec<MemoryComparison<'_>> =
        remembered.iter().filter(has_lasted).map(Remembered::comparison).collect();
    let of = remembered.iter().filter(has_lasted).map(|remembered| &remembered.memory.segment);
    let mut verdicts = of.zip(judge_memories(&comparisons)).peekable();
    let mut of_segment = |segment: &SegmentKey| -> Vec<Verdict> {
        std::iter::from_fn(|| verdicts.next_if(|(of, _)| *of == segment)).map(|(_, verdict)| verdict).collect()
    };
    let id = WindowId { name: window.name.lasting(), end: window.end };
    let results = segments.iter().filter_map(|(segment, merged)| {
        let verdicts = of_segment(segment);
        let outcome = verdicts.iter().map(|verdict| verdict.outcome).max()?;
        Some(WindowResult {
            window: id.clone(),
            start,
            segment: segment.clone(),
            rows: merged.rows,
            coverage: merged.coverage(plan, start, window.end),
            outcome,
            verdicts,
        })
    });
    results.collect()
}

/// Judges memories together: p-values are adjusted by Benjamini-Hochberg over all of them, and a verdict is bad only
/// where both gates open. The effective counts of a memory are judged by the formulas that those of a window are judged
/// by.
#[must_use]
pub fn judge_memories(comparisons: &[MemoryComparison<'_>]) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = comparisons.iter().map(measure).collect();
    adjust(comparisons, &mut verdicts);
    for (comparison, verdict) in comparisons.iter().zip(&mut verdicts) {
        decide(comparison.rules, verdict);
        if verdict.outcome.is_bad() {
            verdict.moved = moved(comparison);
        }
    }
    verdicts
}

impl MemoryComparison<'_> {
    /// The effective counts of baseline and memory.
    fn counts(&self) -> [Vec<f64>; 2] {
        let of_baseline = compared_counts(self.layout, self.baseline).into_iter().map(|count| count as f64);
        [of_baseline.collect(), self.memory.counts()]
    }
}

fn moved(comparison: &MemoryComparison<'_>) -> Vec<Movement> {
    let [of_baseline, counts] = comparison.counts();
    movements_of_counts(comparison.layout, &of_baseline, &counts, MOVED)
}

/// A verdict without judgement.
fn measure(comparison: &MemoryComparison<'_>) -> Verdict {
    let MemoryComparison { feature, layout, baseline, memory, rules, healthy } = *comparison;
    let [of_baseline, counts] = comparison.counts();
    let mut score = unjudged(DriftStatistic::Lasting);
    match psi(&of_baseline, &counts, rules.smoothing) {
        Ok(value) => score.value = Some(value),
        Err(reason) => score.reason = Some(reason),
    }
    if let Some(measure) = two_sample(&of_baseline, &counts) {
        let judged = judge_difference(&measure, healthy.as_ref());
        score.p_value = Some(judged.p);
        score.net = score.value.map(|value| judged.net_effect(score.statistic, value));
        score.expected = score.value.zip(score.net).map(|(value, net)| value - net);
        score.phi = Some(judged.phi);
        score.healthy_windows = healthy.map(|healthy| healthy.windows);
    }
    // Of a fraction of a row nobody says that it was seen.
    let rows = memory.rows() as u64;
    Verdict {
        feature: feature.clone(),
        kind: layout.into(),
        outcome: Outcome::InsufficientData,
        reason: None,
        baseline: rows_of(baseline),
        window: Rows { rows, usable: rows, ..Rows::default() },
        scores: vec![score],
        moved: Vec::new(),
    }
}

const fn has_enough(rules: &JudgeRules, verdict: &Verdict) -> bool {
    verdict.baseline.usable >= rules.min_samples && verdict.window.usable >= rules.min_samples
}

/// Fills in the q-values: one family.
fn adjust(comparisons: &[MemoryComparison<'_>], verdicts: &mut [Verdict]) {
    let pairs = comparisons.iter().zip(verdicts).filter(|(comparison, verdict)| has_enough(comparison.rules, verdict));
    let (mut p, mut scores) = (Vec::new(), Vec::new());
    for (comparison, verdict) in pairs {
        let known = verdict.scores.iter_mut().filter_map(|score| Some((score.p_value?, score)));
        for (value, score) in known {
            p.push(value);
            scores.push((score, comparison.rules.q));
        }
    }
    for ((score, level), q) in scores.into_iter().zip(benjamini_hochberg(&p)) {
        score.q_value = Some(q);
        score.level = Some(level);
    }
}

/// Opens or closes the two gates.
fn decide(rules: &JudgeRules, verdict: &mut Verdict) {
    let is_enough = has_enough(rules, verdict);
    for score in &mut verdict.scores {
        score.threshold = rules.thresholds.get(&score.statistic).copied();
        score.outcome = is_enough.then(|| gated(score, score.q_value, rules.q)).flatten();
    }
    let found = verdict.scores.iter().find_map(|score| score.outcome);
    let (n, m, needed) = (verdict.baseline.usable, verdict.window.usable, rules.min_samples);
    (verdict.outcome, verdict.reason) = match found {
        Some(outcome) => (outcome, None),
        None if n < needed => (Outcome::InsufficientData, Some(Reason::TooFewBaselineRows { found: n, needed })),
        None if m < needed => (Outcome::InsufficientData, Some(Reason::TooFewRows { found: m, needed })),
        None if verdict.scores.iter().any(|score| score.value.is_some() && score.p_value.is_none()) => {
            (Outcome::NotComparable, Some(Reason::CannotTellApart))
        }
        None => (Outcome::NotComparable, Some(Reason::NothingDecides)),
    };
}

#[cfg(test)]
mod tests;
