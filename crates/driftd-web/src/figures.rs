//! Outcomes and numbers as every page writes them: the badge of an outcome, and figures with their unit.

use driftd_model::{IncidentState, Outcome, Severity, words};
use driftd_stats::{DriftStatistic, Scale};

/// What stands where there is nothing to say.
pub(crate) const NOTHING: &str = "–";

/// An outcome: the word, and the class that gives it shape and colour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Badge {
    pub(crate) class: &'static str,
    pub(crate) word: &'static str,
}

impl Badge {
    pub(crate) const fn of(outcome: Outcome) -> Self {
        Self { class: outcome.as_str(), word: outcome_words(outcome) }
    }

    /// Of an outcome that there may not be.
    pub(crate) fn of_any(outcome: Option<Outcome>) -> Self {
        outcome.map_or(Self { class: "insufficient_data", word: "not judged" }, Self::of)
    }

    /// Of an incident: how bad it is while it lasts, and that it is over.
    pub(crate) const fn of_incident(severity: Severity, state: IncidentState) -> Self {
        match (state, severity) {
            (IncidentState::Resolved, _) => Self { class: "stable", word: "resolved" },
            (_, Severity::Critical) => Self { class: "critical", word: "critical" },
            (_, Severity::Warning) => Self { class: "warning", word: "warning" },
            (_, Severity::Info) => Self { class: "insufficient_data", word: "info" },
        }
    }
}

/// An outcome as a person says it.
pub(crate) const fn outcome_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NotComparable => "not comparable",
        Outcome::InsufficientData => "too little data",
        Outcome::Stable => "stable",
        Outcome::Warning => "warning",
        Outcome::Critical => "critical",
    }
}

/// A value in the unit of its scale.
pub(crate) fn in_unit(scale: Scale, value: f64) -> String {
    match scale {
        Scale::Number | Scale::Distance => words::number(value),
        Scale::Change { .. } => points(value),
        Scale::Growth { .. } | Scale::Share { .. } => words::percent(value),
    }
}

/// A threshold in the unit of the statistic's effect.
pub(crate) fn limit(statistic: DriftStatistic, at: f64) -> String {
    match statistic.definition().scale {
        Scale::Number => words::number(at),
        Scale::Distance => format!("{} σ", words::number(at)),
        Scale::Change { .. } | Scale::Growth { .. } => points(at),
        Scale::Share { .. } => words::percent(at),
    }
}

pub(crate) fn points(share: f64) -> String {
    let points = share * 100.0;
    let sign = if points > 0.0 { "+" } else { "" };
    format!("{sign}{} points", words::number(points))
}

/// A probability without its name.
pub(crate) fn probability(p: Option<f64>) -> String {
    p.map_or_else(|| NOTHING.to_owned(), |p| words::probability("", p).trim_start_matches([' ', '=']).to_owned())
}
