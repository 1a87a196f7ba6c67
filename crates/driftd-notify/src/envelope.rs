//! The body of a webhook: the shape that Alertmanager posts, version 4, so that receivers made for it work, and the
//! `driftd` object beside it.

use std::collections::BTreeMap;

use driftd_model::{IncidentState, ReceiverName};
use driftd_window::Timestamp;
use serde::Serialize;

use crate::alertmanager::{annotations, labels, starts_at};
use crate::data::IncidentData;
use crate::setup::Setup;
use crate::view::IncidentView;

/// The time Alertmanager writes where there is none.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// Who posts and to whom.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    pub(crate) receiver: ReceiverName,
    pub(crate) external_url: String,
    pub(crate) environment: Option<String>,
}

impl Sender {
    pub(crate) fn of(setup: &Setup<'_>) -> Self {
        Self {
            receiver: setup.receiver.clone(),
            external_url: setup.notify.external_url.as_ref().map(ToString::to_string).unwrap_or_default(),
            environment: setup.notify.environment.clone(),
        }
    }
}

/// The whole body.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a, T> {
    version: &'static str,
    group_key: String,
    truncated_alerts: u32,
    status: &'static str,
    receiver: &'a ReceiverName,
    group_labels: BTreeMap<String, String>,
    common_labels: &'a BTreeMap<String, String>,
    common_annotations: &'a BTreeMap<&'static str, String>,
    #[serde(rename = "externalURL")]
    external_url: &'a str,
    alerts: [Alert<'a>; 1],
    driftd: T,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert<'a> {
    status: &'static str,
    labels: &'a BTreeMap<String, String>,
    annotations: &'a BTreeMap<&'static str, String>,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: &'a str,
    fingerprint: &'a str,
}

/// A sign of life.
#[derive(Debug, Serialize)]
pub(crate) struct Heartbeat<'a> {
    schema: &'static str,
    at: String,
    environment: Option<&'a str>,
}

impl<'a> Heartbeat<'a> {
    pub(crate) fn at(now: Timestamp, sender: &'a Sender) -> Self {
        Self { schema: "driftd.heartbeat/1", at: now.to_string(), environment: sender.environment.as_deref() }
    }
}

/// The body that tells of a notification.
pub(crate) fn body(view: &IncidentView<'_>, sender: &Sender) -> Result<Vec<u8>, serde_json::Error> {
    let incident = &view.notification.incident;
    let (labels, annotations) = (labels(view), annotations(view));
    let group = ["alertname", "monitor", "segment", "kind"];
    let ended = incident.resolved_at.filter(|_| incident.state == IncidentState::Resolved);
    let alert = Alert {
        status: view.status(),
        labels: &labels,
        annotations: &annotations,
        starts_at: starts_at(view).to_string(),
        ends_at: ended.map_or_else(|| NEVER.to_owned(), |at| at.to_string()),
        generator_url: view.notification.links.incident.as_deref().unwrap_or_default(),
        fingerprint: incident.id.as_str(),
    };
    serde_json::to_vec(&Envelope {
        version: "4",
        group_key: format!("driftd:{}", incident.id),
        truncated_alerts: 0,
        status: view.status(),
        receiver: &sender.receiver,
        group_labels: group.iter().filter_map(|name| labels.get_key_value(*name)).map(own).collect(),
        common_labels: &labels,
        common_annotations: &annotations,
        external_url: &sender.external_url,
        alerts: [alert],
        driftd: IncidentData::of(view),
    })
}

/// The body of a sign of life: an alert that always fires, as a dead man's switch of Prometheus does.
pub(crate) fn heartbeat(now: Timestamp, sender: &Sender) -> Result<Vec<u8>, serde_json::Error> {
    let mut labels = BTreeMap::from([("alertname".to_owned(), "driftd_heartbeat".to_owned())]);
    if let Some(environment) = &sender.environment {
        labels.insert("environment".to_owned(), environment.clone());
    }
    let annotations = BTreeMap::from([("summary", alive(sender))]);
    let alert = Alert {
        status: "firing",
        labels: &labels,
        annotations: &annotations,
        starts_at: now.to_string(),
        ends_at: NEVER.to_owned(),
        generator_url: "",
        fingerprint: "heartbeat",
    };
    serde_json::to_vec(&Envelope {
        version: "4",
        group_key: "driftd:heartbeat".to_owned(),
        truncated_alerts: 0,
        status: "firing",
        receiver: &sender.receiver,
        group_labels: labels.clone(),
        common_labels: &labels,
        common_annotations: &annotations,
        external_url: &sender.external_url,
        alerts: [alert],
        driftd: Heartbeat::at(now, sender),
    })
}

/// The sign of life in words.
pub(crate) fn alive(sender: &Sender) -> String {
    match &sender.environment {
        Some(environment) => {
            format!("driftd in {environment} is well: this comes regularly, and its absence is the alarm")
        }
        None => "driftd is well: this comes regularly, and its absence is the alarm".to_owned(),
    }
}

fn own((name, value): (&String, &String)) -> (String, String) {
    (name.clone(), value.clone())
}
