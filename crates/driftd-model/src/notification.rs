//! Notifications decided, and what became of them.

use driftd_window::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{BaselineRef, ContentHash, Incident, ReceiverName, Transition};

/// A message somebody shall get: an incident at the moment of a transition. Words are made of it on delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    /// Version of this shape.
    pub schema: u32,
    /// Stable idempotency key: the same decision has the same key after any crash or replay.
    pub key: ContentHash,
    /// The incident as it was.
    pub incident: Incident,
    /// Why people hear of it.
    pub reason: Transition,
    /// When it was decided.
    pub at: Timestamp,
    /// The baseline judged against.
    pub baseline: BaselineRef,
    /// That baseline's content hash.
    pub baseline_hash: ContentHash,
}

/// A notification on its way to one receiver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutboxEntry {
    /// Row id.
    pub id: i64,
    /// Where to.
    pub receiver: ReceiverName,
    /// What.
    pub notification: Notification,
    /// How often it was tried before.
    pub attempts: u32,
}

/// What became of a try to deliver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Settlement {
    /// The receiver has it.
    Delivered,
    /// Try again, not before that moment.
    RetryAt {
        /// When.
        at: Timestamp,
        /// What went wrong.
        error: String,
    },
    /// Given up.
    Dead {
        /// What went wrong.
        error: String,
    },
}

impl Notification {
    /// The notification for `reason` at `at`.
    #[must_use]
    pub fn new(
        incident: Incident,
        reason: Transition,
        at: Timestamp,
        baseline: BaselineRef,
        baseline_hash: ContentHash,
    ) -> Self {
        // Within one incident a reason recurs only after another bad window; the moment stays out of it, because a
        // seal that is repeated after a crash happens at another one.
        let (reason_text, windows) = (reason.as_str(), incident.windows);
        let end = incident.last_window.2.as_micros();
        let key = ContentHash::of(format!("{}\n{reason_text}\n{windows}\n{end}", incident.id).as_bytes());
        Self { schema: 1, key, incident, reason, at, baseline, baseline_hash }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{at, clock};
    use crate::{Health, IncidentKey, IncidentKind, IncidentRules, Observation, Severity, step};

    fn incident(windows: i64) -> Incident {
        let key = IncidentKey {
            monitor: "flights".parse().unwrap(),
            segment: driftd_window::SegmentKey::all(),
            kind: IncidentKind::NoData,
        };
        let seen = |hour| Observation {
            window: "hour".into(),
            start: at(hour),
            end: at(hour + 1),
            health: Health::Bad(Severity::Critical, Vec::new()),
        };
        let walk = |current, hour| step(current, &key, &seen(hour), &IncidentRules::default(), clock(hour)).incident;
        (0..windows).fold(None, walk).unwrap()
    }

    fn notification(windows: i64, reason: Transition, now: Timestamp) -> Notification {
        Notification::new(incident(windows), reason, now, "base@v1".parse().unwrap(), ContentHash::of(b"base"))
    }

    #[test]
    fn the_key_is_the_decision_not_the_moment() {
        let first = notification(1, Transition::Escalated, clock(1));
        assert_eq!(first.key, notification(1, Transition::Escalated, clock(2)).key);
        assert_ne!(first.key, notification(2, Transition::Escalated, clock(1)).key);
        assert_ne!(first.key, notification(1, Transition::Repeated, clock(1)).key);
    }

    #[test]
    fn a_notification_survives_storage() {
        let sent = notification(3, Transition::Resolved { by: "ana".into() }, clock(3));
        let text = serde_json::to_string(&sent).unwrap();
        assert_eq!(serde_json::from_str::<Notification>(&text).unwrap(), sent);
        assert_eq!(sent.schema, 1);
    }
}
