//! Messages on their way.

use driftd_model::{IncidentEvent, IncidentId, NOTIFICATION_SCHEMA, OutboxEntry, ReceiverName, Settlement, Transition};
use driftd_window::Timestamp;
use serde::Deserialize;
use sqlx::FromRow;

use crate::error::Outcome;
use crate::read::parsed;

/// A leased entry of the outbox.
#[derive(FromRow)]
pub(crate) struct OutboxColumns {
    pub(crate) id: i64,
    pub(crate) body: String,
    pub(crate) attempts: i64,
}

/// What a lease took.
pub(crate) struct Leased {
    /// Entries, longest due first.
    pub(crate) entries: Vec<OutboxEntry>,
    /// Rows whose message this build cannot read, and how they are given up: they would hold up all behind them.
    pub(crate) unreadable: Vec<(i64, Settlement)>,
}

/// A settled row, as far as its incident has to know.
#[derive(FromRow)]
pub(crate) struct SettledColumns {
    pub(crate) receiver: String,
    pub(crate) incident_id: String,
}

/// What every version of a message has.
#[derive(Deserialize)]
struct Versioned {
    schema: u32,
}

impl Leased {
    /// What `receiver` is sent; rows in the order they were found.
    pub(crate) fn of(rows: Vec<OutboxColumns>, receiver: &ReceiverName) -> Self {
        let mut leased = Self { entries: Vec::with_capacity(rows.len()), unreadable: Vec::new() };
        for OutboxColumns { id, body, attempts } in rows {
            match serde_json::from_str(&body) {
                Ok(notification) => leased.entries.push(OutboxEntry {
                    id,
                    receiver: receiver.clone(),
                    notification,
                    attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
                }),
                Err(error) => leased.unreadable.push((id, Settlement::Dead { error: unreadable(&body, &error) })),
            }
        }
        leased
    }
}

/// Why a message is given up unsent.
fn unreadable(body: &str, error: &serde_json::Error) -> String {
    match serde_json::from_str(body) {
        Ok(Versioned { schema }) if schema != NOTIFICATION_SCHEMA => format!(
            "never sent: it was written by a driftd with messages of version {schema}, and this one reads version \
             {NOTIFICATION_SCHEMA} ({error})"
        ),
        _ => format!("never sent: the message in the store is damaged ({error})"),
    }
}

impl SettledColumns {
    /// What the incident remembers of a settlement, if anything.
    pub(crate) fn into_event(self, settlement: &Settlement, now: Timestamp) -> Outcome<Option<IncidentEvent>> {
        let Settlement::Dead { error } = settlement else {
            return Ok(None);
        };
        let receiver = parsed(&self.receiver, "receiver name")?;
        Ok(Some(IncidentEvent {
            incident: IncidentId::from_stored(self.incident_id),
            at: now,
            transition: Transition::Undelivered { receiver, error: error.clone() },
            silenced: false,
        }))
    }
}
