//! Notifications decided, and what became of them.

use driftd_window::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{BaselineRef, ContentHash, Incident, Labels, NotifyReason, ReceiverName};

/// Version of the shape of a [`Notification`] as it is stored.
pub const NOTIFICATION_SCHEMA: u32 = 3;

/// A message somebody shall get: an incident at a moment, and why it is told. Words are made of it on delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    /// Version of this shape.
    pub schema: u32,
    /// Stable idempotency key: the same decision has the same key after any crash or replay.
    pub key: ContentHash,
    /// The incident as it was.
    pub incident: Incident,
    /// Why people hear of it.
    pub reason: NotifyReason,
    /// Who hears this.
    pub receivers: Vec<ReceiverName>,
    /// When it was decided.
    pub at: Timestamp,
    /// The baseline judged against.
    pub baseline: BaselineRef,
    /// That baseline's content hash.
    pub baseline_hash: ContentHash,
    /// Labels of the incident: its identity and severity, and what the configuration adds, such as `environment`,
    /// `model` and `model_version`.
    pub labels: Labels,
    /// Where to read on.
    pub links: Links,
}

/// Addresses a message points to, where there are any.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Links {
    /// The incident's page.
    pub incident: Option<String>,
    /// The page that silences it.
    pub silence: Option<String>,
    /// What to do about it.
    pub runbook: Option<String>,
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
    /// The key of notification number `number` about an incident: the moment stays out of it, because a transaction
    /// that is repeated after a crash happens at another one.
    #[must_use]
    pub fn key_of(incident: &Incident, reason: &NotifyReason, number: u64) -> ContentHash {
        ContentHash::of(format!("{}\n{}\n{number}", incident.id, reason.as_str()).as_bytes())
    }
}

impl Links {
    /// Links below the dashboard's address.
    #[must_use]
    pub fn of(incident: &Incident, external_url: Option<&str>, runbook: Option<&str>) -> Self {
        let below = |what: &str| external_url.map(|url| format!("{url}/incidents/{}{what}", incident.id));
        Self { incident: below(""), silence: below("#silence"), runbook: runbook.map(str::to_owned) }
    }
}
