//! `driftd run`: the daemon.

mod parts;
mod probes;
mod signals;

use std::sync::Arc;
use std::time::Duration;

use driftd_config::Config;
use driftd_engine::{Backoff, Live, LiveSettings, Outbox, Status, SystemClock};
use driftd_model::{MonitorPlan, SharedStore, StoreError};
use driftd_web::{Listener, MetricsRegistry};

use crate::cli::ConfigFiles;
use crate::commands::Exit;
use crate::setup;
use probes::DaemonProbes;
use signals::Signals;

/// Wait between two tries to reach the store at the start.
const STORE_RETRY: Duration = Duration::from_secs(2);

pub(super) async fn run(files: &ConfigFiles) -> anyhow::Result<Exit> {
    let config = setup::config(files)?;
    if config.monitors.is_empty() {
        anyhow::bail!("there is nothing to watch: the configuration has no [[monitor]]; add one or pass --config");
    }
    for note in &config.notes {
        tracing::warn!("{note}");
    }
    let mut signals = Signals::listen()?;
    let registry = MetricsRegistry::new();
    registry.install()?;
    let status = Arc::new(Status::default());
    let (end_listener, listener_ends) = tokio::sync::oneshot::channel::<()>();
    let listener = listen(&config, &registry, &status, listener_ends).await?;

    let Some(store) = store(&config, &status, &mut signals).await? else {
        return Ok(Exit::Ok);
    };
    let plans = plans(&config, &store).await?;
    let live = assemble(&config, store, plans, Arc::clone(&status))?;
    let outcome = live.run(signals.stop()).await;
    // Probes are answered to the last, so that a supervisor sees why it takes a while.
    drop(end_listener);
    if let Some(listener) = listener {
        let _ = listener.await;
    }
    outcome?;
    tracing::info!("stopped");
    Ok(Exit::Ok)
}

/// Takes the address of the listener, if one is wanted, and answers there until `ends`.
async fn listen(
    config: &Config,
    registry: &MetricsRegistry,
    status: &Arc<Status>,
    ends: tokio::sync::oneshot::Receiver<()>,
) -> anyhow::Result<Option<tokio::task::JoinHandle<()>>> {
    if !config.http.enabled {
        return Ok(None);
    }
    let listener = Listener::bind(config.http.listen).await?;
    tracing::info!(address = %listener.local_addr().unwrap_or(config.http.listen), "answering /healthz, /readyz and /metrics");
    let probes = Arc::new(DaemonProbes::new(registry.clone(), Arc::clone(status)));
    Ok(Some(tokio::spawn(listener.serve(probes, async {
        let _ = ends.await;
    }))))
}

/// The store, waited for while it cannot be reached; nothing when the daemon is to stop before that.
async fn store(config: &Config, status: &Status, signals: &mut Signals) -> anyhow::Result<Option<SharedStore>> {
    loop {
        let error = match setup::store(config).await {
            Ok(store) => {
                status.store_answered();
                return Ok(Some(store));
            }
            Err(error) => error,
        };
        match error.downcast_ref::<StoreError>() {
            Some(transient @ StoreError::Transient { .. }) => status.store_failed(transient),
            _ => return Err(error),
        }
        tokio::select! {
            () = tokio::time::sleep(STORE_RETRY) => {}
            () = signals.first() => return Ok(None),
        }
    }
}

/// Every monitor bound to its baseline; all that are missing are named at once.
async fn plans(config: &Config, store: &SharedStore) -> anyhow::Result<Vec<Arc<MonitorPlan>>> {
    let mut plans = Vec::new();
    let mut problems = Vec::new();
    for monitor in &config.monitors {
        match setup::plan(store, monitor).await {
            Ok(plan) => plans.push(Arc::new(plan)),
            Err(error) => problems.push(format!("{error:#}")),
        }
    }
    if problems.is_empty() { Ok(plans) } else { Err(anyhow::anyhow!(problems.join("\n"))) }
}

fn assemble(
    config: &Config,
    store: SharedStore,
    plans: Vec<Arc<MonitorPlan>>,
    status: Arc<Status>,
) -> anyhow::Result<Live> {
    let owner = parts::owner();
    let transports = parts::transports(config)?;
    let source = parts::source(config, &plans)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let settings = LiveSettings {
        owner: owner.clone(),
        threads: config.engine.threads.map_or(cores, |threads| usize::from(threads.get())),
        checkpoint_bytes: usize::try_from(config.engine.checkpoint_bytes.bytes()).unwrap_or(usize::MAX),
        checkpoint_interval: config.engine.checkpoint_interval,
        drain_timeout: config.kafka.drain_timeout.as_duration(),
        shutdown_timeout: config.engine.shutdown_timeout.as_duration(),
    };
    tracing::info!(
        owner = %owner, monitors = plans.len(), threads = settings.threads, group = %config.kafka.group, "starting"
    );
    Ok(Live {
        store,
        source,
        routing: Arc::new(config.routing()),
        outbox: Outbox::new(&owner, transports, Backoff::default()),
        plans,
        clock: Arc::new(SystemClock),
        retention: setup::retention(config),
        settings,
        status,
    })
}
