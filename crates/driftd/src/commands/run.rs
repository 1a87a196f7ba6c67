//! `driftd run`: the daemon.

pub(super) mod core_dumps;
mod generation;
pub(super) mod listeners;
mod parts;
pub(super) mod renewal;
pub(super) mod signals;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use driftd_config::Config;
use driftd_engine::{Backoff, Clock, Ended, Live, LiveSettings, Outbox, Status, SystemClock};
use driftd_model::{SharedStore, Store, StoreError};
use driftd_web::{AppState, Readiness};

use crate::cli::ConfigFiles;
use crate::commands::Exit;
use crate::setup;
use crate::stores::Stores;
use generation::Generation;
use listeners::Listeners;
use renewal::Renewal;
use signals::Signals;

/// Wait between two tries to reach the store at the start.
pub(super) const STORE_RETRY: Duration = Duration::from_secs(2);

pub(super) async fn run(files: &ConfigFiles, stores: &Stores) -> anyhow::Result<Exit> {
    core_dumps::forbid();
    let config = generation::config(files)?;
    for note in &config.notes {
        tracing::warn!("{note}");
    }
    let mut signals = Signals::listen()?;
    let status = Arc::new(Status::default());
    let state = app_state(&config, &status);
    let listeners = Listeners::of(&config, &state).await?;

    let Some(store) = store(&config, stores, &status, &mut signals).await? else {
        return Ok(Exit::Ok);
    };
    state.read_from(Arc::<dyn Store>::clone(&store));
    let outcome = generations(Generation::of(config, &store).await?, files, &store, signals, &status, &state).await;
    // Probes are answered to the last, so that a supervisor sees why it takes a while.
    listeners.end().await;
    outcome?;
    tracing::info!("stopped");
    Ok(Exit::Ok)
}

/// What the listener answers from.
fn app_state(config: &Config, status: &Arc<Status>) -> AppState {
    let status = Arc::clone(status);
    let readiness = move || {
        let checks = status.checks().into_iter();
        checks.fold(Readiness::default(), |readiness, (name, why)| readiness.checked(name, why))
    };
    let of_features = driftd_engine::metrics::feature_registry();
    let external_url = config.routing().external_url;
    let state = AppState::new(readiness, [driftd_engine::metrics::registry()], of_features, external_url.as_deref());
    state.tell_time_by(|| SystemClock.now());
    state
}

/// Whether [`run`] can start with the configuration, as far as that shows without connecting to anybody.
pub(super) fn check(config: &Config) -> anyhow::Result<()> {
    parts::check(config)
}

/// The store, waited for while it cannot be reached; nothing when the daemon is to stop before that.
async fn store(
    config: &Config,
    stores: &Stores,
    status: &Status,
    signals: &mut Signals,
) -> anyhow::Result<Option<SharedStore>> {
    loop {
        let error = match stores.configured(config).await {
            Ok(store) => {
                status.store_answered();
                return Ok(Some(store));
            }
            Err(error) => error,
        };
        if is_ended_before_retry(error, status, signals).await? {
            return Ok(None);
        }
    }
}

/// Waits a moment for a store that could not be reached; true when the daemon is to end before that is over.
///
/// # Errors
/// The `error` itself when waiting does not help.
async fn is_ended_before_retry(error: anyhow::Error, status: &Status, signals: &mut Signals) -> anyhow::Result<bool> {
    match error.downcast_ref::<StoreError>() {
        Some(transient @ StoreError::Transient { .. }) => status.store_failed(transient),
        _ => return Err(error),
    }
    Ok(tokio::time::timeout(STORE_RETRY, signals.first()).await.is_ok())
}

/// One daemon after another, until a signal ends them: each works by what holds when it begins.
async fn generations(
    mut current: Generation,
    files: &ConfigFiles,
    store: &SharedStore,
    mut signals: Signals,
    status: &Arc<Status>,
    state: &AppState,
) -> anyhow::Result<()> {
    let mut before: Option<Generation> = None;
    loop {
        state.watch(current.config.monitors.iter().cloned());
        let live = match (assemble(&current, store, status), before.take()) {
            (Ok(live), _) => live,
            // What only the making of a client shows, such as a property of librdkafka that is none.
            (Err(error), Some(known)) => {
                tracing::error!("the configuration was not taken over: {}", renewal::one_line(&error));
                current = known;
                continue;
            }
            (Err(error), None) => return Err(error),
        };
        let renewal = Renewal {
            current: current.clone(),
            files: files.clone(),
            store: Arc::clone(store),
            signals: signals.clone(),
            status: Arc::clone(status),
        };
        let (found, next) = tokio::sync::oneshot::channel();
        let mut ending = signals.clone();
        let stop = async move {
            tokio::select! {
                () = ending.first() => {}
                // Nobody waits for it when the daemon has ended for another reason.
                next = renewal.next() => {
                    let _ = found.send(next);
                }
            }
        };
        let ended = live.run(stop).await?;
        if signals.is_ending() {
            return Ok(());
        }
        let next = match next.await {
            Ok((next, heard)) => {
                // A wish that came while the old one ended is still to be heard.
                signals = heard;
                next
            }
            Err(_) if ended == Ended::Superseded => match superseded(&current, store, &mut signals, status).await? {
                Some(next) => next,
                None => return Ok(()),
            },
            Err(_) if ended == Ended::WentBack => match went_back(&current, store, &mut signals, status).await? {
                Some(next) => next,
                None => return Ok(()),
            },
            Err(_) => return Ok(()),
        };
        before = Some(std::mem::replace(&mut current, next));
    }
}

/// What is to be worked by when the store has refused what was counted by `current`; nothing when the daemon is to end
/// before the store tells.
async fn superseded(
    current: &Generation,
    store: &SharedStore,
    signals: &mut Signals,
    status: &Status,
) -> anyhow::Result<Option<Generation>> {
    let outdated = loop {
        match current.outdated(store).await {
            Ok(outdated) => break outdated,
            Err(error) => {
                if is_ended_before_retry(error, status, signals).await? {
                    return Ok(None);
                }
            }
        }
    };
    status.store_answered();
    anyhow::ensure!(
        !outdated.is_empty(),
        "the store refuses counts for baselines that it says hold; please report this"
    );
    let next = current.replanned(store).await.context("another baseline was activated, and cannot be used")?;
    Ok(Some(next))
}

/// What is to be worked by in a store that is where it was some time ago, which may be before a baseline was activated;
/// nothing when the daemon is to end before the store tells.
async fn went_back(
    current: &Generation,
    store: &SharedStore,
    signals: &mut Signals,
    status: &Status,
) -> anyhow::Result<Option<Generation>> {
    loop {
        match Generation::of(Arc::clone(&current.config), store).await {
            Ok(next) => {
                status.store_answered();
                return Ok(Some(next));
            }
            Err(error) => {
                if is_ended_before_retry(error, status, signals).await? {
                    return Ok(None);
                }
            }
        }
    }
}

fn assemble(generation: &Generation, store: &SharedStore, status: &Arc<Status>) -> anyhow::Result<Live> {
    let Generation { config, plans, transports } = generation;
    let owner = parts::owner();
    let source = parts::source(config, plans)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let settings = LiveSettings {
        owner: owner.clone(),
        threads: if config.engine.threads == 0 { cores } else { usize::from(config.engine.threads) },
        checkpoint_bytes: usize::try_from(config.engine.checkpoint_bytes.bytes()).unwrap_or(usize::MAX),
        checkpoint_interval: config.engine.checkpoint_interval,
        drain_timeout: config.kafka.drain_timeout.as_duration(),
        shutdown_timeout: config.engine.shutdown_timeout.as_duration(),
    };
    tracing::info!(
        owner = %owner, monitors = plans.len(), threads = settings.threads, group = %config.kafka.group, "starting"
    );
    Ok(Live {
        store: Arc::clone(store),
        source,
        routing: Arc::new(config.routing()),
        outbox: Outbox::new(&owner, transports.clone(), Backoff::default()),
        plans: plans.clone(),
        clock: Arc::new(SystemClock),
        retention: setup::retention(config),
        settings,
        status: Arc::clone(status),
    })
}
