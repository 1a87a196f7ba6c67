//! Where the daemon answers over HTTP, from its start to its end.

use std::net::SocketAddr;

use driftd_config::Config;
use driftd_web::{AppState, Listener, Reach};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The listener for this machine and the one for probes, as far as they are wanted.
pub(in crate::commands) struct Listeners {
    /// All of them end when it is gone.
    end: watch::Sender<()>,
    tasks: Vec<JoinHandle<()>>,
    addresses: Vec<SocketAddr>,
}

impl Listeners {
    /// Takes the addresses that `config` names, and answers there from `state`.
    pub(in crate::commands) async fn of(config: &Config, state: &AppState) -> anyhow::Result<Self> {
        let mut listeners = Self::none();
        if config.http.enabled {
            listeners.listen(config.http.listen, Reach::Machine, state).await?;
        }
        if let Some(probes) = config.http.probes {
            let reach = Reach::Network { features: config.http.probes_features };
            listeners.listen(probes, reach, state).await?;
        }
        Ok(listeners)
    }

    /// Answers at one address of this machine.
    pub(in crate::commands) async fn on_this_machine(listen: SocketAddr, state: &AppState) -> anyhow::Result<Self> {
        let mut listeners = Self::none();
        listeners.listen(listen, Reach::Machine, state).await?;
        Ok(listeners)
    }

    fn none() -> Self {
        Self { end: watch::channel(()).0, tasks: Vec::new(), addresses: Vec::new() }
    }

    /// Where they answer.
    pub(in crate::commands) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    async fn listen(&mut self, address: SocketAddr, reach: Reach, state: &AppState) -> anyhow::Result<()> {
        let listener = Listener::bind(address, reach).await?;
        let address = listener.local_addr().unwrap_or(address);
        let (what, whose) = match reach {
            Reach::Machine => ("/healthz, /readyz, /metrics and /api/v1", "this machine"),
            Reach::Network { .. } => ("/healthz, /readyz and /metrics", "whoever is in the network"),
        };
        tracing::info!(%address, "answering {what} for {whose}");
        self.addresses.push(address);
        let mut ends = self.end.subscribe();
        self.tasks.push(tokio::spawn(listener.serve(state.clone(), async move {
            let _ = ends.changed().await;
        })));
        Ok(())
    }

    /// Ends them, answers in flight first.
    pub(in crate::commands) async fn end(self) {
        drop(self.end);
        for task in self.tasks {
            let _ = task.await;
        }
    }
}
