//! `driftd baseline build`: from a file, or from what a monitor has seen.

use std::collections::BTreeSet;
use std::path::PathBuf;

use driftd_config::Config;
use driftd_dataset::{BaselineOptions, EventTimes, ReadOptions, SegmentOptions, Table, build_baseline_with_notes};
use driftd_engine::{Clock, SystemClock};
use driftd_model::{Baseline, BaselineName, Monitor, Pointer, SkippedColumn, words};
use driftd_window::EventTime;

use super::history::from_history;
use crate::cli::BuildArgs;
use crate::setup;
use crate::stores::Stores;
use crate::terminal::{Bar, line};

pub(super) async fn run(args: BuildArgs, stores: &Stores) -> anyhow::Result<()> {
    let config = setup::config(&args.config)?;
    let name: BaselineName = args.name.parse()?;
    let store = stores.configured(&config).await?;
    let built = match &args.from_history {
        None => build_from_files(&config, name.as_str(), &args.files, &args.read.over(&config.files))?,
        Some(monitor) => {
            let plan = setup::plan(&store, setup::monitor(&config, monitor)?).await?;
            let from: EventTime = args.from.as_deref().unwrap_or_default().parse()?;
            let to: EventTime = args.to.as_deref().unwrap_or_default().parse()?;
            anyhow::ensure!(from < to, "--from {from} is not before --to {to}: there is no range between them");
            let panes = store.sealed_panes(&plan.monitor().id, from, to).await?;
            from_history(&plan, from, to, &panes)?
        }
    };
    let stored = store.put_baseline(&name, built, SystemClock.now()).await?;
    line(format_args!(
        "{} ({}): {} rows, {} from {}",
        stored.reference,
        stored.hash.short(),
        words::count(stored.baseline.rows),
        words::counted(stored.baseline.features.len() as u64, "feature", "features"),
        stored.baseline.source,
    ))?;
    for sentence in not_monitored(&stored.baseline.skipped) {
        eprintln!("not monitored: {sentence}");
    }
    Ok(())
}

/// The columns that are left out, those of one reason together, in the order of the first of each.
pub(crate) fn not_monitored(skipped: &[SkippedColumn]) -> Vec<String> {
    let columns = skipped.iter().map(|column| (column.name.as_str(), column.reason.to_string()));
    let sentence = |(reason, names): (String, Vec<&str>)| format!("{} ({reason})", words::list(&names));
    words::by_reason(columns).into_iter().map(sentence).collect()
}

/// Builds a baseline from files, as the monitors that name it want it.
pub(crate) fn build_from_files(
    config: &Config,
    name: &str,
    files: &[PathBuf],
    read: &ReadOptions,
) -> anyhow::Result<Baseline> {
    let name: BaselineName = name.parse()?;
    // The first monitor that is judged against this baseline says how its columns are to be read.
    let monitor = config.monitors_of_baseline(&name).next();
    let table =
        Table::open_for(files, read, monitor)?.with_defaults(monitor.into_iter().flat_map(Monitor::default_values))?;
    let options = match monitor {
        Some(monitor) => {
            let event_times = event_times_of(monitor, monitor.shape.event_time.column());
            BaselineOptions { event_times: Some(event_times), ..options_for(monitor, config) }
        }
        None => BaselineOptions::default(),
    };
    let bar = Bar::rows(table.rows(), &format!("building {name}"));
    let built = build_baseline_with_notes(&table, &options, &|rows| bar.at(rows));
    bar.done();
    table.notes().iter().for_each(|note| eprintln!("{note}"));
    let (baseline, notes) = built?;
    let columns: BTreeSet<String> = table.schema().all_names().map(str::to_owned).collect();
    let whose = format!("{} has no", table.path().display());
    let unknown = config.monitors_of_baseline(&name).filter_map(|monitor| misspelt(monitor, &columns, &whose));
    for note in notes.into_iter().chain(unknown) {
        eprintln!("note: {note}");
    }
    Ok(baseline)
}

/// The event times in a column, as `monitor` reads them.
pub(crate) fn event_times_of(monitor: &Monitor, column: String) -> EventTimes {
    // What would be rejected if it came now is no part of the usual traffic either.
    let latest = SystemClock.now().plus(monitor.max_future_skew).as_event_time();
    EventTimes { column, reader: monitor.shape.times.clone(), oldest: monitor.oldest, latest }
}

/// A sentence on features that the configuration has rules for and no table a column; most are misspelt, and one that is
/// to be ignored would be watched.
pub(crate) fn misspelt(monitor: &Monitor, columns: &BTreeSet<String>, whose: &str) -> Option<String> {
    let is_column = |name: &str, path: Option<String>| {
        columns.contains(name) || path.is_some_and(|column| columns.contains(&column))
    };
    let unknown = monitor
        .features
        .iter()
        .filter(|(name, rules)| !is_column(name.as_str(), rules.path.as_ref().map(Pointer::column)));
    let unknown: Vec<String> = unknown.map(|(name, _)| format!("{:?}", name.as_str())).collect();
    let (id, list) = (&monitor.id, words::list(&unknown));
    (!unknown.is_empty()).then(|| {
        format!("[monitor.features] of {id} names {list}, but {whose} column of that name: check the spelling")
    })
}

/// Columns that say which record it is, and are no features of it.
pub(crate) fn identity(monitor: &Monitor) -> impl Iterator<Item = String> + use<> {
    let shape = monitor.shape.clone();
    let identity = [Some(shape.event_time), shape.id, shape.model_name, shape.model_version];
    identity.into_iter().flatten().map(|place| place.column())
}

/// What a monitor's configuration says of its baseline.
pub(crate) fn options_for(monitor: &Monitor, config: &Config) -> BaselineOptions {
    let mut options = BaselineOptions { layout: config.layout_for(&monitor.id), ..BaselineOptions::default() };
    options.exclude.extend(identity(monitor));
    for (name, rules) in &monitor.features {
        let column = name.as_str().to_owned();
        if rules.ignore {
            options.exclude.insert(column);
            continue;
        }
        if let Some(kind) = rules.kind {
            options.kinds.insert(column.clone(), kind);
        }
        options.roles.insert(column, rules.role);
    }
    if let Some(layout) = config.layout(&monitor.id) {
        let own = layout.own_bins().keys();
        options.layouts.extend(own.map(|feature| (feature.as_str().to_owned(), layout.for_feature(feature))));
    }
    options.segments = monitor.segments.as_ref().map(|s| SegmentOptions { by: s.by.clone(), max: s.max });
    options
}
