//! Incidents and their events, as they are written.

use std::collections::BTreeMap;

use driftd_model::{Incident, IncidentEvent, IncidentKey};
use sqlx::query;

use super::Outcome;
use super::text::stored;
use super::transaction::Transaction;
use crate::read::to_document;
use crate::rows::{EventRow, IncidentRow, KeyRow};

/// Forgets pending incidents that went away before anyone was notified.
pub(super) async fn drop_pending(tx: &mut Transaction, keys: &[IncidentKey]) -> Outcome<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let rows: Vec<KeyRow<'_>> = keys.iter().map(|key| KeyRow::of(key, stored)).collect();
    query!(
        "DELETE FROM incidents AS i
         USING json_to_recordset($1::text::json) AS n (monitor text, segment text, kind text)
         WHERE i.monitor = n.monitor AND i.segment = n.segment AND i.kind = n.kind AND i.state = 'pending'",
        to_document(&rows, "incidents that went away")?
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes incidents as they are now, in their order: one that is resolved makes room for the next of its identity.
pub(super) async fn upsert(tx: &mut Transaction, incidents: &[Incident]) -> Outcome<()> {
    // A statement may write a row once: of an incident that is there twice the last word counts.
    let last: BTreeMap<&str, usize> = incidents.iter().zip(0..).map(|(i, number)| (i.id.as_str(), number)).collect();
    let is_last = |incident: &Incident, number: usize| last.get(incident.id.as_str()) == Some(&number);
    let mut rows = Vec::with_capacity(last.len());
    for (incident, _) in incidents.iter().zip(0..).filter(|(incident, number)| is_last(incident, *number)) {
        rows.push(IncidentRow::of(incident, stored)?);
    }
    if rows.is_empty() {
        return Ok(());
    }
    query!(
        "INSERT INTO incidents (id, monitor, segment, kind, severity, state, first_seen, opened_at, acknowledged_at,
                                resolved_at, owes_end, features, windows, body)
         SELECT n.id, n.monitor, n.segment, n.kind, n.severity, n.state, n.first_seen, n.opened_at, n.acknowledged_at,
                n.resolved_at, n.owes_end, n.features::json, n.windows, n.body::json
         FROM ROWS FROM (json_to_recordset($1::text::json)
                         AS (id text, monitor text, segment text, kind text, severity text, state text,
                             first_seen bigint, opened_at bigint, acknowledged_at bigint, resolved_at bigint,
                             owes_end boolean, features text, windows bigint, body text))
              WITH ORDINALITY
              AS n (id, monitor, segment, kind, severity, state, first_seen, opened_at, acknowledged_at, resolved_at,
                    owes_end, features, windows, body, number)
         ORDER BY n.number
         ON CONFLICT (id) DO UPDATE
         SET severity = excluded.severity, state = excluded.state, opened_at = excluded.opened_at,
             acknowledged_at = excluded.acknowledged_at, resolved_at = excluded.resolved_at,
             owes_end = excluded.owes_end, features = excluded.features, windows = excluded.windows, body = excluded.body",
        to_document(&rows, "incidents")?
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Appends events in their order; those of an incident that went away in the same step go with it.
pub(super) async fn append_events(tx: &mut Transaction, events: &[IncidentEvent]) -> Outcome<()> {
    if events.is_empty() {
        return Ok(());
    }
    let rows: Vec<EventRow<'_>> = events.iter().map(EventRow::of).collect::<Outcome<_>>()?;
    query!(
        "INSERT INTO incident_events (incident_id, at, transition, silenced, body)
         SELECT i.id, n.at, n.transition, n.silenced, n.body::json
         FROM ROWS FROM (json_to_recordset($1::text::json)
                         AS (incident_id text, at bigint, transition text, silenced boolean, body text))
              WITH ORDINALITY AS n (incident_id, at, transition, silenced, body, number)
         JOIN incidents AS i ON i.id = n.incident_id ORDER BY n.number",
        to_document(&rows, "events of incidents")?
    )
    .execute(tx)
    .await?;
    Ok(())
}
