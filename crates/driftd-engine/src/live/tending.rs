//! The tending loop: what is due by the clock alone, and driftd's own trouble.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use driftd_model::{
    Look, MonitorId, MonitorPlan, MonitorTender, Observation, PartitionRow, ReadSoFar, Routing, Severity, SharedStore,
    StoreError, Topic,
};
use driftd_window::{Span, Timestamp};

use super::commit::Waits;
use super::status::{Doing, Status};
use super::stop::Stop;
use crate::{Clock, metrics};

/// How often incidents are looked after: a silence that ends is noticed this late at the most.
const EVERY: Duration = Duration::from_secs(15);
/// How often it is looked for trouble.
const LOOKS: Span = Span::from_minutes(1);
/// Looks that a share of rejects is taken over.
const REMEMBERED: usize = 5;

pub(super) struct Tending {
    pub(super) store: SharedStore,
    pub(super) plans: Vec<Arc<MonitorPlan>>,
    pub(super) routing: Arc<Routing>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) status: Arc<Status>,
}

/// What is remembered of a monitor's earlier looks.
#[derive(Debug, Default)]
struct Memory(VecDeque<(Timestamp, ReadSoFar)>);

impl Tending {
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
                    self.status.working(Doing::Tend);
                    stop.pause(EVERY).await;
                }
                Err(error @ StoreError::Transient { .. }) => {
                    self.status.failing(Doing::Tend, &error);
                    waits.pass_or(&mut stop).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn round(&self, memories: &mut BTreeMap<MonitorId, Memory>, stop: &Stop) -> Result<(), StoreError> {
        let mut partitions: BTreeMap<&Topic, Vec<PartitionRow>> = BTreeMap::new();
        for topic in self.plans.iter().flat_map(|plan| &plan.monitor().topics) {
            if !partitions.contains_key(topic) {
                partitions.insert(topic, self.store.partitions(topic).await?);
            }
        }
        for plan in &self.plans {
            if stop.is_asked() {
                return Ok(());
            }
            let monitor = plan.monitor();
            let rows: Vec<PartitionRow> =
                monitor.topics.iter().filter_map(|topic| partitions.get(topic)).flatten().cloned().collect();
            let now = self.clock.now();
            let memory = memories.entry(monitor.id.clone()).or_default();
            let seen = self.look(plan, &rows, memory, now);
            let outcome = self.store.tend(&MonitorTender::new(plan, &self.routing, seen.as_ref(), now)).await?;
            for event in &outcome.events {
                tracing::info!(
                    monitor.id = %monitor.id, incident.id = %event.incident, transition = event.transition.as_str(),
                    "incident changed"
                );
            }
        }
        self.count(self.clock.now()).await
    }

    /// What this look says, when one is due.
    fn look(
        &self,
        plan: &MonitorPlan,
        partitions: &[PartitionRow],
        memory: &mut Memory,
        now: Timestamp,
    ) -> Option<Observation> {
        let last = memory.0.back().map(|(at, _)| *at);
        if last.is_some_and(|last| now.since(last) < LOOKS) {
            return None;
        }
        let before = memory.0.front().map(|(_, read)| *read);
        let outage = self.status.outage(now);
        let look = Look { partitions, before, outage, since: last.unwrap_or(now), now };
        let seen = look.observe(&plan.monitor().pipeline);
        memory.0.push_back((now, ReadSoFar::of(partitions)));
        if memory.0.len() > REMEMBERED {
            memory.0.pop_front();
        }
        Some(seen)
    }

    /// How many incidents are open, for the metrics.
    async fn count(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut open: BTreeMap<(MonitorId, Severity), u64> = BTreeMap::new();
        for plan in &self.plans {
            for severity in [Severity::Warning, Severity::Critical] {
                open.insert((plan.monitor().id.clone(), severity), 0);
            }
        }
        for incident in self.store.told_incidents(now).await?.iter().filter(|incident| incident.is_firing()) {
            if let Some(count) = open.get_mut(&(incident.key.monitor.clone(), incident.severity)) {
                *count += 1;
            }
        }
        for ((monitor, severity), count) in open {
            metrics::incidents_open(&monitor, severity, count);
        }
        Ok(())
    }
}
