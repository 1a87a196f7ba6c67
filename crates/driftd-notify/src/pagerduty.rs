//! PagerDuty, Events API version 2.

mod event;

use driftd_config::PagerDutyChannel;
use driftd_model::{BoxFuture, DeliveryError, DeliverySchedule, Notification, Transport};
use driftd_window::{Span, Timestamp};

use event::{Action, event};

use crate::factory::{BuildError, SecretSource, Setup};
use crate::http::{HttpClient, Request, Target};
use crate::webhook::is_test;

/// Below the address of the API.
const PATH: &str = "/v2/enqueue";
/// The API takes some hundred events a minute of one integration.
const SPACING: Span = match Span::from_micros(500_000) {
    Some(half_a_second) => half_a_second,
    None => Span::from_secs(1),
};

/// Sends events to one integration: an incident is an alert with the incident's id as its key, so later messages
/// change it, and its end resolves it.
pub struct PagerDutyTransport {
    http: HttpClient,
    target: Target,
    routing_key: SecretSource,
    client_url: Option<String>,
}

impl PagerDutyTransport {
    pub(crate) fn configured(setup: &Setup<'_>, channel: &PagerDutyChannel) -> Result<Self, BuildError> {
        Ok(Self {
            http: setup.http(),
            target: setup.target("url", &channel.url)?.below(PATH),
            routing_key: setup.secret("routing_key", &channel.routing_key)?,
            client_url: setup.notify().external_url.as_ref().map(ToString::to_string),
        })
    }

    async fn send(&self, told: &Notification, action: Action, now: Timestamp) -> Result<(), DeliveryError> {
        let key = self.routing_key.get()?;
        let event = event(told, action, key.expose().trim(), self.client_url.as_deref())
            .map_err(|error| DeliveryError::permanent(format!("the event is no JSON: {error}")))?;
        let request = Request::json(self.target.clone(), event).secret(&key);
        self.http.post(&request, now).await.map(drop)
    }
}

impl Transport for PagerDutyTransport {
    fn kind(&self) -> &'static str {
        "pagerduty"
    }

    fn schedule(&self) -> DeliverySchedule {
        DeliverySchedule { spacing: SPACING, ..DeliverySchedule::default() }
    }

    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(async move {
            self.send(notification, Action::of(notification), now).await?;
            if is_test(notification) {
                // A try leaves nothing open behind it.
                self.send(notification, Action::Resolve, now).await?;
            }
            Ok(())
        })
    }
}
