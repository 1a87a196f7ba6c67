//! Incidents and their events.

use std::borrow::Cow;
use std::collections::BTreeMap;

use driftd_model::{Incident, IncidentEvent, IncidentId, IncidentKey, IncidentRow, IncidentState, MonitorId, Step};
use driftd_window::Timestamp;
use sqlx::{PgConnection, query, query_as, query_scalar};

use super::text::{original, stored};
use super::{Outcome, PostgresStore};
use crate::read::{amended, document, features, to_document, to_integer};
use crate::rows::{EventColumns, IncidentBody, IncidentColumns};

impl PostgresStore {
    /// Incidents of one monitor, or of all, oldest first.
    pub(super) async fn list_incidents(&self, monitor: Option<&MonitorId>) -> Outcome<Vec<IncidentRow>> {
        let rows = query_as!(
            IncidentColumns,
            r#"SELECT id, monitor, segment, kind, severity, state, opened_at, acknowledged_at, resolved_at,
                      features::text AS "features!", windows
               FROM incidents WHERE $1::text IS NULL OR monitor = $1 ORDER BY first_seen, id"#,
            monitor.map(MonitorId::as_str)
        );
        let rows = rows.fetch_all(&self.pool).await?;
        rows.into_iter().map(|row| IncidentColumns { segment: original(row.segment), ..row }.into_row()).collect()
    }

    /// One incident with its events. A prefix that fits several incidents fits none.
    pub(super) async fn read_incident(&self, id: &IncidentId) -> Outcome<Option<(Incident, Vec<IncidentEvent>)>> {
        if id.as_str().is_empty() {
            return Ok(None);
        }
        let mut connection = self.pool.acquire().await?;
        let found = query_as!(
            IncidentBody,
            r#"SELECT id, body::text AS "body!" FROM incidents
               WHERE starts_with(id, $1) ORDER BY id <> $1, id LIMIT 2"#,
            &stored(id.as_str())
        );
        let Some(found) = IncidentBody::named(id.as_str(), found.fetch_all(&mut *connection).await?) else {
            return Ok(None);
        };
        let rows = query_as!(
            EventColumns,
            r#"SELECT at, body::text AS "body!", silenced FROM incident_events WHERE incident_id = $1 ORDER BY id"#,
            &found.id
        );
        let rows = rows.fetch_all(&mut *connection).await?;
        let events: Outcome<Vec<_>> = rows.into_iter().map(|row| row.into_event(&found.id)).collect();
        Ok(Some((found.into_incident()?, events?)))
    }

    /// Incidents that are open or taken, and those that were resolved after that moment, oldest first.
    pub(super) async fn read_notified(&self, resolved_after: Timestamp) -> Outcome<Vec<Incident>> {
        let rows = query_as!(
            IncidentBody,
            r#"SELECT t.id AS "id!", t.body AS "body!" FROM (
                   SELECT id, first_seen, body::text AS body FROM incidents
                   WHERE (state <> 'resolved' OR owes_end) AND state IN ('open', 'acknowledged')
                   UNION ALL
                   SELECT id, first_seen, body::text FROM incidents WHERE state = 'resolved' AND resolved_at > $1
               ) AS t ORDER BY t.first_seen, t.id"#,
            resolved_after.as_micros()
        );
        rows.fetch_all(&self.pool).await?.into_iter().map(IncidentBody::into_incident).collect()
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
        let mut tx = self.pool.begin().await?;
        let found = query_scalar!(
            r#"SELECT body::text AS "body!" FROM incidents WHERE id = $1 AND state = $2 FOR UPDATE"#,
            wanted.id.as_str(),
            expected.as_str()
        );
        let Some(body) = found.fetch_optional(&mut *tx).await? else {
            return Ok(false);
        };
        let incident = amended(&body, wanted)?;
        upsert(&mut tx, std::slice::from_ref(&incident)).await?;
        append_events(&mut tx, &step.events(&incident.id, silenced, now)).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Unresolved incidents of a monitor, and those whose end somebody has still to hear of.
pub(super) async fn wanting(connection: &mut PgConnection, monitor: &MonitorId) -> Outcome<Vec<Incident>> {
    let bodies = query_scalar!(
        r#"SELECT body::text AS "body!" FROM incidents
           WHERE monitor = $1 AND (state <> 'resolved' OR owes_end) ORDER BY id"#,
        monitor.as_str()
    );
    let bodies = bodies.fetch_all(connection).await?;
    bodies.iter().map(|body| document(body, format_args!("an incident of monitor {monitor}"))).collect()
}

/// Forgets pending incidents that went away before anyone was told.
pub(super) async fn drop_pending(connection: &mut PgConnection, keys: &[IncidentKey]) -> Outcome<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let monitors: Vec<&str> = keys.iter().map(|key| key.monitor.as_str()).collect();
    let segments: Vec<Cow<'_, str>> = keys.iter().map(|key| stored(key.segment.as_str())).collect();
    let kinds: Vec<&str> = keys.iter().map(|key| key.kind.as_str()).collect();
    query!(
        "DELETE FROM incidents AS i USING unnest($1::text[], $2::text[], $3::text[]) AS n (monitor, segment, kind)
         WHERE i.monitor = n.monitor AND i.segment = n.segment AND i.kind = n.kind AND i.state = 'pending'",
        &monitors as &[&str],
        &segments as &[Cow<'_, str>],
        &kinds as &[&str]
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes incidents as they are now, in their order: one that is resolved makes room for the next of its identity.
pub(super) async fn upsert(connection: &mut PgConnection, incidents: &[Incident]) -> Outcome<()> {
    // A statement may write a row once: of an incident that is there twice the last word counts.
    let last: BTreeMap<&str, usize> = incidents.iter().zip(0..).map(|(i, number)| (i.id.as_str(), number)).collect();
    let rows: Vec<&Incident> = incidents
        .iter()
        .zip(0..)
        .filter(|(i, number)| last.get(i.id.as_str()) == Some(number))
        .map(|(i, _)| i)
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mut listed = Vec::with_capacity(rows.len());
    let mut bodies = Vec::with_capacity(rows.len());
    for incident in &rows {
        listed.push(features(incident)?);
        bodies.push(to_document(incident, format_args!("incident {}", incident.id))?);
    }
    let ids: Vec<&str> = rows.iter().map(|i| i.id.as_str()).collect();
    let monitors: Vec<&str> = rows.iter().map(|i| i.key.monitor.as_str()).collect();
    let segments: Vec<Cow<'_, str>> = rows.iter().map(|i| stored(i.key.segment.as_str())).collect();
    let kinds: Vec<&str> = rows.iter().map(|i| i.key.kind.as_str()).collect();
    let severities: Vec<&str> = rows.iter().map(|i| i.severity.as_str()).collect();
    let states: Vec<&str> = rows.iter().map(|i| i.state.as_str()).collect();
    let first_seen: Vec<i64> = rows.iter().map(|i| i.first_seen.as_micros()).collect();
    let opened: Vec<Option<i64>> = rows.iter().map(|i| i.opened_at.map(Timestamp::as_micros)).collect();
    let acknowledged: Vec<Option<i64>> =
        rows.iter().map(|i| i.acknowledged.as_ref().map(|(at, _)| at.as_micros())).collect();
    let resolved: Vec<Option<i64>> = rows.iter().map(|i| i.resolved_at.map(Timestamp::as_micros)).collect();
    let owing: Vec<bool> = rows.iter().map(|i| i.owes_an_end()).collect();
    let windows: Vec<i64> = rows.iter().map(|i| to_integer(i.windows)).collect();
    query!(
        "INSERT INTO incidents (id, monitor, segment, kind, severity, state, first_seen, opened_at, acknowledged_at,
                                resolved_at, owes_end, features, windows, body)
         SELECT n.id, n.monitor, n.segment, n.kind, n.severity, n.state, n.first_seen, n.opened_at, n.acknowledged_at,
                n.resolved_at, n.owes_end, n.features::json, n.windows, n.body::json
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                     $8::bigint[], $9::bigint[], $10::bigint[], $11::boolean[], $12::text[], $13::bigint[],
                     $14::text[])
              WITH ORDINALITY
              AS n (id, monitor, segment, kind, severity, state, first_seen, opened_at, acknowledged_at, resolved_at,
                    owes_end, features, windows, body, number)
         ORDER BY n.number
         ON CONFLICT (id) DO UPDATE
         SET severity = excluded.severity, state = excluded.state, opened_at = excluded.opened_at,
             acknowledged_at = excluded.acknowledged_at, resolved_at = excluded.resolved_at,
             owes_end = excluded.owes_end, features = excluded.features, windows = excluded.windows, body = excluded.body",
        &ids as &[&str],
        &monitors as &[&str],
        &segments as &[Cow<'_, str>],
        &kinds as &[&str],
        &severities as &[&str],
        &states as &[&str],
        &first_seen,
        &opened as &[Option<i64>],
        &acknowledged as &[Option<i64>],
        &resolved as &[Option<i64>],
        &owing,
        &listed,
        &windows,
        &bodies
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Appends events in their order; those of an incident that went away in the same step go with it.
pub(super) async fn append_events(connection: &mut PgConnection, events: &[IncidentEvent]) -> Outcome<()> {
    if events.is_empty() {
        return Ok(());
    }
    let mut bodies = Vec::with_capacity(events.len());
    for event in events {
        bodies.push(to_document(&event.transition, format_args!("an event of incident {}", event.incident))?);
    }
    let incidents: Vec<&str> = events.iter().map(|event| event.incident.as_str()).collect();
    let moments: Vec<i64> = events.iter().map(|event| event.at.as_micros()).collect();
    let transitions: Vec<&str> = events.iter().map(|event| event.transition.as_str()).collect();
    let silenced: Vec<bool> = events.iter().map(|event| event.silenced).collect();
    query!(
        "INSERT INTO incident_events (incident_id, at, transition, silenced, body)
         SELECT i.id, n.at, n.transition, n.silenced, n.body::json
         FROM unnest($1::text[], $2::bigint[], $3::text[], $4::boolean[], $5::text[]) WITH ORDINALITY
              AS n (incident_id, at, transition, silenced, body, number)
         JOIN incidents AS i ON i.id = n.incident_id ORDER BY n.number",
        &incidents as &[&str],
        &moments,
        &transitions as &[&str],
        &silenced,
        &bodies
    )
    .execute(connection)
    .await?;
    Ok(())
}
