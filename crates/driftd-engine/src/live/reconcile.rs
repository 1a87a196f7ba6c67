//! The reconcile loop: what is due by the clock alone, and driftd's own trouble.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use driftd_model::{
    HealthCheck, MonitorId, MonitorPlan, MonitorReconciler, Observation, PartitionRow, ReadPosition, Routing, Severity,
    SharedStore, StoreError, Topic,
};
use driftd_window::{Span, Timestamp};

use super::commit::Waits;
use super::status::{Doing, Status};
use super::stop::Stop;
use crate::Clock;
use crate::metrics::METRICS;

/// How often incidents are looked after: a silence that ends is noticed this late at the most.
const RECONCILE_INTERVAL: Duration = Duration::from_secs(15);
/// How often it is looked for trouble.
const HEALTH_CHECK_INTERVAL: Span = Span::from_minutes(1);
/// Looks that a share of rejects is taken over.
const HEALTH_CHECKS_KEPT: usize = 5;

pub(super) struct ReconcileLoop {
    pub(super) store: SharedStore,
    pub(super) plans: Vec<Arc<MonitorPlan>>,
    pub(super) routing: Arc<Routing>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) status: Arc<Status>,
}

/// What is remembered of a monitor's earlier looks.
#[derive(Debug, Default)]
struct Memory(VecDeque<(Timestamp, ReadPosition)>);

impl Memory {
    /// Whether it is time to look again.
    fn is_due(&self, now: Timestamp) -> bool {
        self.0.back().is_none_or(|(last, _)| now.since(*last) >= HEALTH_CHECK_INTERVAL)
    }
}

impl ReconcileLoop {
    /// Tends until `stop` says so, between two monitors.
    ///
    /// # Errors
    /// Permanent failures of the store.
    pub(super) async fn run(self, mut stop: Stop) -> Result<(), StoreError> {
        let mut memories: BTreeMap<MonitorId, Memory> = BTreeMap::new();
        let mut waits = Waits::new();
        while !stop.is_asked() {
            match self.round(&mut memories, &stop).await {
                Ok(()) => {
                    waits = Waits::new();
                    self.status.working(Doing::Reconcile);
                    stop.pause(RECONCILE_INTERVAL).await;
                }
                Err(error @ StoreError::Transient { .. }) => {
                    self.status.failing(Doing::Reconcile, &error);
                    waits.pass_or(&mut stop).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn round(&self, memories: &mut BTreeMap<MonitorId, Memory>, stop: &Stop) -> Result<(), StoreError> {
        let mut known: BTreeMap<&Topic, Vec<PartitionRow>> = BTreeMap::new();
        for plan in &self.plans {
            if stop.is_asked() {
                return Ok(());
            }
            let monitor = plan.monitor();
            let now = self.clock.now();
            let memory = memories.entry(monitor.id.clone()).or_default();
            let seen = if memory.is_due(now) {
                let partitions = self.partitions(plan, &mut known).await?;
                Some(self.look(plan, &partitions, memory, now))
            } else {
                None
            };
            let outcome =
                self.store.reconcile(&MonitorReconciler::new(plan, &self.routing, seen.as_ref(), now)).await?;
            for event in &outcome.events {
                tracing::info!(
                    monitor.id = %monitor.id, incident.id = %event.incident, transition = event.transition.as_str(),
                    "incident changed"
                );
            }
        }
        self.count(self.clock.now()).await
    }

    /// Where a monitor's partitions stand; `known` are those of topics that were asked for in this round.
    async fn partitions<'a>(
        &self,
        plan: &'a MonitorPlan,
        known: &mut BTreeMap<&'a Topic, Vec<PartitionRow>>,
    ) -> Result<Vec<PartitionRow>, StoreError> {
        let mut partitions = Vec::new();
        for topic in &plan.monitor().topics {
            if !known.contains_key(topic) {
                known.insert(topic, self.store.partitions(topic).await?);
            }
            partitions.extend(known.get(topic).into_iter().flatten().cloned());
        }
        Ok(partitions)
    }

    /// What a look says.
    fn look(
        &self,
        plan: &MonitorPlan,
        partitions: &[PartitionRow],
        memory: &mut Memory,
        now: Timestamp,
    ) -> Observation {
        let last = memory.0.back().map(|(at, _)| *at);
        let before = memory.0.front().map(|(_, read)| *read);
        let outage = self.status.outage(now);
        let check = HealthCheck { partitions, before, outage, since: last.unwrap_or(now), now };
        let seen = check.evaluate(&plan.monitor().pipeline);
        memory.0.push_back((now, ReadPosition::of(partitions)));
        if memory.0.len() > HEALTH_CHECKS_KEPT {
            memory.0.pop_front();
        }
        seen
    }

    /// How many incidents are open, for the metrics.
    async fn count(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut open: BTreeMap<(MonitorId, Severity), u64> = BTreeMap::new();
        for plan in &self.plans {
            for severity in [Severity::Warning, Severity::Critical] {
                open.insert((plan.monitor().id.clone(), severity), 0);
            }
        }
        for incident in self.store.notified_incidents(now).await?.iter().filter(|incident| incident.is_firing()) {
            if let Some(count) = open.get_mut(&(incident.key.monitor.clone(), incident.severity)) {
                *count += 1;
            }
        }
        for ((monitor, severity), count) in open {
            METRICS.incidents_open(&monitor, severity, count);
        }
        Ok(())
    }
}
