//! What a daemon works by: a configuration, and the plans and transports made from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use driftd_config::Config;
use driftd_model::{MonitorId, PlanSchedule, ReceiverName, SharedStore, Transport};

use super::parts;
use crate::cli::ConfigFiles;
use crate::setup;

/// Everything that a running daemon would have to begin again with if it changed.
#[derive(Clone)]
pub(super) struct Generation {
    pub(super) config: Arc<Config>,
    pub(super) plans: Vec<Arc<PlanSchedule>>,
    pub(super) transports: BTreeMap<ReceiverName, Arc<dyn Transport>>,
}

impl Generation {
    /// What `config` and the store say now.
    ///
    /// # Errors
    /// Everything that is missing or does not fit, named at once.
    pub(super) async fn of(config: Arc<Config>, store: &SharedStore) -> anyhow::Result<Self> {
        let transports = parts::transports(&config)?;
        let mut problems = Vec::new();
        for monitor in &config.monitors {
            problems.extend(setup::take_up_newest(store, monitor).await.err().map(|error| format!("{error:#}")));
        }
        anyhow::ensure!(problems.is_empty(), problems.join("\n"));
        let plans = plans(&config, store).await?;
        Ok(Self { config, plans, transports })
    }

    /// The same configuration with the plans that the store says now; what transports remember stays.
    ///
    /// # Errors
    /// As [`Generation::of`].
    pub(super) async fn replanned(&self, store: &SharedStore) -> anyhow::Result<Self> {
        Ok(Self { plans: plans(&self.config, store).await?, ..self.clone() })
    }

    /// Monitors whose open panes fall under other plans than these.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn outdated(&self, store: &SharedStore) -> anyhow::Result<Vec<MonitorId>> {
        let mut outdated = Vec::new();
        for schedule in &self.plans {
            let monitor = schedule.monitor();
            if setup::origins(store, monitor).await? != schedule.origins() {
                outdated.push(monitor.id.clone());
            }
        }
        Ok(outdated)
    }
}

/// The configuration as its files say now; one without monitors is refused.
pub(super) fn config(files: &ConfigFiles) -> anyhow::Result<Arc<Config>> {
    let config = setup::config(files)?;
    anyhow::ensure!(
        !config.monitors.is_empty(),
        "there is nothing to watch: the configuration has no [[monitor]]; add one or pass --config"
    );
    Ok(Arc::new(config))
}

/// Every monitor bound to its baselines; all that are missing are named at once.
async fn plans(config: &Config, store: &SharedStore) -> anyhow::Result<Vec<Arc<PlanSchedule>>> {
    let mut plans = Vec::new();
    let mut problems = Vec::new();
    for monitor in &config.monitors {
        match setup::schedule(store, monitor).await {
            Ok(schedule) => plans.push(Arc::new(schedule)),
            Err(error) => problems.push(format!("{error:#}")),
        }
    }
    if problems.is_empty() { Ok(plans) } else { Err(anyhow::anyhow!(problems.join("\n"))) }
}
