//! One feature's part in an incident, in words.

use driftd_model::{Evidence, Outcome, words};
use driftd_stats::DriftStatistic;

/// Characters of a feature's name in a sentence.
pub(crate) const FEATURE: usize = 60;

/// What the numbers say about one feature, without its name: `PSI 8.32 (critical at 0.25), share of (80.6, 95] rose
/// from 0 % to 31 %`; for the statistics that are shares themselves `missing share rose from 1 % to 33 % (…)`.
///
/// `movements` is how many bins or categories are named at most.
#[must_use]
pub fn evidence(evidence: &Evidence, movements: usize) -> String {
    let limit = limit(evidence);
    match evidence.statistic {
        DriftStatistic::Missing => {
            let after = evidence.baseline_share.map(|before| (before, before + evidence.value));
            share_moved("missing share", after, evidence.value) + &limit
        }
        DriftStatistic::NonFinite => {
            let before = evidence.baseline_share.unwrap_or(0.0);
            share_moved("share of NaN and infinite values", Some((before, evidence.value)), 0.0) + &limit
        }
        DriftStatistic::Unseen => {
            format!(
                "{} of values were never in the baseline{limit}{}",
                words::percent(evidence.value),
                unseen(evidence)
            )
        }
        DriftStatistic::OutOfRange => {
            format!("{} of values are outside the baseline's range{limit}", words::percent(evidence.value))
        }
        statistic => {
            // The distance is held against its threshold in units of the baseline's spread, and is told in them.
            let (value, unit) = match statistic {
                DriftStatistic::Wasserstein => (evidence.effect, " standard deviations"),
                _ => (evidence.value, ""),
            };
            let moved = words::moved_sentence(&evidence.moved, movements);
            let separator = if moved.is_empty() { "" } else { ", " };
            format!("{} {}{unit}{limit}{separator}{moved}", words::statistic(statistic), words::number(value))
        }
    }
}

/// The same for statistics whose bare number says little to a person: shares, and distances in units of the baseline.
pub(crate) fn in_words(found: &Evidence) -> Option<String> {
    let says_little = matches!(
        found.statistic,
        DriftStatistic::Missing
            | DriftStatistic::NonFinite
            | DriftStatistic::Unseen
            | DriftStatistic::OutOfRange
            | DriftStatistic::Wasserstein
    );
    says_little.then(|| evidence(found, 0))
}

/// The number as it was computed: `PSI 8.32`, and what was held against the threshold where that is another one.
pub(crate) fn figure(found: &Evidence) -> String {
    let value = format!("{} {}", words::statistic(found.statistic), words::number(found.value));
    if found.effect == found.value { value } else { format!("{value}, effect {}", words::number(found.effect)) }
}

/// The threshold it crossed, in brackets.
fn limit(evidence: &Evidence) -> String {
    let Some(threshold) = evidence.threshold else { return String::new() };
    let (word, at) = match evidence.outcome {
        Outcome::Critical => ("critical", threshold.critical),
        _ => ("warning", threshold.warn),
    };
    let at = match evidence.statistic {
        DriftStatistic::Missing | DriftStatistic::NonFinite => format!("{:+} points", points(at)),
        DriftStatistic::Unseen | DriftStatistic::OutOfRange => words::percent(at),
        _ => words::number(at),
    };
    format!(" ({word} at {at})")
}

/// `share` in percentage points, with two decimals at most.
fn points(share: f64) -> f64 {
    (share * 10_000.0).round() / 100.0
}

fn share_moved(what: &str, shares: Option<(f64, f64)>, change: f64) -> String {
    let verb = |up: bool| if up { "rose" } else { "fell" };
    match shares {
        Some((before, after)) => {
            let up = after >= before;
            let (before, after) = words::percents(before, after.clamp(0.0, 1.0));
            format!("{what} {} from {before} to {after}", verb(up))
        }
        None => format!("{what} {} by {} points", verb(change >= 0.0), points(change.abs())),
    }
}

/// The unseen values a movement names, if any does.
fn unseen(evidence: &Evidence) -> String {
    let names = evidence.moved.iter().rev().find_map(|m| m.label.strip_prefix("(unseen: ")?.strip_suffix(')'));
    names.map_or_else(String::new, |names| format!(", such as {}", words::name(names, FEATURE)))
}
