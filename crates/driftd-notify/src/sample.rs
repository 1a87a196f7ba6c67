//! Messages about nothing: to try a receiver with, and to try a template before it is needed.

use std::collections::BTreeMap;

use driftd_model::{
    BaselineRef, Cause, ContentHash, Evidence, Incident, IncidentId, IncidentKey, IncidentKind, IncidentState, Labels,
    Links, MonitorId, NOTIFICATION_SCHEMA, Notification, NotificationLog, NotifyReason, Outcome, ReceiverName,
    Severity, Threshold,
};
use driftd_stats::{DriftStatistic, Movement};
use driftd_window::{SegmentKey, Span, Timestamp, WindowName, Zone};

/// The message that `by` tries a receiver with at `now`: marked as a test in every channel, about an incident that is
/// none. `labels` are what a monitor would add, such as `environment`. Two tries have two keys.
#[must_use]
pub fn test_notification(receiver: &ReceiverName, by: &str, labels: Labels, now: Timestamp) -> Notification {
    let key = ContentHash::of(format!("test\n{receiver}\n{}", now.as_micros()).as_bytes());
    let incident = incident(IncidentKind::Drift, &format!("test-{}", key.short()), now);
    let reason = NotifyReason::Test { by: by.to_owned() };
    let receivers = vec![receiver.clone()];
    Notification { key, receivers, ..notification(incident, reason, labels, now) }
}

/// A message of every shape there is: with everything in it, over, and with as little as there can be.
pub(crate) fn samples() -> Vec<(&'static str, Notification)> {
    let now = Timestamp::from_micros(1_373_241_900_000_000);
    let labels: Labels = [("environment", "test"), ("model", "example"), ("model_version", "1")]
        .into_iter()
        .filter_map(|(name, value)| Some((name.parse().ok()?, value.to_owned())))
        .collect();
    let links = Links {
        incident: Some("https://driftd.example/incidents/1".to_owned()),
        silence: Some("https://driftd.example/incidents/1#silence".to_owned()),
        runbook: Some("https://example.com/runbook".to_owned()),
    };
    let opened = incident(IncidentKind::Drift, "1", now);
    let mut over = opened.clone();
    over.state = IncidentState::Resolved;
    over.resolved_at = Some(now);
    over.resolved_by = Some("2 good windows".to_owned());
    let mut bare = incident(IncidentKind::NoData, "2", now);
    bare.features.clear();
    bare.key.segment = SegmentKey::all();
    bare.causes = vec![Cause::NoRows { expected: None }];
    let full = notification(opened, NotifyReason::Opened { windows: 2 }, labels.clone(), now);
    let ended = NotifyReason::Resolved { by: "2 good windows".to_owned() };
    vec![
        ("a message", Notification { links: links.clone(), ..full }),
        ("a message that an incident is over", Notification { links, ..notification(over, ended, labels, now) }),
        (
            "a message without features, links and labels",
            notification(bare, NotifyReason::Opened { windows: 1 }, Labels::default(), now),
        ),
    ]
}

fn notification(incident: Incident, reason: NotifyReason, labels: Labels, now: Timestamp) -> Notification {
    Notification {
        schema: NOTIFICATION_SCHEMA,
        key: Notification::key_of(&incident, &reason, 1),
        labels: incident.labels_over(labels),
        incident,
        reason,
        receivers: Vec::new(),
        at: now,
        baseline: baseline(),
        baseline_hash: ContentHash::of(b"example"),
        links: Links::default(),
    }
}

/// An incident in the hour before `now`.
fn incident(kind: IncidentKind, id: &str, now: Timestamp) -> Incident {
    let (window, end) = (WindowName::from("hour"), now.as_event_time());
    let start = end.minus(Span::from_hours(1));
    let evidence = Evidence {
        threshold: Some(Threshold { warn: 0.1, critical: 0.25 }),
        n: 10_000,
        m: 1_000,
        q_value: Some(0.001),
        moved: vec![Movement { label: "(0, 1]".to_owned(), before: 0.1, after: 0.2 }],
        ..Evidence::new("example_feature".into(), Outcome::Warning, DriftStatistic::Psi, 0.15)
    };
    Incident {
        id: IncidentId::from_stored(id.to_owned()),
        key: IncidentKey { monitor: monitor(), segment: SegmentKey::all(), kind },
        state: IncidentState::Open,
        severity: Severity::Warning,
        first_seen: start,
        last_window: (window, start, end),
        zone: Zone::UTC,
        opened_at: Some(now),
        acknowledged: None,
        resolved_at: None,
        features: BTreeMap::from([(evidence.feature.clone(), evidence)]),
        causes: Vec::new(),
        windows: 1,
        opened_after: 1,
        resolved_by: None,
        streaks: BTreeMap::new(),
        notification_log: NotificationLog::default(),
        notifications: 1,
        suppressed: None,
    }
}

#[expect(clippy::expect_used, reason = "the name is written here")]
fn monitor() -> MonitorId {
    "example".parse().expect("a name of letters")
}

#[expect(clippy::expect_used, reason = "the reference is written here")]
fn baseline() -> BaselineRef {
    "example@v1".parse().expect("a name and a version")
}
