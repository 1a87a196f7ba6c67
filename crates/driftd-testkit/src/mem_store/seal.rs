//! Sealing: one step, all or nothing.

use driftd_model::{
    HistoryRow, MonitorId, SealInput, SealOutcome, SealStep, SealView, Sealed, SealedPane, Sealer, StoreError, Topic,
};
use driftd_window::{EventTime, PartitionMark, Timestamp};

use super::fault::{Bug, Fault, Operation};
use super::state::State;

impl State {
    pub(super) fn seal(&mut self, sealer: &dyn Sealer) -> Result<Sealed, StoreError> {
        let fault = self.take_fault(Operation::Seal);
        if fault == Some(Fault::BeforeCommit) {
            return Err(Fault::error(Operation::Seal));
        }
        let seen = self.view(sealer.monitor(), sealer.topics());
        let step = sealer.decide(&seen);
        let Some(through) = sealer.through(step) else {
            let idle = Sealed { step, rows: 0, outcome: SealOutcome::default() };
            return fault.map_or(Ok(idle), |_| Err(Fault::error(Operation::Seal)));
        };
        let frontier = self.monitor(sealer.monitor()).sealed_through;
        if frontier.is_some_and(|frontier| through <= frontier) {
            let what = format!("the frontier of monitor {} cannot go back to {through}", sealer.monitor());
            return Err(StoreError::permanent(what));
        }
        let fresh = self.merge(sealer, step)?;
        let rows = fresh.iter().map(|p| p.rows).sum();
        let now = sealer.now(step);
        let outcome = sealer.evaluate(SealInput {
            step,
            panes: self.panes_for(sealer, step, through, &fresh),
            first_data: seen.first_data,
            incidents: self.wanting(sealer.monitor()),
            silences: self.silences(Some(now)),
        });
        let state = self.monitor(sealer.monitor());
        state.sealed.extend(fresh.into_iter().map(|p| ((p.pane, p.segment.clone()), p)));
        state.sealed_through = Some(through);
        state.history.extend(history_rows(sealer, step, &outcome, now));
        self.write_incidents(&outcome);
        match fault {
            Some(_) => Err(Fault::error(Operation::Seal)),
            None => Ok(Sealed { step, rows, outcome }),
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

    fn merge(&self, sealer: &dyn Sealer, step: SealStep) -> Result<Vec<SealedPane>, StoreError> {
        let SealStep::Pane { pane } = step else {
            return Ok(Vec::new());
        };
        let partials = self.monitors.get(sealer.monitor()).and_then(|m| m.partials.get(&pane));
        let deltas = partials.into_iter().flatten().map(|p| p.planned.clone()).collect();
        sealer.merge(deltas).map_err(|source| StoreError::Permanent {
            what: format!("merging pane {} of {}", pane.start(), sealer.monitor()),
            source: Some(Box::new(source)),
        })
    }

    /// Panes with records of the longest window that ends with the step, the fresh ones last.
    fn panes_for(
        &self,
        sealer: &dyn Sealer,
        step: SealStep,
        through: EventTime,
        fresh: &[SealedPane],
    ) -> Vec<SealedPane> {
        let from = sealer.history_from(step);
        let sealed = self.monitors.get(sealer.monitor()).into_iter().flat_map(|m| m.sealed.values());
        let wanted = |p: &&SealedPane| p.rows > 0 && p.pane.start() >= from && p.pane.start() < through;
        sealed.filter(wanted).chain(fresh).cloned().collect()
    }
}

/// Every statistic of every feature of every window, as the history shows it.
fn history_rows(sealer: &dyn Sealer, step: SealStep, outcome: &SealOutcome, sealed_at: Timestamp) -> Vec<HistoryRow> {
    let baseline = sealer.baseline(step).0.to_string();
    let mut rows = Vec::new();
    for window in &outcome.windows {
        for verdict in &window.verdicts {
            rows.extend(verdict.scores.iter().map(|score| HistoryRow {
                monitor: sealer.monitor().clone(),
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
                sealed_at,
            }));
        }
    }
    rows
}
