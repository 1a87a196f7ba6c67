//! `driftd serve`: what is in a store, over HTTP; nothing is counted and nothing written.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use driftd_config::Config;
use driftd_engine::{Clock, SystemClock};
use driftd_model::{ReadStore, StoreError, words};
use driftd_web::{AppState, Readiness};

use super::run::STORE_RETRY;
use super::run::core_dumps;
use super::run::listeners::Listeners;
use super::run::renewal::one_line;
use super::run::signals::Signals;
use crate::cli::ConfigFiles;
use crate::commands::Exit;
use crate::setup;
use crate::stores::Stores;

/// Why the store is not read yet, if it is not.
type Waiting = Arc<Mutex<Option<String>>>;

pub(super) async fn run(files: &ConfigFiles, stores: &Stores) -> anyhow::Result<Exit> {
    core_dumps::forbid();
    let config = setup::config(files)?;
    for note in &config.notes {
        tracing::warn!("{note}");
    }
    anyhow::ensure!(config.http.enabled, "there is nothing to serve on: http.enabled is false; set it to true");
    let mut signals = Signals::listen()?;
    let waiting: Waiting = Arc::new(Mutex::new(Some("not reached yet".to_owned())));
    let reached = Arc::clone(&waiting);
    let state = app_state(&config, move || Readiness::default().checked("store", locked(&reached).clone()));
    let listeners = Listeners::of(&config, &state).await?;
    let Some(store) = store(&config, stores, &waiting, &mut signals).await? else {
        return Ok(Exit::Ok);
    };
    state.read_from(store);
    tracing::info!(monitors = config.monitors.len(), "reading the store");
    follow(files, &config, &state, &mut signals).await;
    listeners.end().await;
    tracing::info!("stopped");
    Ok(Exit::Ok)
}

/// What is answered from, for the monitors of `config`.
pub(super) fn app_state(config: &Config, readiness: impl Fn() -> Readiness + Send + Sync + 'static) -> AppState {
    let external_url = config.routing().external_url;
    let state = AppState::new(readiness, [], Arc::default(), external_url.as_deref());
    state.tell_time_by(|| SystemClock.now());
    state.watch(config.monitors.iter().cloned());
    state
}

fn locked(waiting: &Waiting) -> MutexGuard<'_, Option<String>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The store, waited for while it cannot be reached; nothing when the process is to end before that.
async fn store(
    config: &Config,
    stores: &Stores,
    waiting: &Waiting,
    signals: &mut Signals,
) -> anyhow::Result<Option<Arc<dyn ReadStore>>> {
    loop {
        let error = match stores.to_read(config).await {
            Ok(store) => {
                *locked(waiting) = None;
                return Ok(Some(store));
            }
            Err(error) => error,
        };
        let Some(transient @ StoreError::Transient { .. }) = error.downcast_ref::<StoreError>() else {
            return Err(error);
        };
        let why = words::with_causes(transient);
        tracing::warn!("{why}; trying again");
        *locked(waiting) = Some(why);
        if tokio::time::timeout(STORE_RETRY, signals.first()).await.is_ok() {
            return Ok(None);
        }
    }
}

/// Waits for the end, and reads the configuration again whenever that is wished: its monitors may be others.
async fn follow(files: &ConfigFiles, config: &Config, state: &AppState, signals: &mut Signals) {
    let mut reloads = signals.clone();
    loop {
        tokio::select! {
            () = signals.first() => return,
            () = reloads.reload() => {}
        }
        match setup::config(files) {
            Ok(next) => {
                let has_changed = [
                    ("[store]", setup::address(config) != setup::address(&next)),
                    ("[http]", config.http != next.http),
                ];
                for (section, _) in has_changed.into_iter().filter(|(_, changed)| *changed) {
                    tracing::warn!("{section} has changed: that takes a restart");
                }
                tracing::info!(monitors = next.monitors.len(), "configuration read again");
                state.watch(next.monitors);
            }
            Err(error) => {
                tracing::error!("the configuration was not taken over, nothing has changed: {}", one_line(&error));
            }
        }
    }
}
