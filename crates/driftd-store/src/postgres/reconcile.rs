//! Reconciling on Postgres: in the same turns as seals.

use driftd_model::{Incident, IncidentReconciler, MonitorId, Notification, SealOutcome, Silence};
use driftd_window::Timestamp;
use sqlx::{PgConnection, query};

use super::incidents::{append_events, drop_pending, upsert, wanting};
use super::late::touch_frontier;
use super::silences::silences;
use super::turn::Turn;
use super::{Outcome, PostgresStore};
use crate::reconcile::{ReconcileTransaction, decide, is_nothing, reconcile};
use crate::seal::messages;

impl PostgresStore {
    /// Looks after a monitor's incidents; whoever finds the monitor held has nothing to do. Most calls find nothing to
    /// do, and no row is locked for that: what is decided beside the lock counts only if there is nothing in it.
    pub(super) async fn reconcile_monitor(&self, reconciler: &dyn IncidentReconciler) -> Outcome<SealOutcome> {
        let mut reader = self.pool.acquire().await?;
        let seen = decide(&mut *reader, reconciler).await?;
        drop(reader);
        if is_nothing(&seen) { Ok(seen) } else { self.take_turn(&Reconciling(reconciler)).await }
    }
}

/// One reconciling.
struct Reconciling<'a>(&'a dyn IncidentReconciler);

impl Turn for Reconciling<'_> {
    type Done = SealOutcome;

    fn monitor(&self) -> &MonitorId {
        self.0.monitor()
    }

    async fn take(&self, transaction: &mut PgConnection) -> Outcome<SealOutcome> {
        let outcome = reconcile(transaction, self.0).await?;
        if Self::has_written(&outcome) {
            touch_frontier(transaction, self.monitor()).await?;
        }
        Ok(outcome)
    }

    fn has_written(done: &SealOutcome) -> bool {
        !is_nothing(done)
    }

    fn not_taken() -> SealOutcome {
        SealOutcome::default()
    }
}

impl ReconcileTransaction for PgConnection {
    async fn wanting(&mut self, monitor: &MonitorId) -> Outcome<Vec<Incident>> {
        wanting(self, monitor).await
    }

    async fn silences(&mut self, now: Timestamp) -> Outcome<Vec<Silence>> {
        silences(self, Some(now)).await
    }

    async fn write_incidents(&mut self, outcome: &SealOutcome, now: Timestamp) -> Outcome<()> {
        // A pending incident that went away makes room for the next one of the same identity.
        drop_pending(self, &outcome.dropped).await?;
        upsert(self, &outcome.incidents).await?;
        append_events(self, &outcome.events).await?;
        notifications(self, &outcome.notifications, now).await
    }
}

/// The same decision has the same key: were it taken again, it would be in the outbox already.
async fn notifications(connection: &mut PgConnection, decided: &[Notification], now: Timestamp) -> Outcome<()> {
    let messages = messages(decided)?;
    if messages.is_empty() {
        return Ok(());
    }
    let keys: Vec<&str> = messages.iter().map(|(notification, ..)| notification.key.as_str()).collect();
    let receivers: Vec<&str> = messages.iter().map(|(_, receiver, _)| receiver.as_str()).collect();
    let incidents: Vec<&str> = messages.iter().map(|(notification, ..)| notification.incident.id.as_str()).collect();
    let bodies: Vec<&str> = messages.iter().map(|(.., body)| body.as_str()).collect();
    query!(
        "INSERT INTO notification_outbox (key, receiver, incident_id, body, state, attempts, created_at, due_at)
         SELECT n.key, n.receiver, n.incident_id, n.body::json, 'pending', 0, $1, $1
         FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY
              AS n (key, receiver, incident_id, body, number)
         ORDER BY n.number
         ON CONFLICT (key, receiver) DO NOTHING",
        now.as_micros(),
        &keys as &[&str],
        &receivers as &[&str],
        &incidents as &[&str],
        &bodies as &[&str]
    )
    .execute(connection)
    .await?;
    Ok(())
}
