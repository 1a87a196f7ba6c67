//! Other windows that people like to compare with: shown beside the baseline, and never judged by. A reference that
//! drifts along hides slow drift, and a bad window leaves the next week's reference bad.

use driftd_stats::{Computed, FeatureAggregate, Scale, compare_windows, judge_difference};
use driftd_window::{EventTime, Span, WindowSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::judge::{has_enough, rows_of};
use crate::window_result::Segments;
use crate::{FeatureVariation, MonitorPlan, PlannedFeature, Score, SealCounts, Verdict, WindowResult};

/// A window that another one is compared with besides the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// The last one before it that shares no record with it.
    Previous,
    /// The one that ended a day earlier.
    Day,
    /// The one that ended a week earlier.
    Week,
}

/// One statistic against such a window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferenceScore {
    /// Which window.
    pub reference: Reference,
    /// The effect, in the unit that the statistic's own is held against its thresholds in.
    pub value: f64,
    /// Probability of an effect at least this extreme without any difference.
    pub p_value: Option<f64>,
}

impl Reference {
    /// How much earlier its window ended, where that is a fixed time.
    #[must_use]
    pub const fn earlier(self) -> Option<Span> {
        match self {
            Self::Previous => None,
            Self::Day => Some(Span::from_hours(24)),
            Self::Week => Some(Span::from_hours(7 * 24)),
        }
    }

    /// The stretch of its window for the one of shape `spec` that ends at `end`; nothing where no window of that shape
    /// ended then, or one that shares records.
    pub(crate) fn stretch(self, spec: &WindowSpec, end: EventTime) -> Option<(EventTime, EventTime)> {
        let start = spec.start_of(end);
        let before = match self.earlier() {
            Some(earlier) => spec.end_before(end, earlier)?,
            None => spec.last_end(start),
        };
        (before <= start).then(|| (spec.start_of(before), before))
    }
}

/// Adds to every score that decides what it is against the windows of the monitor's references, where those were counted
/// on the same plan and have enough rows.
pub(crate) fn add_references(
    plan: &MonitorPlan,
    spec: &WindowSpec,
    end: EventTime,
    segments: &Segments,
    counts: &SealCounts,
    results: &mut [WindowResult],
) {
    for reference in &plan.monitor().references {
        let Some((start, before)) = reference.stretch(spec, end) else {
            continue;
        };
        let Some(there) = counts.stretch(start, before).filter(|there| !there.is_foreign) else {
            continue;
        };
        let length = before.since(start);
        for result in &mut *results {
            let (Some(own), Some(other)) = (segments.get(&result.segment), there.segments.get(&result.segment)) else {
                continue;
            };
            if other.rows == 0 {
                continue;
            }
            let pairs = plan.features().iter().zip(&other.aggregates).zip(&own.aggregates);
            for (verdict, ((feature, other), own)) in result.verdicts.iter_mut().zip(pairs) {
                let variation = plan.variation_of(&result.segment, &feature.name).map(|variation| (variation, length));
                add_reference(*reference, feature, variation, [other, own], verdict);
            }
        }
    }
}

fn add_reference(
    reference: Reference,
    feature: &PlannedFeature,
    variation: Option<(&FeatureVariation, Span)>,
    [other, own]: [&FeatureAggregate; 2],
    verdict: &mut Verdict,
) {
    let (there, here) = (rows_of(other), rows_of(own));
    let wanted = |score: &Score| score.outcome.is_some() && has_enough(score.statistic, &feature.rules, &there, &here);
    if !verdict.scores.iter().any(wanted) {
        return;
    }
    let Ok(statistics) = compare_windows(&feature.layout, other, own, feature.rules.smoothing) else {
        return;
    };
    // Both sides vary as healthy windows do, and both have counts of their own: twice the one, twice the other.
    let p_value = |statistic, computed: &Computed| {
        let healthy = variation.and_then(|(variation, length)| variation.at(statistic, length));
        computed.measure.map(|measure| judge_difference(&measure, healthy.as_ref().map(|(_, healthy)| healthy)).p)
    };
    for score in verdict.scores.iter_mut().filter(|score| wanted(score)) {
        let found = statistics.iter().find(|s| s.statistic == score.statistic).and_then(|s| s.result.ok());
        let Some(computed) = found else {
            continue;
        };
        let (value, p_value) = match score.statistic.definition().scale {
            // What was learnt of values that the baseline never had is about a window and the baseline.
            Scale::Share { .. } => (score_effect(&computed, score), computed.p_value()),
            // In units of the baseline's spread, as the distance to the baseline is.
            Scale::Distance => (in_sigmas(computed.value, score), p_value(score.statistic, &computed)),
            _ => (score_effect(&computed, score), p_value(score.statistic, &computed)),
        };
        score.references.extend(value.map(|value| ReferenceScore { reference, value, p_value }));
    }
}

fn score_effect(computed: &Computed, score: &Score) -> Option<f64> {
    let scale = score.statistic.definition().scale;
    computed.growth.or_else(|| scale.effect(computed.value, None, computed.baseline_share))
}

fn in_sigmas(distance: f64, score: &Score) -> Option<f64> {
    let (raw, normalized) = (score.value?, score.normalized?);
    let sigmas = distance * normalized / raw;
    if raw > 0.0 { Some(sigmas).filter(|sigmas| sigmas.is_finite()) } else { None }
}

#[cfg(test)]
mod tests;
