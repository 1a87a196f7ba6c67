//! Any HTTP endpoint, signed after the Standard Webhooks specification.

use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD as PADDED};
use driftd_config::{Address, WebhookChannel};
use driftd_model::{BoxFuture, DeliveryError, DeliverySchedule, Notification, Transport};
use driftd_window::{Span, Timestamp};
use reqwest::StatusCode;
use reqwest::header::HeaderName;
use ring::hmac;

use crate::envelope::{self, Sender};
use crate::http::{HttpClient, Request};
use crate::setup::{BuildError, Endpoint, SecretSource, Setup};
use crate::template::BodyTemplate;
use crate::view::IncidentView;

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;
/// Keys are written with padding or without.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Posts every message to one address.
///
/// The body is what Alertmanager posts to a webhook (version 4), so that receivers made for it work, with a `driftd`
/// object that has everything else; or what a template makes. `webhook-id` is the message's key and the same however
/// often it is tried. An endpoint that answers `410 Gone` is not asked again until driftd starts anew.
pub(crate) struct WebhookTransport {
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
        let key = channel.secret.as_ref().map(|reference| {
            let (source, now) = setup.secret_now("secret", reference)?;
            SigningKey::parse(now.expose())
                .map_err(|bad| setup.unusable("secret", format!("what is kept there {bad}")))?;
            Ok::<_, BuildError>(source)
        });
        let template = channel.template.as_ref().map(|template| {
            BodyTemplate::read(template, &sender, channel.heartbeat.is_some())
                .map_err(|why| setup.unusable("template", why))
        });
        Ok(Self {
            http: setup.http.clone(),
            sender,
            endpoint,
            key: key.transpose()?,
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
    fn schedule(&self) -> DeliverySchedule {
        DeliverySchedule { heartbeat: self.heartbeat, ..DeliverySchedule::default() }
    }

    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(async move {
            let view = IncidentView::of(notification);
            let made = match &self.template {
                Some(template) => template.body(&view),
                None => envelope::body(&view, &self.sender).map_err(|error| error.to_string()),
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

/// What messages are signed with.
struct SigningKey(hmac::Key);

/// A text that is no key. The text is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is no signing key: write whsec_ and 24 to 64 random bytes in base64, as `openssl rand -base64 32` prints them"
)]
struct BadKey;

impl SigningKey {
    /// Reads `whsec_` and base64, or base64 alone.
    fn parse(text: &str) -> Result<Self, BadKey> {
        let text = text.trim();
        let bytes = LENIENT.decode(text.strip_prefix("whsec_").unwrap_or(text)).map_err(|_| BadKey)?;
        if bytes.is_empty() { Err(BadKey) } else { Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes))) }
    }

    /// The value of `webhook-signature`.
    fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{timestamp}.").as_bytes());
        context.update(body);
        format!("v1,{}", PADDED.encode(context.sign()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the specification's reference libraries are tested with.
    #[test]
    fn the_published_example_comes_out() {
        let signed = |key: &str| {
            let key = SigningKey::parse(key).unwrap();
            key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#)
        };
        for key in [
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            " whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
        ] {
            assert_eq!(signed(key), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        }
    }

    #[test]
    fn padding_may_be_left_out() {
        assert!(SigningKey::parse("whsec_AAAA").is_ok());
        assert!(SigningKey::parse("whsec_AAA=").is_ok());
        assert!(SigningKey::parse("whsec_AAA").is_ok());
    }

    #[test]
    fn what_is_no_base64_is_refused_and_not_repeated() {
        for text in ["", "whsec_", "hunter2!", "whsec_a", "ключ"] {
            let error = SigningKey::parse(text).err().unwrap();
            assert!(text.is_empty() || text == "whsec_" || !error.to_string().contains(text), "{error}");
        }
    }
}
