//! Reconciling: what is due by the clock alone, in a transaction of its own.

use std::future::Future;

use driftd_model::{Incident, IncidentReconciler, MonitorId, ReconcileInput, SealOutcome, Silence};
use driftd_window::Timestamp;

use crate::error::Outcome;

/// A transaction in which a monitor's incidents are reconciled. Everything is read from one snapshot.
pub(crate) trait ReconcileTransaction: Send {
    /// Unresolved incidents of a monitor, and those whose end somebody has still to hear of.
    fn wanting(&mut self, monitor: &MonitorId) -> impl Future<Output = Outcome<Vec<Incident>>> + Send;

    /// Silences that end after `now`.
    fn silences(&mut self, now: Timestamp) -> impl Future<Output = Outcome<Vec<Silence>>> + Send;

    /// Writes down incidents, their events, and messages that are due at once.
    fn write_incidents(&mut self, outcome: &SealOutcome, now: Timestamp) -> impl Future<Output = Outcome<()>> + Send;
}

/// What the reconciler decides on what there is; nothing is written.
pub(crate) async fn decide(
    transaction: &mut impl ReconcileTransaction,
    reconciler: &dyn IncidentReconciler,
) -> Outcome<SealOutcome> {
    let incidents = transaction.wanting(reconciler.monitor()).await?;
    let silences = transaction.silences(reconciler.now()).await?;
    Ok(reconciler.reconcile(ReconcileInput { incidents, silences }))
}

/// Reconciles in `transaction`, which the caller commits unless there is nothing to write.
pub(crate) async fn reconcile(
    transaction: &mut impl ReconcileTransaction,
    reconciler: &dyn IncidentReconciler,
) -> Outcome<SealOutcome> {
    let outcome = decide(transaction, reconciler).await?;
    if !is_nothing(&outcome) {
        transaction.write_incidents(&outcome, reconciler.now()).await?;
    }
    Ok(outcome)
}

/// Whether nothing is to be written.
pub(crate) fn is_nothing(outcome: &SealOutcome) -> bool {
    let SealOutcome { windows: _, incidents, dropped, events, notifications } = outcome;
    incidents.is_empty() && dropped.is_empty() && events.is_empty() && notifications.is_empty()
}
