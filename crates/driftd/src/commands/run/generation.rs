//! What a daemon works by: a configuration, and the plans and transports made from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use driftd_config::Config;
use driftd_model::{ErrorClass, MonitorId, PlanSchedule, ReceiverName, SharedStore, StoreError, Transport};

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
        parts::check(&config)?;
        let transports = parts::transports(&config)?;
        let (mut successions, mut problems) = (Vec::new(), Vec::new());
        for monitor in &config.monitors {
            match setup::succession(store, monitor).await {
                Ok(succession) => successions.extend(succession),
                Err(error) if is_transient(&error) => return Err(error),
                Err(error) => problems.push(format!("{error:#}")),
            }
        }
        // A configuration that is refused changes nothing, not even for the monitors that it is right about.
        anyhow::ensure!(problems.is_empty(), problems.join("\n"));
        setup::activated(store, successions).await?;
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
            Err(error) if is_transient(&error) => return Err(error),
            Err(error) => problems.push(format!("{error:#}")),
        }
    }
    if problems.is_empty() { Ok(plans) } else { Err(anyhow::anyhow!(problems.join("\n"))) }
}

/// Whether the store did not answer, which says nothing about the configuration.
fn is_transient(error: &anyhow::Error) -> bool {
    error.downcast_ref::<StoreError>().is_some_and(|error| error.class() == ErrorClass::Transient)
}

#[cfg(test)]
mod tests {
    use driftd_config::Source;
    use driftd_dataset::{BaselineOptions, Table, build_baseline};
    use driftd_window::Timestamp;

    use super::*;
    use crate::stores::Stores;

    async fn build(store: &SharedStore, name: &str, column: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("train.csv");
        let rows = (0..500).map(|i| format!("{}\n", (i * 37) % 211)).collect::<Vec<_>>().concat();
        std::fs::write(&path, format!("{column}\n{rows}")).unwrap();
        let built = build_baseline(&Table::open(&path).unwrap(), &BaselineOptions::default(), &|_| ()).unwrap();
        store.put_baseline(&name.parse().unwrap(), built, Timestamp::from_micros(0)).await.unwrap();
    }

    fn config(of_second: &str, features: &str) -> Arc<Config> {
        let monitor = |name: &str, baseline: &str| {
            format!("[[monitor]]\nname = \"{name}\"\ntopic = \"t\"\nbaseline = \"{baseline}\"\npane = \"1h\"\n")
        };
        let text = monitor("first", "first") + &monitor("second", of_second) + features;
        Arc::new(setup::config_of(&[Source::new("driftd.toml", text)]).unwrap())
    }

    #[tokio::test]
    async fn a_configuration_that_is_refused_activates_nothing() {
        let stores = Stores::default();
        let store = stores.open("sqlite::memory:").await.unwrap();
        build(&store, "first", "x").await;
        let activations = async |name: &str| store.activations(&name.parse().unwrap()).await.unwrap().len();
        let refused = async |of_second, features| {
            Generation::of(config(of_second, features), &store).await.err().unwrap().to_string()
        };
        let why = refused("second", "").await;
        assert!(why.starts_with("monitor second has no baseline to be judged against"), "{why}");
        build(&store, "second", "x").await;
        let why = refused("second", "[monitor.features]\nz = { role = \"label\" }\n").await;
        assert!(why.contains("\"z\" is not in baseline second@v1"), "{why}");
        let why = refused("second@v7", "").await;
        assert!(why.contains("there is no baseline second@v7"), "{why}");
        assert_eq!((activations("first").await, activations("second").await), (0, 0));
        assert_eq!(Generation::of(config("second", ""), &store).await.unwrap().plans.len(), 2);
        assert_eq!((activations("first").await, activations("second").await), (1, 1));
    }
}
