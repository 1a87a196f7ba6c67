//! An incident as Prometheus Alertmanager knows alerts.

use std::collections::BTreeMap;

use driftd_model::{Notification, NotifyReason, Severity};
use driftd_window::{Span, Timestamp};
use serde::Serialize;

use crate::webhook::is_test;
use crate::{sentence, subject, text};

/// An alert. Its labels are its identity, so nothing that changes from window to window is among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Alert {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<&'static str, String>,
    pub(crate) starts_at: String,
    pub(crate) ends_at: String,
    #[serde(rename = "generatorURL")]
    pub(crate) generator_url: String,
}

/// Every label: the configured ones, the incident's identity and severity, and the name.
pub(crate) fn labels(notification: &Notification) -> BTreeMap<String, String> {
    let mut labels: BTreeMap<String, String> =
        notification.labels.iter().map(|(name, value)| (name.to_string(), value.to_owned())).collect();
    labels.insert("alertname".to_owned(), name(notification));
    labels
}

/// `driftd_drift`, `driftd_no_data`, …; and `driftd_test` when nothing is wrong.
pub(crate) fn name(notification: &Notification) -> String {
    if is_test(notification) {
        return "driftd_test".to_owned();
    }
    format!("driftd_{}", notification.incident.key.kind)
}

/// What people read.
pub(crate) fn annotations(notification: &Notification) -> BTreeMap<&'static str, String> {
    let links = &notification.links;
    let mut annotations = BTreeMap::from([
        ("summary", subject(notification)),
        ("sentence", sentence(notification)),
        ("description", text(notification)),
        ("incident", notification.incident.id.to_string()),
    ]);
    let urls = [("runbook_url", &links.runbook), ("incident_url", &links.incident), ("silence_url", &links.silence)];
    annotations.extend(urls.into_iter().filter_map(|(name, url)| Some((name, url.clone()?))));
    annotations
}

/// When the incident began for those who hear of it.
pub(crate) fn starts_at(notification: &Notification) -> Timestamp {
    notification.incident.opened_at.unwrap_or(notification.at)
}

/// The alert that says what a notification says. An incident that fires does so until `now` and `lasting`, so that it
/// ends by itself when nobody speaks of it any more.
pub(crate) fn alert(notification: &Notification, now: Timestamp, lasting: Span) -> Alert {
    let ended = notification.incident.resolved_at.filter(|_| !notification.incident.is_firing());
    made(notification, labels(notification), ended.unwrap_or_else(|| now.plus(lasting)))
}

/// The alert that a notification ends, if it ends one: an incident that becomes critical is another alert, because its
/// severity is a label.
pub(crate) fn ended(notification: &Notification, now: Timestamp) -> Option<Alert> {
    let mut before = labels(notification);
    let severity = before.insert("severity".to_owned(), Severity::Warning.to_string());
    let is_other = notification.reason == NotifyReason::Escalated
        && severity.as_deref() != before.get("severity").map(String::as_str);
    is_other.then(|| made(notification, before, now))
}

fn made(notification: &Notification, labels: BTreeMap<String, String>, ends_at: Timestamp) -> Alert {
    Alert {
        labels,
        annotations: annotations(notification),
        // An alert that ends before it begins is refused.
        starts_at: starts_at(notification).min(ends_at).to_string(),
        ends_at: ends_at.to_string(),
        generator_url: notification.links.incident.clone().unwrap_or_default(),
    }
}
