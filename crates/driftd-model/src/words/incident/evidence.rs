//! One feature's part in an incident, in words.

use driftd_stats::{DriftStatistic, Scale};

use super::FEATURE;
use crate::{Evidence, Outcome, words};

/// What the numbers say about one feature, without its name: `PSI 8.32 (critical at 0.25), share of (80.6, 95] rose
/// from 0 % to 31 %`; for the statistics that are shares themselves `missing share rose from 1 % to 33 % (…)`, or
/// `72 of 72 values are of another type, no numbers (…)`.
///
/// `movements` is how many bins or categories are named at most.
#[must_use]
pub fn evidence(evidence: &Evidence, movements: usize) -> String {
    let limit = limit(evidence);
    let statistic = evidence.statistic.name();
    match evidence.statistic.definition().scale {
        scale @ (Scale::Change { share } | Scale::Growth { share }) => {
            let moved = match scale.shares(evidence.value, evidence.baseline_share) {
                Some((share, before, after)) => share_moved(share, before, after),
                None => format!("{share} {} by {} points", verb(evidence.value >= 0.0), points(evidence.value.abs())),
            };
            evidence.mistyped.map_or(moved, words::mistyped) + &together(evidence) + &limit
        }
        Scale::Share { values } => {
            format!("{} of values {values}{limit}{}", words::percent(evidence.value), unseen(evidence))
        }
        scale @ (Scale::Number | Scale::Distance) => {
            // The distance is held against its threshold in units of the baseline's spread, and is told in them.
            let (value, unit) = match scale {
                Scale::Distance => (evidence.effect, " standard deviations"),
                _ => (evidence.value, ""),
            };
            let moved = words::moved_sentence(&evidence.moved, movements);
            let separator = if moved.is_empty() { "" } else { ", " };
            format!("{statistic} {}{unit}{limit}{separator}{moved}", words::number(value))
        }
    }
}

/// What is judged besides the share itself: missing values and NaN are two forms of one thing.
fn together(evidence: &Evidence) -> String {
    if !matches!(evidence.statistic, DriftStatistic::Missing | DriftStatistic::NonFinite) {
        return String::new();
    }
    let own = evidence.statistic.definition().scale.effect(evidence.value, None, evidence.baseline_share);
    let (own, judged) = (own.map_or(0.0, points), points(evidence.effect));
    if own == judged {
        String::new()
    } else {
        format!(", {judged:+} points with missing values and NaN taken together")
    }
}

/// The threshold it crossed, in brackets.
fn limit(evidence: &Evidence) -> String {
    let Some(threshold) = evidence.threshold else { return String::new() };
    let (word, at) = match evidence.outcome {
        Outcome::Critical => ("critical", threshold.critical),
        _ => ("warning", threshold.warn),
    };
    let at = match evidence.statistic.definition().scale {
        // A share that was whole can only fall.
        Scale::Change { .. } if evidence.baseline_share == Some(1.0) => format!("{:+} points", -points(at)),
        Scale::Change { .. } | Scale::Growth { .. } => format!("{:+} points", points(at)),
        Scale::Share { .. } => words::percent(at),
        Scale::Number | Scale::Distance => words::number(at),
    };
    format!(" ({word} at {at})")
}

/// `share` in percentage points, with two decimals at most.
fn points(share: f64) -> f64 {
    (share * 10_000.0).round() / 100.0
}

fn share_moved(share: &str, before: f64, after: f64) -> String {
    let verb = verb(after >= before);
    let (before, after) = words::percents(before, after);
    format!("{share} {verb} from {before} to {after}")
}

const fn verb(up: bool) -> &'static str {
    if up { "rose" } else { "fell" }
}

/// The unseen values a movement names, if any does.
fn unseen(evidence: &Evidence) -> String {
    let names = evidence.moved.iter().rev().find_map(|m| m.label.strip_suffix(')')?.split_once("unseen: "));
    let names = names.filter(|(before, _)| matches!(*before, "(" | "(other, ")).map(|(_, names)| names);
    names.map_or_else(String::new, |names| format!(", such as {}", words::name(names, FEATURE)))
}
