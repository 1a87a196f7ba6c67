//! `driftd baseline build`: from a file, or from what a monitor has seen.

use std::path::Path;

use driftd_config::Config;
use driftd_dataset::{BaselineOptions, EventTimes, SegmentOptions, Table, build_baseline_with_notes};
use driftd_engine::{Clock, SystemClock};
use driftd_model::{Baseline, BaselineName, Monitor, Pointer, words};
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
    let built = match (&args.file, &args.from_history) {
        (Some(file), _) => build_from_file(&config, name.as_str(), file)?,
        (None, Some(monitor)) => {
            let plan = setup::plan(&store, setup::monitor(&config, monitor)?).await?;
            let from: EventTime = args.from.as_deref().unwrap_or_default().parse()?;
            let to: EventTime = args.to.as_deref().unwrap_or_default().parse()?;
            anyhow::ensure!(from < to, "--from {from} is not before --to {to}: there is no range between them");
            let panes = store.sealed_panes(&plan.monitor().id, from, to).await?;
            from_history(&plan, from, to, &panes)?
        }
        (None, None) => anyhow::bail!("name a FILE, or a monitor with --from-history"),
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
    for skipped in &stored.baseline.skipped {
        eprintln!("not monitored: {} ({})", skipped.name, skipped.reason);
    }
    Ok(())
}

/// Builds a baseline from a file, as the monitors that name it want it.
pub(crate) fn build_from_file(config: &Config, name: &str, file: &Path) -> anyhow::Result<Baseline> {
    let name: BaselineName = name.parse()?;
    // The first monitor that is judged against this baseline says how its columns are to be read.
    let monitor = config.monitors_of_baseline(&name).next();
    let table = Table::open(file)?.with_defaults(monitor.into_iter().flat_map(Monitor::default_values))?;
    let options = match monitor {
        Some(monitor) => {
            let column = monitor.shape.event_time.column();
            // What would be rejected if it came now is no part of the usual traffic either.
            let latest = SystemClock.now().plus(monitor.max_future_skew).as_event_time();
            let event_times =
                EventTimes { column, reader: monitor.shape.times.clone(), oldest: monitor.oldest, latest };
            BaselineOptions { event_times: Some(event_times), ..options_for(monitor, config) }
        }
        None => BaselineOptions::default(),
    };
    let bar = Bar::rows(table.rows(), &format!("building {name}"));
    let built = build_baseline_with_notes(&table, &options, &|rows| bar.at(rows));
    bar.done();
    table.notes().iter().for_each(|note| eprintln!("{note}"));
    let (baseline, notes) = built?;
    for note in notes {
        eprintln!("note: {note}");
    }
    Ok(baseline)
}

/// What a monitor's configuration says of its baseline.
pub(crate) fn options_for(monitor: &Monitor, config: &Config) -> BaselineOptions {
    let shape = &monitor.shape;
    let mut options = BaselineOptions { layout: config.layout_for(&monitor.id), ..BaselineOptions::default() };
    let identity =
        [Some(&shape.event_time), shape.id.as_ref(), shape.model_name.as_ref(), shape.model_version.as_ref()];
    options.exclude.extend(identity.into_iter().flatten().map(Pointer::column));
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
