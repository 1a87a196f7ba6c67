//! A row of the history in figures and words.

use driftd_model::{HistoryRow, Outcome, Threshold, words};

use crate::figures::{NOTHING, in_unit, limit, outcome_words, probability};

/// One statistic of its newest window.
pub(crate) struct Scored {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) net: String,
    pub(crate) expected: String,
    pub(crate) q: String,
    pub(crate) references: [String; 3],
    pub(crate) outcome: &'static str,
}

/// What makes a statistic lead: first how bad it is, then how much of its threshold it reaches.
pub(crate) fn weight(row: &HistoryRow) -> (Option<Outcome>, f64) {
    let reached = row.warn.filter(|warn| *warn > 0.0).zip(row.net.or(row.value));
    (row.outcome, reached.map_or(f64::MIN, |(warn, effect)| effect / warn))
}

pub(crate) fn value(row: &HistoryRow) -> String {
    row.value.map_or_else(|| "not computed".to_owned(), |value| in_unit(row.statistic.definition().scale, value))
}

pub(crate) fn threshold(row: &HistoryRow) -> Option<Threshold> {
    Some(Threshold { warn: row.warn?, critical: row.critical.unwrap_or(f64::INFINITY) })
}

/// Threshold and significance in a few words.
pub(crate) fn gates(row: &HistoryRow) -> String {
    let mut parts = Vec::new();
    if let Some(net) = row.net {
        parts.push(format!("{} beyond what healthy windows show", limit(row.statistic, net)));
    }
    if let Some(threshold) = threshold(row) {
        let (word, at) = match row.outcome {
            Some(Outcome::Critical) => ("critical", threshold.critical),
            _ => ("warning", threshold.warn),
        };
        parts.push(format!("{word} at {}", limit(row.statistic, at)));
    }
    if let Some(q) = row.q_value {
        parts.push(words::probability("q", q));
    }
    parts.join(", ")
}

impl Scored {
    pub(crate) fn of(row: &HistoryRow) -> Self {
        let effect = |effect: Option<f64>| effect.map_or_else(|| NOTHING.to_owned(), |e| limit(row.statistic, e));
        let reference = |(value, p): (Option<f64>, Option<f64>)| match p {
            Some(p) => format!("{} ({})", effect(value), words::probability("p", p)),
            None => effect(value),
        };
        Self {
            name: row.statistic.name(),
            value: value(row),
            net: effect(row.net),
            expected: effect(row.expected),
            q: probability(row.q_value),
            references: references(row).map(|(_, value, p)| reference((value, p))),
            outcome: row.outcome.map_or("no", outcome_words),
        }
    }
}

/// The windows that a row was held against besides the baseline: which, the effect, and its p-value.
const fn references(row: &HistoryRow) -> [(&'static str, Option<f64>, Option<f64>); 3] {
    [
        ("the window before", row.previous_value, row.previous_p),
        ("a day earlier", row.day_value, row.day_p),
        ("a week earlier", row.week_value, row.week_p),
    ]
}

/// The same in words: `against a week earlier 0.04`.
pub(crate) fn against(row: &HistoryRow) -> String {
    let known = references(row).into_iter().filter_map(|(which, value, _)| Some((which, value?)));
    let parts: Vec<String> = known.map(|(which, value)| format!("{} {which}", limit(row.statistic, value))).collect();
    parts.join(", ")
}
