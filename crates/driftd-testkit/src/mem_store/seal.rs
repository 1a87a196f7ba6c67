//! Sealing: one step, all or nothing.

use driftd_model::{
    HistoryRow, MonitorId, ReconcileInput, SealOrder, SealOutcome, SealView, Sealed, SealedPane, Sealer, StoreError,
    Topic,
};
use driftd_window::{EventTime, PartitionMark};

use super::fault::{Bug, Fault, Operation};
use super::state::State;

impl State {
    pub(super) fn seal(&mut self, sealer: &dyn Sealer) -> Result<Option<Sealed>, StoreError> {
        let fault = self.take_fault(Operation::Seal);
        if fault == Some(Fault::BeforeCommit) {
            return Err(Fault::error(Operation::Seal));
        }
        let monitor = sealer.monitor();
        let view = self.view(monitor, sealer.topics());
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
        let outcome = order.evaluate(self.history(monitor, &order), &merged, known);
        let sealed = order.done(&merged, outcome);
        let state = self.monitor(monitor);
        state.sealed.extend(merged.into_iter().map(|p| ((p.pane, p.segment.clone()), p)));
        state.sealed_through = Some(through);
        state.history.extend(history_rows(monitor, &order, &sealed.outcome));
        self.write_incidents(&sealed.outcome);
        match fault {
            Some(_) => Err(Fault::error(Operation::Seal)),
            None => Ok(Some(sealed)),
        }
    }

    fn view(&self, monitor: &MonitorId, topics: &[Topic]) -> SealView {
        let rows = self.partitions.iter().filter(|((topic, _), _)| topics.contains(topic));
        let mut marks: Vec<PartitionMark> = rows.map(|(_, row)| row.mark).collect();
        if self.has_bug(Bug::IgnoresSlowestPartition) {
            let fastest = marks.iter().copied().max_by_key(PartitionMark::watermark);
            let slowest = marks.iter_mut().min_by_key(|mark| mark.watermark());
            if let (Some(fastest), Some(slowest)) = (fastest, slowest) {
                *slowest = fastest;
            }
        }
        let activation = self.activations(monitor).last().cloned();
        let Some(state) = self.monitors.get(monitor) else {
            return SealView { marks, activation, ..SealView::default() };
        };
        let unsealed = |start: EventTime| state.sealed_through.is_none_or(|through| start >= through);
        SealView {
            sealed_through: state.sealed_through,
            marks,
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

    /// The sealed panes that the order needs.
    fn history(&self, monitor: &MonitorId, order: &SealOrder<'_>) -> Vec<SealedPane> {
        let Some((from, to)) = order.history() else {
            return Vec::new();
        };
        let sealed = self.monitors.get(monitor).into_iter().flat_map(|m| m.sealed.values());
        sealed.filter(|p| p.pane.start() >= from && p.pane.start() < to).cloned().collect()
    }
}

/// Every statistic of every feature of every window, as the history shows it.
fn history_rows(monitor: &MonitorId, order: &SealOrder<'_>, outcome: &SealOutcome) -> Vec<HistoryRow> {
    let baseline = order.baseline().reference.to_string();
    let mut rows = Vec::new();
    for window in &outcome.windows {
        for verdict in &window.verdicts {
            rows.extend(verdict.scores.iter().map(|score| HistoryRow {
                monitor: monitor.clone(),
                segment: window.segment.clone(),
                window_name: window.window.name.clone(),
                window_start: window.start,
                window_end: window.window.end,
                feature: verdict.feature.clone(),
                statistic: score.statistic,
                value: score.value,
                certified_error: score.certified_error,
                n: verdict.baseline.usable,
                m: verdict.window.usable,
                p_value: score.p_value,
                q_value: score.q_value,
                warn: score.threshold.map(|t| t.warn),
                critical: score.threshold.map(|t| t.critical),
                outcome: score.outcome,
                baseline: baseline.clone(),
                sealed_at: order.now,
            }));
        }
    }
    rows
}
