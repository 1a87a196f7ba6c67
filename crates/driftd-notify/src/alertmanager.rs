//! Prometheus Alertmanager, API version 2, every replica of it.

pub(crate) mod alert;
mod replica;

use std::sync::Arc;

use driftd_config::AlertmanagerChannel;
use driftd_model::{BoxFuture, DeliveryError, DeliverySchedule, Notification, Transport};
use driftd_window::{Span, Timestamp};
use tokio::task::JoinSet;

use alert::{Alert, alert, ended};
use replica::Replica;

use crate::factory::{BuildError, SecretSource, Setup};
use crate::http::{HttpClient, Request};

/// Below the address of a replica.
const PATH: &str = "/api/v2/alerts";
/// Alerts in a request.
const BATCH: usize = 64;
/// The shortest interval that the end of an alert is reckoned from.
const SHORTEST: Span = Span::from_minutes(1);
/// Intervals an alert lives without being said again: three may go astray.
const LIVES: u8 = 4;

/// Says to every replica what is open, again and again: replicas tell each other what they have sent, not what they
/// have heard. A message is delivered when one replica has it; the next round brings it to the others.
pub struct AlertmanagerTransport {
    http: HttpClient,
    replicas: Vec<Arc<Replica>>,
    token: Option<SecretSource>,
    interval: Span,
}

impl AlertmanagerTransport {
    pub(crate) fn configured(setup: &Setup<'_>, channel: &AlertmanagerChannel) -> Result<Self, BuildError> {
        let replica = |url| Ok(Arc::new(Replica::at(setup.target("urls", url)?.below(PATH))));
        Ok(Self {
            http: setup.http(),
            replicas: channel.urls.iter().map(replica).collect::<Result<_, _>>()?,
            token: setup.optional_secret("token", channel.token.as_ref())?,
            interval: channel.interval,
        })
    }

    /// How long what is said now holds.
    fn lasting(&self) -> Span {
        let interval = self.interval.max(SHORTEST).as_micros();
        Span::from_micros(interval.saturating_mul(i64::from(LIVES))).unwrap_or(SHORTEST)
    }

    /// Says the alerts to every replica at once, to each in batches. It is enough when one replica took everything.
    async fn say(&self, alerts: Vec<Alert>, now: Timestamp) -> Result<(), DeliveryError> {
        let batches = alerts.chunks(BATCH).map(serde_json::to_vec);
        let batches: Vec<Vec<u8>> = batches
            .collect::<Result<_, _>>()
            .map_err(|error| DeliveryError::permanent(format!("the alerts are no JSON: {error}")))?;
        let token = self.token.as_ref().map(SecretSource::get).transpose()?;
        let mut saying = JoinSet::new();
        for replica in &self.replicas {
            let requests = batches.iter().map(|batch| replica.request(batch.clone()).bearer(token.as_ref()));
            let requests: Vec<Request> = requests.collect::<Result<_, _>>()?;
            let (http, replica) = (self.http.clone(), Arc::clone(replica));
            saying.spawn(async move { replica.say(&http, requests, now).await });
        }
        let mut failed = Vec::new();
        let mut is_told = false;
        while let Some(said) = saying.join_next().await {
            match said {
                Ok(Ok(())) => is_told = true,
                Ok(Err(error)) => failed.push(error),
                Err(error) => failed.push(DeliveryError::transient(error.to_string(), None)),
            }
        }
        if is_told { Ok(()) } else { Err(worst(failed)) }
    }
}

/// One error for all replicas: worth another try when it is for one of them.
fn worst(failed: Vec<DeliveryError>) -> DeliveryError {
    let text = failed.iter().map(what).collect::<Vec<_>>().join("; ");
    let is_transient = failed.iter().any(|error| matches!(error, DeliveryError::Transient { .. }));
    if is_transient {
        let wait = failed.iter().filter_map(DeliveryError::retry_after).min();
        DeliveryError::transient(text, wait)
    } else {
        DeliveryError::permanent(text)
    }
}

/// The error without the words before it.
fn what(error: &DeliveryError) -> &str {
    match error {
        DeliveryError::Transient { what, .. } | DeliveryError::Permanent { what, .. } => what,
    }
}

impl Transport for AlertmanagerTransport {
    fn kind(&self) -> &'static str {
        "alertmanager"
    }

    fn schedule(&self) -> DeliverySchedule {
        DeliverySchedule { resend: Some(self.interval), ..DeliverySchedule::default() }
    }

    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        let alerts = ended(notification, now).into_iter().chain([alert(notification, now, self.lasting())]);
        Box::pin(self.say(alerts.collect(), now))
    }

    fn resend<'a>(&'a self, incidents: &'a [Notification], now: Timestamp) -> BoxFuture<'a, Result<(), DeliveryError>> {
        let alerts: Vec<Alert> = incidents.iter().map(|told| alert(told, now, self.lasting())).collect();
        if alerts.is_empty() {
            return Box::pin(std::future::ready(Ok(())));
        }
        Box::pin(self.say(alerts, now))
    }
}
