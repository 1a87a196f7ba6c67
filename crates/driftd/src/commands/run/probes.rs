//! What the listener asks of the daemon.

use std::sync::Arc;

use driftd_engine::Status;
use driftd_web::{MetricsRegistry, Probes, Readiness};

/// The daemon's status and metrics.
pub(super) struct DaemonProbes {
    registry: MetricsRegistry,
    status: Arc<Status>,
}

impl DaemonProbes {
    pub(super) const fn new(registry: MetricsRegistry, status: Arc<Status>) -> Self {
        Self { registry, status }
    }
}

impl Probes for DaemonProbes {
    fn readiness(&self) -> Readiness {
        let checks = self.status.checks().into_iter();
        checks.fold(Readiness::default(), |readiness, (name, why)| readiness.checked(name, why))
    }

    fn metrics(&self) -> String {
        self.registry.render()
    }
}
