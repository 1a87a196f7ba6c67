//! One feature of the report: its line in the table, and its section.

use driftd_model::{FeatureKind, Outcome, Rows, Score, Threshold, Verdict, words};
use driftd_stats::{DriftStatistic, Scale};

use super::FeatureDistribution;
use super::scores::{ScoreRow, leading, value};
use crate::charts::{distribution_steps, effect_bar, paired_bars};
use crate::figures::{Badge, limit};

/// Characters of a feature's name in the table, and in the heading of its section.
const SHORT: usize = 80;
const LONG: usize = 600;
/// Bins or categories named.
const MOVED: usize = 3;

/// One line of the table of features.
pub(super) struct Row {
    pub(super) anchor: usize,
    pub(super) feature: String,
    pub(super) badge: Badge,
    pub(super) statistic: String,
    pub(super) gates: String,
    pub(super) bar: String,
    pub(super) n: String,
    pub(super) m: String,
    pub(super) moved: String,
}

/// One feature in full.
pub(super) struct Section {
    pub(super) anchor: usize,
    pub(super) feature: String,
    pub(super) kind: String,
    pub(super) badge: Badge,
    pub(super) story: String,
    pub(super) moved: String,
    pub(super) chart: String,
    pub(super) counts: Vec<CountRow>,
    pub(super) scores: Vec<ScoreRow>,
}

/// How many rows of a sort there are on either side.
pub(super) struct CountRow {
    pub(super) what: &'static str,
    pub(super) baseline: String,
    pub(super) current: String,
}

impl Row {
    pub(super) fn of(anchor: usize, verdict: &Verdict) -> Self {
        let lead = leading(verdict);
        let statistic = match (lead, &verdict.reason) {
            (Some(score), _) => format!("{} {}", score.statistic.name(), value(score)),
            (None, Some(reason)) => words::name(&reason.to_string(), 2 * SHORT),
            (None, None) => "nothing judged".to_owned(),
        };
        Self {
            anchor,
            feature: words::name(verdict.feature.as_str(), SHORT),
            badge: Badge::of(verdict.outcome),
            statistic,
            gates: lead.map(|score| tied(&gates(verdict, score))).unwrap_or_default(),
            bar: lead.and_then(bar).unwrap_or_default(),
            n: words::count(verdict.baseline.usable),
            m: words::count(verdict.window.usable),
            moved: tied(&moved(verdict, 1)),
        }
    }
}

impl Section {
    /// The section of `verdict`, with a chart when there is a distribution to draw.
    pub(super) fn of(anchor: usize, verdict: &Verdict, distribution: Option<&FeatureDistribution>) -> Self {
        let feature = words::name(verdict.feature.as_str(), LONG);
        let title = format!("Distribution of {}", words::name(&feature, SHORT));
        let chart = match distribution {
            Some(d) if d.bins.is_empty() => String::new(),
            Some(d) if verdict.kind == FeatureKind::Numeric => distribution_steps(&title, &d.bins),
            Some(d) => paired_bars(&title, &d.bins),
            None => String::new(),
        };
        Self {
            anchor,
            feature,
            kind: verdict.kind.to_string(),
            badge: Badge::of(verdict.outcome),
            story: tied(&story(verdict)),
            moved: tied(&words::sentence(&moved(verdict, MOVED))),
            chart,
            counts: counts(verdict),
            scores: verdict.scores.iter().map(ScoreRow::of).collect(),
        }
    }
}

fn bar(score: &Score) -> Option<String> {
    let threshold = score.threshold?;
    Some(effect_bar(score.statistic.name(), score.net.or_else(|| score.effect())?.max(0.0), threshold))
}

/// Threshold and significance in a few words: `critical at 0.25, q < 1e-16`.
fn gates(verdict: &Verdict, score: &Score) -> String {
    let mut parts = Vec::new();
    if let Some(threshold) = score.threshold {
        let (word, at) = nearest(verdict.outcome, threshold);
        parts.push(format!("{word} at {}", limit(score.statistic, at)));
    }
    if let Some(q) = score.q_value {
        parts.push(words::probability("q", q));
    }
    parts.join(", ")
}

/// The threshold that matters: the critical one when it was crossed, otherwise the first.
const fn nearest(outcome: Outcome, threshold: Threshold) -> (&'static str, f64) {
    match outcome {
        Outcome::Critical => ("critical", threshold.critical),
        _ => ("warning", threshold.warn),
    }
}

/// Why the outcome is what it is.
fn story(verdict: &Verdict) -> String {
    let why = verdict.reason.as_ref().map(|r| words::sentence(&words::name(&r.to_string(), LONG))).unwrap_or_default();
    let Some(score) = leading(verdict) else { return why };
    let q = score.q_value.map(|q| format!(" ({})", words::probability("q", q))).unwrap_or_default();
    let at = |at: f64| limit(score.statistic, at);
    let changed = matches!(score.statistic.definition().scale, Scale::Change { .. });
    let verb = if changed { "changed by" } else { "is" };
    let told = format!("{} {verb} {}", score.statistic.name(), value(score));
    let told = match (score.threshold, score.effect()) {
        (Some(t), _) if verdict.outcome == Outcome::Critical => {
            format!("{told}, at or above the critical threshold of {}, and significant{q}", at(t.critical))
        }
        (Some(t), _) if verdict.outcome == Outcome::Warning => {
            format!("{told}, at or above the warning threshold of {}, and significant{q}", at(t.warn))
        }
        (Some(t), Some(effect)) if score.net.unwrap_or(effect) >= t.warn => {
            format!("{told}, at or above the threshold of {}, but not significant{q}", at(t.warn))
        }
        (Some(t), Some(effect)) if effect >= t.warn => {
            let net = at(score.net.unwrap_or(effect));
            format!(
                "{told}, but only {net} of it is more than healthy data of this size show; warning at {}",
                at(t.warn)
            )
        }
        (Some(t), _) => format!("the largest effect is below its threshold: {told}, warning at {}", at(t.warn)),
        (None, _) => told,
    };
    [words::sentence(&told), why].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What moved, in one clause: first what the leading statistic is about when that is no bin, then `top` bins.
fn moved(verdict: &Verdict, top: usize) -> String {
    let lead = leading(verdict).filter(|_| verdict.outcome.is_bad()).and_then(|score| {
        if score.statistic == DriftStatistic::Mistyped {
            return Some(words::mistyped(verdict.mistyped()));
        }
        let scale = score.statistic.definition().scale;
        let (what, before, after) = scale.shares(score.value?, score.baseline_share)?;
        let verb = if after >= before { "rose" } else { "fell" };
        let (before, after) = words::percents(before, after);
        Some(format!("{what} {verb} from {before} to {after}"))
    });
    let bins = words::moved_sentence(&verdict.moved, if lead.is_some() { top.saturating_sub(1) } else { top });
    [lead.unwrap_or_default(), bins].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join("; ")
}

/// `text` with figures that do not break over the end of a line: `10 %`, `q < 1e-16`.
fn tied(text: &str) -> String {
    let text = text.replace(" %", "\u{a0}%").replace("q = ", "q\u{a0}=\u{a0}").replace("q < ", "q\u{a0}<\u{a0}");
    // A hyphen invites a line break; the non-breaking one looks the same.
    (0..10).fold(text, |text, digit| text.replace(&format!("{digit}e-"), &format!("{digit}e\u{2011}")))
}

fn counts(verdict: &Verdict) -> Vec<CountRow> {
    let (baseline, current) = (&verdict.baseline, &verdict.window);
    let row = |what, part: fn(&Rows) -> u64| CountRow {
        what,
        baseline: of_rows(part(baseline), baseline.rows),
        current: of_rows(part(current), current.rows),
    };
    let all = |what, part: fn(&Rows) -> u64| CountRow {
        what,
        baseline: words::count(part(baseline)),
        current: words::count(part(current)),
    };
    let mut rows = vec![all("rows", |r| r.rows), row("usable", |r| r.usable), row("missing", |r| r.missing)];
    if verdict.kind == FeatureKind::Numeric {
        rows.extend([row("NaN", |r| r.nan), row("infinite", |r| r.infinite)]);
    }
    if baseline.mistyped + current.mistyped > 0 {
        rows.push(row("wrong type", |r| r.mistyped));
    }
    rows
}

fn of_rows(part: u64, rows: u64) -> String {
    match (part, rows) {
        (0, _) | (_, 0) => words::count(part),
        _ => format!("{} ({})", words::count(part), words::percent(part as f64 / rows as f64)),
    }
}
