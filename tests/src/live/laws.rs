//! What holds however a run went.

use driftd_window::EventTime;

use super::{Deadline, Deployment, Event, Ledger, MONITORS, Settings, Site, Traffic};

/// Waits until every monitor of [`MONITORS`] is sealed through `end`.
pub fn wait_until_sealed(ledger: &Ledger, end: EventTime, deadline: Deadline) {
    for (monitor, _) in MONITORS {
        let what = format!("{monitor} to be sealed through {end}");
        deadline.wait(&what, || ledger.sealed_through(monitor) >= Some(end));
    }
}

/// Every record before `end` is in a sealed pane of each monitor that wants it, once; none was late.
///
/// # Panics
/// When that is not so.
#[track_caller]
pub fn assert_conserved<'a>(ledger: &Ledger, end: EventTime, records: impl IntoIterator<Item = &'a Event>) {
    let counted: Vec<&Event> = records.into_iter().filter(|event| event.at < end).collect();
    for (monitor, versions) in MONITORS {
        let panes = ledger.panes(monitor, EventTime::from_micros(0), end);
        let rows: u64 = panes.iter().map(|(_, rows, _)| rows).sum();
        let late: u64 = panes.iter().map(|(_, _, late)| late).sum();
        let wanted = counted.iter().filter(|event| versions.contains(&event.version)).count() as u64;
        assert_eq!((rows, late), (wanted, 0), "sealed and late rows of {monitor}");
    }
}

/// The history of every monitor is that of a replay of `records` from a file, up to `end`; gives the number of rows.
///
/// # Panics
/// When it is another, or hardly any.
#[track_caller]
pub fn assert_same_as_replay(
    site: &Site,
    settings: &Settings,
    deployment: &Deployment,
    records: Vec<Event>,
    end: EventTime,
) -> usize {
    let file = site.folder().join("records.ndjson");
    Traffic::write_records(&file, records);
    let offline = site.offline("offline", settings);
    let end = end.to_string();
    let rows = MONITORS.map(|(monitor, _)| {
        offline.replay(monitor, &file);
        let history = deployment.history(monitor).until(&end);
        assert!(history.len() > 100, "{monitor} has {} rows of history", history.len());
        history.assert_same(&offline.history(monitor).until(&end), &format!("{monitor}, live and replayed"));
        history.len()
    });
    rows.iter().sum()
}
