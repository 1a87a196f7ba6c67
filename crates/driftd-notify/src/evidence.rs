//! One feature's part in an incident, in words.

use driftd_model::{Evidence, Outcome, words};
use driftd_stats::Scale;

/// Characters of a feature's name in a sentence.
pub(crate) const FEATURE: usize = 60;

/// What the numbers say about one feature, without its name: `PSI 8.32 (critical at 0.25), share of (80.6, 95] rose
/// from 0 % to 31 %`; for the statistics that are shares themselves `missing share rose from 1 % to 33 % (…)`.
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
            moved + &limit
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

/// The same for statistics whose bare number says little to a person: shares, and distances in units of the baseline.
pub(crate) fn in_words(found: &Evidence) -> Option<String> {
    let says_little = found.statistic.definition().scale != Scale::Number;
    says_little.then(|| evidence(found, 0))
}

/// The number as it was computed: `PSI 8.32`, and what was held against the threshold where that is another one.
pub(crate) fn figure(found: &Evidence) -> String {
    let value = format!("{} {}", found.statistic.name(), words::number(found.value));
    if found.effect == found.value { value } else { format!("{value}, effect {}", words::number(found.effect)) }
}

/// The threshold it crossed, in brackets.
fn limit(evidence: &Evidence) -> String {
    let Some(threshold) = evidence.threshold else { return String::new() };
    let (word, at) = match evidence.outcome {
        Outcome::Critical => ("critical", threshold.critical),
        _ => ("warning", threshold.warn),
    };
    let at = match evidence.statistic.definition().scale {
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
    let names = evidence.moved.iter().rev().find_map(|m| m.label.strip_prefix("(unseen: ")?.strip_suffix(')'));
    names.map_or_else(String::new, |names| format!(", such as {}", words::name(names, FEATURE)))
}
