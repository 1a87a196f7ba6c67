//! Reconciling on Postgres: in the same turns as seals.

use driftd_model::{Incident, IncidentReconciler, MonitorId, Notification, SealOutcome, Silence};
use driftd_window::Timestamp;
use sqlx::{query, query_file_as};

use super::Outcome;
use super::incidents::{append_events, drop_pending, upsert};
use super::late::touch_frontier;
use super::reads::silences;
use super::transaction::Transaction;
use super::turn::Turn;
use crate::read::to_document;
use crate::reconcile::{ReconcileTransaction, reconcile};
use crate::rows::{IncidentBody, MessageRow};

/// One reconciliation.
pub(super) struct Reconciling<'a>(pub(super) &'a dyn IncidentReconciler);

impl Turn for Reconciling<'_> {
    type Done = SealOutcome;

    fn monitor(&self) -> &MonitorId {
        self.0.monitor()
    }

    async fn take(&self, tx: &mut Transaction) -> Outcome<Option<SealOutcome>> {
        let outcome = reconcile(tx, self.0).await?;
        if outcome.is_some() {
            touch_frontier(tx, self.monitor()).await?;
        }
        Ok(outcome)
    }
}

impl ReconcileTransaction for Transaction {
    async fn unreconciled(&mut self, monitor: &MonitorId) -> Outcome<Vec<Incident>> {
        let rows = query_file_as!(IncidentBody, "statements/unreconciled_incidents.sql", monitor.as_str());
        rows.fetch_all(self).await?.into_iter().map(IncidentBody::into_incident).collect()
    }

    async fn silences(&mut self, now: Timestamp) -> Outcome<Vec<Silence>> {
        silences(self, Some(now)).await
    }

    async fn write_incidents(&mut self, outcome: &SealOutcome, now: Timestamp) -> Outcome<()> {
        // A pending incident that went away makes room for the next one of the same identity.
        drop_pending(self, &outcome.dropped).await?;
        upsert(self, &outcome.incidents).await?;
        append_events(self, &outcome.events).await?;
        enqueue(self, &outcome.notifications, now).await
    }
}

/// The same decision has the same key: were it taken again, it would be in the outbox already.
async fn enqueue(tx: &mut Transaction, decided: &[Notification], now: Timestamp) -> Outcome<()> {
    let messages = MessageRow::all(decided)?;
    if messages.is_empty() {
        return Ok(());
    }
    query!(
        "INSERT INTO notification_outbox (key, receiver, incident_id, body, state, attempts, created_at, due_at)
         SELECT n.key, n.receiver, n.incident_id, n.body::json, 'pending', 0, $1, $1
         FROM ROWS FROM (json_to_recordset($2::text::json) AS (key text, receiver text, incident_id text, body text))
              WITH ORDINALITY AS n (key, receiver, incident_id, body, number)
         ORDER BY n.number
         ON CONFLICT (key, receiver) DO NOTHING",
        now.as_micros(),
        to_document(&messages, "messages")?
    )
    .execute(tx)
    .await?;
    Ok(())
}
