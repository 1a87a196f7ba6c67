//! One feature's part in an incident, in words.

use driftd_model::{Evidence, Outcome, words};
use driftd_stats::{DriftStatistic, Movement, Scale};
use serde::Serialize;

use crate::tone::Tone;

/// Characters of a feature's name in a sentence.
pub(crate) const FEATURE: usize = 60;
/// Bins or categories spelled out.
const MOVEMENTS: usize = 5;

/// A feature as a message shows it.
#[derive(Debug, Serialize)]
pub struct FeatureView {
    /// Its name.
    pub name: String,
    /// How it was judged.
    pub outcome: &'static str,
    /// How much that presses.
    pub tone: Tone,
    /// What the numbers say: `PSI 8.32 (critical at 0.25)`.
    pub summary: String,
    /// Whether the summary says more than the bare number: for shares, and distances in units of the baseline.
    pub is_explained: bool,
    /// The number as it was computed: `PSI 8.32`, and what was held against the threshold where that is another one.
    pub value: String,
    /// `warning from 0.1, critical from 0.25`.
    pub thresholds: Option<String>,
    /// Rows of the baseline.
    pub n: String,
    /// Rows of the window.
    pub m: String,
    /// What of the effect healthy windows do not show: `net 8.26`.
    pub net: Option<String>,
    /// What moved.
    pub moved: Vec<MovementView>,
}

/// One bin or category whose share is another than it was.
#[derive(Debug, Serialize)]
pub struct MovementView {
    /// The bin or category.
    pub label: String,
    /// Its share in the baseline.
    pub before: String,
    /// Its share in the window.
    pub after: String,
    /// Both shares as bars, in hundredths of the longest bar of the feature.
    pub bars: [u8; 2],
}

impl FeatureView {
    pub(crate) fn of(found: &Evidence) -> Self {
        let shown = found.moved.get(..MOVEMENTS).unwrap_or(&found.moved);
        let longest = shown.iter().flat_map(|m| [m.before, m.after]).filter(|x| x.is_finite()).fold(0.0, f64::max);
        Self {
            name: words::name(found.feature.as_str(), 2 * FEATURE),
            outcome: found.outcome.as_str(),
            tone: match found.outcome {
                Outcome::Critical => Tone::Critical,
                Outcome::Warning => Tone::Warning,
                _ => Tone::Calm,
            },
            summary: evidence(found, 0),
            is_explained: found.statistic.definition().scale != Scale::Number,
            value: figure(found),
            thresholds: found.threshold.map(|threshold| {
                let warn = words::number(threshold.warn);
                match threshold.critical_from() {
                    Some(critical) => format!("warning from {warn}, critical from {}", words::number(critical)),
                    None => format!("warning from {warn}, never critical"),
                }
            }),
            n: words::count(found.n),
            m: words::count(found.m),
            net: found.net.filter(|net| net.is_finite()).map(|net| format!("net {}", words::number(net))),
            moved: shown.iter().map(|movement| MovementView::of(movement, longest)).collect(),
        }
    }
}

impl MovementView {
    fn of(movement: &Movement, longest: f64) -> Self {
        let (before, after) = words::percents(movement.before, movement.after);
        let bar = |share: f64| {
            let part = share / longest;
            // What is there at all is seen.
            if part > 0.0 { (part * 100.0).round().clamp(1.0, 100.0) as u8 } else { 0 }
        };
        let bars = [bar(movement.before), bar(movement.after)];
        Self { label: words::name(&movement.label, FEATURE), before, after, bars }
    }
}

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

fn figure(found: &Evidence) -> String {
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
