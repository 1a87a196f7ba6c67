//! What a real Alertmanager makes of driftd's alerts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests may assert by panicking")]

mod fixtures;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use driftd_config::{AlertmanagerChannel, Channel, NotifyConfig, Receiver};
use driftd_model::{IncidentKind, IncidentState, Notification, NotifyReason, Severity, Transport};
use driftd_notify::TransportFactory;
use driftd_testkit::services::alertmanager::Alertmanager;
use driftd_testkit::services::wait_until;
use driftd_window::{SegmentKey, Span, Timestamp};
use fixtures::{four, full, incident, over, told};
use serde_json::{Value as Json, json};

fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the server reads its own clock")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap())
}

fn speaking_to(urls: &[String]) -> Arc<dyn Transport> {
    let urls = urls.iter().map(|url| url.parse().unwrap()).collect();
    let channel = AlertmanagerChannel { urls, token: None, interval: Span::from_minutes(1) };
    let receiver = Receiver { name: "am".parse().unwrap(), channel: Channel::Alertmanager(channel) };
    let no_secrets =
        Arc::new(|place: &driftd_config::SecretRef| place.resolve(|_| None, |_| Err(std::io::Error::other("none"))));
    TransportFactory::new(&NotifyConfig::default(), no_secrets).transport(&receiver).unwrap()
}

/// An incident of that segment, open for a minute.
fn opened(carrier: &str, severity: Severity) -> Notification {
    let mut found = incident(IncidentKind::Drift, four());
    found.key.segment = SegmentKey::from_labels([("carrier", Some(carrier))]);
    found.severity = severity;
    found.opened_at = Some(now().minus(Span::from_minutes(1)));
    full(found, told())
}

fn resolved(told: &Notification) -> Notification {
    let mut found = told.incident.clone();
    found.state = IncidentState::Resolved;
    found.resolved_at = Some(now());
    full(found, over())
}

/// `severity segment state` of every alert that fires.
fn firing(alertmanager: &Alertmanager) -> Vec<String> {
    let alerts = alertmanager.get("alerts");
    let text = |alert: &Json| {
        let of = |key: &str| alert["labels"][key].as_str().unwrap_or("-").to_owned();
        format!("{} {} {}", of("severity"), of("segment"), alert["status"]["state"].as_str().unwrap())
    };
    let mut firing: Vec<String> = alerts.as_array().unwrap().iter().map(text).collect();
    firing.sort();
    firing
}

/// What it shows is what it should within half a minute: it takes in alerts one after the other.
fn shows(alertmanager: &Alertmanager, expected: &[&str]) {
    let mut last = Vec::new();
    let is_so = wait_until(Instant::now() + Duration::from_secs(30), || {
        last = firing(alertmanager);
        last == expected
    });
    assert!(is_so, "{last:?} instead of {expected:?}");
}

macro_rules! alertmanager {
    ($test:literal) => {
        match Alertmanager::start() {
            Ok(alertmanager) => alertmanager,
            Err(skip) => return skip.announce($test),
        }
    };
}

#[tokio::test]
async fn an_alert_is_known_by_its_labels_grouped_silenced_and_resolved() {
    let alertmanager = alertmanager!("an_alert_is_known_by_its_labels_grouped_silenced_and_resolved");
    let transport = speaking_to(&[alertmanager.url()]);
    let told = opened("UA", Severity::Critical);
    transport.deliver(&told, now()).await.unwrap();
    // The same again is the same alert.
    transport.resend(std::slice::from_ref(&told), now()).await.unwrap();
    shows(&alertmanager, &["critical carrier=UA active"]);
    let alert = alertmanager.get("alerts")[0].clone();
    let labels = &alert["labels"];
    insta::assert_snapshot!(serde_json::to_string_pretty(labels).unwrap(), @r#"
    {
      "alertname": "driftd_drift",
      "environment": "production",
      "kind": "drift",
      "model": "delay-gbm",
      "model_version": "3.2",
      "monitor": "flight-delay",
      "segment": "carrier=UA",
      "severity": "critical",
      "team": "ml"
    }
    "#);
    assert!(alert["annotations"]["description"].as_str().unwrap().contains("PSI 8.32"));
    assert_eq!(alert["annotations"]["runbook_url"], "https://wiki.example.com/flight-delay");
    let found = alertmanager.get("alerts?filter=monitor=%22flight-delay%22&filter=team=%22ml%22");
    assert_eq!(found.as_array().unwrap().len(), 1);
    let groups = alertmanager.get("alerts/groups");
    assert_eq!((&groups[0]["receiver"]["name"], groups[0]["alerts"].as_array().unwrap().len()), (&"nobody".into(), 1));

    let until = now().plus(Span::from_hours(1)).to_string();
    let silence = json!({
        "matchers": [{ "name": "monitor", "value": "flight-delay", "isRegex": false, "isEqual": true }],
        "startsAt": now().to_string(), "endsAt": until, "createdBy": "ana", "comment": "known",
    });
    alertmanager.post("silences", &silence);
    shows(&alertmanager, &["critical carrier=UA suppressed"]);

    transport.deliver(&resolved(&told), now()).await.unwrap();
    shows(&alertmanager, &[]);
}

#[tokio::test]
async fn an_escalation_replaces_the_warning() {
    let alertmanager = alertmanager!("an_escalation_replaces_the_warning");
    let transport = speaking_to(&[alertmanager.url()]);
    transport.deliver(&opened("WN", Severity::Warning), now()).await.unwrap();
    shows(&alertmanager, &["warning carrier=WN active"]);
    let escalated = full(opened("WN", Severity::Critical).incident, NotifyReason::Escalated);
    transport.deliver(&escalated, now()).await.unwrap();
    shows(&alertmanager, &["critical carrier=WN active"]);
}

#[tokio::test]
async fn a_replica_that_was_down_hears_of_everything_when_it_is_back() {
    let first = alertmanager!("a_replica_that_was_down_hears_of_everything_when_it_is_back");
    let mut second = alertmanager!("a_replica_that_was_down_hears_of_everything_when_it_is_back");
    second.stop();
    let transport = speaking_to(&[first.url(), second.url()]);
    let told = [opened("AA", Severity::Warning), opened("UA", Severity::Critical)];
    for told in &told {
        transport.deliver(told, now()).await.unwrap();
    }
    let both = ["critical carrier=UA active", "warning carrier=AA active"];
    shows(&first, &both);
    second.start_again();
    transport.resend(&told, now()).await.unwrap();
    shows(&second, &both);
    let ends: Vec<Notification> = told.iter().map(resolved).collect();
    transport.resend(&ends, now()).await.unwrap();
    shows(&first, &[]);
    shows(&second, &[]);
}
