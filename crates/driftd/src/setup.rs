//! What commands start with: configuration, baselines and plans, secrets, logging.

mod baselines;
mod telemetry;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use std::sync::Arc;

use anyhow::Context;
use driftd_config::{Config, SecretError, SecretRef, Source, StoreUrl};
use driftd_model::{Monitor, MonitorId, Retention, words};

pub(crate) use self::baselines::{activated, baseline, origins, plan, schedule, succession};
pub(crate) use self::telemetry::telemetry;
use crate::cli::ConfigFiles;

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
    Retention::new(config.retention.partials, config.retention.history, &config.monitors)
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
