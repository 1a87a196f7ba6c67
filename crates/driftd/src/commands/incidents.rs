//! `driftd incidents`.

use std::fmt::Write;

use anyhow::Context;
use driftd_engine::{Clock, SystemClock};
use driftd_model::{
    Incident, IncidentEvent, IncidentId, IncidentRow, MonitorId, SharedStore, Step, acknowledge, resolve_by_hand, words,
};

use crate::cli::{ConfigFiles, IncidentsCommand, ListFormat};
use crate::commands::readable::json;
use crate::commands::{Exit, export};
use crate::setup;
use crate::stores::Stores;
use crate::terminal::{Table, line, minutes, print, q_value};

pub(super) async fn run(command: IncidentsCommand, stores: &Stores) -> anyhow::Result<Exit> {
    match command {
        IncidentsCommand::List { config, monitor, format } => {
            let store = stores.configured(&setup::config(&config)?).await?;
            let monitor = monitor.map(|m| m.parse::<MonitorId>()).transpose()?;
            let rows = store.incidents(monitor.as_ref()).await?;
            print_rows(&rows, format)?;
        }
        IncidentsCommand::Show { id, config, format } => {
            let (_, incident, events) = find(&config, &id, stores).await?;
            match format {
                ListFormat::Json => {
                    let shown = serde_json::json!({
                        "incident": json(&incident)?,
                        "events": json(&events)?,
                        "runbook": incident.runbook(),
                    });
                    line(format_args!("{shown:#}"))?;
                }
                ListFormat::Table => print(describe(&incident, &events))?,
            }
        }
        IncidentsCommand::Ack { id, by, config } => amend(&config, &id, by, stores, acknowledge).await?,
        IncidentsCommand::Resolve { id, by, config } => amend(&config, &id, by, stores, resolve_by_hand).await?,
    }
    Ok(Exit::Ok)
}

/// Prints a list of incidents.
pub(super) fn print_rows(rows: &[IncidentRow], format: ListFormat) -> anyhow::Result<()> {
    if format == ListFormat::Json {
        line(format_args!("{:#}", export::objects(rows)))?;
        return Ok(());
    }
    if rows.is_empty() {
        line("no incidents")?;
        return Ok(());
    }
    let header = [
        "id",
        "monitor",
        "segment",
        "kind",
        "severity",
        "state",
        "opened (UTC)",
        "resolved (UTC)",
        "windows",
        "features",
    ];
    let mut table = Table::new(&header, &[8]);
    for row in rows {
        let names: Vec<&str> = row.features.iter().map(driftd_model::FeatureName::as_str).collect();
        table.row([
            row.incident_id.to_string(),
            row.monitor.to_string(),
            row.segment.to_string(),
            row.kind.to_string(),
            row.severity.to_string(),
            row.state.to_string(),
            row.opened_at.map_or_else(String::new, minutes),
            row.resolved_at.map_or_else(String::new, minutes),
            row.windows.to_string(),
            abridged(&names, 4),
        ]);
    }
    print(table.text())?;
    Ok(())
}

/// The first `n` names and how many more there are.
pub(super) fn abridged(names: &[&str], n: usize) -> String {
    let shown: Vec<&str> = names.iter().take(n).copied().collect();
    match names.len().saturating_sub(n) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

async fn find(
    files: &ConfigFiles,
    id: &str,
    stores: &Stores,
) -> anyhow::Result<(SharedStore, Incident, Vec<IncidentEvent>)> {
    let store = stores.configured(&setup::config(files)?).await?;
    let found = store.incident(&IncidentId::from_stored(id.to_owned())).await?;
    let (incident, events) = found
        .with_context(|| format!("there is no incident {id:?}, or several begin so; see `driftd incidents list`"))?;
    Ok((store, incident, events))
}

fn describe(incident: &Incident, events: &[IncidentEvent]) -> String {
    let mut text = format!("{}\n\n", driftd_notify::incident_sentence(incident));
    if let Some(basis) = driftd_notify::basis(incident) {
        let _ = writeln!(text, "{basis}\n");
    }
    let header = ["feature", "statistic", "value", "net", "warning at", "critical at", "q", "n", "m", "what moved"];
    let mut table = Table::new(&header, &[2, 3, 4, 5, 6, 7, 8]);
    for evidence in incident.worst_features() {
        // Of a share its own change says more than the bins of what is left.
        let share = evidence.statistic.definition().scale.shares(evidence.value, evidence.baseline_share);
        let share = share.map(|(share, before, after)| (share.to_owned(), before, after));
        let bins = evidence.moved.iter().take(2).map(|moved| (moved.label.clone(), moved.before, moved.after));
        let shown: Vec<_> = share.map_or_else(|| bins.collect(), |share| vec![share]);
        let moved = |(what, before, after): &(String, f64, f64)| {
            format!("{what} {} → {}", words::percent(*before), words::percent(*after))
        };
        let moved: Vec<String> = shown.iter().map(moved).collect();
        table.row([
            evidence.feature.to_string(),
            evidence.statistic.to_string(),
            words::number(evidence.value),
            evidence.net.map_or_else(String::new, words::number),
            evidence.threshold.map_or_else(String::new, |t| words::number(t.warn)),
            evidence.threshold.and_then(|t| t.critical_from()).map_or_else(String::new, words::number),
            q_value(evidence.q_value),
            words::count(evidence.n),
            words::count(evidence.m),
            moved.join("; "),
        ]);
    }
    if !incident.features.is_empty() {
        text.push_str(&table.text());
        text.push('\n');
    }
    let _ = writeln!(text, "What to do: {}\n", incident.runbook());
    let mut timeline = Table::new(&["when (UTC)", "what", "why"], &[]);
    for event in events {
        let silenced = if event.silenced { " (silenced)" } else { "" };
        timeline.row([
            minutes(event.at),
            format!("{}{silenced}", event.transition.as_str()),
            driftd_notify::transition(&event.transition),
        ]);
    }
    text.push_str(&timeline.text());
    text
}

async fn amend(
    files: &ConfigFiles,
    id: &str,
    by: Option<String>,
    stores: &Stores,
    change: fn(Incident, &str, driftd_window::Timestamp) -> Step,
) -> anyhow::Result<()> {
    let (store, incident, _) = find(files, id, stores).await?;
    let now = SystemClock.now();
    let (expected, id) = (incident.state, incident.id.clone());
    let step = change(incident, &setup::person(by), now);
    anyhow::ensure!(!step.transitions.is_empty(), "incident {id} is {expected}: there is nothing to change");
    anyhow::ensure!(
        store.amend_incident(expected, &step, false, now).await?,
        "incident {id} changed at the same moment; look again with `driftd incidents show {id}`"
    );
    let state = step.incident.map_or(expected, |i| i.state);
    line(format_args!("incident {id} is {state}"))?;
    Ok(())
}
