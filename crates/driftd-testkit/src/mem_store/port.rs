//! The ports over the plain data: lock, do, answer.

use async_trait::async_trait;
use driftd_model::{
    Activation, Baseline, BaselineName, BaselineRef, BaselineSummary, CatalogueStore, Checkpoint, Claim, Claimant,
    ContentHash, CountedMark, FrontierMove, HistoryQuery, HistoryRow, Incident, IncidentEvent, IncidentId,
    IncidentQuery, IncidentReconciler, IncidentRow, IncidentState, ListedIncident, MonitorId, Offset, OutboxEntry,
    OutboxStore, OwnedPartition, Partition, PartitionReset, PartitionRow, PipelineStore, ReadStore, ReceiverName,
    RepairStore, ResetStart, Retained, Retention, SealOutcome, Sealed, SealedPane, Sealer, Settlement, Silence,
    SilenceId, Step, Store, StoreError, StoreSize, StoredBaseline, Topic, TopicPartition, Unread, WindowQuery,
    WindowRow,
};
use driftd_window::{EventTime, PaneWidth, Timestamp};

use super::MemStore;
use super::state::State;

impl MemStore {
    /// What `act` comes to in the store, unless nobody reaches it.
    async fn reached<T>(&self, act: impl FnOnce(&mut State) -> Result<T, StoreError> + Send) -> Result<T, StoreError> {
        let outage = {
            let mut state = self.lock();
            match state.outage {
                None => return act(&mut state),
                Some(outage) => outage.answer(&state.reachable),
            }
        };
        Err(outage.await)
    }
}

#[async_trait]
impl PipelineStore for MemStore {
    async fn claim(
        &self,
        topic: &Topic,
        partition: Partition,
        claimant: &Claimant,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        self.reached(|state| Ok(state.claim(topic, partition, claimant, now))).await
    }

    async fn checkpoint(&self, checkpoint: &Checkpoint, now: Timestamp) -> Result<(), StoreError> {
        self.reached(|state| state.checkpoint(checkpoint, now)).await
    }

    async fn renew(
        &self,
        topic: &Topic,
        partition: Partition,
        counted_to: Offset,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.reached(|state| {
            state.renew(topic, partition, counted_to, now);
            Ok(())
        })
        .await
    }

    async fn note_unread(
        &self,
        topic: &Topic,
        partition: Partition,
        unread: Option<&Unread>,
    ) -> Result<(), StoreError> {
        self.reached(|state| {
            state.note_unread(topic, partition, unread);
            Ok(())
        })
        .await
    }

    async fn retire_partitions(&self, topic: &Topic, count: i32, _now: Timestamp) -> Result<u64, StoreError> {
        self.reached(|state| Ok(state.retire(topic, count))).await
    }

    async fn seal(&self, sealer: &dyn Sealer) -> Result<Option<Sealed>, StoreError> {
        self.lock().seals_asked += 1;
        self.reached(|state| state.seal(sealer)).await
    }

    async fn reconcile(&self, reconciler: &dyn IncidentReconciler) -> Result<Option<SealOutcome>, StoreError> {
        self.reached(|state| state.reconcile(reconciler)).await
    }

    async fn sweep_late(&self, monitor: &MonitorId) -> Result<u64, StoreError> {
        self.reached(|state| Ok(state.sweep_late(monitor))).await
    }

    async fn retain(&self, policy: &Retention, now: Timestamp) -> Result<Retained, StoreError> {
        self.reached(|state| Ok(state.retain(policy, now))).await
    }
}

#[async_trait]
impl OutboxStore for MemStore {
    async fn lease(
        &self,
        owner: &str,
        receiver: &ReceiverName,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        Ok(self.lock().lease(owner, receiver, limit, now, until))
    }

    async fn settle(
        &self,
        owner: &str,
        entry: i64,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.lock().settle(owner, entry, settlement, now)
    }

    async fn outbox_depth(&self) -> Result<u64, StoreError> {
        Ok(self.lock().outbox_depth())
    }

    async fn notified_incidents(&self, resolved_after: Timestamp) -> Result<Vec<Incident>, StoreError> {
        Ok(self.lock().notified(resolved_after))
    }
}

#[async_trait]
impl CatalogueStore for MemStore {
    async fn put_baseline(
        &self,
        name: &BaselineName,
        baseline: Baseline,
        now: Timestamp,
    ) -> Result<StoredBaseline, StoreError> {
        Ok(self.lock().put_baseline(name, baseline, now))
    }

    async fn activate_baseline(
        &self,
        monitor: &MonitorId,
        reference: &BaselineRef,
        width: PaneWidth,
    ) -> Result<Activation, StoreError> {
        self.lock().activate(monitor, reference, width)
    }

    async fn amend_incident(
        &self,
        expected: IncidentState,
        step: &Step,
        silenced: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.lock().amend(expected, step, silenced, now))
    }

    async fn add_silence(&self, silence: &Silence) -> Result<SilenceId, StoreError> {
        Ok(self.lock().add_silence(silence))
    }

    async fn expire_silence(&self, id: SilenceId, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.lock().expire_silence(id, now))
    }
}

#[async_trait]
impl ReadStore for MemStore {
    async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        self.lock().clocks_asked += 1;
        self.reached(|state| Ok(state.clock)).await
    }

    async fn sizes(&self) -> Result<Vec<StoreSize>, StoreError> {
        self.reached(|state| {
            let partials: usize = state.monitors.values().flat_map(|m| m.partials.values()).map(Vec::len).sum();
            Ok(vec![StoreSize { part: "pane_partials".to_owned(), bytes: partials as u64 }])
        })
        .await
    }

    async fn partitions(&self, topic: &Topic) -> Result<Vec<PartitionRow>, StoreError> {
        self.reached(|state| Ok(state.rows_of(topic).cloned().collect())).await
    }

    async fn marks(
        &self,
        topic: &Topic,
        monitor: &MonitorId,
        plan: &ContentHash,
    ) -> Result<Vec<CountedMark>, StoreError> {
        self.reached(|state| Ok(state.marks(topic, monitor, plan))).await
    }

    async fn sealed_through(&self, monitor: &MonitorId) -> Result<Option<EventTime>, StoreError> {
        Ok(self.lock().monitors.get(monitor).and_then(|m| m.sealed_through))
    }

    async fn frontiers(&self) -> Result<Vec<(MonitorId, EventTime)>, StoreError> {
        let sealed = |state: &mut State| {
            let monitors = state.monitors.iter();
            monitors.filter_map(|(id, monitor)| Some((id.clone(), monitor.sealed_through?))).collect()
        };
        self.reached(|state| Ok(sealed(state))).await
    }

    async fn each_sealed_pane(
        &self,
        monitor: &MonitorId,
        from: EventTime,
        to: EventTime,
        each: &mut (dyn FnMut(SealedPane) + Send),
    ) -> Result<(), StoreError> {
        let state = self.lock();
        let panes = state.monitors.get(monitor).into_iter().flat_map(|m| m.sealed.values());
        panes.filter(|p| p.pane.start() >= from && p.pane.start() < to).cloned().for_each(each);
        Ok(())
    }

    async fn baseline(&self, reference: &BaselineRef) -> Result<Option<StoredBaseline>, StoreError> {
        Ok(self.lock().baseline(reference).cloned())
    }

    async fn newest_baseline(&self, name: &BaselineName) -> Result<Option<StoredBaseline>, StoreError> {
        Ok(self.lock().newest_baseline(name).cloned())
    }

    async fn baselines(&self) -> Result<Vec<BaselineSummary>, StoreError> {
        Ok(self.lock().summaries())
    }

    async fn activations(&self, monitor: &MonitorId) -> Result<Vec<Activation>, StoreError> {
        Ok(self.lock().activations(monitor).to_vec())
    }

    async fn history(&self, query: &HistoryQuery) -> Result<Vec<HistoryRow>, StoreError> {
        Ok(self.lock().history(query))
    }

    async fn windows(&self, query: &WindowQuery) -> Result<Vec<WindowRow>, StoreError> {
        self.reached(|state| Ok(state.windows(query))).await
    }

    async fn newest_windows(&self, query: &WindowQuery) -> Result<Vec<WindowRow>, StoreError> {
        self.reached(|state| Ok(state.newest_windows(query))).await
    }

    async fn incident_page(&self, query: &IncidentQuery) -> Result<Vec<ListedIncident>, StoreError> {
        self.reached(|state| Ok(state.incident_page(query))).await
    }

    async fn incidents(&self, monitor: Option<&MonitorId>) -> Result<Vec<IncidentRow>, StoreError> {
        Ok(self.lock().incident_rows(monitor))
    }

    async fn incident(&self, id: &IncidentId) -> Result<Option<(Incident, Vec<IncidentEvent>)>, StoreError> {
        Ok(self.lock().incident(id))
    }

    async fn silences(&self, ending_after: Option<Timestamp>) -> Result<Vec<Silence>, StoreError> {
        Ok(self.lock().silences(ending_after))
    }
}

#[async_trait]
impl RepairStore for MemStore {
    async fn all_partitions(&self) -> Result<Vec<OwnedPartition>, StoreError> {
        let state = self.lock();
        let owner = |key| state.owners.get(key).cloned().unwrap_or_default();
        Ok(state.partitions.iter().map(|(key, row)| OwnedPartition { row: row.clone(), owner: owner(key) }).collect())
    }

    async fn reset_partition(
        &self,
        partition: &TopicPartition,
        start: ResetStart,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<PartitionReset>, StoreError> {
        self.lock().reset_partition(partition, start, by, now)
    }

    async fn forget_partition(&self, partition: &TopicPartition) -> Result<bool, StoreError> {
        Ok(self.lock().forget_partition(partition))
    }

    async fn move_frontier(&self, monitor: &MonitorId, to: EventTime) -> Result<FrontierMove, StoreError> {
        self.lock().move_frontier(monitor, to)
    }
}

#[async_trait]
impl Store for MemStore {}
