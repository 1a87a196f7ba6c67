//! Reconciling on SQLite.

use driftd_model::{Incident, IncidentReconciler, MonitorId, Notification, SealOutcome, Silence};
use driftd_window::Timestamp;
use sqlx::sqlite::SqliteConnection;

use super::bulk::Insert;
use super::incidents::{append_event, drop_pending, upsert, wanting};
use super::silences::silences;
use super::{Outcome, SqliteStore};
use crate::reconcile::{ReconcileTransaction, decide, is_nothing, reconcile};
use crate::seal::messages;

/// The same decision has the same key: were it taken again, it would be in the outbox already.
const OUTBOX: Insert = Insert {
    into: "notification_outbox (key, receiver, incident_id, body, state, attempts, created_at, due_at)",
    columns: 8,
    then: "ON CONFLICT (key, receiver) DO NOTHING",
};

impl SqliteStore {
    /// Looks after a monitor's incidents. Most calls find nothing to do, and the write lock is not taken for that: what
    /// is decided beside it counts only if there is nothing in it.
    pub(super) async fn reconcile_monitor(&self, reconciler: &dyn IncidentReconciler) -> Outcome<SealOutcome> {
        let mut reader = self.readers.acquire().await?;
        let seen = decide(&mut *reader, reconciler).await?;
        drop(reader);
        if is_nothing(&seen) {
            return Ok(seen);
        }
        let mut tx = self.write().await?;
        let outcome = reconcile(&mut *tx, reconciler).await?;
        if !is_nothing(&outcome) {
            tx.commit().await?;
        }
        Ok(outcome)
    }
}

impl ReconcileTransaction for SqliteConnection {
    async fn wanting(&mut self, monitor: &MonitorId) -> Outcome<Vec<Incident>> {
        wanting(self, monitor).await
    }

    async fn silences(&mut self, now: Timestamp) -> Outcome<Vec<Silence>> {
        silences(self, Some(now)).await
    }

    async fn write_incidents(&mut self, outcome: &SealOutcome, now: Timestamp) -> Outcome<()> {
        // A pending incident that went away makes room for the next one of the same identity.
        for key in &outcome.dropped {
            drop_pending(self, key).await?;
        }
        for incident in &outcome.incidents {
            upsert(self, incident).await?;
        }
        for event in &outcome.events {
            append_event(self, event).await?;
        }
        notifications(self, &outcome.notifications, now).await
    }
}

async fn notifications(
    connection: &mut SqliteConnection,
    notifications: &[Notification],
    now: Timestamp,
) -> Outcome<()> {
    OUTBOX
        .rows(connection, &messages(notifications)?, |row, (notification, receiver, body)| {
            row.bind(notification.key.as_str())
                .bind(receiver.as_str())
                .bind(notification.incident.id.as_str())
                .bind(body.as_str())
                .bind("pending")
                .bind(0_i64)
                .bind(now.as_micros())
                .bind(now.as_micros())
        })
        .await
}
