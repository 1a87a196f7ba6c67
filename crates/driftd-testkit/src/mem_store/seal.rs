//! Sealing: one step, all or nothing.

use driftd_model::{
    AlarmCount, FeatureMemory, Incident, IncidentKind, MonitorId, ReconcileInput, RememberedShape, SealCounts,
    SealOrder, SealView, Sealed, SealedPane, Sealer, StoreError,
};
use driftd_window::{EventTime, PartitionMark};

use super::fault::{Bug, Fault, Operation};
use super::state::{MonitorState, State};

impl State {
    pub(super) fn seal(&mut self, sealer: &dyn Sealer) -> Result<Option<Sealed>, StoreError> {
        let fault = self.take_fault(Operation::Seal);
        let is_torn = fault == Some(Fault::BeforeCommit) && self.has_bug(Bug::MemoriesBeforeSeal);
        if fault == Some(Fault::BeforeCommit) && !is_torn {
            return Err(Fault::error(Operation::Seal));
        }
        let monitor = sealer.monitor();
        let view = self.view(sealer);
        let Some(order) = sealer.decide(&view) else {
            return fault.map_or(Ok(None), |_| Err(Fault::error(Operation::Seal)));
        };
        let through = order.through;
        if self.monitor(monitor).sealed_through.is_some_and(|frontier| through <= frontier) {
            let what = format!("the frontier of monitor {monitor} cannot go back to {through}");
            return Err(StoreError::permanent(what));
        }
        let merged = self.merge(monitor, &order)?;
        let known = ReconcileInput { incidents: self.wanting(monitor), silences: self.silences(Some(order.now)) };
        let memories = self.memories(monitor, &order);
        let alarms = self.alarms(monitor, &order);
        let counts = self.counts(monitor, &order);
        let mut outcome = order.evaluate(counts.clone(), &merged, memories, alarms, known.clone());
        if self.has_bug(Bug::RemembersTwice) {
            let before = order.history().last().map_or(through, |(from, _)| *from);
            let memories = outcome.memories.into_iter().map(|memory| FeatureMemory { through: before, ..memory });
            outcome.memories = order.evaluate(counts, &merged, memories.collect(), alarms, known).memories;
        }
        let shapes = order.remembered();
        if is_torn {
            self.monitor(monitor).remember(&shapes, &outcome.memories);
            return Err(Fault::error(Operation::Seal));
        }
        let sealed = order.done(&merged, outcome);
        let state = self.monitor(monitor);
        state.sealed.extend(merged.into_iter().map(|p| ((p.pane, p.segment.clone()), p)));
        state.sealed_through = Some(through);
        state.reach = state.reach.max(order.reach());
        let baseline = &order.baseline().reference;
        let windows = sealed.outcome.windows.iter();
        state.windows.extend(windows.clone().map(|window| window.row(monitor, baseline, order.now)));
        state.history.extend(windows.flat_map(|window| window.history(monitor, baseline, order.now)));
        if !sealed.outcome.windows.is_empty() {
            state.budgets.insert(through, (order.budget(), order.now));
        }
        state.remember(&shapes, &sealed.outcome.memories);
        self.write_incidents(&sealed.outcome);
        match fault {
            Some(_) => Err(Fault::error(Operation::Seal)),
            None => Ok(Some(sealed)),
        }
    }

    fn view(&self, sealer: &dyn Sealer) -> SealView {
        let (monitor, topics) = (sealer.monitor(), sealer.topics());
        let of_topic = |topic| self.marks(topic, monitor, sealer.plan_hash());
        let mut marks: Vec<PartitionMark> =
            topics.iter().flat_map(of_topic).map(|counted| counted.for_plan()).collect();
        let whole_from = self.whole_from(monitor, topics);
        if self.has_bug(Bug::IgnoresSlowestPartition) {
            let fastest = marks.iter().copied().max_by_key(PartitionMark::watermark);
            let slowest = marks.iter_mut().min_by_key(|mark| mark.watermark());
            if let (Some(fastest), Some(slowest)) = (fastest, slowest) {
                *slowest = fastest;
            }
        }
        let activation = self.activations(monitor).last().cloned();
        let Some(state) = self.monitors.get(monitor) else {
            return SealView { marks, whole_from, activation, ..SealView::default() };
        };
        let unsealed = |start: EventTime| state.sealed_through.is_none_or(|through| start >= through);
        SealView {
            sealed_through: state.sealed_through,
            marks,
            whole_from,
            next_data: state.partials.keys().copied().find(|pane| unsealed(pane.start())),
            first_data: state.sealed.iter().find(|(_, pane)| pane.rows > 0).map(|((pane, _), _)| *pane),
            last_data: state.sealed.iter().rev().find(|(_, pane)| pane.rows > 0).map(|((pane, _), _)| *pane),
            activation,
        }
    }

    fn merge(&self, monitor: &MonitorId, order: &SealOrder<'_>) -> Result<Vec<SealedPane>, StoreError> {
        let Some(pane) = order.pane() else {
            return Ok(Vec::new());
        };
        let partials = self.monitors.get(monitor).and_then(|m| m.partials.get(&pane));
        let deltas = partials.into_iter().flatten().map(|p| p.planned.clone()).collect();
        order.merge(deltas).map_err(|source| StoreError::Permanent {
            what: format!("merging pane {} of {monitor}", pane.start()),
            source: Some(Box::new(source)),
        })
    }

    /// The sealed panes that the order needs, counted.
    fn counts(&self, monitor: &MonitorId, order: &SealOrder<'_>) -> SealCounts {
        let stretches = order.history();
        let is_needed = |pane: &&SealedPane| {
            let start = pane.pane.start();
            stretches.iter().any(|(from, to)| start >= *from && start < *to)
        };
        let sealed = self.monitors.get(monitor).into_iter().flat_map(|m| m.sealed.values());
        let mut counts = order.counts();
        sealed.filter(is_needed).for_each(|pane| order.count(pane, &mut counts));
        counts
    }

    /// How often the monitor has alarmed lately under its budget, as far back as its history goes.
    fn alarms(&self, monitor: &MonitorId, order: &SealOrder<'_>) -> AlarmCount {
        let Some(from) = order.alarms_from() else {
            return AlarmCount::default();
        };
        let mut judged = self.monitors.get(monitor).into_iter().flat_map(|m| m.budgets.range(from..));
        let since = judged.find(|(_, (budget, _))| *budget == order.budget()).map(|(end, _)| *end);
        let counts = |incident: &&Incident| {
            incident.key.monitor == *monitor
                && matches!(incident.key.kind, IncidentKind::Drift | IncidentKind::DataQuality)
                && incident.opened_at.is_some()
                && since.is_some_and(|since| incident.first_seen >= since)
        };
        AlarmCount { since, opened: self.incidents.iter().filter(counts).count() as u64 }
    }

    /// What is remembered of the window shapes that the order needs.
    fn memories(&self, monitor: &MonitorId, order: &SealOrder<'_>) -> Vec<FeatureMemory> {
        let shapes = order.remembered();
        let known = self.monitors.get(monitor).into_iter().flat_map(|m| m.memories.values());
        known.filter(|memory| shapes.iter().any(|shape| shape.may_go_on(memory))).cloned().collect()
    }
}

impl MonitorState {
    fn remember(&mut self, shapes: &[RememberedShape], memories: &[FeatureMemory]) {
        let is_over = |memory: &FeatureMemory| {
            shapes.iter().any(|shape| shape.window == memory.window && !shape.may_go_on(memory))
        };
        self.memories.retain(|_, memory| !is_over(memory));
        let key = |memory: &FeatureMemory| (memory.window.clone(), memory.segment.clone(), memory.feature.clone());
        self.memories.extend(memories.iter().map(|memory| (key(memory), memory.clone())));
    }
}
