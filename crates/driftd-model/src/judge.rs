//! From statistic to verdict: both gates, effect and significance, over the whole window at once.

use std::collections::BTreeMap;

use driftd_stats::{
    Basis, DriftStatistic, FeatureAggregate, FeatureLayout, NotComputable, Scale, Statistic, benjamini_hochberg,
    compare, movements,
};

use crate::verdict::{FeatureKind, Outcome, Reason, Rows, Score, Verdict};
use crate::{FeatureName, JudgeRules};

/// How many bins or categories an explanation names.
const MOVED: usize = 5;

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
}

/// Judges every comparison of one window together: p-values are adjusted by Benjamini-Hochberg over all features (and
/// segments) handed in, one family a statistic, and a verdict is bad only where both gates open.
///
/// Features with too few rows take no part in the adjustment. A comparison whose sides have different shapes becomes
/// [`Outcome::NotComparable`] on its own and leaves the others alone.
#[must_use]
pub fn judge(comparisons: &[Comparison<'_>]) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = comparisons.iter().map(measure).collect();
    adjust(comparisons, &mut verdicts);
    for (comparison, verdict) in comparisons.iter().zip(&mut verdicts) {
        decide(comparison.rules, verdict);
    }
    verdicts
}

/// A verdict without judgement: rows, statistics, movements.
fn measure(comparison: &Comparison<'_>) -> Verdict {
    let Comparison { feature, layout, baseline, window, rules } = *comparison;
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
    match (compare(layout, baseline, window, rules.smoothing), movements(layout, baseline, window, MOVED)) {
        (Ok(statistics), Ok(moved)) => {
            verdict.scores = statistics.into_iter().map(score_of).collect();
            verdict.moved = moved;
        }
        _ => {
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

fn score_of(statistic: Statistic) -> Score {
    let empty = Score {
        statistic: statistic.statistic,
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
        threshold: None,
        outcome: None,
    };
    match statistic.result {
        Err(reason) => Score { reason: Some(reason), ..empty },
        Ok(computed) => Score {
            value: Some(computed.value),
            normalized: computed.normalized,
            certified_error: computed.certified_error,
            bins: computed.bins,
            df: computed.df,
            cramers_v: computed.cramers_v,
            baseline_share: computed.baseline_share,
            growth: computed.growth,
            p_value: computed.p_value,
            ..empty
        },
    }
}

/// Whether both sides have enough of the rows that a statistic is about.
fn has_enough(statistic: DriftStatistic, rules: &JudgeRules, verdict: &Verdict) -> bool {
    let size = |rows: &Rows| match statistic.definition().basis {
        Basis::Rows => rows.rows,
        Basis::Numbers => rows.usable.saturating_add(rows.nan).saturating_add(rows.infinite),
        Basis::Usable => rows.usable,
    };
    size(&verdict.baseline) >= rules.min_samples && size(&verdict.window) >= rules.min_samples
}

/// Fills in the q-values: one family for every statistic, over all features with enough rows.
fn adjust(comparisons: &[Comparison<'_>], verdicts: &mut [Verdict]) {
    let mut families: BTreeMap<DriftStatistic, Vec<(usize, usize, f64)>> = BTreeMap::new();
    for (v, (comparison, verdict)) in comparisons.iter().zip(verdicts.iter()).enumerate() {
        for (s, score) in verdict.scores.iter().enumerate() {
            if let Some(p) = score.p_value
                && has_enough(score.statistic, comparison.rules, verdict)
            {
                families.entry(score.statistic).or_default().push((v, s, p));
            }
        }
    }
    for members in families.into_values() {
        let p: Vec<f64> = members.iter().map(|(_, _, p)| *p).collect();
        for ((v, s, _), q) in members.into_iter().zip(benjamini_hochberg(&p)) {
            if let Some(score) = verdicts.get_mut(v).and_then(|verdict| verdict.scores.get_mut(s)) {
                score.q_value = Some(q);
            }
        }
    }
}

/// Opens or closes the two gates.
fn decide(rules: &JudgeRules, verdict: &mut Verdict) {
    if verdict.outcome == Outcome::NotComparable {
        return;
    }
    // A statistic without a law of its own is gated by the feature's PSI or, failing that, chi-square.
    let stand_in = [DriftStatistic::Psi, DriftStatistic::ChiSquare].into_iter().find_map(|s| verdict.score(s)?.q_value);
    let enough: Vec<bool> = verdict.scores.iter().map(|s| has_enough(s.statistic, rules, verdict)).collect();
    for (score, enough) in verdict.scores.iter_mut().zip(enough) {
        if !rules.decides(score.statistic) {
            continue;
        }
        score.threshold = rules.thresholds.get(&score.statistic).copied();
        // Without smoothing an empty bin makes PSI infinite: an effect beyond every threshold, but never a stored number.
        let infinite = (score.reason == Some(NotComputable::Infinite)).then_some(f64::INFINITY);
        let (Some(threshold), Some(effect), true) = (score.threshold, score.effect().or(infinite), enough) else {
            continue;
        };
        let significant = match (score.q_value, score.p_value) {
            (Some(q), _) => q <= rules.q,
            (None, Some(_)) => false,
            (None, None) => stand_in.is_some_and(|q| q <= rules.q),
        };
        score.outcome = Some(match significant {
            true if effect >= threshold.critical => Outcome::Critical,
            true if effect >= threshold.warn => Outcome::Warning,
            _ => Outcome::Stable,
        });
    }
    settle(rules, verdict);
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
    let reason = judged().find_map(|s| s.reason).or_else(|| unscaled().then_some(NotComputable::ConstantBaseline));
    reason.map_or(Reason::NothingDecides, Reason::Statistic)
}

#[cfg(test)]
mod tests;
