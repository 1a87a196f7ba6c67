//! The seal: one step of one monitor, from the counts of a pane to what people shall hear, in one transaction.

use std::future::Future;

use driftd_model::{
    BaselineRef, ContentHash, MonitorId, Notification, PlannedDelta, ReceiverName, Score, SealInput, SealOutcome,
    SealStep, SealView, Sealed, SealedPane, Sealer, Topic, Verdict, WindowResult,
};
use driftd_window::{EventTime, PaneId, Timestamp};
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::error::{Failure, Outcome};
use crate::read::to_document;
use crate::reconcile::ReconcileTransaction;

/// A transaction that a seal takes place in. Everything is read from one snapshot.
pub(crate) trait SealTransaction: ReconcileTransaction {
    /// Frontier, marks and the neighbouring panes with records.
    fn view(&mut self, monitor: &MonitorId, topics: &[Topic]) -> impl Future<Output = Outcome<SealView>> + Send;

    /// Partials of a pane in order of offset, so that the last digits of merged means do not depend on the order of
    /// arrival.
    fn partials(
        &mut self,
        monitor: &MonitorId,
        pane: PaneId,
    ) -> impl Future<Output = Outcome<Vec<PlannedDelta>>> + Send;

    /// Sealed panes that start in [`from`, `to`), by pane and segment.
    fn panes(
        &mut self,
        monitor: &MonitorId,
        from: EventTime,
        to: EventTime,
    ) -> impl Future<Output = Outcome<Vec<SealedPane>>> + Send;

    /// Writes down what was sealed and decided, and moves the frontier.
    fn write(&mut self, decided: &Decided<'_>) -> impl Future<Output = Outcome<()>> + Send;
}

/// What a step seals and decides.
pub(crate) struct Decided<'a> {
    pub(crate) sealer: &'a dyn Sealer,
    /// The step's one moment.
    pub(crate) now: Timestamp,
    /// The frontier after the step.
    pub(crate) through: EventTime,
    /// The pane's frozen merge, by segment.
    pub(crate) merged: &'a [SealedPane],
    pub(crate) outcome: &'a SealOutcome,
    /// What its windows were judged against.
    pub(crate) baseline: (BaselineRef, ContentHash),
}

/// Takes one step in `transaction`, which the caller commits; nothing was written when the step is idle.
pub(crate) async fn step(transaction: &mut impl SealTransaction, sealer: &dyn Sealer) -> Outcome<Sealed> {
    let monitor = sealer.monitor();
    let seen = transaction.view(monitor, sealer.topics()).await?;
    let step = sealer.decide(&seen);
    let Some(through) = sealer.through(step) else {
        return Ok(idle());
    };
    let merged = match step {
        SealStep::Pane { pane } => merge(sealer, pane, transaction.partials(monitor, pane).await?)?,
        SealStep::Idle | SealStep::Quiet { .. } | SealStep::Gap { .. } => Vec::new(),
    };
    let mut panes = match step {
        // A gap is a stretch that no window with records reaches: however long, there is nothing to read.
        SealStep::Gap { .. } | SealStep::Idle => Vec::new(),
        // The pane just merged is not written yet; it joins below.
        SealStep::Pane { .. } | SealStep::Quiet { .. } => {
            transaction.panes(monitor, sealer.history_from(step), through).await?
        }
    };
    // A row that holds late records only is no data.
    panes.retain(|pane| pane.rows > 0);
    panes.extend(merged.iter().cloned());
    let now = sealer.now(step);
    let incidents = transaction.wanting(monitor).await?;
    let silences = transaction.silences(now).await?;
    let outcome = off_the_runtime(|| {
        sealer.evaluate(SealInput { step, panes, first_data: seen.first_data, incidents, silences })
    });
    let baseline = sealer.baseline(step);
    transaction.write(&Decided { sealer, now, through, merged: &merged, outcome: &outcome, baseline }).await?;
    let rows = merged.iter().fold(0_u64, |sum, pane| sum.saturating_add(pane.rows));
    Ok(Sealed { step, rows, outcome })
}

/// What a seal that found nothing to do returns.
pub(crate) fn idle() -> Sealed {
    Sealed { step: SealStep::Idle, rows: 0, outcome: SealOutcome::default() }
}

/// The refusal of a frontier that does not move forward.
pub(crate) fn not_forward(monitor: &MonitorId, through: EventTime) -> Failure {
    Failure::Refused(format!("the frontier of monitor {monitor} cannot go back to {through}"))
}

/// The frozen merge of a pane's partials, by segment.
fn merge(sealer: &dyn Sealer, pane: PaneId, deltas: Vec<PlannedDelta>) -> Outcome<Vec<SealedPane>> {
    off_the_runtime(|| sealer.merge(deltas)).map_err(|error| {
        let what = format!("a part of pane {} of monitor {}", pane.start(), sealer.monitor());
        Failure::unreadable(what, error)
    })
}

/// Every statistic of every feature, with the id of its window.
pub(crate) fn scores<'a>(numbered: &[(i64, &'a WindowResult)]) -> Vec<(i64, &'a Verdict, &'a Score)> {
    numbered
        .iter()
        .flat_map(|(id, result)| result.verdicts.iter().map(move |verdict| (*id, verdict)))
        .flat_map(|(id, verdict)| verdict.scores.iter().map(move |score| (id, verdict, score)))
        .collect()
}

/// Every message, once a receiver, as it is stored.
pub(crate) fn messages(notifications: &[Notification]) -> Outcome<Vec<(&Notification, &ReceiverName, String)>> {
    let mut messages = Vec::new();
    for notification in notifications {
        let body = to_document(notification, format_args!("notification {}", notification.key))?;
        messages.extend(notification.receivers.iter().map(|receiver| (notification, receiver, body.clone())));
    }
    Ok(messages)
}

/// Runs a computation of some milliseconds without holding up what else this worker thread has to do, where the
/// runtime has other threads to take over.
fn off_the_runtime<T>(compute: impl FnOnce() -> T) -> T {
    let threaded = Handle::try_current().is_ok_and(|h| h.runtime_flavor() == RuntimeFlavor::MultiThread);
    if threaded { tokio::task::block_in_place(compute) } else { compute() }
}
