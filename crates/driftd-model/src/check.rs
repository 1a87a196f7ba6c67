//! The report of a one-shot comparison, and its stable JSON form `driftd.check/1`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{ContentHash, FeatureKind, IncidentKind, Outcome, Reason, Rows, Score, Verdict, kind_of};

/// Version of the JSON form; it changes only by addition.
pub const SCHEMA: &str = "driftd.check/1";

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// File or baseline name.
    pub name: String,
    /// Rows.
    pub rows: u64,
}

/// Two data sets, compared feature by feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    /// The reference.
    pub baseline: Side,
    /// Content hash of the baseline.
    pub baseline_hash: ContentHash,
    /// What is compared with it.
    pub current: Side,
    /// Features, in the baseline's order, then columns the baseline does not have.
    pub features: Vec<Verdict>,
    /// Things a person should know that are no verdict.
    pub notes: Vec<String>,
}

impl CheckReport {
    /// The worst outcome of its features; `not_comparable` without any.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.features.iter().map(|f| f.outcome).max().unwrap_or(Outcome::NotComparable)
    }

    /// How many features were judged. Where there are none, nothing says that the data are as they were.
    #[must_use]
    pub fn judged(&self) -> usize {
        self.features.iter().filter(|f| f.outcome >= Outcome::Stable).count()
    }

    /// How many columns only the current data have; they weigh nothing.
    #[must_use]
    pub fn new_columns(&self) -> usize {
        self.features.iter().filter(|f| f.reason == Some(Reason::MissingFromBaseline)).count()
    }

    /// How many features could not be judged.
    #[must_use]
    pub fn unjudged(&self) -> usize {
        self.features.len() - self.judged() - self.new_columns()
    }

    /// Features, worst first: by outcome, then by effect in units of its threshold, then by name.
    #[must_use]
    pub fn worst_first(&self) -> Vec<&Verdict> {
        let mut features: Vec<&Verdict> = self.features.iter().collect();
        features.sort_by(|a, b| Verdict::worst_first(a, b).then_with(|| a.feature.cmp(&b.feature)));
        features
    }

    /// The report as one JSON object: finite numbers in full precision, statistics that do not apply absent, those
    /// that could not be computed as `{"value": null, "reason": …}`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "schema": SCHEMA,
            "outcome": self.outcome(),
            "judged": self.judged(),
            "baseline": {"name": self.baseline.name, "hash": self.baseline_hash, "rows": self.baseline.rows},
            "current": {"name": self.current.name, "rows": self.current.rows},
            "features": self.features.iter().map(feature_json).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }
}

/// Has the verdict on a feature say that its column is another one than the baseline's, where that is why it is what it
/// is: nothing usable was found in it, or its values are other categories.
pub fn explain(verdict: &mut Verdict, differs: &Reason) {
    let is_other = verdict.kind == FeatureKind::Categorical && verdict.outcome != Outcome::Stable;
    if verdict.window.usable == 0 || is_other {
        verdict.reason = Some(differs.clone());
    }
}

/// The kinds of incident that a verdict speaks for when it is bad.
#[must_use]
pub fn incident_kinds(verdict: &Verdict) -> Vec<IncidentKind> {
    let bad = |kind: &IncidentKind| {
        let mut scores = verdict.scores.iter().filter(|score| kind_of(score.statistic) == *kind);
        scores.any(|score| score.outcome.is_some_and(Outcome::is_bad))
    };
    [IncidentKind::DataQuality, IncidentKind::Drift].into_iter().filter(bad).collect()
}

/// A column that only the current data have, or another one that there is nothing to compare with, as a verdict.
#[must_use]
pub fn not_comparable(feature: &str, kind: FeatureKind, reason: Reason, baseline: Rows, window: Rows) -> Verdict {
    Verdict {
        feature: feature.into(),
        kind,
        outcome: Outcome::NotComparable,
        reason: Some(reason),
        baseline,
        window,
        scores: Vec::new(),
        moved: Vec::new(),
    }
}

fn feature_json(verdict: &Verdict) -> Value {
    let (b, w) = (&verdict.baseline, &verdict.window);
    let statistics: Map<String, Value> =
        verdict.scores.iter().map(|s| (s.statistic.as_str().to_owned(), score_json(s))).collect();
    let moved: Vec<Value> =
        verdict.moved.iter().map(|m| json!({"bin": m.label, "before": m.before, "after": m.after})).collect();
    json!({
        "feature": verdict.feature,
        "kind": verdict.kind,
        "outcome": verdict.outcome,
        "reason": verdict.reason.as_ref().map(ToString::to_string),
        "incident_kinds": incident_kinds(verdict),
        "rows": {
            "baseline": b.rows, "current": w.rows,
            "missing_baseline": b.missing, "missing_current": w.missing,
            "nan_baseline": b.nan, "nan_current": w.nan,
            "inf_baseline": b.infinite, "inf_current": w.infinite,
            "mistyped_baseline": b.mistyped, "mistyped_current": w.mistyped,
        },
        "statistics": statistics,
        "moved": moved,
    })
}

fn score_json(score: &Score) -> Value {
    let mut map = Map::new();
    map.insert("value".to_owned(), json!(score.value));
    let fields = [
        ("normalized", json!(score.normalized)),
        ("certified_error", json!(score.certified_error)),
        ("bins", json!(score.bins)),
        ("df", json!(score.df)),
        ("cramers_v", json!(score.cramers_v)),
        ("baseline", json!(score.baseline_share)),
        ("growth", json!(score.growth)),
        ("p_value", json!(score.p_value)),
        ("q_value", json!(score.q_value)),
        ("expected", json!(score.expected)),
        ("net", json!(score.net)),
        ("warn", json!(score.threshold.map(|t| t.warn))),
        ("critical", json!(score.threshold.map(|t| t.critical))),
        ("outcome", json!(score.outcome)),
        ("reason", json!(score.reason.map(|r| r.to_string()))),
    ];
    map.extend(fields.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.to_owned(), v)));
    Value::Object(map)
}

#[cfg(test)]
mod tests;
