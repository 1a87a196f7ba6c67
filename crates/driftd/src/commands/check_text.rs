//! A check for terminals and pull requests.

use std::fmt::Write;

use driftd_model::check::CheckReport;
use driftd_model::{Score, Verdict, words};
use driftd_stats::DriftStatistic;

use crate::terminal::{Table, colour, outcome_word, q_value};

/// Bad features of which a table also says what moved.
const EXPLAINED: usize = 10;

/// The report for a terminal: one sentence, every feature, what moved, what to know.
pub(super) fn table(report: &CheckReport, coloured: bool) -> String {
    let mut text = format!("{}\n\n", sentence(report));
    let header = ["feature", "kind", "outcome", "PSI", "KS", "missing", "leading", "q", "n", "m"];
    let mut table = Table::new(&header, &[3, 4, 5, 7, 8, 9]);
    for verdict in report.worst_first() {
        table.row([
            words::name(verdict.feature.as_str(), 60),
            verdict.kind.to_string(),
            outcome_word(verdict.outcome).to_owned(),
            value(verdict, DriftStatistic::Psi),
            value(verdict, DriftStatistic::Ks),
            words::percent(share_missing(verdict)),
            match &verdict.reason {
                Some(reason) if !verdict.outcome.is_bad() => reason.to_string(),
                _ => leading(verdict),
            },
            q_value(verdict.leading_score().and_then(|s| s.q_value)),
            words::count(verdict.baseline.usable),
            words::count(verdict.window.usable),
        ]);
    }
    text.push_str(&colour(&table.text(), coloured));
    let bad: Vec<&Verdict> = report.worst_first().into_iter().filter(|v| v.outcome.is_bad()).collect();
    if !bad.is_empty() {
        text.push_str("\nWhat moved\n");
        for verdict in bad.iter().take(EXPLAINED) {
            let _ = writeln!(text, "  {}: {}", words::name(verdict.feature.as_str(), 60), what_moved(verdict));
        }
        if bad.len() > EXPLAINED {
            let _ = writeln!(text, "  and {} more; --format html shows all", bad.len() - EXPLAINED);
        }
    }
    for note in &report.notes {
        let _ = writeln!(text, "\nnote: {note}");
    }
    text
}

/// The report as Markdown.
pub(super) fn markdown(report: &CheckReport) -> String {
    let mut text = format!(
        "## driftd check: {}\n\n{}\n\n\
         | feature | outcome | statistic | value | net | warn / critical | q | n | m | what moved |\n\
         |---|---|---|---:|---:|---|---:|---:|---:|---|\n",
        report.outcome(),
        escaped(&sentence(report)),
    );
    for verdict in report.worst_first() {
        let score = verdict.leading_score();
        let threshold = score.and_then(|s| s.threshold);
        let moved = match &verdict.reason {
            _ if verdict.outcome.is_bad() => what_moved(verdict),
            Some(reason) => reason.to_string(),
            None => String::new(),
        };
        let cells = [
            words::name(verdict.feature.as_str(), 80),
            outcome_word(verdict.outcome).to_owned(),
            score.map_or_else(String::new, |s| s.statistic.name().to_owned()),
            score.and_then(|s| s.value).map_or_else(String::new, words::number),
            score.and_then(net).unwrap_or_default(),
            threshold
                .map_or_else(String::new, |t| format!("{} / {}", words::number(t.warn), words::number(t.critical))),
            q_value(score.and_then(|s| s.q_value)),
            words::count(verdict.baseline.usable),
            words::count(verdict.window.usable),
            moved,
        ];
        let cells: Vec<String> = cells.iter().map(|c| escaped(c)).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    for note in &report.notes {
        let _ = writeln!(text, "\n> {}", escaped(note));
    }
    let _ = writeln!(text, "\nBaseline `{}`", report.baseline_hash.short());
    text
}

/// What the check found, in one sentence.
pub(super) fn sentence(report: &CheckReport) -> String {
    let judged = report.judged();
    let bad = report.features.iter().filter(|f| f.outcome.is_bad()).count();
    let found = match bad {
        0 if judged == 0 => "nothing could be judged".to_owned(),
        0 => format!("none of {} drifted", words::counted(judged as u64, "feature", "features")),
        bad => format!("{bad} of {} drifted", words::counted(judged as u64, "feature", "features")),
    };
    let left_out = report.unjudged();
    let mut rest = String::new();
    if left_out > 0 && judged > 0 {
        let _ = write!(rest, "; {left_out} could not be judged");
    }
    if report.new_columns() > 0 {
        let new = words::counted(report.new_columns() as u64, "column is", "columns are");
        let _ = write!(rest, "; {new} not in the baseline");
    }
    format!(
        "{} ({} rows) against {} ({} rows): {found}{rest}.",
        report.current.name,
        words::count(report.current.rows),
        report.baseline.name,
        words::count(report.baseline.rows),
    )
}

fn value(verdict: &Verdict, statistic: DriftStatistic) -> String {
    match verdict.score(statistic) {
        None => String::new(),
        Some(Score { value: Some(value), .. }) => words::number(*value),
        Some(_) => "–".to_owned(),
    }
}

fn share_missing(verdict: &Verdict) -> f64 {
    verdict.window.missing as f64 / verdict.window.rows.max(1) as f64
}

fn leading(verdict: &Verdict) -> String {
    let Some(score) = verdict.leading_score() else {
        return String::new();
    };
    let effect = score.effect().map_or_else(String::new, words::number);
    match net(score) {
        Some(net) => format!("{} {effect} (net {net})", score.statistic.name()),
        None => format!("{} {effect}", score.statistic.name()),
    }
}

/// What of the effect is held against its threshold, where that is another number.
fn net(score: &Score) -> Option<String> {
    let net = words::number(score.net?);
    (score.effect().map(words::number)? != net).then_some(net)
}

/// What moved a bad feature: first why its column is another one, if it is, then its bins, unless it is bad for the values
/// it does not have.
fn what_moved(verdict: &Verdict) -> String {
    let leads = verdict.leading_score().map(|score| score.statistic);
    let moved = words::moved_sentence(&verdict.moved, 2);
    let moved = match leads {
        Some(DriftStatistic::Mistyped) => words::mistyped(verdict.mistyped()),
        Some(DriftStatistic::Missing) => missing_moved(verdict),
        _ if moved.is_empty() => missing_moved(verdict),
        _ => moved,
    };
    match &verdict.reason {
        Some(reason) => format!("{reason}: {moved}"),
        None => moved,
    }
}

/// A feature that is bad because values went missing.
fn missing_moved(verdict: &Verdict) -> String {
    let before = verdict.baseline.missing as f64 / verdict.baseline.rows.max(1) as f64;
    let (before, after) = words::percents(before, share_missing(verdict));
    format!("share of missing values from {before} to {after}")
}

/// Text that Markdown shows as it is.
fn escaped(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut escaped = String::with_capacity(text.len());
    for c in words::name(text, 2_000).chars() {
        if matches!(c, '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '#') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
