//! Reconciling on SQLite.

use driftd_model::{Incident, MonitorId, SealOutcome, Silence};
use driftd_window::Timestamp;
use sqlx::query_as;
use sqlx::sqlite::SqliteConnection;

use super::Outcome;
use super::bulk::Insert;
use super::incidents::{append_events, drop_pending, upsert};
use super::reads::silences;
use crate::reconcile::ReconcileTransaction;
use crate::rows::{IncidentBody, MessageRow};
use crate::statement::statement;

/// The same decision has the same key: were it taken again, it would be in the outbox already.
const OUTBOX: Insert = Insert {
    into: "notification_outbox (key, receiver, incident_id, body, state, attempts, created_at, due_at)",
    columns: 8,
    then: "ON CONFLICT (key, receiver) DO NOTHING",
};

impl ReconcileTransaction for SqliteConnection {
    async fn unreconciled(&mut self, monitor: &MonitorId) -> Outcome<Vec<Incident>> {
        let rows = query_as(statement!("unreconciled_incidents")).bind(monitor.as_str());
        let rows: Vec<IncidentBody> = rows.fetch_all(self).await?;
        rows.into_iter().map(IncidentBody::into_incident).collect()
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
        append_events(self, &outcome.events).await?;
        let messages = MessageRow::all(&outcome.notifications)?;
        OUTBOX
            .rows(self, &messages, |row, message| {
                row.bind(message.key)
                    .bind(message.receiver)
                    .bind(message.incident_id)
                    .bind(message.body.as_str())
                    .bind("pending")
                    .bind(0_i64)
                    .bind(now.as_micros())
                    .bind(now.as_micros())
            })
            .await
    }
}
