//! The store port over the plain data: lock, do, answer.

use driftd_model::{
    Activation, Baseline, BaselineName, BaselineRef, BaselineSummary, Checkpoint, Claim, FeatureName, HistoryQuery,
    HistoryRow, Incident, IncidentEvent, IncidentId, IncidentReconciler, IncidentRow, IncidentState, MonitorId,
    OutboxEntry, Partition, PartitionRow, ReceiverName, Retained, Retention, SealOutcome, Sealed, SealedPane, Sealer,
    Settlement, Silence, SilenceId, Step, Store, StoreError, StoreResult, StoredBaseline, Topic,
};
use driftd_window::{EventTime, PaneWidth, SegmentKey, Timestamp, WindowName};

use super::MemStore;
use super::state::State;

/// A future that is ready with `value`.
fn ready<'a, T: Send + 'a>(value: T) -> driftd_model::BoxFuture<'a, T> {
    Box::pin(std::future::ready(value))
}

/// What `act` comes to in the store, unless nobody reaches it.
fn reached<'a, T: Send + 'a>(
    store: &MemStore,
    act: impl FnOnce(&mut State) -> Result<T, StoreError>,
) -> StoreResult<'a, T> {
    let mut state = store.lock();
    match state.outage {
        Some(outage) => outage.answer(&state.reachable),
        None => ready(act(&mut state)),
    }
}

/// What the history is sorted by: names as text, as a database does it.
fn order(row: &HistoryRow) -> (EventTime, &SegmentKey, &WindowName, &FeatureName, &'static str, &MonitorId) {
    (row.window_end, &row.segment, &row.window_name, &row.feature, row.statistic.as_str(), &row.monitor)
}

impl Store for MemStore {
    fn claim<'a>(
        &'a self,
        topic: &'a Topic,
        partition: Partition,
        _owner: &'a str,
        _now: Timestamp,
    ) -> StoreResult<'a, Claim> {
        reached(self, |state| Ok(state.claim(topic, partition)))
    }

    fn checkpoint<'a>(&'a self, checkpoint: &'a Checkpoint, now: Timestamp) -> StoreResult<'a, ()> {
        reached(self, |state| state.checkpoint(checkpoint, now))
    }

    fn seal<'a>(&'a self, sealer: &'a dyn Sealer) -> StoreResult<'a, Sealed> {
        self.lock().seals_asked += 1;
        reached(self, |state| state.seal(sealer))
    }

    fn reconcile<'a>(&'a self, reconciler: &'a dyn IncidentReconciler) -> StoreResult<'a, SealOutcome> {
        reached(self, |state| state.reconcile(reconciler))
    }

    fn sweep_late<'a>(&'a self, monitor: &'a MonitorId) -> StoreResult<'a, u64> {
        reached(self, |state| Ok(state.sweep_late(monitor)))
    }

    fn partitions<'a>(&'a self, topic: &'a Topic) -> StoreResult<'a, Vec<PartitionRow>> {
        reached(self, |state| Ok(state.partitions.values().filter(|row| row.topic == *topic).cloned().collect()))
    }

    fn sealed_through<'a>(&'a self, monitor: &'a MonitorId) -> StoreResult<'a, Option<EventTime>> {
        ready(Ok(self.lock().monitors.get(monitor).and_then(|m| m.sealed_through)))
    }

    fn put_baseline<'a>(
        &'a self,
        name: &'a BaselineName,
        baseline: Baseline,
        now: Timestamp,
    ) -> StoreResult<'a, StoredBaseline> {
        ready(Ok(self.lock().put_baseline(name, baseline, now)))
    }

    fn baseline<'a>(&'a self, reference: &'a BaselineRef) -> StoreResult<'a, Option<StoredBaseline>> {
        ready(Ok(self.lock().baseline(reference).cloned()))
    }

    fn newest_baseline<'a>(&'a self, name: &'a BaselineName) -> StoreResult<'a, Option<StoredBaseline>> {
        ready(Ok(self.lock().newest_baseline(name).cloned()))
    }

    fn baselines(&self) -> StoreResult<'_, Vec<BaselineSummary>> {
        ready(Ok(self.lock().summaries()))
    }

    fn activate_baseline<'a>(
        &'a self,
        monitor: &'a MonitorId,
        reference: &'a BaselineRef,
        width: PaneWidth,
    ) -> StoreResult<'a, Activation> {
        ready(self.lock().activate(monitor, reference, width))
    }

    fn activations<'a>(&'a self, monitor: &'a MonitorId) -> StoreResult<'a, Vec<Activation>> {
        ready(Ok(self.lock().activations(monitor).to_vec()))
    }

    fn sealed_panes<'a>(
        &'a self,
        monitor: &'a MonitorId,
        from: EventTime,
        to: EventTime,
    ) -> StoreResult<'a, Vec<SealedPane>> {
        let state = self.lock();
        let panes = state.monitors.get(monitor).into_iter().flat_map(|m| m.sealed.values());
        ready(Ok(panes.filter(|p| p.pane.start() >= from && p.pane.start() < to).cloned().collect()))
    }

    fn history<'a>(&'a self, query: &'a HistoryQuery) -> StoreResult<'a, Vec<HistoryRow>> {
        let state = self.lock();
        let wanted = |row: &&HistoryRow| {
            query.monitor.as_ref().is_none_or(|m| row.monitor == *m)
                && query.feature.as_ref().is_none_or(|f| row.feature == *f)
                && query.statistic.is_none_or(|s| row.statistic == s)
                && query.segment.as_ref().is_none_or(|s| row.segment == *s)
                && query.from.is_none_or(|from| row.window_end > from)
                && query.to.is_none_or(|to| row.window_end <= to)
        };
        let mut rows: Vec<&HistoryRow> =
            state.monitors.values().flat_map(|m| m.history.iter()).filter(wanted).collect();
        rows.sort_by(|a, b| order(a).cmp(&order(b)));
        ready(Ok(rows.into_iter().cloned().collect()))
    }

    fn incidents<'a>(&'a self, monitor: Option<&'a MonitorId>) -> StoreResult<'a, Vec<IncidentRow>> {
        ready(Ok(self.lock().incident_rows(monitor)))
    }

    fn incident<'a>(&'a self, id: &'a IncidentId) -> StoreResult<'a, Option<(Incident, Vec<IncidentEvent>)>> {
        ready(Ok(self.lock().incident(id)))
    }

    fn amend_incident<'a>(
        &'a self,
        expected: IncidentState,
        step: &'a Step,
        silenced: bool,
        now: Timestamp,
    ) -> StoreResult<'a, bool> {
        ready(Ok(self.lock().amend(expected, step, silenced, now)))
    }

    fn add_silence<'a>(&'a self, silence: &'a Silence) -> StoreResult<'a, SilenceId> {
        ready(Ok(self.lock().add_silence(silence)))
    }

    fn silences(&self, ending_after: Option<Timestamp>) -> StoreResult<'_, Vec<Silence>> {
        ready(Ok(self.lock().silences(ending_after)))
    }

    fn expire_silence(&self, id: SilenceId, now: Timestamp) -> StoreResult<'_, bool> {
        ready(Ok(self.lock().expire_silence(id, now)))
    }

    fn notified_incidents(&self, resolved_after: Timestamp) -> StoreResult<'_, Vec<Incident>> {
        ready(Ok(self.lock().notified(resolved_after)))
    }

    fn lease<'a>(
        &'a self,
        owner: &'a str,
        receiver: &'a ReceiverName,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> StoreResult<'a, Vec<OutboxEntry>> {
        ready(Ok(self.lock().lease(owner, receiver, limit, now, until)))
    }

    fn settle<'a>(
        &'a self,
        owner: &'a str,
        entry: i64,
        settlement: &'a Settlement,
        now: Timestamp,
    ) -> StoreResult<'a, bool> {
        ready(self.lock().settle(owner, entry, settlement, now))
    }

    fn retain<'a>(&'a self, policy: &'a Retention, now: Timestamp) -> StoreResult<'a, Retained> {
        reached(self, |state| Ok(state.retain(policy, now)))
    }

    fn outbox_depth(&self) -> StoreResult<'_, u64> {
        ready(Ok(self.lock().outbox_depth()))
    }
}
