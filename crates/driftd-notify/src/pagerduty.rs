//! PagerDuty, Events API version 2.

use driftd_config::PagerDutyChannel;
use driftd_model::{BoxFuture, DeliveryError, DeliverySchedule, Notification, NotifyReason, Transport, words};
use driftd_window::{Span, Timestamp};
use serde::Serialize;

use crate::data::IncidentData;
use crate::http::{HttpClient, Request, Target};
use crate::setup::{BuildError, SecretSource, Setup};
use crate::view::IncidentView;

/// Below the address of the API.
const PATH: &str = "/v2/enqueue";
/// The API takes some hundred events a minute of one integration.
const SPACING: Span = match Span::from_micros(500_000) {
    Some(half_a_second) => half_a_second,
    None => Span::from_secs(1),
};
/// Characters of a summary.
const SUMMARY: usize = 1024;
/// Characters of a key.
const KEY: usize = 255;
/// Characters of a text that people see in a column.
const FIELD: usize = 255;
/// Bytes of an event; the API takes 512 KB and some of it is overhead.
const EVENT: usize = 500_000;

/// Sends events to one integration: an incident is an alert with the incident's id as its key, so later messages
/// change it, and its end resolves it.
pub(crate) struct PagerDutyTransport {
    http: HttpClient,
    target: Target,
    routing_key: SecretSource,
    client_url: Option<String>,
}

impl PagerDutyTransport {
    pub(crate) fn configured(setup: &Setup<'_>, channel: &PagerDutyChannel) -> Result<Self, BuildError> {
        Ok(Self {
            http: setup.http.clone(),
            target: setup.target("url", &channel.url)?.below(PATH),
            routing_key: setup.secret("routing_key", &channel.routing_key)?,
            client_url: setup.notify.external_url.as_ref().map(ToString::to_string),
        })
    }

    async fn send(&self, view: &IncidentView<'_>, action: Action, now: Timestamp) -> Result<(), DeliveryError> {
        let key = self.routing_key.get()?;
        let event = Event::of(view, action, key.expose().trim(), self.client_url.as_deref()).into_json();
        let event = event.map_err(|error| DeliveryError::permanent(format!("the event is no JSON: {error}")))?;
        let request = Request::json(self.target.clone(), event).secret(&key);
        self.http.post(&request, now).await.map(drop)
    }
}

impl Transport for PagerDutyTransport {
    fn schedule(&self) -> DeliverySchedule {
        DeliverySchedule { spacing: SPACING, ..DeliverySchedule::default() }
    }

    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(async move {
            let view = IncidentView::of(notification);
            self.send(&view, Action::of(&notification.reason), now).await?;
            if view.is_test() {
                // A try leaves nothing open behind it.
                self.send(&view, Action::Resolve, now).await?;
            }
            Ok(())
        })
    }
}

/// What an event does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    /// Opens an alert, or changes an open one.
    Trigger,
    /// Somebody has it.
    Acknowledge,
    /// It is over.
    Resolve,
}

impl Action {
    /// What a notification does. The reason decides: an incident that somebody has and that becomes critical is news.
    const fn of(reason: &NotifyReason) -> Self {
        match reason {
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
    custom_details: Option<IncidentData<'a>>,
}

#[derive(Serialize)]
struct Link<'a> {
    href: &'a str,
    text: &'static str,
}

impl<'a> Event<'a> {
    /// The event that says what the view says.
    fn of(view: &'a IncidentView<'_>, action: Action, routing_key: &'a str, client_url: Option<&'a str>) -> Self {
        Self {
            routing_key,
            event_action: action,
            dedup_key: cut(view.notification.incident.id.as_str(), KEY),
            payload: (action == Action::Trigger).then(|| Payload::of(view)),
            links: view.all_links().map(|link| Link { href: link.url, text: link.title }).collect(),
            client: "driftd",
            client_url,
        }
    }

    /// The event within the limit of the API: where it is too long it loses the lesser half of its features, and again,
    /// and in the end all details.
    fn into_json(mut self) -> Result<Vec<u8>, serde_json::Error> {
        loop {
            let bytes = serde_json::to_vec(&self)?;
            let Some(details) = self.payload.as_mut().map(|payload| &mut payload.custom_details) else {
                return Ok(bytes);
            };
            if bytes.len() <= EVENT || details.is_none() {
                return Ok(bytes);
            }
            if !details.as_mut().is_some_and(IncidentData::shorten) {
                *details = None;
            }
        }
    }
}

impl<'a> Payload<'a> {
    fn of(view: &'a IncidentView<'_>) -> Self {
        let label = |name| view.label(name).map(|text| cut(text, FIELD));
        let mark = if view.is_test() { "[TEST] " } else { "" };
        Self {
            summary: cut(&format!("{mark}{}", view.sentence), SUMMARY),
            source: cut(view.monitor, FIELD),
            severity: view.severity,
            timestamp: view.notification.at.to_string(),
            component: label("model"),
            group: label("environment"),
            class: view.kind,
            custom_details: Some(IncidentData::of(view)),
        }
    }
}

/// The first `most` characters, the last of them an ellipsis where something is missing.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    words::name(&kept, most) + "…"
}
