//! Statistics in figures and words.

use driftd_model::{Score, Verdict, words};
use driftd_stats::{Certified, NotComputable, Scale};

use crate::figures::{NOTHING, in_unit, limit, outcome_words, points, probability};

/// One line of a feature's table of statistics.
pub(super) struct ScoreRow {
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) thresholds: String,
    pub(super) p: String,
    pub(super) q: String,
    pub(super) detail: String,
    pub(super) outcome: &'static str,
}

impl ScoreRow {
    pub(super) fn of(score: &Score) -> Self {
        let thresholds = score.threshold.map_or_else(
            || NOTHING.to_owned(),
            |t| {
                let (warn, critical) = (limit(score.statistic, t.warn), limit(score.statistic, t.critical));
                // The unit is said once.
                let warn = warn.split_once(' ').map_or(warn.as_str(), |(number, _)| number);
                format!("{warn} / {critical}")
            },
        );
        Self {
            key: score.statistic.as_str(),
            name: score.statistic.name(),
            value: value(score),
            thresholds,
            p: probability(score.p_value),
            q: probability(score.q_value),
            detail: detail(score),
            outcome: match score.outcome {
                Some(outcome) => outcome_words(outcome),
                None => "no",
            },
        }
    }
}

/// The score to name first: an infinite PSI that decided has no number, and leads all the same.
pub(super) fn leading(verdict: &Verdict) -> Option<&Score> {
    verdict
        .scores
        .iter()
        .find(|s| s.reason == Some(NotComputable::Infinite) && s.outcome == Some(verdict.outcome))
        .or_else(|| verdict.leading_score())
}

/// The value with its unit: shares in per cent, a change of share in points, a distance in the feature's unit and in
/// standard deviations of the baseline.
pub(super) fn value(score: &Score) -> String {
    match (score.value, score.reason) {
        (Some(value), _) => match (score.statistic.definition().scale, score.normalized) {
            (Scale::Distance, Some(sigmas)) => format!("{} ({} σ)", words::number(value), words::number(sigmas)),
            (scale, _) => in_unit(scale, value),
        },
        (None, Some(NotComputable::Infinite)) => "infinite".to_owned(),
        (None, Some(reason)) => reason.to_string(),
        (None, None) => NOTHING.to_owned(),
    }
}

/// How far the exact value may be.
fn certified(score: &Score) -> Option<String> {
    let sign = match score.statistic.definition().certified? {
        Certified::Above => "+",
        Certified::Around => "±",
    };
    let error = score.certified_error?;
    Some(if error == 0.0 { "exact".to_owned() } else { format!("{sign}{} certified", words::number(error)) })
}

/// What else belongs to the value: its error, how many bins took part, what it is compared with.
fn detail(score: &Score) -> String {
    let mut parts: Vec<String> = certified(score).into_iter().collect();
    if let Some(df) = score.df {
        parts.push(format!("{df} df"));
    }
    if let Some(bins) = score.bins {
        parts.push(words::counted(u64::from(bins), "bin", "bins"));
    }
    if let Some(v) = score.cramers_v {
        parts.push(format!("Cramér's V {}", words::number(v)));
    }
    if let Some(share) = score.baseline_share {
        let what = match score.statistic.definition().scale {
            Scale::Change { .. } | Scale::Growth { .. } => "baseline",
            Scale::Number | Scale::Distance | Scale::Share { .. } => "expected",
        };
        parts.push(format!("{what} {}", words::percent(share)));
    }
    if let Some(growth) = score.growth {
        parts.push(format!("{} with missing values and NaN taken together", points(growth)));
    }
    parts.join(", ")
}
