//! The history of a monitor as one HTML file: every feature over its windows, and beside the baseline the windows before.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use driftd_model::{FeatureName, HistoryRow, MonitorId, Outcome, words};
use driftd_window::{EventTime, SegmentKey, WindowName};

use super::page::headline;
use crate::charts::{self, sparkline};
use crate::figures::Badge;
use crate::history_row::{Scored, against, gates, threshold, value, weight};

/// Features, by window and segment, with a line and a card.
const LINES: usize = 1_000;
/// Windows of a curve.
const WINDOWS: usize = 200;
/// Characters of a name.
const SHORT: usize = 80;
const LONG: usize = 600;

#[derive(Template)]
#[template(path = "history.html")]
struct Page {
    css: &'static str,
    chart_css: &'static str,
    badge: Badge,
    headline: &'static str,
    monitor: String,
    summary: String,
    limits: String,
    lines: Vec<Line>,
}

/// One feature in one segment and window shape.
struct Line {
    anchor: usize,
    feature: String,
    place: String,
    badge: Badge,
    outcome: Option<Outcome>,
    newest: String,
    baseline: String,
    lead: String,
    gates: String,
    curve: String,
    references: String,
    scores: Vec<Scored>,
}

/// The history as one HTML page that needs nothing else: no script, no network, no other file.
///
/// `rows` are those of one monitor, in any order. Of every feature the newest window is told in full, beside the windows
/// it was held against besides the baseline, and its leading statistic is drawn over the last 200 windows. Worst first;
/// 1,000 lines at most, and what was left out is said.
#[must_use]
pub fn render_history(monitor: &MonitorId, rows: &[HistoryRow]) -> String {
    Page::of(monitor, rows).render().unwrap_or_else(|error| {
        // Writing to a String does not fail, so only a broken template could come here; even then a page says so.
        format!("<!doctype html><title>driftd history</title><p>The history could not be rendered: {error}.</p>")
    })
}

impl Page {
    fn of(monitor: &MonitorId, rows: &[HistoryRow]) -> Self {
        let mut windows: BTreeMap<&WindowName, BTreeSet<EventTime>> = BTreeMap::new();
        let mut features: BTreeMap<(&WindowName, &SegmentKey, &FeatureName), Vec<&HistoryRow>> = BTreeMap::new();
        for row in rows {
            windows.entry(&row.window_name).or_default().insert(row.window_end);
            features.entry((&row.window_name, &row.segment, &row.feature)).or_default().push(row);
        }
        let ends = |name: &WindowName| -> Vec<EventTime> {
            let all = windows.get(name).into_iter().flatten().rev().take(WINDOWS);
            all.copied().collect::<Vec<_>>().into_iter().rev().collect()
        };
        let mut lines: Vec<Line> =
            features.iter().filter_map(|((window, ..), rows)| Line::of(rows, &ends(window))).collect();
        // Stable: what is equally bad stays in the order of names.
        lines.sort_by_key(|line| std::cmp::Reverse(line.outcome));
        let worst = lines.iter().filter_map(|line| line.outcome).max();
        let summary = summary(&lines, rows);
        let left_out = lines.len().saturating_sub(LINES);
        lines.truncate(LINES);
        lines.iter_mut().zip(1..).for_each(|(line, anchor)| line.anchor = anchor);
        Self {
            css: include_str!("../../templates/report.css"),
            chart_css: charts::STYLE,
            badge: Badge::of_any(worst),
            headline: worst.map_or("Nothing was judged", headline),
            monitor: words::name(monitor.as_str(), LONG),
            summary,
            limits: match left_out as u64 {
                0 => String::new(),
                n => format!(
                    "Only the worst {} are listed, {} more are left out; the other formats have them all.",
                    words::count(LINES as u64),
                    words::count(n)
                ),
            },
            lines,
        }
    }
}

impl Line {
    /// The line of the rows of one feature; nothing of no rows.
    fn of(rows: &[&HistoryRow], ends: &[EventTime]) -> Option<Self> {
        let newest = rows.iter().map(|row| row.window_end).max()?;
        let mut scores: Vec<&HistoryRow> = rows.iter().filter(|row| row.window_end == newest).copied().collect();
        scores.sort_by_key(|row| row.statistic);
        let lead = scores.iter().copied().reduce(|best, row| if weight(row) > weight(best) { row } else { best })?;
        let feature = words::name(lead.feature.as_str(), LONG);
        let segment = words::name(&lead.segment.to_string(), LONG);
        Some(Self {
            anchor: 0,
            badge: Badge::of_any(lead.outcome),
            outcome: lead.outcome,
            place: format!("{}, segment {segment}", words::name(&lead.window_name.to_string(), SHORT)),
            newest: words::span(lead.window_start, lead.window_end),
            baseline: words::name(&lead.baseline, SHORT),
            lead: format!("{} {}", lead.statistic.name(), value(lead)),
            gates: gates(lead),
            curve: curve(&words::name(&feature, SHORT), lead, rows, ends),
            references: against(lead),
            scores: scores.iter().map(|row| Scored::of(row)).collect(),
            feature,
        })
    }
}

/// The leading statistic over the last windows: what is judged of it, where there is that.
fn curve(feature: &str, lead: &HistoryRow, rows: &[&HistoryRow], ends: &[EventTime]) -> String {
    let same = || rows.iter().filter(|row| row.statistic == lead.statistic);
    let judged = same().any(|row| row.net.is_some());
    let drawn: BTreeMap<EventTime, Option<f64>> =
        same().map(|row| (row.window_end, if judged { row.net } else { row.value })).collect();
    let values: Vec<Option<f64>> = ends.iter().map(|end| drawn.get(end).copied().flatten()).collect();
    let what = if judged { "beyond what healthy windows show" } else { "as computed" };
    let title = format!(
        "{} of {feature} over {}, {what}",
        lead.statistic.name(),
        words::counted(values.len() as u64, "window", "windows")
    );
    sparkline(&title, &values, threshold(lead).filter(|_| judged))
}

/// The whole page in one sentence.
fn summary(lines: &[Line], rows: &[HistoryRow]) -> String {
    let bad = lines.iter().filter(|line| line.outcome.is_some_and(Outcome::is_bad)).count() as u64;
    let judged = lines.iter().filter(|line| line.outcome.is_some()).count() as u64;
    let ends: BTreeSet<EventTime> = rows.iter().map(|row| row.window_end).collect();
    let (Some(first), Some(last)) = (ends.first(), ends.last()) else {
        return "There is no history yet.".to_owned();
    };
    let at = |end: &EventTime| words::minutes(&end.to_string());
    let range = if first == last {
        format!("which ended {}", at(first))
    } else {
        format!("of those that ended from {} to {}", at(first), at(last))
    };
    let features = words::counted(judged, "judged feature", "judged features");
    format!("{} of {features} drifted in the newest window, {range} (UTC).", words::count(bad))
}
