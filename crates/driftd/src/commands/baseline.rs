//! `driftd baseline`.

mod build;
mod describe;
mod history;
mod variation;
mod volume;

use anyhow::Context;
use driftd_engine::{Clock, SystemClock};
use driftd_model::{BaselineName, BaselineRef, StoredBaseline, words};

use crate::cli::{BaselineCommand, ConfigFiles, ListFormat};
use crate::commands::Exit;
use crate::commands::readable::json;
use crate::setup;
use crate::stores::Stores;
use crate::terminal::{Table, line, minutes, print};

pub(super) use build::{build_from_files, event_times_of, identity, misspelt, not_monitored, options_for};

/// Bytes of an exported baseline at most. What is made of them takes several times as much memory.
const MAX_EXPORT: u64 = 64 << 20;

pub(super) async fn run(command: BaselineCommand, stores: &Stores) -> anyhow::Result<Exit> {
    match command {
        BaselineCommand::Build(args) => build::run(args, stores).await?,
        BaselineCommand::List { config, format } => list(&config, format, stores).await?,
        BaselineCommand::Show { reference, config, format } => {
            let store = stores.configured(&setup::config(&config)?).await?;
            let stored = setup::baseline(&store, &reference).await?;
            match format {
                ListFormat::Json => line(format_args!("{:#}", json(&stored)?))?,
                ListFormat::Table => print(describe::show(&stored))?,
            }
        }
        BaselineCommand::Diff { old, new, config } => {
            let store = stores.configured(&setup::config(&config)?).await?;
            let (old, new) = (setup::baseline(&store, &old).await?, setup::baseline(&store, &new).await?);
            print(describe::diff(&old, &new))?;
        }
        BaselineCommand::Activate { reference, monitor, config } => {
            activate(&config, &reference, &monitor, stores).await?;
        }
        BaselineCommand::Export { reference, output, config } => {
            let store = stores.configured(&setup::config(&config)?).await?;
            let stored = setup::baseline(&store, &reference).await?;
            let text = serde_json::to_string(&stored)?;
            match output {
                Some(path) => {
                    std::fs::write(&path, text).with_context(|| format!("writing {} failed", path.display()))?;
                }
                None => line(text)?,
            }
        }
        BaselineCommand::Import { file, name, config } => import(&config, &file, name, stores).await?,
    }
    Ok(Exit::Ok)
}

async fn list(files: &ConfigFiles, format: ListFormat, stores: &Stores) -> anyhow::Result<()> {
    let store = stores.configured(&setup::config(files)?).await?;
    let baselines = store.baselines().await?;
    if format == ListFormat::Json {
        line(format_args!("{:#}", json(&baselines)?))?;
        return Ok(());
    }
    if baselines.is_empty() {
        line("no baselines; make one with `driftd baseline build NAME FILE`")?;
        return Ok(());
    }
    let mut table = Table::new(&["baseline", "hash", "rows", "features", "created (UTC)", "source"], &[2, 3]);
    for baseline in baselines {
        table.row([
            baseline.reference.to_string(),
            baseline.hash.short().to_owned(),
            words::count(baseline.rows),
            baseline.features.to_string(),
            minutes(baseline.created_at),
            baseline.source,
        ]);
    }
    print(table.text())?;
    Ok(())
}

async fn activate(files: &ConfigFiles, reference: &str, monitor: &str, stores: &Stores) -> anyhow::Result<()> {
    let config = setup::config(files)?;
    let monitor = setup::monitor(&config, monitor)?;
    let store = stores.configured(&config).await?;
    let reference: BaselineRef = reference.parse()?;
    let baseline = setup::baseline(&store, &reference.to_string()).await?;
    // Proves that the baseline can serve the monitor before anything depends on it.
    driftd_model::MonitorPlan::new(monitor.clone(), baseline)?;
    let activation = store.activate_baseline(&monitor.id, &reference, monitor.pane).await?;
    let is_first = activation.since == monitor.pane.earliest();
    let since = if is_first { "its first pane".to_owned() } else { activation.since.to_string() };
    line(format_args!("monitor {} is judged against {reference} from {since} on", monitor.id))?;
    if !is_first {
        line("records before that are still judged as they were; workers that run take it up within seconds")?;
    }
    Ok(())
}

async fn import(
    files: &ConfigFiles,
    file: &std::path::Path,
    name: Option<String>,
    stores: &Stores,
) -> anyhow::Result<()> {
    let store = stores.configured(&setup::config(files)?).await?;
    let exported = exported(file)?;
    anyhow::ensure!(
        is_as_exported(&exported),
        "{} was changed after it was exported: its content does not match its hash {}",
        file.display(),
        exported.hash.short(),
    );
    let name: BaselineName = match name {
        Some(name) => name.parse()?,
        None => exported.reference.name.clone(),
    };
    let content = std::sync::Arc::unwrap_or_clone(exported.baseline);
    let stored = store.put_baseline(&name, content, SystemClock.now()).await?;
    line(format_args!("stored as {} ({})", stored.reference, stored.hash.short()))?;
    Ok(())
}

/// The baseline in a file.
fn exported(file: &std::path::Path) -> anyhow::Result<StoredBaseline> {
    let length = std::fs::metadata(file).map_or(0, |metadata| metadata.len());
    anyhow::ensure!(
        length <= MAX_EXPORT,
        "{} has {} MiB, more than the {} of the largest baseline that is read; build it with fewer features or segments",
        file.display(),
        length >> 20,
        MAX_EXPORT >> 20,
    );
    // The text is let go before anything is made of what it says.
    let text = setup::read(file, "exported baseline")?;
    serde_json::from_str(&text)
        .with_context(|| format!("{} is not a baseline that `driftd baseline export` wrote", file.display()))
}

/// Whether a file still says what `export` wrote: the hash covers what a baseline judges by, and the number of rows,
/// which only people read, has to agree with the counts.
fn is_as_exported(exported: &StoredBaseline) -> bool {
    let baseline = &exported.baseline;
    baseline.is_consistent()
        && baseline.content_hash() == exported.hash
        && baseline.features.iter().all(|feature| feature.aggregate.rows() == baseline.rows)
}
