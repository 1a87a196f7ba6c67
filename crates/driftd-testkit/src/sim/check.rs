//! What is checked after a schedule: conservation, equality with the oracle, incidents, deliveries.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::PoisonError;

use driftd_model::{HistoryQuery, HistoryRow, Incident, IncidentEvent, ReadStore};
use driftd_window::EventTime;

use super::cluster::Cluster;
use super::ledger::Fate;
use super::oracle::{Oracle, Truth};
use super::ready::now;

/// Fails with `what` when the two differ.
fn same<T: PartialEq + Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: found {found:?}, expected {expected:?}"))
}

/// Sealed, late, rejected, open and unread records are all records there are, and the store agrees with the ledger on
/// every one of these numbers. Late records must have been swept.
pub(super) fn conservation(cluster: &Cluster) -> Result<(), String> {
    let rows = now(cluster.store.partitions(&cluster.world.topic)).map_err(|e| e.to_string())?;
    let rejected: u64 = rows.iter().map(|row| row.rejected).sum();
    let produced: u64 = cluster.broker().logs.iter().map(|log| log.len() as u64).sum();
    for row in &rows {
        let book = &cluster.ledger.partitions[row.partition.0 as usize];
        same("next offset", &row.next_offset.map(|o| o.0), &book.next)?;
        same("epoch", &row.epoch.0, &book.epoch)?;
        same(&format!("records of partition {} rejected", row.partition), &row.rejected, &book.rejected)?;
    }
    for book in &cluster.ledger.monitors {
        let id = &book.plan.monitor().id;
        let everything = (EventTime::from_micros(i64::MIN), EventTime::from_micros(i64::MAX));
        let panes = now(cluster.store.sealed_panes(id, everything.0, everything.1)).map_err(|e| e.to_string())?;
        let sealed: u64 = panes.iter().map(|pane| pane.rows).sum();
        let late: u64 = panes.iter().map(|pane| pane.late_rows).sum();
        // Open panes in the store hold what is neither sealed nor late.
        let open = cluster.store.open_rows(id);
        let unread = book.count(|fate| fate == Fate::Unread);
        if sealed + late + rejected + open + unread != produced {
            return Err(format!(
                "{id}: {sealed} sealed + {late} late + {rejected} rejected + {open} open + {unread} unread, \
                 but {produced} produced"
            ));
        }
        same("records sealed", &sealed, &book.count(|fate| matches!(fate, Fate::Sealed(_))))?;
        same("records late", &late, &book.count(|fate| matches!(fate, Fate::Late(_))))?;
        same("records open", &open, &book.count(|fate| matches!(fate, Fate::Open(_))))?;
        let mut by_pane: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
        for pane in &panes {
            let slot = by_pane.entry(pane.pane.start().as_micros()).or_default();
            *slot = (slot.0 + pane.rows, slot.1 + pane.late_rows);
        }
        let mut expected: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
        for fate in book.fates.iter().flatten() {
            match fate {
                Fate::Sealed(pane) => expected.entry(*pane).or_default().0 += 1,
                Fate::Late(pane) => expected.entry(*pane).or_default().1 += 1,
                Fate::Unread | Fate::Rejected | Fate::Open(_) => {}
            }
        }
        same("sealed and late records by pane", &by_pane, &expected)?;
    }
    Ok(())
}

/// The runs of offsets that were counted overlap nowhere and stay within the log.
pub(super) fn offsets(cluster: &Cluster) -> Result<(), String> {
    for plan in &cluster.world.plans {
        let mut runs: BTreeMap<i32, BTreeSet<(i64, i64)>> = BTreeMap::new();
        for run in cluster.store.counted_runs(&plan.monitor().id) {
            runs.entry(run.partition.0).or_default().insert((run.from.0, run.to.0));
        }
        for (partition, runs) in runs {
            let mut end = 0;
            for (from, to) in runs {
                if from < end || to < from {
                    return Err(format!("partition {partition}: [{from}, {to}) was counted again, after {end}"));
                }
                end = to;
            }
            let len = cluster.broker().logs[partition as usize].len() as i64;
            if end > len {
                return Err(format!("partition {partition}: offsets up to {end} were counted, but it ends at {len}"));
            }
        }
    }
    Ok(())
}

/// Every verdict, incident, event and delivery is what the oracle says.
pub(super) fn truth(cluster: &Cluster) -> Result<Truth, String> {
    let broker = cluster.broker();
    let oracle = Oracle {
        ledger: &cluster.ledger,
        logs: &broker.logs,
        silences: &cluster.silences,
        routing: &cluster.world.routing,
    };
    let truth = oracle.replay(&cluster.journal)?;
    history(cluster, &truth)?;
    incidents(cluster, &truth)?;
    deliveries(cluster, &truth)?;
    Ok(truth)
}

fn history(cluster: &Cluster, truth: &Truth) -> Result<(), String> {
    for (monitor, expected) in cluster.ledger.monitors.iter().zip(&truth.history) {
        let id = Some(monitor.plan.monitor().id.clone());
        let query = HistoryQuery { monitor: id, ..HistoryQuery::default() };
        let found = now(cluster.store.history(&query)).map_err(|e| e.to_string())?;
        same("number of history rows", &found.len(), &expected.len())?;
        let mut expected: Vec<&HistoryRow> = expected.iter().collect();
        expected
            .sort_by_key(|row| (row.window_end, &row.segment, &row.window_name, &row.feature, row.statistic.as_str()));
        found.iter().zip(expected).try_for_each(|(found, expected)| same("history row", &found, &expected))?;
    }
    Ok(())
}

fn incidents(cluster: &Cluster, truth: &Truth) -> Result<(), String> {
    let rows = now(cluster.store.incidents(None)).map_err(|e| e.to_string())?;
    let listed: Vec<&str> = rows.iter().map(|row| row.incident_id.as_str()).collect();
    let unique: BTreeSet<&str> = listed.iter().copied().collect();
    let expected: BTreeSet<&str> = truth.incidents.keys().map(driftd_model::IncidentId::as_str).collect();
    same("incidents", &unique, &expected)?;
    same("number of incidents", &listed.len(), &expected.len())?;
    if let Some(owing) = truth.incidents.values().find(|incident| incident.owes_an_end()) {
        return Err(format!("somebody heard of incident {} and not of its end", owing.id));
    }
    for (id, incident) in &truth.incidents {
        let found: Option<(Incident, Vec<IncidentEvent>)> =
            now(cluster.store.incident(id)).map_err(|e| e.to_string())?;
        let events = truth.events.iter().filter(|e| e.incident == *id).cloned().collect();
        same("incident", &found, &Some((incident.clone(), events)))?;
    }
    Ok(())
}

/// Everything decided arrives, and arrives twice only where a sender died, or was told otherwise, in between.
fn deliveries(cluster: &Cluster, truth: &Truth) -> Result<(), String> {
    let office = cluster.office.lock().unwrap_or_else(PoisonError::into_inner);
    let arrived: BTreeSet<_> = office.arrived.keys().cloned().collect();
    same("notifications that arrived", &arrived, &truth.notifications)?;
    let census = cluster.store.outbox_census();
    same("notifications (waiting, dead)", &(census.waiting, census.dead), &(0, 0))?;
    same("notifications delivered", &census.delivered, &(truth.notifications.len() as u64))?;
    for (to, times) in &office.arrived {
        let excused = office.excused.get(to).copied().unwrap_or(0);
        if *times > 1 + excused {
            return Err(format!("{to:?} arrived {times} times, excused are {excused} repeats"));
        }
    }
    Ok(())
}
