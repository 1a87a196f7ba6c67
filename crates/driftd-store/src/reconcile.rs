//! Reconciling: what is due by the clock alone, in a transaction of its own.

use std::future::Future;

use driftd_model::{Incident, IncidentReconciler, MonitorId, ReconcileInput, SealOutcome, Silence};
use driftd_window::Timestamp;

use crate::error::Outcome;

/// A transaction in which a monitor's incidents are reconciled. Everything is read from one snapshot.
pub(crate) trait ReconcileTransaction: Send {
    /// Unresolved incidents of a monitor, and those whose end somebody has still to hear of.
    fn unreconciled(&mut self, monitor: &MonitorId) -> impl Future<Output = Outcome<Vec<Incident>>> + Send;

    /// Silences that end after `now`.
    fn silences(&mut self, now: Timestamp) -> impl Future<Output = Outcome<Vec<Silence>>> + Send;

    /// Writes down incidents, their events, and messages that are due at once.
    fn write_incidents(&mut self, outcome: &SealOutcome, now: Timestamp) -> impl Future<Output = Outcome<()>> + Send;
}

/// What the reconciler decides on what there is; nothing is written.
pub(crate) async fn decide(
    transaction: &mut impl ReconcileTransaction,
    reconciler: &dyn IncidentReconciler,
) -> Outcome<Option<SealOutcome>> {
    let incidents = transaction.unreconciled(reconciler.monitor()).await?;
    let silences = transaction.silences(reconciler.now()).await?;
    Ok(reconciler.reconcile(ReconcileInput { incidents, silences }))
}

/// Reconciles in `transaction`, which the caller commits if anything was written.
pub(crate) async fn reconcile(
    transaction: &mut impl ReconcileTransaction,
    reconciler: &dyn IncidentReconciler,
) -> Outcome<Option<SealOutcome>> {
    let outcome = decide(transaction, reconciler).await?;
    if let Some(outcome) = &outcome {
        transaction.write_incidents(outcome, reconciler.now()).await?;
    }
    Ok(outcome)
}
