//! The page: summary, table, sections, notes, definitions.

use std::collections::{BTreeSet, HashMap};

use askama::Template;
use driftd_model::check::{CheckReport, Side};
use driftd_model::{Outcome, Verdict, words};
use driftd_stats::{Definition, DriftStatistic};

use super::FeatureDistribution;
use super::feature::{Row, Section};
use crate::charts;
use crate::figures::Badge;

/// Features with a chart.
const CHARTS: usize = 50;
/// Features with a line in the table and a section.
const FEATURES: usize = 1_000;
/// Notes shown.
const NOTES: usize = 100;
/// Characters of a file name, and of a note.
const NAME: usize = 120;
const NOTE: usize = 600;

#[derive(Template)]
#[template(path = "check.html")]
pub(super) struct Page {
    css: &'static str,
    chart_css: &'static str,
    badge: Badge,
    headline: &'static str,
    summary: String,
    baseline: String,
    baseline_rows: String,
    baseline_hash: String,
    current: String,
    current_rows: String,
    rows: Vec<Row>,
    sections: Vec<Section>,
    limits: String,
    notes: Vec<String>,
    definitions: Vec<&'static Definition>,
}

impl Page {
    pub(super) fn of(report: &CheckReport, distributions: &HashMap<&str, &FeatureDistribution>) -> Self {
        let mut worst = report.worst_first();
        let left_out = worst.len().saturating_sub(FEATURES);
        worst.truncate(FEATURES);
        let drawn = |place: usize, verdict: &Verdict| {
            if place < CHARTS { distributions.get(verdict.feature.as_str()).copied() } else { None }
        };
        let sections = worst.iter().enumerate().map(|(i, v)| Section::of(i + 1, v, drawn(i, v))).collect();
        Self {
            css: include_str!("../../templates/report.css"),
            chart_css: charts::STYLE,
            badge: Badge::of(report.outcome()),
            headline: headline(report.outcome()),
            summary: summary(report),
            baseline: words::name(&report.baseline.name, NAME),
            baseline_rows: words::count(report.baseline.rows),
            baseline_hash: words::name(report.baseline_hash.as_str(), NAME),
            current: words::name(&report.current.name, NAME),
            current_rows: words::count(report.current.rows),
            limits: limits(worst.len(), left_out),
            definitions: definitions(&worst),
            rows: worst.iter().enumerate().map(|(i, v)| Row::of(i + 1, v)).collect(),
            sections,
            notes: notes(&report.notes),
        }
    }
}

/// What the statistics that occur in `verdicts` are, in the order they are reported.
fn definitions(verdicts: &[&Verdict]) -> Vec<&'static Definition> {
    let used: BTreeSet<DriftStatistic> = verdicts.iter().flat_map(|v| v.scores.iter().map(|s| s.statistic)).collect();
    used.into_iter().map(DriftStatistic::definition).collect()
}

pub(super) const fn headline(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Critical => "Critical drift",
        Outcome::Warning => "Drift",
        Outcome::Stable => "No drift",
        Outcome::InsufficientData => "Too little data",
        Outcome::NotComparable => "Nothing to compare",
    }
}

/// The whole report in one sentence.
fn summary(report: &CheckReport) -> String {
    let count = |outcome| report.features.iter().filter(|f| f.outcome == outcome).count() as u64;
    let (critical, warning) = (count(Outcome::Critical), count(Outcome::Warning));
    let (bad, judged) = (critical + warning, report.judged() as u64);
    let (new, unjudged) = (report.new_columns() as u64, report.unjudged() as u64);
    let side =
        |side: &Side| format!("{} of {}", words::counted(side.rows, "row", "rows"), words::name(&side.name, NAME));
    let verdict = match (judged, bad) {
        (0, _) => "No feature could be judged".to_owned(),
        (1, 0) => "The one judged feature did not drift".to_owned(),
        (_, 0) => format!("None of {} judged features drifted", words::count(judged)),
        (_, _) => {
            let parts = [
                (critical, format!("{} critical", words::count(critical))),
                (warning, words::counted(warning, "warning", "warnings")),
            ];
            let parts: Vec<String> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(_, text)| text).collect();
            let judged = words::counted(judged, "judged feature", "judged features");
            format!("{} of {judged} drifted ({})", words::count(bad), parts.join(", "))
        }
    };
    let rest = match (judged, unjudged) {
        (0, 0) if new == 0 => "; the two sides have no column in common".to_owned(),
        (_, 0) => String::new(),
        (0, n) => format!("; the table says why for {}", words::counted(n, "feature", "features")),
        (_, n) => format!("; {} could not be judged", words::counted(n, "feature", "features")),
    };
    let rest = match new {
        0 => rest,
        new => format!("{rest}; {} not in the baseline", words::counted(new, "column is", "columns are")),
    };
    format!("{verdict}: {} against {}{rest}.", side(&report.current), side(&report.baseline))
}

/// What the page leaves out, if anything.
fn limits(shown: usize, left_out: usize) -> String {
    let mut parts = Vec::new();
    if shown > CHARTS {
        parts.push(format!("Charts are drawn for the worst {CHARTS} features only."));
    }
    if left_out > 0 {
        parts.push(format!(
            "Only the worst {} features are listed, {} more are left out; the JSON format has them all.",
            words::count(FEATURES as u64),
            words::count(left_out as u64)
        ));
    }
    parts.join(" ")
}

fn notes(all: &[String]) -> Vec<String> {
    let mut notes: Vec<String> = all.iter().take(NOTES).map(|note| words::name(note, NOTE)).collect();
    let rest = all.len().saturating_sub(NOTES);
    if rest > 0 {
        notes.push(format!(
            "{} left out here; the JSON format has them all.",
            words::counted(rest as u64, "more note is", "more notes are")
        ));
    }
    notes
}
