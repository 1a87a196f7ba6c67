//! The seal: one step of one monitor, from the counts of a pane to what people shall hear, in one transaction.

use std::future::Future;

use driftd_model::{
    AlarmCount, FeatureMemory, MonitorId, PlannedDelta, ReconcileInput, RememberedShape, SealOrder, SealOutcome,
    SealView, Sealed, SealedPane, Sealer,
};
use driftd_window::{EventTime, PaneId};
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::error::{Failure, Outcome};
use crate::reconcile::ReconcileTransaction;

/// A transaction that a seal takes place in. Everything is read from one snapshot.
pub(crate) trait SealTransaction: ReconcileTransaction {
    /// Frontier, marks and the neighbouring panes with records.
    fn view(&mut self, sealer: &dyn Sealer) -> impl Future<Output = Outcome<SealView>> + Send;

    /// Partials of a pane in order of offset, so that the last digits of merged means do not depend on the order of
    /// arrival.
    fn partials(
        &mut self,
        monitor: &MonitorId,
        pane: PaneId,
    ) -> impl Future<Output = Outcome<Vec<PlannedDelta>>> + Send;

    /// Shows `each` sealed pane that starts in one of these stretches [`from`, `to`), which are in order and apart; by
    /// pane and segment, and one at a time: of a long window there may be more than memory holds.
    fn history(
        &mut self,
        monitor: &MonitorId,
        stretches: &[(EventTime, EventTime)],
        each: impl FnMut(&SealedPane) + Send,
    ) -> impl Future<Output = Outcome<()>> + Send;

    /// What is remembered of the windows of one shape and may take another one. The rest is forgotten for good.
    fn memories(
        &mut self,
        monitor: &MonitorId,
        shape: &RememberedShape,
    ) -> impl Future<Output = Outcome<Vec<FeatureMemory>>> + Send;

    /// How often the monitor has alarmed since `from` under that budget.
    fn alarms(
        &mut self,
        monitor: &MonitorId,
        budget: &str,
        from: EventTime,
    ) -> impl Future<Output = Outcome<AlarmCount>> + Send;

    /// Writes down what was sealed and decided, and moves the frontier.
    fn write(&mut self, decided: &Decided<'_>) -> impl Future<Output = Outcome<()>> + Send;
}

/// What a step seals and decides.
pub(crate) struct Decided<'a> {
    pub(crate) monitor: &'a MonitorId,
    pub(crate) order: &'a SealOrder<'a>,
    /// The pane's frozen merge, by segment.
    pub(crate) merged: &'a [SealedPane],
    pub(crate) outcome: &'a SealOutcome,
}

/// Takes one step in `transaction`, which the caller commits if there was one.
pub(crate) async fn seal(transaction: &mut impl SealTransaction, sealer: &dyn Sealer) -> Outcome<Option<Sealed>> {
    let monitor = sealer.monitor();
    let view = transaction.view(sealer).await?;
    let Some(order) = sealer.decide(&view) else {
        return Ok(None);
    };
    let merged = match order.pane() {
        Some(pane) => {
            let deltas = transaction.partials(monitor, pane).await?;
            off_the_runtime(|| order.merge(deltas)).map_err(|error| {
                Failure::unreadable(format!("a part of pane {} of monitor {monitor}", pane.start()), error)
            })?
        }
        None => Vec::new(),
    };
    let mut counts = order.counts();
    transaction.history(monitor, &order.history(), |pane| order.count(pane, &mut counts)).await?;
    let mut memories = Vec::new();
    for shape in order.remembered() {
        memories.extend(transaction.memories(monitor, &shape).await?);
    }
    let alarms = match order.alarms_from() {
        Some(from) => transaction.alarms(monitor, &order.budget().to_string(), from).await?,
        None => AlarmCount::default(),
    };
    let incidents = transaction.unreconciled(monitor).await?;
    let silences = transaction.silences(order.now).await?;
    let outcome =
        off_the_runtime(|| order.evaluate(counts, &merged, memories, alarms, ReconcileInput { incidents, silences }));
    transaction.write(&Decided { monitor, order: &order, merged: &merged, outcome: &outcome }).await?;
    Ok(Some(order.done(&merged, outcome)))
}

/// The refusal of a frontier that does not move forward.
pub(crate) fn not_forward(monitor: &MonitorId, through: EventTime) -> Failure {
    Failure::Refused(format!("the frontier of monitor {monitor} cannot go back to {through}"))
}

/// Runs a computation of some milliseconds without holding up what else this worker thread has to do, where the
/// runtime has other threads to take over.
fn off_the_runtime<T>(compute: impl FnOnce() -> T) -> T {
    let threaded = Handle::try_current().is_ok_and(|h| h.runtime_flavor() == RuntimeFlavor::MultiThread);
    if threaded { tokio::task::block_in_place(compute) } else { compute() }
}
