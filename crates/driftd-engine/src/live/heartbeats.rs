//! What receivers hear without anything having happened: heartbeats, and for those that forget, what is open.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use driftd_model::{
    Incident, MonitorId, MonitorPlan, Notification, NotificationPolicy, ReceiverName, Routing, SharedStore, StoreError,
    Transport, words,
};
use driftd_window::Span;

use super::retry::Periodic;
use super::status::{Status, StoreOperation};
use super::stop::Stop;
use crate::metrics::METRICS;
use crate::outage::Outage;
use crate::{Clock, EngineError};

/// How long the end of an incident is said again.
const RESOLVED_RESEND_PERIOD: Span = Span::from_minutes(15);

/// Sends one receiver a heartbeat while the daemon is ready. While it is not, it says nothing: that silence is what
/// pages.
pub(super) struct Heartbeats {
    pub(super) receiver: ReceiverName,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) interval: Span,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) status: Arc<Status>,
    pub(super) outage: Outage,
}

/// Says one receiver again what is open and what has lately ended, of what it was notified of.
pub(super) struct Resends {
    pub(super) store: SharedStore,
    pub(super) plans: Vec<Arc<MonitorPlan>>,
    pub(super) routing: Arc<Routing>,
    pub(super) receiver: ReceiverName,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) interval: Span,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) outage: Outage,
}

impl Periodic for Heartbeats {
    const OPERATION: Option<StoreOperation> = None;

    async fn round(&mut self, _stop: &Stop) -> Result<Duration, EngineError> {
        let reasons = self.status.reasons();
        let outcome = if !reasons.is_empty() {
            tracing::debug!(receiver = %self.receiver, ?reasons, "no sign of life while not ready");
            "suppressed"
        } else if let Err(error) = self.transport.heartbeat(self.clock.now()).await {
            if let Some(untold) = self.outage.failed(self.clock.now(), false) {
                let error = words::with_causes(&error);
                tracing::warn!(receiver = %self.receiver, %error, untold, "sign of life not delivered");
            }
            "failed"
        } else {
            if let Some(untold) = self.outage.ended() {
                tracing::info!(receiver = %self.receiver, untold, "signs of life get through again");
            }
            "sent"
        };
        METRICS.heartbeat(&self.receiver, outcome);
        // One that did not get through is tried again a little sooner than the next would be due.
        let wait = self.interval.as_duration();
        Ok(if outcome == "sent" { wait } else { wait / 4 })
    }
}

impl Periodic for Resends {
    /// The daemon is ready without it: what is not said again now is said again next time.
    const OPERATION: Option<StoreOperation> = None;

    async fn round(&mut self, _stop: &Stop) -> Result<Duration, EngineError> {
        match self.restated().await {
            Err(error) => {
                METRICS.store_failed(error.class());
                let error = words::with_causes(&error);
                tracing::debug!(receiver = %self.receiver, %error, "open incidents unknown");
            }
            Ok(incidents) if incidents.is_empty() => {}
            Ok(incidents) => {
                let now = self.clock.now();
                match self.transport.resend(&incidents, now).await {
                    Err(error) => {
                        if let Some(untold) = self.outage.failed(now, false) {
                            let error = words::with_causes(&error);
                            tracing::warn!(receiver = %self.receiver, %error, untold, "open incidents not said again");
                        }
                    }
                    Ok(()) => {
                        if let Some(untold) = self.outage.ended() {
                            tracing::info!(receiver = %self.receiver, untold, "open incidents are said again");
                        }
                    }
                }
            }
        }
        Ok(self.interval.as_duration())
    }
}

impl Resends {
    async fn restated(&self) -> Result<Vec<Notification>, StoreError> {
        let now = self.clock.now();
        let plans: BTreeMap<&MonitorId, &MonitorPlan> =
            self.plans.iter().map(|plan| (&plan.monitor().id, plan.as_ref())).collect();
        let mut incidents = self.store.notified_incidents(now.minus(RESOLVED_RESEND_PERIOD)).await?;
        incidents.retain(|incident| incident.was_notified(&self.receiver));
        let restate = |incident: &Incident| {
            // Incidents of monitors that are not configured any more end by themselves at the receiver.
            let plan = plans.get(&incident.key.monitor)?;
            Some(NotificationPolicy { plan, routing: &self.routing, silences: &[], now }.restate(incident))
        };
        Ok(incidents.iter().filter_map(restate).collect())
    }
}
