//! Incidents and their events, as they are written.

use driftd_model::{Incident, IncidentEvent, IncidentKey};
use sqlx::query;
use sqlx::sqlite::SqliteConnection;

use super::Outcome;
use crate::rows::{EventRow, IncidentRow, KeyRow, plain};

/// Forgets a pending incident that went away before anyone was notified.
pub(super) async fn drop_pending(connection: &mut SqliteConnection, key: &IncidentKey) -> Outcome<()> {
    let KeyRow { monitor, segment, kind } = KeyRow::of(key, plain);
    query("DELETE FROM incidents WHERE monitor = ? AND segment = ? AND kind = ? AND state = 'pending'")
        .bind(monitor)
        .bind(&*segment)
        .bind(kind)
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes an incident as it is now.
pub(super) async fn upsert(connection: &mut SqliteConnection, incident: &Incident) -> Outcome<()> {
    let row = IncidentRow::of(incident, plain)?;
    query(
        "INSERT INTO incidents (id, monitor, segment, kind, severity, state, first_seen, opened_at, acknowledged_at,
                                resolved_at, owes_end, features, windows, body)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE
         SET severity = excluded.severity, state = excluded.state, opened_at = excluded.opened_at,
             acknowledged_at = excluded.acknowledged_at, resolved_at = excluded.resolved_at,
             owes_end = excluded.owes_end, features = excluded.features, windows = excluded.windows, body = excluded.body",
    )
    .bind(row.id)
    .bind(row.monitor)
    .bind(&*row.segment)
    .bind(row.kind)
    .bind(row.severity)
    .bind(row.state)
    .bind(row.first_seen)
    .bind(row.opened_at)
    .bind(row.acknowledged_at)
    .bind(row.resolved_at)
    .bind(row.owes_end)
    .bind(row.features)
    .bind(row.windows)
    .bind(row.body)
    .execute(connection)
    .await?;
    Ok(())
}

/// Appends events in their order; those of an incident that went away in the same step go with it.
pub(super) async fn append_events(connection: &mut SqliteConnection, events: &[IncidentEvent]) -> Outcome<()> {
    for event in events {
        let row = EventRow::of(event)?;
        query(
            "INSERT INTO incident_events (incident_id, at, transition, silenced, body)
             SELECT id, ?, ?, ?, ? FROM incidents WHERE id = ?",
        )
        .bind(row.at)
        .bind(row.transition)
        .bind(row.silenced)
        .bind(row.body)
        .bind(row.incident_id)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
