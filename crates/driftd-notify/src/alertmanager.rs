//! Prometheus Alertmanager, API version 2, every replica of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use driftd_config::AlertmanagerChannel;
use driftd_model::{BoxFuture, DeliveryError, DeliverySchedule, Notification, NotifyReason, Severity, Transport};
use driftd_window::{Span, Timestamp};
use reqwest::StatusCode;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::http::{HttpClient, Request, Target};
use crate::setup::{BuildError, SecretSource, Setup};
use crate::text::text;
use crate::view::IncidentView;

/// Below the address of a replica.
const PATH: &str = "/api/v2/alerts";
/// Alerts in a request.
const BATCH: usize = 64;
/// How long all batches together may take.
const BATCHES_TIMEOUT: Duration = Duration::from_secs(25);
/// The shortest interval that the end of an alert is reckoned from.
const SHORTEST_INTERVAL: Span = Span::from_minutes(1);
/// Intervals an alert lives without being sent again: three may go astray.
const LIVES: u8 = 4;

/// Says to every replica what is open, again and again: replicas tell each other what they have sent, not what they
/// have heard. A message is delivered when one replica has it; the next round brings it to the others.
pub(crate) struct AlertmanagerTransport {
    http: HttpClient,
    replicas: Vec<Arc<Replica>>,
    token: Option<SecretSource>,
    interval: Span,
}

/// One of several Alertmanagers that are to know the same, and whether it took what it was told last.
struct Replica {
    target: Target,
    is_down: AtomicBool,
}

/// An alert. Its labels are its identity, so nothing that changes from window to window is among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<&'static str, String>,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: String,
}

impl AlertmanagerTransport {
    pub(crate) fn configured(setup: &Setup<'_>, channel: &AlertmanagerChannel) -> Result<Self, BuildError> {
        let replica = |url| {
            let target = setup.target("urls", url)?.below(PATH);
            Ok(Arc::new(Replica { target, is_down: AtomicBool::new(false) }))
        };
        Ok(Self {
            http: setup.http.clone(),
            replicas: channel.urls.iter().map(replica).collect::<Result<_, _>>()?,
            token: setup.optional_secret("token", channel.token.as_ref())?,
            interval: channel.interval,
        })
    }

    /// How long what is said now holds.
    fn lifetime(&self) -> Span {
        let interval = self.interval.max(SHORTEST_INTERVAL).as_micros();
        Span::from_micros(interval.saturating_mul(i64::from(LIVES))).unwrap_or(SHORTEST_INTERVAL)
    }

    /// Sends the alerts to every replica at once, to each in batches. It is enough when one replica took everything.
    async fn send(&self, alerts: Vec<Alert>, now: Timestamp) -> Result<(), DeliveryError> {
        let batches: Vec<Vec<u8>> = alerts
            .chunks(BATCH)
            .map(serde_json::to_vec)
            .collect::<Result<_, _>>()
            .map_err(|error| DeliveryError::permanent(format!("the alerts are no JSON: {error}")))?;
        let token = self.token.as_ref().map(SecretSource::get).transpose()?;
        let mut sending = JoinSet::new();
        for replica in &self.replicas {
            let request = |batch: &Vec<u8>| Request::json(replica.target.clone(), batch.clone()).bearer(token.as_ref());
            let requests: Vec<Request> = batches.iter().map(request).collect::<Result<_, _>>()?;
            let (http, replica) = (self.http.clone(), Arc::clone(replica));
            sending.spawn(async move { replica.send(&http, requests, now).await });
        }
        let mut failed = Vec::new();
        let mut is_told = false;
        while let Some(sent) = sending.join_next().await {
            match sent {
                Ok(Ok(())) => is_told = true,
                Ok(Err(error)) => failed.push(error),
                Err(error) => failed.push(DeliveryError::transient(error.to_string(), None)),
            }
        }
        if is_told { Ok(()) } else { Err(combined(&failed)) }
    }
}

/// One error for all replicas: worth another try when it is for one of them.
fn combined(failed: &[DeliveryError]) -> DeliveryError {
    let what = |error: &DeliveryError| match error {
        DeliveryError::Transient { what, .. }
        | DeliveryError::Refused { what, .. }
        | DeliveryError::Permanent { what, .. } => what.clone(),
    };
    let text = failed.iter().map(what).collect::<Vec<_>>().join("; ");
    let wait = failed.iter().filter_map(DeliveryError::retry_after).min();
    if failed.iter().any(|error| matches!(error, DeliveryError::Transient { .. })) {
        DeliveryError::transient(text, wait)
    } else if failed.iter().any(|error| matches!(error, DeliveryError::Refused { .. })) {
        DeliveryError::refused(text, wait)
    } else {
        DeliveryError::permanent(text)
    }
}

impl Transport for AlertmanagerTransport {
    fn schedule(&self) -> DeliverySchedule {
        DeliverySchedule { resend: Some(self.interval), ..DeliverySchedule::default() }
    }

    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        let view = IncidentView::of(notification);
        let alerts = replaced(&view, now).into_iter().chain([alert(&view, now, self.lifetime())]);
        Box::pin(self.send(alerts.collect(), now))
    }

    fn resend<'a>(&'a self, incidents: &'a [Notification], now: Timestamp) -> BoxFuture<'a, Result<(), DeliveryError>> {
        let alerts = incidents.iter().map(|told| alert(&IncidentView::of(told), now, self.lifetime()));
        let alerts: Vec<Alert> = alerts.collect();
        if alerts.is_empty() {
            return Box::pin(std::future::ready(Ok(())));
        }
        Box::pin(self.send(alerts, now))
    }
}

impl Replica {
    /// Sends the requests, one after the other. A replica that does not answer is spared the rest of them; one that
    /// refuses a batch may have taken the good alerts in it, and takes the next.
    async fn send(&self, http: &HttpClient, requests: Vec<Request>, now: Timestamp) -> Result<(), DeliveryError> {
        let all = async {
            let mut refused = None;
            for request in &requests {
                let response = http.send(request, now).await?;
                if response.status() == StatusCode::BAD_REQUEST {
                    let remedy = "the good alerts among them may have been stored all the same";
                    refused = Some(response.described(remedy));
                } else {
                    response.accepted()?;
                }
            }
            refused.map_or(Ok(()), |what| Err(DeliveryError::permanent(what)))
        };
        let sent = match timeout(BATCHES_TIMEOUT, all).await {
            Ok(sent) => sent,
            Err(_) => {
                let what = format!("{} took more than {} s for all alerts", self.target, BATCHES_TIMEOUT.as_secs());
                Err(DeliveryError::transient(what, None))
            }
        };
        self.note(sent.as_ref().err());
        sent
    }

    /// Says in the log when a replica goes and when it comes back, and not all the time in between.
    fn note(&self, error: Option<&DeliveryError>) {
        let was_down = self.is_down.swap(error.is_some(), Ordering::Relaxed);
        match error {
            Some(error) if !was_down => {
                tracing::warn!(replica = %self.target, "an Alertmanager does not take alerts: {error}");
            }
            None if was_down => tracing::info!(replica = %self.target, "an Alertmanager takes alerts again"),
            _ => {}
        }
    }
}

/// Every label: the configured ones, the incident's identity and severity, and the name (`driftd_drift`,
/// `driftd_no_data`, …; `driftd_test` when nothing is wrong).
pub(crate) fn labels(view: &IncidentView<'_>) -> BTreeMap<String, String> {
    let labels = view.notification.labels.iter();
    let mut labels: BTreeMap<String, String> =
        labels.map(|(name, value)| (name.to_string(), value.to_owned())).collect();
    let name = if view.is_test() { "driftd_test".to_owned() } else { format!("driftd_{}", view.kind) };
    labels.insert("alertname".to_owned(), name);
    labels
}

/// What people read.
pub(crate) fn annotations(view: &IncidentView<'_>) -> BTreeMap<&'static str, String> {
    let links = &view.notification.links;
    let mut annotations = BTreeMap::from([
        ("summary", view.subject.clone()),
        ("sentence", view.sentence.clone()),
        ("description", text(view)),
        ("incident", view.notification.incident.id.to_string()),
    ]);
    let urls = [("runbook_url", &links.runbook), ("incident_url", &links.incident), ("silence_url", &links.silence)];
    annotations.extend(view.basis.clone().map(|basis| ("basis", basis)));
    annotations.extend(urls.into_iter().filter_map(|(name, url)| Some((name, url.clone()?))));
    annotations
}

/// When the incident began for those who hear of it.
pub(crate) fn starts_at(view: &IncidentView<'_>) -> Timestamp {
    view.notification.incident.opened_at.unwrap_or(view.notification.at)
}

/// The alert that says what a notification says. An incident that fires does so until `now` and `lifetime`, so that it
/// ends by itself when nobody speaks of it any more.
fn alert(view: &IncidentView<'_>, now: Timestamp, lifetime: Span) -> Alert {
    let incident = &view.notification.incident;
    let ended = incident.resolved_at.filter(|_| !incident.is_firing());
    Alert::of(view, labels(view), ended.unwrap_or_else(|| now.plus(lifetime)))
}

/// The alert that a notification ends, if it ends one: an incident that becomes critical is another alert, because its
/// severity is a label.
fn replaced(view: &IncidentView<'_>, now: Timestamp) -> Option<Alert> {
    let mut before = labels(view);
    let severity = before.insert("severity".to_owned(), Severity::Warning.to_string());
    let is_other = view.notification.reason == NotifyReason::Escalated
        && severity.as_deref() != before.get("severity").map(String::as_str);
    is_other.then(|| Alert::of(view, before, now))
}

impl Alert {
    fn of(view: &IncidentView<'_>, labels: BTreeMap<String, String>, ends_at: Timestamp) -> Self {
        Self {
            labels,
            annotations: annotations(view),
            // An alert that ends before it begins is refused.
            starts_at: starts_at(view).min(ends_at).to_string(),
            ends_at: ends_at.to_string(),
            generator_url: view.notification.links.incident.clone().unwrap_or_default(),
        }
    }
}
