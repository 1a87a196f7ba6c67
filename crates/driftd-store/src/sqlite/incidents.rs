//! Incidents and their events.

use driftd_model::{Incident, IncidentEvent, IncidentId, IncidentKey, IncidentRow, IncidentState, MonitorId, Step};
use driftd_window::Timestamp;
use sqlx::sqlite::SqliteConnection;
use sqlx::{query, query_as, query_scalar};

use super::{Outcome, SqliteStore};
use crate::read::{amended, document, features, to_document, to_integer};
use crate::rows::{EventColumns, IncidentBody, IncidentColumns};

impl SqliteStore {
    /// Incidents of one monitor, or of all, oldest first.
    pub(super) async fn list_incidents(&self, monitor: Option<&MonitorId>) -> Outcome<Vec<IncidentRow>> {
        let rows: Vec<IncidentColumns> = query_as(
            "SELECT id, monitor, segment, kind, severity, state, opened_at, acknowledged_at, resolved_at, features,
                    windows
             FROM incidents WHERE ?1 IS NULL OR monitor = ?1 ORDER BY first_seen, id",
        )
        .bind(monitor.map(MonitorId::as_str))
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(IncidentColumns::into_row).collect()
    }

    /// One incident with its events. A prefix that fits several incidents fits none.
    pub(super) async fn read_incident(&self, id: &IncidentId) -> Outcome<Option<(Incident, Vec<IncidentEvent>)>> {
        if id.as_str().is_empty() {
            return Ok(None);
        }
        let mut connection = self.readers.acquire().await?;
        let found: Vec<IncidentBody> = query_as(
            "SELECT id, body FROM incidents WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id <> ?1, id LIMIT 2",
        )
        .bind(id.as_str())
        .fetch_all(&mut *connection)
        .await?;
        let Some(found) = IncidentBody::named(id.as_str(), found) else {
            return Ok(None);
        };
        let rows: Vec<EventColumns> =
            query_as("SELECT at, body, silenced FROM incident_events WHERE incident_id = ? ORDER BY id")
                .bind(found.id.as_str())
                .fetch_all(&mut *connection)
                .await?;
        let events: Outcome<Vec<_>> = rows.into_iter().map(|row| row.into_event(&found.id)).collect();
        Ok(Some((found.into_incident()?, events?)))
    }

    /// Incidents that are open or taken, and those that were resolved after that moment, oldest first.
    pub(super) async fn read_notified(&self, resolved_after: Timestamp) -> Outcome<Vec<Incident>> {
        let rows: Vec<IncidentBody> = query_as(
            "SELECT id, body FROM (
                 SELECT id, first_seen, body FROM incidents
                 WHERE (state <> 'resolved' OR owes_end) AND state IN ('open', 'acknowledged')
                 UNION ALL
                 SELECT id, first_seen, body FROM incidents WHERE state = 'resolved' AND resolved_at > ?
             ) ORDER BY first_seen, id",
        )
        .bind(resolved_after.as_micros())
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(IncidentBody::into_incident).collect()
    }

    /// Writes what a person did, if the incident is still in the state that was read. What seals found out meanwhile
    /// (further windows, further features) and what people were told of it stays.
    pub(super) async fn write_amendment(
        &self,
        expected: IncidentState,
        step: &Step,
        silenced: bool,
        now: Timestamp,
    ) -> Outcome<bool> {
        let Some(wanted) = &step.incident else {
            return Ok(false);
        };
        let mut tx = self.write().await?;
        let found: Option<String> = query_scalar("SELECT body FROM incidents WHERE id = ? AND state = ?")
            .bind(wanted.id.as_str())
            .bind(expected.as_str())
            .fetch_optional(&mut *tx)
            .await?;
        let Some(body) = found else {
            return Ok(false);
        };
        let incident = amended(&body, wanted)?;
        upsert(&mut tx, &incident).await?;
        for event in step.events(&incident.id, silenced, now) {
            append_event(&mut tx, &event).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// Unresolved incidents of a monitor, and those whose end somebody has still to hear of.
pub(super) async fn wanting(connection: &mut SqliteConnection, monitor: &MonitorId) -> Outcome<Vec<Incident>> {
    let bodies: Vec<String> =
        query_scalar("SELECT body FROM incidents WHERE monitor = ? AND (state <> 'resolved' OR owes_end) ORDER BY id")
            .bind(monitor.as_str())
            .fetch_all(connection)
            .await?;
    bodies.iter().map(|body| document(body, format_args!("an incident of monitor {monitor}"))).collect()
}

/// Forgets a pending incident that went away before anyone was told.
pub(super) async fn drop_pending(connection: &mut SqliteConnection, key: &IncidentKey) -> Outcome<()> {
    query("DELETE FROM incidents WHERE monitor = ? AND segment = ? AND kind = ? AND state = 'pending'")
        .bind(key.monitor.as_str())
        .bind(key.segment.as_str())
        .bind(key.kind.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes an incident as it is now.
pub(super) async fn upsert(connection: &mut SqliteConnection, incident: &Incident) -> Outcome<()> {
    let features = features(incident)?;
    let body = to_document(incident, format_args!("incident {}", incident.id))?;
    let acknowledged_at = incident.acknowledged.as_ref().map(|(at, _)| at.as_micros());
    query(
        "INSERT INTO incidents (id, monitor, segment, kind, severity, state, first_seen, opened_at, acknowledged_at,
                                resolved_at, owes_end, features, windows, body)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE
         SET severity = excluded.severity, state = excluded.state, opened_at = excluded.opened_at,
             acknowledged_at = excluded.acknowledged_at, resolved_at = excluded.resolved_at,
             owes_end = excluded.owes_end, features = excluded.features, windows = excluded.windows, body = excluded.body",
    )
    .bind(incident.id.as_str())
    .bind(incident.key.monitor.as_str())
    .bind(incident.key.segment.as_str())
    .bind(incident.key.kind.as_str())
    .bind(incident.severity.as_str())
    .bind(incident.state.as_str())
    .bind(incident.first_seen.as_micros())
    .bind(incident.opened_at.map(Timestamp::as_micros))
    .bind(acknowledged_at)
    .bind(incident.resolved_at.map(Timestamp::as_micros))
    .bind(incident.owes_an_end())
    .bind(features)
    .bind(to_integer(incident.windows))
    .bind(body)
    .execute(connection)
    .await?;
    Ok(())
}

/// Appends an event; one of an incident that went away in the same step goes with it.
pub(super) async fn append_event(connection: &mut SqliteConnection, event: &IncidentEvent) -> Outcome<()> {
    let body = to_document(&event.transition, format_args!("an event of incident {}", event.incident))?;
    query(
        "INSERT INTO incident_events (incident_id, at, transition, silenced, body)
         SELECT id, ?, ?, ?, ? FROM incidents WHERE id = ?",
    )
    .bind(event.at.as_micros())
    .bind(event.transition.as_str())
    .bind(event.silenced)
    .bind(body)
    .bind(event.incident.as_str())
    .execute(connection)
    .await?;
    Ok(())
}
