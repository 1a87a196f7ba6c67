//! An event, within the limits of the API.

use driftd_model::{Notification, NotifyReason, words};
use serde::Serialize;

use crate::sentence;
use crate::webhook::{Message, is_test};

/// Characters of a summary.
const SUMMARY: usize = 1024;
/// Characters of a key.
const KEY: usize = 255;
/// Characters of a text that people see in a column.
const FIELD: usize = 255;
/// Bytes of an event; the API takes 512 KB and some of it is overhead.
const EVENT: usize = 500_000;

/// What an event does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Action {
    /// Opens an alert, or changes an open one.
    Trigger,
    /// Somebody has it.
    Acknowledge,
    /// It is over.
    Resolve,
}

impl Action {
    /// What a notification does. The reason decides: an incident that somebody has and that becomes critical is news.
    pub(super) const fn of(notification: &Notification) -> Self {
        match notification.reason {
            NotifyReason::Resolved { .. } => Self::Resolve,
            NotifyReason::Acknowledged { .. } => Self::Acknowledge,
            NotifyReason::Opened { .. }
            | NotifyReason::Unmuted { .. }
            | NotifyReason::Escalated
            | NotifyReason::FeaturesJoined { .. }
            | NotifyReason::Repeated
            | NotifyReason::Test { .. } => Self::Trigger,
        }
    }
}

#[derive(Serialize)]
struct Event<'a> {
    routing_key: &'a str,
    event_action: Action,
    dedup_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Payload<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link<'a>>,
    client: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_url: Option<&'a str>,
}

#[derive(Serialize)]
struct Payload<'a> {
    summary: String,
    source: String,
    severity: &'static str,
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    class: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_details: Option<Message<'a>>,
}

#[derive(Serialize)]
struct Link<'a> {
    href: &'a str,
    text: &'static str,
}

/// The event that says what `told` says. Where it is too long it loses the lesser half of its features, and again,
/// and in the end all details.
pub(super) fn event(
    told: &Notification,
    action: Action,
    routing_key: &str,
    client_url: Option<&str>,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut event = Event {
        routing_key,
        event_action: action,
        dedup_key: cut(told.incident.id.as_str(), KEY),
        payload: (action == Action::Trigger).then(|| payload(told)),
        links: links(told),
        client: "driftd",
        client_url,
    };
    loop {
        let bytes = serde_json::to_vec(&event)?;
        let Some(details) = event.payload.as_mut().map(|payload| &mut payload.custom_details) else {
            return Ok(bytes);
        };
        if bytes.len() <= EVENT || details.is_none() {
            return Ok(bytes);
        }
        if !details.as_mut().is_some_and(Message::shorten) {
            *details = None;
        }
    }
}

fn payload(told: &Notification) -> Payload<'_> {
    let incident = &told.incident;
    let label = |name: &str| Some(told.labels.get(name)).filter(|text| !text.is_empty()).map(|text| cut(text, FIELD));
    let mark = if is_test(told) { "[TEST] " } else { "" };
    Payload {
        summary: cut(&format!("{mark}{}", sentence(told)), SUMMARY),
        source: cut(incident.key.monitor.as_str(), FIELD),
        severity: incident.severity.as_str(),
        timestamp: told.at.to_string(),
        component: label("model"),
        group: label("environment"),
        class: incident.key.kind.as_str(),
        custom_details: Some(Message::of(told)),
    }
}

fn links(told: &Notification) -> Vec<Link<'_>> {
    let links = &told.links;
    let links = [("Incident", &links.incident), ("Silence", &links.silence), ("Runbook", &links.runbook)];
    links.into_iter().filter_map(|(text, href)| Some(Link { href: href.as_deref()?, text })).collect()
}

/// The first `most` characters, the last of them an ellipsis where something is missing.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    words::name(&kept, most) + "…"
}
