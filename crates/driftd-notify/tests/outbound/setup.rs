//! Receivers as the configuration describes them, and a network that is not there.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use driftd_config::{
    Address, AlertmanagerChannel, Channel, HttpUrl, NotifyConfig, Receiver, SecretRef, WebhookChannel,
};
use driftd_model::{DeliveryError, ErrorClass, IncidentKind, IncidentState, Notification, Transport};
use driftd_notify::{AddressPolicy, BuildError, HttpClient, Roots, SecretResolver, TransportFactory};
use driftd_window::{SegmentKey, Span, Timestamp};
use reqwest::dns::{Name, Resolve, Resolving};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::fixtures::{full, incident, over, psi, told, wall};

/// Names and where they lead.
#[derive(Default)]
pub(crate) struct Names(BTreeMap<String, Vec<SocketAddr>>);

impl Names {
    pub(crate) fn of(names: &[(&str, &[SocketAddr])]) -> Self {
        Self(names.iter().map(|(name, at)| ((*name).to_owned(), at.to_vec())).collect())
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.0.get(name.as_str()).cloned().ok_or("no such host");
        Box::pin(async move { Ok(Box::new(found?.into_iter()) as _) })
    }
}

/// A client for which these names lead there, and who trusts the server of the tests.
pub(crate) fn outbound(names: &[(&str, &[SocketAddr])]) -> HttpClient {
    let root = CertificateDer::from_pem_slice(include_bytes!("tls/root.pem")).unwrap();
    HttpClient::with(AddressPolicy::default(), Arc::new(Names::of(names)), Roots::Only(vec![root]))
        .with_timeout(Duration::from_secs(5))
}

pub(crate) fn secrets(pairs: &[(&str, &str)]) -> SecretResolver {
    let known: BTreeMap<String, String> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Arc::new(move |place| place.resolve(|name| known.get(name).cloned(), |path| std::fs::read_to_string(path)))
}

pub(crate) fn env(name: &str) -> SecretRef {
    SecretRef::Env(name.to_owned())
}

pub(crate) fn url(text: &str) -> HttpUrl {
    text.parse().unwrap()
}

pub(crate) fn notify() -> NotifyConfig {
    NotifyConfig {
        allow_commands: true,
        environment: Some("production".to_owned()),
        external_url: Some(url("https://driftd.example.com")),
        ..NotifyConfig::default()
    }
}

pub(crate) fn build(
    outbound: &HttpClient,
    channel: Channel,
    pairs: &[(&str, &str)],
) -> Result<Arc<dyn Transport>, BuildError> {
    let receiver = Receiver { name: "ops".parse().unwrap(), channel };
    TransportFactory::over(outbound.clone(), &notify(), secrets(pairs)).transport(&receiver)
}

/// A webhook without anything.
pub(crate) fn webhook(address: &str) -> WebhookChannel {
    WebhookChannel { url: Address::Plain(url(address)), secret: None, token: None, heartbeat: None, template: None }
}

pub(crate) fn alertmanager(urls: &[String]) -> Channel {
    let urls = urls.iter().map(|address| url(address)).collect();
    Channel::Alertmanager(AlertmanagerChannel { urls, token: None, interval: Span::from_minutes(1) })
}

pub(crate) fn now() -> Timestamp {
    wall("2013-07-08T00:05:02Z")
}

/// A segment has opened critical.
pub(crate) fn opened() -> Notification {
    let mut found = incident(IncidentKind::Drift, vec![psi("temp", 8.3214), psi("dewp", 1.5)]);
    found.key.segment = SegmentKey::from_labels([("carrier", Some("UA"))]);
    full(found, told())
}

/// The same, over.
pub(crate) fn resolved() -> Notification {
    let mut found = opened().incident;
    found.state = IncidentState::Resolved;
    found.resolved_at = Some(wall("2013-07-22T00:05:00Z"));
    found.resolved_by = Some("2 good windows".to_owned());
    found.notifications = 2;
    full(found, over())
}

/// `Transient after 30s: what it says`.
pub(crate) fn outcome(result: Result<(), DeliveryError>) -> String {
    match result {
        Ok(()) => "delivered".to_owned(),
        Err(error) => {
            let class = match error.class() {
                ErrorClass::Transient => "transient",
                ErrorClass::Permanent => "permanent",
                ErrorClass::Fenced => "fenced",
            };
            let wait = error.retry_after().map(|span| format!(" after {span}")).unwrap_or_default();
            format!("{class}{wait}: {error}")
        }
    }
}
