//! From statistic to verdict: both gates, effect and significance, over the whole window at once.

use std::collections::BTreeMap;

use driftd_stats::{
    Basis, Computed, DriftStatistic, FeatureAggregate, FeatureLayout, Healthy, Measured, Movement, NotComputable,
    Scale, Statistic, benjamini_hochberg, compare, compare_windows, judge_difference, movements,
};

use driftd_window::Span;

use crate::verdict::{FeatureKind, Outcome, Reason, Rows, Score, Verdict};
use crate::{FeatureName, FeatureVariation, JudgeRules};

/// How many bins or categories an explanation names.
pub(crate) const MOVED: usize = 5;

/// One feature of one window, ready to be judged.
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    /// The feature.
    pub feature: &'a FeatureName,
    /// Its layout.
    pub layout: &'a FeatureLayout,
    /// What the baseline looks like.
    pub baseline: &'a FeatureAggregate,
    /// What the window looks like.
    pub window: &'a FeatureAggregate,
    /// How it is judged.
    pub rules: &'a JudgeRules,
    /// How much healthy windows differ, where that was learnt, and the length of this one.
    pub healthy: Option<(&'a FeatureVariation, Span)>,
}

/// Judges every comparison of one window together: p-values are adjusted by Benjamini-Hochberg over everything that is
/// judged, in one family, and a verdict is bad only where both gates open.
///
/// The statistics that read the same counts share one p-value, which takes part once a feature.
///
/// Features with too few rows take no part in the adjustment. A comparison whose sides have different shapes becomes
/// [`Outcome::NotComparable`] on its own and leaves the others alone.
///
/// Which bins or categories moved stands in the bad verdicts: nobody is told of the others, and every window that ends
/// would pay for their labels. Who shows them asks for [`Comparison::moved`].
#[must_use]
pub fn judge(comparisons: &[Comparison<'_>]) -> Vec<Verdict> {
    judged(comparisons, Against::Baseline)
}

/// The same of windows that are held against other windows of the same layout, which stand where the baseline does.
#[must_use]
pub fn judge_windows(comparisons: &[Comparison<'_>]) -> Vec<Verdict> {
    judged(comparisons, Against::Window)
}

/// What a window is held against.
#[derive(Clone, Copy)]
enum Against {
    /// What the layout was made from.
    Baseline,
    /// Another window.
    Window,
}

fn judged(comparisons: &[Comparison<'_>], against: Against) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = comparisons.iter().map(|comparison| measure(comparison, against)).collect();
    adjust(comparisons, &mut verdicts);
    for (comparison, verdict) in comparisons.iter().zip(&mut verdicts) {
        decide(comparison.rules, verdict);
        if verdict.outcome.is_bad() {
            verdict.moved = comparison.moved();
        }
    }
    verdicts
}

impl Comparison<'_> {
    /// The bins or categories whose shares changed most; none where the sides have different shapes.
    #[must_use]
    pub fn moved(&self) -> Vec<Movement> {
        movements(self.layout, self.baseline, self.window, MOVED).unwrap_or_default()
    }
}

/// A verdict without judgement: rows, statistics.
fn measure(comparison: &Comparison<'_>, against: Against) -> Verdict {
    let Comparison { feature, layout, baseline, window, rules, .. } = *comparison;
    let mut verdict = Verdict {
        feature: feature.clone(),
        kind: layout.into(),
        outcome: Outcome::InsufficientData,
        reason: None,
        baseline: rows_of(baseline),
        window: rows_of(window),
        scores: Vec::new(),
        moved: Vec::new(),
    };
    let statistics = match against {
        Against::Baseline => compare(layout, baseline, window, rules.smoothing),
        Against::Window => compare_windows(layout, baseline, window, rules.smoothing),
    };
    // What was learnt of values that the baseline never had is about a window and the baseline.
    let speaks = |statistic: &Statistic| {
        matches!(against, Against::Baseline) || !matches!(statistic.statistic.definition().scale, Scale::Share { .. })
    };
    match statistics {
        Ok(statistics) => {
            let scored = |statistic| {
                let healthy = comparison.healthy.filter(|_| speaks(&statistic));
                score_of(statistic, healthy)
            };
            verdict.scores = statistics.into_iter().map(scored).collect();
        }
        Err(_) => {
            verdict.outcome = Outcome::NotComparable;
            verdict.reason = Some(Reason::BaselineChanged);
        }
    }
    verdict
}

/// Row accounting of an aggregate.
#[must_use]
pub fn rows_of(aggregate: &FeatureAggregate) -> Rows {
    Rows {
        rows: aggregate.rows(),
        usable: aggregate.usable(),
        missing: aggregate.missing(),
        mistyped: aggregate.mistyped(),
        mistyped_types: aggregate.mistyped_types(),
        nan: aggregate.nan(),
        infinite: aggregate.infinite(),
    }
}

/// A score of which nothing is known yet.
pub(crate) const fn unjudged(statistic: DriftStatistic) -> Score {
    Score {
        statistic,
        value: None,
        reason: None,
        normalized: None,
        certified_error: None,
        bins: None,
        df: None,
        cramers_v: None,
        baseline_share: None,
        growth: None,
        p_value: None,
        q_value: None,
        expected: None,
        net: None,
        phi: None,
        healthy_windows: None,
        level: None,
        threshold: None,
        references: Vec::new(),
        outcome: None,
    }
}

fn score_of(statistic: Statistic, healthy: Option<(&FeatureVariation, Span)>) -> Score {
    let name = statistic.statistic;
    let empty = unjudged(name);
    match statistic.result {
        Err(reason) => Score { reason: Some(reason), ..empty },
        Ok(computed) => {
            let shown = Score {
                value: Some(computed.value),
                normalized: computed.normalized,
                certified_error: computed.certified_error,
                bins: computed.bins,
                df: computed.df,
                cramers_v: computed.cramers_v,
                baseline_share: computed.baseline_share,
                growth: computed.growth,
                ..empty
            };
            let learnt = healthy.and_then(|(variation, length)| variation.at(name, length));
            in_the_light_of(&computed, learnt.map(|(_, healthy)| healthy), shown)
        }
    }
}

/// Adds what the difference means for a healthy population: its p-value, and how much of the effect is left.
fn in_the_light_of(computed: &Computed, healthy: Option<Healthy>, score: Score) -> Score {
    let Some(measure) = &computed.measure else {
        return score;
    };
    let judged = judge_difference(measure, healthy.as_ref());
    let effect = score.effect();
    let net = effect.map(|effect| judged.net_effect(score.statistic, effect));
    Score {
        p_value: Some(judged.p),
        net,
        expected: effect.zip(net).map(|(effect, net)| effect - net),
        phi: Some(judged.phi),
        healthy_windows: healthy.map(|healthy| healthy.windows),
        ..score
    }
}

/// Whether both sides have enough of the rows that a statistic is about.
pub(crate) fn has_enough(statistic: DriftStatistic, rules: &JudgeRules, baseline: &Rows, window: &Rows) -> bool {
    let size = |rows: &Rows| match statistic.definition().basis {
        Basis::Rows => rows.rows,
        Basis::Numbers => rows.usable.saturating_add(rows.nan).saturating_add(rows.infinite),
        Basis::Usable => rows.usable,
    };
    size(baseline) >= rules.min_samples && size(window) >= rules.min_samples
}

/// Fills in the q-values: one family over all features with enough rows. What several statistics read is in it once,
/// if any of them decides, and they share its q-value.
fn adjust(comparisons: &[Comparison<'_>], verdicts: &mut [Verdict]) {
    let mut family: BTreeMap<(usize, Measured), f64> = BTreeMap::new();
    for (v, (comparison, verdict)) in comparisons.iter().zip(verdicts.iter()).enumerate() {
        for score in &verdict.scores {
            let measured = score.statistic.definition().measured;
            if comparison.rules.decides(score.statistic)
                && has_enough(score.statistic, comparison.rules, &verdict.baseline, &verdict.window)
                && let Some(p) = shared(verdict, measured, |score| score.p_value)
            {
                family.insert((v, measured), p);
            }
        }
    }
    let p: Vec<f64> = family.values().copied().collect();
    let adjusted: BTreeMap<(usize, Measured), f64> = family.into_keys().zip(benjamini_hochberg(&p)).collect();
    for (v, (comparison, verdict)) in comparisons.iter().zip(verdicts).enumerate() {
        for score in verdict.scores.iter_mut().filter(|score| score.p_value.is_some()) {
            score.q_value = adjusted.get(&(v, score.statistic.definition().measured)).copied();
            score.level = score.q_value.map(|_| comparison.rules.q);
        }
    }
}

/// What one of the statistics that read the same has, and all of them share. An infinite PSI has no score to keep a
/// p-value in; that of the bins is another's.
fn shared(verdict: &Verdict, measured: Measured, what: fn(&Score) -> Option<f64>) -> Option<f64> {
    verdict.scores.iter().filter(|score| score.statistic.definition().measured == measured).find_map(what)
}

/// Opens or closes the two gates.
fn decide(rules: &JudgeRules, verdict: &mut Verdict) {
    if verdict.outcome == Outcome::NotComparable {
        return;
    }
    let bins = shared(verdict, Measured::Bins, |score| score.q_value);
    let (baseline, window) = (verdict.baseline, verdict.window);
    for score in &mut verdict.scores {
        let enough = has_enough(score.statistic, rules, &baseline, &window);
        if !rules.decides(score.statistic) {
            continue;
        }
        score.threshold = rules.thresholds.get(&score.statistic).copied();
        let q = if is_infinite(score) { bins } else { score.q_value };
        score.outcome = enough.then(|| gated(score, q, rules.q)).flatten();
    }
    settle(rules, verdict);
}

/// Without smoothing an empty bin makes PSI infinite: an effect beyond every threshold, but never a stored number.
fn is_infinite(score: &Score) -> bool {
    score.reason == Some(NotComputable::Infinite)
}

/// What both gates make of a score: its threshold by what of the effect healthy windows do not show, significance by
/// `q`. Nothing without a threshold or an effect, and where a large effect has no p-value, as with all bins but one too
/// small to be told apart: that is neither good nor bad.
pub(crate) fn gated(score: &Score, q: Option<f64>, level: f64) -> Option<Outcome> {
    let net = if is_infinite(score) { Some(f64::INFINITY) } else { score.net.or_else(|| score.effect()) };
    match (score.threshold?.outcome(net?), q) {
        (outcome, Some(q)) if q <= level => Some(outcome),
        (outcome, None) if outcome.is_bad() => None,
        _ => Some(Outcome::Stable),
    }
}

/// The feature's outcome: its worst judged statistic, or why there is none.
fn settle(rules: &JudgeRules, verdict: &mut Verdict) {
    let worst = verdict.scores.iter().filter_map(|s| s.outcome).max();
    let reason = short_side(rules, verdict).or_else(|| worst.is_none().then(|| uncomputable(rules, verdict)));
    verdict.outcome = match (worst, &reason) {
        // A flood of nulls or NaN is bad however little is left to compare.
        (Some(outcome), _) if outcome.is_bad() => outcome,
        (_, Some(Reason::TooFewRows { .. } | Reason::TooFewBaselineRows { .. } | Reason::NoValues)) => {
            Outcome::InsufficientData
        }
        (Some(outcome), _) => outcome,
        (None, _) => Outcome::NotComparable,
    };
    verdict.reason = reason;
}

fn short_side(rules: &JudgeRules, verdict: &Verdict) -> Option<Reason> {
    let needed = rules.min_samples;
    let presence = verdict.kind == FeatureKind::Presence;
    let size = |rows: &Rows| if presence { rows.rows } else { rows.usable };
    let (n, m) = (size(&verdict.baseline), size(&verdict.window));
    if n < needed {
        return Some(Reason::TooFewBaselineRows { found: n, needed });
    }
    if m == 0 && verdict.window.rows >= needed.max(1) {
        return Some(Reason::NoValues);
    }
    if m < needed {
        return Some(Reason::TooFewRows { found: m, needed });
    }
    presence.then_some(Reason::EmptyBaseline)
}

/// Why none of the statistics that should decide could.
fn uncomputable(rules: &JudgeRules, verdict: &Verdict) -> Reason {
    let judged = || verdict.scores.iter().filter(|s| rules.decides(s.statistic));
    // A distance in units of the baseline's standard deviation needs one; the raw distance is still shown.
    let unscaled = || judged().any(|s| s.statistic.definition().scale == Scale::Distance && s.value.is_some());
    if judged().any(|s| s.threshold.is_some() && s.value.is_some() && s.p_value.is_none()) {
        return Reason::CannotTellApart;
    }
    let reason = judged().find_map(|s| s.reason).or_else(|| unscaled().then_some(NotComputable::ConstantBaseline));
    reason.map_or(Reason::NothingDecides, Reason::Statistic)
}

#[cfg(test)]
mod tests;
