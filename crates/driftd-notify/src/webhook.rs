//! Any HTTP endpoint, signed after the Standard Webhooks specification.

mod envelope;
mod message;
mod sample;
mod sign;
mod template;

use std::sync::atomic::{AtomicBool, Ordering};

use driftd_config::{Address, WebhookChannel};
use driftd_model::{BoxFuture, DeliveryError, DeliverySchedule, Notification, Transport};
use driftd_window::{Span, Timestamp};
use reqwest::StatusCode;
use reqwest::header::HeaderName;

pub(crate) use envelope::{Sender, body};
pub(crate) use message::{Message, is_test, status};
pub use sample::test_notification;
use sign::SigningKey;
use template::BodyTemplate;

use crate::factory::{BuildError, Endpoint, SecretSource, Setup};
use crate::http::{HttpClient, Request};

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;

/// Posts every message to one address.
///
/// The body is what Alertmanager posts to a webhook (version 4), so that receivers made for it work, with a `driftd`
/// object that has everything else; or what a template makes. `webhook-id` is the message's key and the same however
/// often it is tried. An endpoint that answers `410 Gone` is not asked again until driftd starts anew.
pub struct WebhookTransport {
    http: HttpClient,
    sender: Sender,
    endpoint: Endpoint,
    key: Option<SecretSource>,
    token: Option<SecretSource>,
    template: Option<BodyTemplate>,
    heartbeat: Option<Span>,
    is_gone: AtomicBool,
}

impl WebhookTransport {
    pub(crate) fn configured(setup: &Setup<'_>, channel: &WebhookChannel) -> Result<Self, BuildError> {
        let sender = Sender::of(setup);
        let endpoint = match &channel.url {
            Address::Plain(url) => Endpoint::Fixed(setup.target("url", url)?),
            Address::Secret(reference) => setup.secret_endpoint("url", reference)?,
        };
        let key = setup.optional_secret("secret", channel.secret.as_ref())?;
        if let Some(key) = &key {
            let secret = key.get().map_err(|error| setup.unusable("secret", error.to_string()))?;
            SigningKey::parse(secret.expose())
                .map_err(|bad| setup.unusable("secret", format!("what is kept there {bad}")))?;
        }
        let template = channel.template.as_ref().map(|template| {
            BodyTemplate::read(template, &sender, channel.heartbeat.is_some())
                .map_err(|why| setup.unusable("template", why))
        });
        Ok(Self {
            http: setup.http(),
            sender,
            endpoint,
            key,
            token: setup.optional_secret("token", channel.token.as_ref())?,
            template: template.transpose()?,
            heartbeat: channel.heartbeat,
            is_gone: AtomicBool::new(false),
        })
    }

    async fn post(&self, id: &str, body: Result<Vec<u8>, String>, now: Timestamp) -> Result<(), DeliveryError> {
        if self.is_gone.load(Ordering::Relaxed) {
            return Err(DeliveryError::permanent(
                "it answered 410 Gone before and is not asked again: take it out of the configuration, or start driftd again once it is back",
            ));
        }
        let body = body.map_err(|why| DeliveryError::permanent(format!("no body can be made: {why}")))?;
        let seconds = now.as_micros().div_euclid(SECOND);
        let mut request = Request::json(self.endpoint.target()?, body.clone())
            .header(HeaderName::from_static("webhook-id"), id)?
            .header(HeaderName::from_static("webhook-timestamp"), &seconds.to_string())?;
        if let Some(key) = &self.key {
            let secret = key.get()?;
            let key = SigningKey::parse(secret.expose())
                .map_err(|bad| DeliveryError::permanent(format!("what is kept as its secret {bad}")))?;
            let signature = key.sign(id, seconds, &body);
            request = request.header(HeaderName::from_static("webhook-signature"), &signature)?.secret(&secret);
        }
        let token = self.token.as_ref().map(SecretSource::get).transpose()?;
        let response = self.http.send(&request.bearer(token.as_ref())?, now).await?;
        if response.status() == StatusCode::GONE {
            self.is_gone.store(true, Ordering::Relaxed);
        }
        response.accepted().map(drop)
    }
}

impl Transport for WebhookTransport {
    fn kind(&self) -> &'static str {
        "webhook"
    }

    fn schedule(&self) -> DeliverySchedule {
        DeliverySchedule { heartbeat: self.heartbeat, ..DeliverySchedule::default() }
    }

    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(async move {
            let made = match &self.template {
                Some(template) => template.body(notification),
                None => body(notification, &self.sender).map_err(|error| error.to_string()),
            };
            self.post(notification.key.as_str(), made, now).await
        })
    }

    fn heartbeat(&self, now: Timestamp) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(async move {
            let made = match &self.template {
                Some(template) => template.heartbeat(now, &self.sender),
                None => envelope::heartbeat(now, &self.sender).map_err(|error| error.to_string()),
            };
            self.post(&format!("heartbeat-{}", now.as_micros()), made, now).await
        })
    }
}
