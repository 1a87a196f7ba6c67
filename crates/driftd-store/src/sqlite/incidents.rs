//! Incidents and their events.

use driftd_model::{
    FeatureName, Incident, IncidentEvent, IncidentId, IncidentKey, IncidentKind, IncidentRow, IncidentState, MonitorId,
    Severity, Step, Transition,
};
use driftd_window::{SegmentKey, Timestamp};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Row, query, query_as, query_scalar};

use super::read::{count, document, parsed, timestamp, to_document, to_integer, word};
use super::{Outcome, SqliteStore};

impl SqliteStore {
    /// Incidents of one monitor, or of all, oldest first.
    pub(super) async fn list_incidents(&self, monitor: Option<&MonitorId>) -> Outcome<Vec<IncidentRow>> {
        let rows = query(
            "SELECT id, monitor, segment, kind, severity, state, opened_at, acknowledged_at, resolved_at, features,
                    windows
             FROM incidents WHERE ?1 IS NULL OR monitor = ?1 ORDER BY first_seen, id",
        )
        .bind(monitor.map(MonitorId::as_str))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(incident_row).collect()
    }

    /// One incident with its events. A prefix that fits several incidents fits none.
    pub(super) async fn read_incident(&self, id: &IncidentId) -> Outcome<Option<(Incident, Vec<IncidentEvent>)>> {
        if id.as_str().is_empty() {
            return Ok(None);
        }
        let mut connection = self.readers.acquire().await?;
        let found: Vec<(String, String)> = query_as(
            "SELECT id, body FROM incidents WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id <> ?1, id LIMIT 2",
        )
        .bind(id.as_str())
        .fetch_all(&mut *connection)
        .await?;
        let (full, body) = match found.as_slice() {
            [(full, body)] => (full, body),
            [(full, body), _] if full == id.as_str() => (full, body),
            _ => return Ok(None),
        };
        let rows: Vec<(i64, String, bool)> =
            query_as("SELECT at, body, silenced FROM incident_events WHERE incident_id = ? ORDER BY id")
                .bind(full.as_str())
                .fetch_all(&mut *connection)
                .await?;
        let events = rows.into_iter().map(|(at, body, silenced)| {
            Ok(IncidentEvent {
                incident: IncidentId::from_stored(full.clone()),
                at: Timestamp::from_micros(at),
                transition: document(&body, format_args!("an event of incident {full}"))?,
                silenced,
            })
        });
        let events = events.collect::<Outcome<Vec<IncidentEvent>>>()?;
        Ok(Some((document(body, format_args!("incident {full}"))?, events)))
    }

    /// Writes what a person did, if the incident is still in the state that was read. What seals found out meanwhile
    /// (further windows, further features) stays: a person changes state, not evidence.
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
        let mut incident: Incident = document(&body, format_args!("incident {}", wanted.id))?;
        incident.state = wanted.state;
        incident.acknowledged.clone_from(&wanted.acknowledged);
        incident.resolved_at = wanted.resolved_at;
        incident.last_notified_at = incident.last_notified_at.max(wanted.last_notified_at);
        upsert(&mut tx, &incident).await?;
        for transition in &step.transitions {
            append_event(&mut tx, &incident.id, now, transition, silenced && transition.is_told()).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// Unresolved incidents of a monitor.
pub(super) async fn unresolved(connection: &mut SqliteConnection, monitor: &MonitorId) -> Outcome<Vec<Incident>> {
    let bodies: Vec<String> =
        query_scalar("SELECT body FROM incidents WHERE monitor = ? AND state <> 'resolved' ORDER BY id")
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
    let worst = incident.worst_features();
    let features: Vec<&FeatureName> = worst.iter().map(|evidence| &evidence.feature).collect();
    let features = to_document(&features, "features of an incident")?;
    let body = to_document(incident, format_args!("incident {}", incident.id))?;
    let acknowledged_at = incident.acknowledged.as_ref().map(|(at, _)| at.as_micros());
    query(
        "INSERT INTO incidents (id, monitor, segment, kind, severity, state, first_seen, opened_at, acknowledged_at,
                                resolved_at, features, windows, body)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE
         SET severity = excluded.severity, state = excluded.state, opened_at = excluded.opened_at,
             acknowledged_at = excluded.acknowledged_at, resolved_at = excluded.resolved_at,
             features = excluded.features, windows = excluded.windows, body = excluded.body",
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
    .bind(features)
    .bind(to_integer(incident.windows))
    .bind(body)
    .execute(connection)
    .await?;
    Ok(())
}

/// Appends an event; one of an incident that went away in the same step goes with it.
pub(super) async fn append_event(
    connection: &mut SqliteConnection,
    incident: &IncidentId,
    at: Timestamp,
    transition: &Transition,
    silenced: bool,
) -> Outcome<()> {
    let body = to_document(transition, format_args!("an event of incident {incident}"))?;
    query(
        "INSERT INTO incident_events (incident_id, at, transition, silenced, body)
         SELECT id, ?, ?, ?, ? FROM incidents WHERE id = ?",
    )
    .bind(at.as_micros())
    .bind(transition.as_str())
    .bind(silenced)
    .bind(body)
    .bind(incident.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

/// Columns in the order of `list_incidents`.
fn incident_row(row: &SqliteRow) -> Outcome<IncidentRow> {
    let id: String = row.try_get(0)?;
    let features: &str = row.try_get(9)?;
    let wrong = |what: &str| format!("{what} of incident {id}");
    Ok(IncidentRow {
        monitor: parsed(row.try_get(1)?, "monitor name")?,
        segment: SegmentKey::from_stored(row.try_get(2)?),
        kind: word(row.try_get(3)?, IncidentKind::from_stored, &wrong("kind"))?,
        severity: word(row.try_get(4)?, Severity::from_stored, &wrong("severity"))?,
        state: word(row.try_get(5)?, IncidentState::from_stored, &wrong("state"))?,
        opened_at: timestamp(row.try_get(6)?),
        acknowledged_at: timestamp(row.try_get(7)?),
        resolved_at: timestamp(row.try_get(8)?),
        features: document(features, wrong("features"))?,
        windows: count(row.try_get(10)?, &wrong("windows"))?,
        incident_id: IncidentId::from_stored(id),
    })
}
