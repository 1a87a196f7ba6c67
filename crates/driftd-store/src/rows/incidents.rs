//! Incidents, silences and messages.

use driftd_model::{
    Incident, IncidentEvent, IncidentId, IncidentKind, IncidentRow, IncidentState, ListedIncident, Severity, Silence,
    SilenceId,
};
use driftd_window::{EventTime, SegmentKey, Timestamp};
use sqlx::FromRow;

use crate::error::Outcome;
use crate::read::{count, document, parsed, timestamp, word};

/// What queries need of an incident.
#[derive(FromRow)]
pub(crate) struct IncidentColumns {
    pub(crate) id: String,
    pub(crate) monitor: String,
    pub(crate) segment: String,
    pub(crate) kind: String,
    pub(crate) severity: String,
    pub(crate) state: String,
    pub(crate) opened_at: Option<i64>,
    pub(crate) acknowledged_at: Option<i64>,
    pub(crate) resolved_at: Option<i64>,
    #[sqlx(rename = "features!")]
    pub(crate) features: String,
    pub(crate) windows: i64,
    pub(crate) first_seen: i64,
}

impl IncidentColumns {
    pub(crate) fn into_listed(self) -> Outcome<ListedIncident> {
        Ok(ListedIncident { first_seen: EventTime::from_micros(self.first_seen), row: self.into_row()? })
    }

    pub(crate) fn into_row(self) -> Outcome<IncidentRow> {
        let wrong = |what: &str| format!("{what} of incident {}", self.id);
        Ok(IncidentRow {
            monitor: parsed(&self.monitor, "monitor name")?,
            kind: word(&self.kind, IncidentKind::from_stored, &wrong("kind"))?,
            severity: word(&self.severity, Severity::from_stored, &wrong("severity"))?,
            state: word(&self.state, IncidentState::from_stored, &wrong("state"))?,
            opened_at: timestamp(self.opened_at),
            acknowledged_at: timestamp(self.acknowledged_at),
            resolved_at: timestamp(self.resolved_at),
            features: document(&self.features, wrong("features"))?,
            windows: count(self.windows, &wrong("windows"))?,
            segment: SegmentKey::from_stored(self.segment),
            incident_id: IncidentId::from_stored(self.id),
        })
    }
}

/// A whole incident.
#[derive(FromRow)]
pub(crate) struct IncidentBody {
    #[sqlx(rename = "id!")]
    pub(crate) id: String,
    #[sqlx(rename = "body!")]
    pub(crate) body: String,
}

impl IncidentBody {
    /// The incident that `prefix` names, of those it begins (two at the most): a prefix that fits several incidents
    /// fits none, unless it is the whole name of the first.
    pub(crate) fn named(prefix: &str, found: Vec<Self>) -> Option<Self> {
        let alone = found.len() == 1;
        found.into_iter().next().filter(|first| alone || first.id == prefix)
    }

    pub(crate) fn into_incident(self) -> Outcome<Incident> {
        document(&self.body, format_args!("incident {}", self.id))
    }
}

/// A change in an incident's life.
#[derive(FromRow)]
pub(crate) struct EventColumns {
    pub(crate) at: i64,
    #[sqlx(rename = "body!")]
    pub(crate) body: String,
    pub(crate) silenced: bool,
}

impl EventColumns {
    pub(crate) fn into_event(self, incident: &str) -> Outcome<IncidentEvent> {
        Ok(IncidentEvent {
            incident: IncidentId::from_stored(incident.to_owned()),
            at: Timestamp::from_micros(self.at),
            transition: document(&self.body, format_args!("an event of incident {incident}"))?,
            silenced: self.silenced,
        })
    }
}

/// A silence.
#[derive(FromRow)]
pub(crate) struct SilenceColumns {
    pub(crate) id: i64,
    #[sqlx(rename = "matchers!")]
    pub(crate) matchers: String,
    pub(crate) starts_at: i64,
    pub(crate) ends_at: i64,
    pub(crate) author: String,
    pub(crate) comment: String,
}

impl SilenceColumns {
    pub(crate) fn into_silence(self) -> Outcome<Silence> {
        Ok(Silence {
            id: SilenceId(self.id),
            matchers: document(&self.matchers, format_args!("silence {}", self.id))?,
            starts_at: Timestamp::from_micros(self.starts_at),
            ends_at: Timestamp::from_micros(self.ends_at),
            author: self.author,
            comment: self.comment,
        })
    }
}
