//! When a daemon has to begin again: another baseline holds, or the configuration is to be read again.

use std::sync::Arc;
use std::time::Duration;

use driftd_engine::Status;
use driftd_model::SharedStore;

use super::generation::{self, Generation};
use super::signals::Signals;
use crate::cli::ConfigFiles;
use crate::setup;

/// How often it is looked which baselines hold.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Looks whether what a daemon works by is still what it should work by.
pub(super) struct Renewal {
    pub(super) current: Generation,
    pub(super) files: ConfigFiles,
    pub(super) store: SharedStore,
    pub(super) signals: Signals,
    pub(super) status: Arc<Status>,
}

impl Renewal {
    /// Waits until there is something else to work by; with the signals that were heard until then. What cannot be used
    /// changes nothing, and is said.
    pub(super) async fn next(mut self) -> (Generation, Signals) {
        loop {
            let found = tokio::select! {
                () = self.signals.reload() => self.reloaded().await,
                () = tokio::time::sleep(POLL_INTERVAL) => self.replanned().await,
            };
            if let Some(next) = found {
                return (next, self.signals);
            }
        }
    }

    /// The configuration as its files say now.
    async fn reloaded(&self) -> Option<Generation> {
        let next = match generation::config(&self.files) {
            Ok(config) => Generation::of(config, &self.store).await,
            Err(error) => Err(error),
        };
        match next {
            Ok(next) => {
                for note in &next.config.notes {
                    tracing::warn!("{note}");
                }
                for fixed in self.fixed(&next) {
                    tracing::warn!("{fixed} has changed: that takes a restart");
                }
                tracing::info!(monitors = next.plans.len(), "configuration read again");
                Some(next)
            }
            Err(error) => {
                tracing::error!("the configuration was not taken over, nothing has changed: {}", one_line(&error));
                None
            }
        }
    }

    /// Sections that a process keeps for life.
    fn fixed(&self, next: &Generation) -> Vec<&'static str> {
        let (old, new) = (&self.current.config, &next.config);
        let has_changed = [("[store]", setup::address(old) != setup::address(new)), ("[http]", old.http != new.http)];
        has_changed.into_iter().filter_map(|(section, changed)| changed.then_some(section)).collect()
    }

    /// The plans as the store says now, if they are others.
    async fn replanned(&self) -> Option<Generation> {
        let outdated = match self.current.outdated(&self.store).await {
            Ok(outdated) => outdated,
            Err(error) => {
                // Whoever writes into the store notices as well, and says so.
                tracing::debug!("baselines in force unknown: {}", one_line(&error));
                return None;
            }
        };
        if outdated.is_empty() {
            self.status.plans_refused(None);
            return None;
        }
        match self.current.replanned(&self.store).await {
            Ok(next) => {
                let names: Vec<&str> = outdated.iter().map(driftd_model::MonitorId::as_str).collect();
                tracing::info!(monitors = names.join(", "), "other baselines hold for panes to come");
                self.status.plans_refused(None);
                Some(next)
            }
            Err(error) => {
                let why = one_line(&error);
                tracing::warn!("the baselines that were activated cannot be used: {why}");
                self.status.plans_refused(Some(why));
                None
            }
        }
    }
}

/// An error with its causes; where it is a list, as several faults of a file are, in one line of a log all the same.
pub(in crate::commands) fn one_line(error: &anyhow::Error) -> String {
    format!("{error:#}").replace('\n', "; ")
}
