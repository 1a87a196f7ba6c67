use driftd_window::{EventTime, Span};
use proptest::prelude::*;

use super::*;
use crate::fixtures::{at, clock, monitor, plan};
use crate::{
    Evidence, Health, IncidentKey, Observation, Outcome, Route, Severity, SilenceId, acknowledge, resolve_by_hand, step,
};

mod laws;

fn key(kind: IncidentKind) -> IncidentKey {
    IncidentKey { monitor: "flights".parse().unwrap(), segment: driftd_window::SegmentKey::all(), kind }
}

fn receiver(name: &str) -> ReceiverName {
    name.parse().unwrap()
}

fn bad(severity: Severity, features: &[&str]) -> Health {
    let outcome = if severity == Severity::Critical { Outcome::Critical } else { Outcome::Warning };
    let evidence = |name: &&str| Evidence {
        n: 1_000,
        m: 1_000,
        ..Evidence::new((*name).into(), outcome, driftd_stats::DriftStatistic::Ks, 0.3)
    };
    Health::Bad(severity, features.iter().map(evidence).collect())
}

fn window(hour: i64, health: Health) -> Observation {
    Observation { window: "hour".into(), start: at(hour - 1), end: at(hour), health, causes: Vec::new() }
}

/// An incident that opened at `hour`, critical.
fn opened(kind: IncidentKind, hour: i64) -> Incident {
    let seen = window(hour, bad(Severity::Critical, &["x"]));
    step(None, &key(kind), &seen, &crate::IncidentRules::default(), clock(hour)).incident.unwrap()
}

fn stepped(incident: Incident, hour: i64, health: Health) -> Incident {
    let key = incident.key.clone();
    step(Some(incident), &key, &window(hour, health), &crate::IncidentRules::default(), clock(hour)).incident.unwrap()
}

fn silence(from: i64, to: i64) -> Silence {
    Silence {
        id: SilenceId(7),
        matchers: vec!["kind=drift".parse().unwrap()],
        starts_at: clock(from),
        ends_at: clock(to),
        author: "ana".into(),
        comment: "deploy".into(),
    }
}

/// Who is told what at `hour`, as `receiver: reason`.
fn told_at(incidents: &mut [Incident], routing: &Routing, silences: &[Silence], hour: i64) -> Vec<String> {
    let plan = plan(monitor(&[("hour", 1, 1)]));
    let policy = NotificationPolicy { plan: &plan, routing, silences, now: clock(hour) };
    let decided = policy.notify(incidents);
    let lines = decided
        .notifications
        .iter()
        .flat_map(|n| n.receivers.iter().map(|r| format!("{r}: {} {}", n.incident.key.kind, n.reason.as_str())));
    lines.collect()
}

fn pager() -> Routing {
    Routing::to(vec![receiver("pager")])
}

#[test]
fn everybody_hears_once_and_repeats_come_at_their_interval() {
    let mut incidents = [opened(IncidentKind::Drift, 1)];
    let mut heard = Vec::new();
    for hour in 1..=10 {
        heard.extend(told_at(&mut incidents, &pager(), &[], hour).into_iter().map(|line| (hour, line)));
    }
    let line = |reason: &str| format!("pager: drift {reason}");
    assert_eq!(heard, [(1, line("opened")), (5, line("repeated")), (9, line("repeated"))]);
    assert_eq!(incidents[0].notifications, 3);
}

#[test]
fn an_acknowledgement_stops_repeats_not_escalation() {
    let mut warned = opened(IncidentKind::Drift, 1);
    warned.severity = Severity::Warning;
    let mut incidents = [warned];
    assert_eq!(told_at(&mut incidents, &pager(), &[], 1), ["pager: drift opened"]);
    incidents[0] = acknowledge(incidents[0].clone(), "ana", clock(2)).incident.unwrap();
    assert_eq!(told_at(&mut incidents, &pager(), &[], 2), ["pager: drift acknowledged"]);
    assert_eq!(told_at(&mut incidents, &pager(), &[], 20), Vec::<String>::new());
    incidents[0].severity = Severity::Critical;
    assert_eq!(told_at(&mut incidents, &pager(), &[], 21), ["pager: drift escalated"]);
    assert_eq!(told_at(&mut incidents, &pager(), &[], 40), Vec::<String>::new());
}

#[test]
fn features_that_join_wait_for_the_group_interval() {
    let routing = Routing {
        routes: vec![Route { group_interval: Some(Span::from_hours(2)), ..Route::to(vec![receiver("pager")]) }],
        external_url: None,
    };
    let mut incidents = [opened(IncidentKind::Drift, 1)];
    assert_eq!(told_at(&mut incidents, &routing, &[], 1).len(), 1);
    incidents[0] = stepped(incidents[0].clone(), 2, bad(Severity::Critical, &["x", "y"]));
    assert_eq!(told_at(&mut incidents, &routing, &[], 2), Vec::<String>::new());
    assert_eq!(told_at(&mut incidents, &routing, &[], 3), ["pager: drift features_joined"]);
    assert_eq!(told_at(&mut incidents, &routing, &[], 5), Vec::<String>::new());
}

#[test]
fn what_a_silence_suppressed_is_told_when_it_is_over() {
    let mut incidents = [opened(IncidentKind::Drift, 1)];
    let silences = [silence(0, 3)];
    assert_eq!(told_at(&mut incidents, &pager(), &silences, 1), Vec::<String>::new());
    assert_eq!(incidents[0].suppressed, Some(Suppressed::Silenced { silence: SilenceId(7) }));
    assert_eq!(told_at(&mut incidents, &pager(), &silences, 3), ["pager: drift unmuted"]);
    assert_eq!(incidents[0].suppressed, None);
}

#[test]
fn an_end_is_told_to_all_who_heard_and_to_nobody_else() {
    let mut incidents = [opened(IncidentKind::Drift, 1)];
    assert_eq!(told_at(&mut incidents, &pager(), &[], 1).len(), 1);
    // Meanwhile the routes have changed, and there is a silence.
    let other = Routing::to(vec![receiver("mail")]);
    incidents[0] = resolve_by_hand(incidents[0].clone(), "ana", clock(2)).incident.unwrap();
    assert!(incidents[0].owes_an_end());
    assert_eq!(told_at(&mut incidents, &other, &[silence(0, 9)], 2), ["pager: drift resolved"]);
    assert!(!incidents[0].owes_an_end());
    assert_eq!(told_at(&mut incidents, &other, &[], 3), Vec::<String>::new());

    let mut unheard = [resolve_by_hand(opened(IncidentKind::Drift, 1), "ana", clock(2)).incident.unwrap()];
    assert_eq!(told_at(&mut unheard, &pager(), &[], 2), Vec::<String>::new());
}

#[test]
fn silence_of_the_source_explains_drift() {
    let mut incidents = [opened(IncidentKind::Drift, 1), opened(IncidentKind::NoData, 1)];
    assert_eq!(told_at(&mut incidents, &pager(), &[], 1), ["pager: no_data opened"]);
    let explained = Suppressed::Inhibited { kind: IncidentKind::NoData, incident: incidents[1].id.clone() };
    assert_eq!(incidents[0].suppressed, Some(explained));
    incidents[1] = resolve_by_hand(incidents[1].clone(), "ana", clock(2)).incident.unwrap();
    assert_eq!(told_at(&mut incidents, &pager(), &[], 2), ["pager: drift unmuted", "pager: no_data resolved"]);
}

#[test]
fn quiet_hours_hold_one_receiver_back_and_no_other() {
    let routing = Routing {
        routes: vec![
            Route {
                mute_times: vec!["00:00-06:00".parse().unwrap()],
                continues: true,
                ..Route::to(vec![receiver("mail")])
            },
            Route::to(vec![receiver("pager")]),
        ],
        external_url: Some("https://driftd.example".into()),
    };
    let night = EventTime::from_micros(clock(0).as_micros()).as_micros() / 3_600_000_000 % 24;
    assert_eq!(night, 0, "hour 0 of the tests is midnight");
    let mut incidents = [opened(IncidentKind::Drift, 1)];
    assert_eq!(told_at(&mut incidents, &routing, &[], 1), ["pager: drift opened"]);
    assert_eq!(incidents[0].suppressed, Some(Suppressed::Muted));
    assert_eq!(told_at(&mut incidents, &routing, &[], 6), ["mail: drift unmuted", "pager: drift repeated"]);
}

#[test]
fn who_never_heard_of_it_is_left_alone_once_it_is_taken() {
    let taken = acknowledge(opened(IncidentKind::Drift, 1), "ana", clock(1)).incident.unwrap();
    assert_eq!(told_at(&mut [taken], &pager(), &[], 2), Vec::<String>::new());
}

#[test]
fn a_message_carries_labels_and_links() {
    let mut shape = monitor(&[("hour", 1, 1)]);
    shape.labels.set("team".parse().unwrap(), "ml");
    shape.runbook = Some("https://wiki.example/drift".into());
    let plan = plan(shape);
    let routing = Routing { external_url: Some("https://driftd.example".into()), ..pager() };
    let mut incidents = [opened(IncidentKind::Drift, 1)];
    let told =
        NotificationPolicy { plan: &plan, routing: &routing, silences: &[], now: clock(1) }.notify(&mut incidents);
    let sent = &told.notifications[0];
    let labels: Vec<String> = sent.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(labels, ["kind=drift", "monitor=flights", "severity=critical", "team=ml"]);
    let page = format!("https://driftd.example/incidents/{}", incidents[0].id);
    assert_eq!(sent.links.incident.as_deref(), Some(page.as_str()));
    assert_eq!(sent.links.runbook.as_deref(), Some("https://wiki.example/drift"));
    let stored = serde_json::to_string(sent).unwrap();
    assert_eq!(&serde_json::from_str::<Notification>(&stored).unwrap(), sent);
    for event in &told.events {
        let stored = serde_json::to_string(&event.transition).unwrap();
        assert_eq!(serde_json::from_str::<Transition>(&stored).unwrap(), event.transition);
    }
}
