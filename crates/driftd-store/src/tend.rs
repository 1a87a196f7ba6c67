//! Tending: what is due by the clock alone, in a transaction of its own.

use std::future::Future;

use driftd_model::{Incident, MonitorId, SealOutcome, Silence, TendInput, Tender};
use driftd_window::Timestamp;

use crate::error::Outcome;

/// A transaction in which a monitor's incidents are looked after. Everything is read from one snapshot.
pub(crate) trait TendTransaction: Send {
    /// Unresolved incidents of a monitor, and those whose end somebody has still to hear of.
    fn wanting(&mut self, monitor: &MonitorId) -> impl Future<Output = Outcome<Vec<Incident>>> + Send;

    /// Silences that end after `now`.
    fn silences(&mut self, now: Timestamp) -> impl Future<Output = Outcome<Vec<Silence>>> + Send;

    /// Writes down incidents, their events, and messages that are due at once.
    fn tell(&mut self, outcome: &SealOutcome, now: Timestamp) -> impl Future<Output = Outcome<()>> + Send;
}

/// What the tender decides on what there is; nothing is written.
pub(crate) async fn look(transaction: &mut impl TendTransaction, tender: &dyn Tender) -> Outcome<SealOutcome> {
    let incidents = transaction.wanting(tender.monitor()).await?;
    let silences = transaction.silences(tender.now()).await?;
    Ok(tender.tend(TendInput { incidents, silences }))
}

/// Tends in `transaction`, which the caller commits unless there is nothing to write.
pub(crate) async fn tend(transaction: &mut impl TendTransaction, tender: &dyn Tender) -> Outcome<SealOutcome> {
    let outcome = look(transaction, tender).await?;
    if !is_nothing(&outcome) {
        transaction.tell(&outcome, tender.now()).await?;
    }
    Ok(outcome)
}

/// Whether nothing is to be written.
pub(crate) fn is_nothing(outcome: &SealOutcome) -> bool {
    let SealOutcome { windows: _, incidents, dropped, events, notifications } = outcome;
    incidents.is_empty() && dropped.is_empty() && events.is_empty() && notifications.is_empty()
}
