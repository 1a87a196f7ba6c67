//! The reconcile loop: what is due by the clock alone, and driftd's own trouble.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use driftd_model::{
    HealthCheck, MonitorId, MonitorPlan, MonitorReconciler, Observation, PartitionRow, ReadPosition, Routing, Severity,
    SharedStore, StoreError, Topic, TopicPartition,
};
use driftd_window::{Span, Timestamp};

use super::retry::Periodic;
use super::status::{Readable, Status, StoreOperation};
use super::stop::Stop;
use crate::metrics::METRICS;
use crate::{Clock, EngineError};

/// How often incidents are looked after: a silence that ends is noticed this late at the most.
const RECONCILE_INTERVAL: Duration = Duration::from_secs(15);
/// How often a pipeline's health is checked.
const HEALTH_CHECK_INTERVAL: Span = Span::from_minutes(1);
/// Checks that a share of rejects is taken over.
const HEALTH_CHECKS_KEPT: usize = 5;

/// Reconciles incidents with the clock, and with how the pipeline is.
pub(super) struct ReconcileLoop {
    pub(super) store: SharedStore,
    pub(super) plans: Vec<Arc<MonitorPlan>>,
    pub(super) routing: Arc<Routing>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) status: Arc<Status>,
    pub(super) health: BTreeMap<MonitorId, HealthHistory>,
}

/// A monitor's last health checks.
#[derive(Debug, Default)]
pub(super) struct HealthHistory(VecDeque<(Timestamp, ReadPosition)>);

impl HealthHistory {
    /// Whether it is time for another check.
    fn is_due(&self, now: Timestamp) -> bool {
        self.0.back().is_none_or(|(last, _)| now.since(*last) >= HEALTH_CHECK_INTERVAL)
    }
}

impl Periodic for ReconcileLoop {
    const OPERATION: Option<StoreOperation> = Some(StoreOperation::Reconcile);

    /// Reconciles every monitor once; stops between two.
    async fn round(&mut self, stop: &Stop) -> Result<Duration, EngineError> {
        let mut known: BTreeMap<Topic, Vec<PartitionRow>> = BTreeMap::new();
        for plan in self.plans.clone() {
            if stop.is_asked() {
                return Ok(RECONCILE_INTERVAL);
            }
            let monitor = plan.monitor();
            let now = self.clock.now();
            let seen = if self.health.get(&monitor.id).is_none_or(|health| health.is_due(now)) {
                let partitions = self.partitions(&plan, &mut known).await?;
                Some(self.check_health(&plan, &partitions, now))
            } else {
                None
            };
            let reconciler = MonitorReconciler::new(&plan, &self.routing, seen.as_ref(), now);
            let outcome = self.store.reconcile(&reconciler).await?;
            for event in outcome.iter().flat_map(|outcome| &outcome.events) {
                tracing::info!(
                    monitor.id = %monitor.id, incident.id = %event.incident, transition = event.transition.as_str(),
                    "incident changed"
                );
            }
        }
        self.count_open(self.clock.now()).await?;
        Ok(RECONCILE_INTERVAL)
    }
}

impl ReconcileLoop {
    /// Where a monitor's partitions stand; `known` are those of topics that were asked for in this round.
    async fn partitions(
        &self,
        plan: &MonitorPlan,
        known: &mut BTreeMap<Topic, Vec<PartitionRow>>,
    ) -> Result<Vec<PartitionRow>, StoreError> {
        let mut partitions = Vec::new();
        for topic in &plan.monitor().topics {
            if !known.contains_key(topic) {
                let mut rows = self.store.partitions(topic).await?;
                self.note_unread(&mut rows).await?;
                known.insert(topic.clone(), rows);
            }
            partitions.extend(known.get(topic).into_iter().flatten().cloned());
        }
        Ok(partitions)
    }

    /// Writes down which of this process's partitions cannot be read, and which can again: other processes look after the
    /// same incidents.
    async fn note_unread(&self, rows: &mut [PartitionRow]) -> Result<(), StoreError> {
        for row in rows {
            let partition = TopicPartition::new(row.topic.clone(), row.partition);
            let unread = match self.status.readable(&partition, self.clock.now()) {
                Readable::Unknown => continue,
                Readable::Yes => None,
                Readable::No(unread) => Some(unread),
            };
            if row.unread != unread {
                self.store.note_unread(&row.topic, row.partition, unread.as_ref()).await?;
                row.unread = unread;
            }
        }
        Ok(())
    }

    /// Checks the health of a monitor's pipeline, against earlier checks.
    fn check_health(&mut self, plan: &MonitorPlan, partitions: &[PartitionRow], now: Timestamp) -> Observation {
        let outage = self.status.outage(now);
        let earlier = &mut self.health.entry(plan.monitor().id.clone()).or_default().0;
        let last = earlier.back().map(|(at, _)| *at);
        let before = earlier.front().map(|(_, read)| *read);
        let standstill = self.status.standstill(&plan.monitor().id);
        let check = HealthCheck { partitions, before, outage, standstill, since: last.unwrap_or(now), now };
        let seen = check.evaluate(&plan.monitor().pipeline);
        earlier.push_back((now, ReadPosition::of(partitions)));
        if earlier.len() > HEALTH_CHECKS_KEPT {
            earlier.pop_front();
        }
        seen
    }

    /// How many incidents are open, for the metrics.
    async fn count_open(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut open: BTreeMap<(MonitorId, Severity), u64> = BTreeMap::new();
        for plan in &self.plans {
            for severity in [Severity::Info, Severity::Warning, Severity::Critical] {
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
