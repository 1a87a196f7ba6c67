//! What the demo tells: months, incidents, and where to go on.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use driftd_engine::ReplaySummary;
use driftd_model::{IncidentState, MonitorPlan, Outcome, Score, Store, StoredBaseline, Verdict, evaluate_range, words};
use driftd_window::EventTime;

use crate::commands::replay;
use crate::terminal::{Stream, Table, colour, outcome_word, q_value};

/// Features a month names.
const WORST: usize = 3;

pub(super) fn opening() -> String {
    "Every domestic flight that left New York City in 2013, as a delay model saw it. The model was trained on January;\n\
     driftd freezes January as the baseline and replays February to December in event-time order: daily panes,\n\
     a sliding week, every feature, the prediction and the label. One monitor watches flights and predictions, another\n\
     the weather that goes into the same model."
        .to_owned()
}

pub(super) fn baseline(stored: &StoredBaseline) -> String {
    format!(
        "Baseline {} ({}): {} flights, {} columns.",
        stored.reference,
        stored.hash.short(),
        words::count(stored.baseline.rows),
        stored.baseline.features.len(),
    )
}

/// What a replay came to, in one line.
pub(super) fn replayed(plan: &MonitorPlan, summary: &ReplaySummary, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    let rate = summary.account.rows.accepted as f64 / seconds.max(1e-9);
    let monitor = &plan.monitor().id;
    format!(
        "Monitor {monitor}: {} in {seconds:.1} s ({} records/s).",
        replay::account(summary),
        words::count(rate as u64)
    )
}

/// The worst features of every month, computed afterwards from the stored histograms: no raw data is read again.
pub(super) async fn months(store: &dyn Store, plans: &[MonitorPlan]) -> anyhow::Result<String> {
    let header = ["month", "flights", "monitor", "drifted", "feature", "outcome", "worst", "q", "what moved"];
    let mut table = Table::new(&header, &[1, 3, 7]);
    for month in 2..=12 {
        let (start, end) = (first_of(2013, month)?, first_of(2013, month + 1)?);
        let mut name = Some(month_name(month).to_owned());
        for plan in plans {
            let monitor = &plan.monitor().id;
            let panes = store.sealed_panes(monitor, start, end).await?;
            let results = evaluate_range(plan, start, end, &panes);
            let Some(result) = results.iter().find(|r| r.segment.is_all()) else {
                continue;
            };
            let mut bad: Vec<&Verdict> = result.verdicts.iter().filter(|v| v.outcome.is_bad()).collect();
            bad.sort_by(|a, b| Verdict::worst_first(a, b));
            let flights = if name.is_some() { words::count(result.rows) } else { String::new() };
            let drifted = format!("{} of {}", bad.len(), result.verdicts.len());
            let mut left = [name.take().unwrap_or_default(), flights, monitor.to_string(), drifted];
            if bad.is_empty() {
                table.row(left.into_iter().chain(["–".to_owned()]));
                continue;
            }
            for verdict in bad.into_iter().take(WORST) {
                table.row(std::mem::take(&mut left).into_iter().chain(feature_cells(verdict)));
            }
        }
    }
    let title = format!(
        "What drifted, month by month: the worst {WORST} features of each monitor against January, computed from the\n\
         stored histograms; q is the p-value after Benjamini–Hochberg."
    );
    Ok(format!("{title}\n\n{}", colour(&table.text(), Stream::Out.is_coloured())))
}

fn feature_cells(verdict: &Verdict) -> [String; 5] {
    let score = verdict.leading_score();
    let moved = verdict.moved.first().map_or_else(String::new, |m| {
        let (before, after) = words::percents(m.before, m.after);
        unbroken(&format!("{} {before} → {after}", words::name(&m.label, 40)))
    });
    [
        verdict.feature.to_string(),
        outcome_word(verdict.outcome).to_owned(),
        score.map_or_else(String::new, |s| {
            format!("{} {}", s.statistic.name(), s.value.map_or_else(|| "infinite".to_owned(), words::number))
        }),
        q_value(score.and_then(|s: &Score| s.q_value)),
        moved,
    ]
}

/// Text whose line is only broken after the label: `10 %` on two lines is hard to read.
fn unbroken(moved: &str) -> String {
    moved.replace(" %", "\u{a0}%").replace(" → ", "\u{a0}→\u{a0}")
}

/// Every incident in one sentence.
pub(super) async fn incidents(store: &dyn Store) -> anyhow::Result<String> {
    let rows = store.incidents(None).await?;
    let mut text = format!("{} incidents, each in one sentence:\n", rows.len());
    for row in rows {
        let Some((incident, _)) = store.incident(&row.incident_id).await? else {
            continue;
        };
        let outcome = match incident.severity {
            driftd_model::Severity::Critical => Outcome::Critical,
            driftd_model::Severity::Warning => Outcome::Warning,
        };
        let day = |t: Option<driftd_window::Timestamp>| t.map(|t| t.to_string().chars().take(10).collect::<String>());
        let life = match (incident.state, day(incident.opened_at), day(incident.resolved_at)) {
            (IncidentState::Pending, ..) => "pending".to_owned(),
            (_, Some(opened), Some(resolved)) => format!("opened {opened}, resolved {resolved}"),
            (_, Some(opened), None) => format!("opened {opened}, still {}", incident.state),
            (_, None, _) => incident.state.to_string(),
        };
        let _ = writeln!(
            text,
            "\n  {}  {}  {}  {life}\n      {}",
            incident.id,
            outcome_word(outcome),
            incident.key.kind,
            driftd_notify::incident_sentence(&incident),
        );
    }
    Ok(colour(&text, Stream::Out.is_coloured()))
}

pub(super) fn closing(store: &Path, delivered: u64, took: Duration) -> String {
    let path = store.display();
    let config = if path.to_string() == "driftd-demo.db" {
        "--config examples/flights/driftd.toml".to_owned()
    } else {
        "--config examples/flights/driftd.toml   (with DRIFTD__STORE__URL naming this store)".to_owned()
    };
    format!(
        "{delivered} notifications went through the outbox. Done in {:.1} s; everything is in {path}:\n\
         \n  driftd history flight-delay --feature dep_delay --statistic psi {config}\
         \n  driftd incidents list {config}\
         \n  driftd incidents show ID {config}",
        took.as_secs_f64(),
    )
}

/// The first instant of a month in UTC; month 13 is next January.
fn first_of(year: i32, month: u32) -> anyhow::Result<EventTime> {
    let (year, month) = if month > 12 { (year + 1, month - 12) } else { (year, month) };
    Ok(format!("{year}-{month:02}-01").parse()?)
}

fn month_name(month: u32) -> &'static str {
    const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    NAMES.get(month as usize - 1).copied().unwrap_or("?")
}
