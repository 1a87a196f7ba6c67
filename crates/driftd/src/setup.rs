//! What commands start with: configuration, baselines and plans, secrets, logging.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use std::sync::Arc;

use anyhow::Context;
use driftd_config::{Config, SecretError, SecretRef, Source, StoreUrl};
use driftd_model::{
    Activation, BaselineChoice, BaselineName, BaselineRef, Monitor, MonitorId, MonitorPlan, PlanOrigin, PlanSchedule,
    Retention, SharedStore, StoredBaseline, followed, words,
};
use driftd_window::Span;

use crate::cli::ConfigFiles;

/// Logs to standard error; DRIFTD_LOG is a tracing filter, `-v` and `-vv` are short for two of them, and `usual` is the
/// one without any.
pub(crate) fn telemetry(verbose: u8, usual: &str) {
    use tracing_subscriber::EnvFilter;
    let default = match verbose {
        0 => usual,
        1 => "info,sqlx=warn",
        _ => "debug,sqlx=info",
    };
    let filter = EnvFilter::try_from_env("DRIFTD_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let coloured = crate::terminal::Stream::Err.is_coloured();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(coloured).init();
}

/// The configuration of these files, or of `driftd.toml` where none is named and it is there, or the defaults; with
/// DRIFTD__… variables on top.
pub(crate) fn config(files: &ConfigFiles) -> anyhow::Result<Config> {
    let mut paths = files.config.clone();
    let usual = PathBuf::from("driftd.toml");
    if paths.is_empty() && usual.is_file() {
        paths.push(usual);
    }
    let mut sources = Vec::new();
    for path in paths {
        let text = read(&path, "configuration file")?;
        sources.push(Source::new(path.display().to_string(), text));
    }
    config_of(&sources)
}

/// The configuration that these texts are, with DRIFTD__… variables on top.
pub(crate) fn config_of(sources: &[Source]) -> anyhow::Result<Config> {
    // A variable that is not UTF-8 cannot be one of ours.
    let variables = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
    Ok(Config::load(sources, variables)?)
}

/// The text of a file that a person named.
pub(crate) fn read(path: &Path, what: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => anyhow::anyhow!("there is no {what} {}; check the path", path.display()),
        _ => anyhow::Error::new(error).context(format!("reading the {what} {} failed", path.display())),
    })
}

/// Where the configured store is, with the password if there is one.
pub(crate) fn address(config: &Config) -> String {
    match &config.store.url {
        StoreUrl::Postgres(url) => url.expose().to_owned(),
        sqlite @ StoreUrl::Sqlite(_) => sqlite.to_string(),
    }
}

/// What the configured store may forget.
pub(crate) fn retention(config: &Config) -> Retention {
    let longest = config.monitors.iter().map(Monitor::longest_window).max().unwrap_or(Span::ZERO);
    Retention::new(config.retention.partials, config.retention.history, longest)
}

/// The configured monitor of that name.
pub(crate) fn monitor<'a>(config: &'a Config, name: &str) -> anyhow::Result<&'a Monitor> {
    let id: MonitorId = name.parse()?;
    config.monitors.iter().find(|m| m.id == id).with_context(|| {
        let known: Vec<&str> = config.monitors.iter().map(|m| m.id.as_str()).collect();
        match known.as_slice() {
            [] => format!("there is no monitor {name}: the configuration has none; add a [[monitor]] or pass --config"),
            known => format!("there is no monitor {name}; the configuration has: {}", words::choices(known)),
        }
    })
}

/// The baseline that `text` names: `name@v2`, or `name` for the newest version.
pub(crate) async fn baseline(store: &SharedStore, text: &str) -> anyhow::Result<StoredBaseline> {
    let found = if text.contains('@') {
        let reference: BaselineRef = text.parse()?;
        store.baseline(&reference).await?
    } else {
        let name: BaselineName = text.parse()?;
        store.newest_baseline(&name).await?
    };
    let known = if found.is_none() { store.baselines().await? } else { Vec::new() };
    found.with_context(|| {
        let known: Vec<String> = known.iter().map(|b| b.reference.to_string()).collect();
        match known.as_slice() {
            [] => format!("there is no baseline {text}: the store has none; make one with `driftd baseline build`"),
            known => format!("there is no baseline {text}; the store has: {}", words::choices(known)),
        }
    })
}

/// The monitor bound to the baseline that holds for it: the newest activated one, or the configured one where none was
/// activated, or where the configuration follows the newest version and there is one that nobody has decided on.
pub(crate) async fn plan(store: &SharedStore, monitor: &Monitor) -> anyhow::Result<MonitorPlan> {
    let activations = store.activations(&monitor.id).await?;
    let newest = match &monitor.baseline {
        BaselineChoice::Version(_) => None,
        BaselineChoice::Newest(_) => Some(configured(store, monitor).await?),
    };
    let bound = match (newest, activations.last()) {
        (Some(newest), _) if *followed(&activations, &newest.reference) == newest.reference => newest,
        (_, Some(last)) => activated(store, monitor, last).await?,
        (_, None) => configured(store, monitor).await?,
    };
    Ok(MonitorPlan::new(monitor.clone(), bound)?)
}

/// Has a monitor that follows the newest version of its baseline take up that version, from the first pane on that nobody
/// has counted. As an activation it holds for all workers at once: those that began with an older version go over to it
/// at the same pane, whatever the order in which they were started.
pub(crate) async fn take_up_newest(store: &SharedStore, monitor: &Monitor) -> anyhow::Result<()> {
    if matches!(monitor.baseline, BaselineChoice::Version(_)) {
        return Ok(());
    }
    let newest = configured(store, monitor).await?;
    let activations = store.activations(&monitor.id).await?;
    let wanted = followed(&activations, &newest.reference);
    let (id, baseline) = (&monitor.id, wanted.clone());
    if activations.last().is_some_and(|last| last.reference == *wanted) {
        tracing::info!(monitor = %id, %baseline, newest = %newest.reference, "judged against the version that holds");
        return Ok(());
    }
    // Proves that it can serve the monitor before anything depends on it.
    MonitorPlan::new(monitor.clone(), newest)?;
    let since = store.activate_baseline(id, &baseline, monitor.pane).await?.since;
    let since = if since == monitor.pane.earliest() { "the first pane".to_owned() } else { since.to_string() };
    tracing::info!(monitor = %id, %baseline, since, "judged against the newest version");
    Ok(())
}

/// What panes of the monitor that are not sealed fall under.
pub(crate) async fn origins(store: &SharedStore, monitor: &Monitor) -> anyhow::Result<Vec<PlanOrigin>> {
    let activations = store.activations(&monitor.id).await?;
    Ok(PlanSchedule::needed_origins(&activations, store.sealed_through(&monitor.id).await?, monitor.pane))
}

/// The monitor bound to every baseline that panes which are not sealed fall under.
pub(crate) async fn schedule(store: &SharedStore, monitor: &Monitor) -> anyhow::Result<PlanSchedule> {
    let mut origins = origins(store, monitor).await?;
    let last = origins.pop().unwrap_or(PlanOrigin::Configured);
    let last = (last.clone(), baseline_of(store, monitor, &last).await?);
    let mut before = Vec::new();
    for origin in origins {
        let baseline = baseline_of(store, monitor, &origin).await?;
        before.push((origin, baseline));
    }
    Ok(PlanSchedule::bind(monitor, before, last)?)
}

async fn baseline_of(store: &SharedStore, monitor: &Monitor, origin: &PlanOrigin) -> anyhow::Result<StoredBaseline> {
    match (origin.activation(), &monitor.baseline) {
        (Some(activation), _) => activated(store, monitor, activation).await,
        (None, BaselineChoice::Version(_)) => configured(store, monitor).await,
        // What is the newest changes; all workers have to count the panes before the first activation alike.
        (None, BaselineChoice::Newest(_)) => match store.activations(&monitor.id).await?.first() {
            Some(first) => activated(store, monitor, first).await,
            None => configured(store, monitor).await,
        },
    }
}

async fn activated(store: &SharedStore, monitor: &Monitor, by: &Activation) -> anyhow::Result<StoredBaseline> {
    named(store, monitor, &by.reference.to_string()).await
}

async fn configured(store: &SharedStore, monitor: &Monitor) -> anyhow::Result<StoredBaseline> {
    named(store, monitor, &monitor.baseline.to_string()).await
}

async fn named(store: &SharedStore, monitor: &Monitor, text: &str) -> anyhow::Result<StoredBaseline> {
    let found = baseline(store, text).await;
    found.with_context(|| format!("monitor {} has no baseline to be judged against", monitor.id))
}

/// The secret that `reference` names, from the environment or a file.
pub(crate) fn secret(reference: &SecretRef) -> Result<String, SecretError> {
    let secret = reference.resolve(|name| std::env::var(name).ok(), |path| std::fs::read_to_string(path))?;
    Ok(secret.expose().to_owned())
}

/// Where receivers look their secrets up.
pub(crate) fn secrets() -> driftd_notify::SecretResolver {
    Arc::new(|reference: &SecretRef| {
        reference.resolve(|name| std::env::var(name).ok(), |path| std::fs::read_to_string(path))
    })
}

/// Who is at the keyboard, for acknowledgements.
pub(crate) fn person(named: Option<String>) -> String {
    named
        .or_else(|| std::env::var("USER").ok())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "somebody at the command line".to_owned())
}

#[cfg(test)]
mod tests;
