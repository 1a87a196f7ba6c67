use driftd_stats::DriftStatistic;
use driftd_window::{EventTime, SegmentKey, Span};
use proptest::prelude::*;

use super::*;
use crate::fixtures::{at, clock};
use crate::{IncidentKind, Outcome, Threshold};

mod laws;

fn key() -> IncidentKey {
    IncidentKey { monitor: "flights".parse().unwrap(), segment: SegmentKey::all(), kind: IncidentKind::Drift }
}

fn rules() -> IncidentRules {
    IncidentRules {
        open_after: 2,
        resolve_after: 2,
        group_interval: Span::from_hours(3),
        repeat_interval: Span::from_hours(4),
        least_volume: None,
    }
}

fn evidence(feature: &str, effect: f64) -> Evidence {
    let outcome = if effect >= 0.2 { Outcome::Critical } else { Outcome::Warning };
    Evidence {
        threshold: Some(Threshold { warn: 0.1, critical: 0.2 }),
        n: 10_000,
        m: 400,
        q_value: Some(1e-6),
        ..Evidence::new(feature.into(), outcome, DriftStatistic::Ks, effect)
    }
}

fn warning(features: &[&str]) -> Health {
    Health::Bad(Severity::Warning, features.iter().map(|f| evidence(f, 0.15)).collect())
}

fn critical(features: &[&str]) -> Health {
    Health::Bad(Severity::Critical, features.iter().map(|f| evidence(f, 0.3)).collect())
}

/// A window of shape `name` over [`start`, `end`) hours.
fn window(name: &str, start: i64, end: i64, health: Health) -> Observation {
    Observation { window: name.into(), start: at(start), end: at(end), health, causes: Vec::new() }
}

/// Steps by windows one after the other, each at the hour it ends; the incident and what happened in every step.
fn walk(windows: &[Observation]) -> (Option<Incident>, Vec<Vec<&'static str>>) {
    let mut current = None;
    let mut happened = Vec::new();
    for observation in windows {
        let now = Timestamp::from_micros(observation.end.as_micros());
        let next = step(current, &key(), observation, &rules(), now);
        happened.push(next.transitions.iter().map(Transition::as_str).collect());
        current = next.incident;
    }
    (current, happened)
}

/// Hourly windows of one shape.
fn hourly(healths: impl IntoIterator<Item = Health>) -> Vec<Observation> {
    (0..).zip(healths).map(|(hour, health)| window("hour", hour, hour + 1, health)).collect()
}

#[test]
fn one_bad_hour_in_a_sliding_day_is_one_bad_window() {
    let sliding = |ends: &[i64]| -> Vec<Observation> {
        ends.iter().map(|end| window("day", end - 24, *end, warning(&["x"]))).collect()
    };
    let (incident, happened) = walk(&sliding(&[24, 30, 36, 42]));
    assert_eq!(happened, [vec!["pended"], vec![], vec![], vec![]]);
    let incident = incident.unwrap();
    assert_eq!((incident.state, incident.windows), (IncidentState::Pending, 4));
    let (incident, happened) = walk(&sliding(&[24, 30, 36, 42, 48]));
    assert_eq!(happened[4], ["opened"], "the day from 24 to 48 shares nothing with the first");
    assert_eq!(incident.unwrap().opened_at, Some(clock(48)));
}

#[test]
fn a_critical_window_opens_at_once() {
    let (incident, happened) = walk(&hourly([critical(&["x"])]));
    assert_eq!(happened, [["pended", "opened"]]);
    let incident = incident.unwrap();
    assert_eq!((incident.severity, incident.opened_at, incident.opened_after), (Severity::Critical, Some(clock(1)), 1));
    let next = step(None, &key(), &window("hour", 0, 1, critical(&[])), &rules(), clock(1));
    assert_eq!(next.transitions[1], Transition::Opened { windows: 1, severity: Severity::Critical });
}

#[test]
fn it_gets_worse_once() {
    let (incident, happened) =
        walk(&hourly([warning(&["x"]), warning(&["x"]), critical(&["x"]), warning(&["x"]), critical(&["x"])]));
    assert_eq!(happened, [vec!["pended"], vec!["opened"], vec!["escalated"], vec![], vec![]]);
    let incident = incident.unwrap();
    assert_eq!(incident.severity, Severity::Critical);
    assert_eq!(incident.features.values().next().unwrap().effect, 0.3, "a feature is kept at its worst");
}

#[test]
fn a_pending_incident_that_turns_critical_opens() {
    let (_, happened) = walk(&hourly([warning(&["x"]), critical(&["x"])]));
    assert_eq!(happened, [["pended"], ["opened"]]);
}

#[test]
fn features_join_once() {
    let (incident, happened) = walk(&hourly([
        warning(&["x"]),
        warning(&["x", "y"]),
        warning(&["x", "y"]),
        critical(&["x", "z"]),
        critical(&["x", "y", "z"]),
    ]));
    let joining = vec!["features_joined", "escalated"];
    assert_eq!(happened, [vec!["pended"], vec!["opened"], vec![], joining, vec![]]);
    assert_eq!(incident.unwrap().features.len(), 3);
}

#[test]
fn causes_are_those_of_the_last_bad_window() {
    let silent = |expected| Observation {
        causes: vec![crate::Cause::NoRows { expected: Some(expected) }],
        ..window("hour", 0, 1, critical(&[]))
    };
    let first = step(None, &key(), &silent(10.0), &rules(), clock(1)).incident;
    let next = step(first, &key(), &silent(20.0), &rules(), clock(2)).incident.unwrap();
    assert_eq!(next.causes, [crate::Cause::NoRows { expected: Some(20.0) }]);
}

#[test]
fn acknowledging_stops_repeats_not_escalation() {
    let (incident, _) = walk(&hourly([warning(&["x"]), warning(&["x"])]));
    let taken = acknowledge(incident.unwrap(), "ana", clock(2)).incident;
    let next = step(taken, &key(), &window("hour", 2, 3, critical(&["x"])), &rules(), clock(3));
    assert_eq!(next.transitions, [Transition::Escalated]);
    assert_eq!(next.incident.unwrap().state, IncidentState::Acknowledged);
}

#[test]
fn good_windows_resolve_only_in_a_row() {
    let good = || Health::Good;
    let (incident, happened) =
        walk(&hourly([critical(&["x"]), good(), critical(&["x"]), good(), Health::Unknown, good()]));
    assert_eq!(happened[1..], [vec![], vec![], vec![], vec![], vec!["resolved"]]);
    let incident = incident.unwrap();
    assert_eq!((incident.state, incident.resolved_at), (IncidentState::Resolved, Some(clock(6))));
    assert_eq!(incident.resolved_by.as_deref(), Some("2 good windows"));
}

#[test]
fn every_shape_that_complained_must_agree_to_the_end() {
    let bad = |name, start, end| window(name, start, end, critical(&["x"]));
    let good = |name, start, end| window(name, start, end, Health::Good);
    let (_, happened) = walk(&[
        bad("hour", 23, 24),
        bad("day", 0, 24),
        good("hour", 24, 25),
        good("hour", 25, 26),
        good("week", -140, 28),
        good("day", 6, 30),
        good("day", 12, 36),
    ]);
    assert_eq!(happened.iter().position(|h| h.contains(&"resolved")), Some(6), "{happened:?}");
}

#[test]
fn a_pending_incident_goes_away_with_the_first_good_window_of_its_shape() {
    let (incident, happened) = walk(&hourly([warning(&["x"]), Health::Unknown, Health::Good]));
    assert_eq!((incident, happened), (None, vec![vec!["pended"], vec![], vec!["dropped"]]));
    let (kept, happened) = walk(&[window("day", 0, 24, warning(&["x"])), window("hour", 23, 24, Health::Good)]);
    assert_eq!(kept.unwrap().state, IncidentState::Pending);
    assert_eq!(happened[1], Vec::<&str>::new(), "another shape has no say");
    let two = [
        window("day", 0, 24, warning(&["x"])),
        window("hour", 23, 24, warning(&["x"])),
        window("hour", 24, 25, Health::Good),
        window("day", 1, 25, Health::Good),
    ];
    assert_eq!(walk(&two).1[2..], [vec![], vec!["dropped"]]);
}

#[test]
fn good_windows_without_an_incident_are_no_news() {
    let (incident, happened) = walk(&hourly([Health::Good, Health::Unknown]));
    assert_eq!((incident, happened), (None, vec![vec![], vec![]]));
}

#[test]
fn what_is_over_stays_over() {
    let (open, _) = walk(&hourly([critical(&["x"])]));
    let over = resolve_by_hand(open.unwrap(), "ana", clock(2));
    assert_eq!(over.transitions, [Transition::Resolved { by: "ana".into() }]);
    let over = over.incident.unwrap();
    for again in [acknowledge(over.clone(), "bo", clock(3)), resolve_by_hand(over.clone(), "bo", clock(3))] {
        assert_eq!((again.incident.as_ref(), again.transitions.len()), (Some(&over), 0));
    }
    for health in [Health::Good, Health::Unknown] {
        let next = step(Some(over.clone()), &key(), &window("hour", 5, 6, health), &rules(), clock(6));
        assert_eq!((next.incident.as_ref(), next.transitions.len()), (Some(&over), 0));
    }
    let next = step(Some(over.clone()), &key(), &window("hour", 5, 6, warning(&["x"])), &rules(), clock(6));
    let fresh = next.incident.unwrap();
    assert_ne!(fresh.id, over.id);
    assert_eq!((fresh.state, fresh.windows), (IncidentState::Pending, 1));
}

#[test]
fn nobody_takes_or_ends_what_nobody_was_told_of() {
    let (pending, _) = walk(&hourly([warning(&["x"])]));
    let pending = pending.unwrap();
    assert_eq!(acknowledge(pending.clone(), "ana", clock(2)).incident, Some(pending.clone()));
    assert_eq!(resolve_by_hand(pending.clone(), "ana", clock(2)).incident, Some(pending));
}

#[test]
fn an_id_is_a_function_of_identity_and_first_bad_window() {
    let id = |name: &str, end: EventTime| key().incident_id(&name.into(), end);
    assert_eq!(id("day", at(24)), id("day", at(24)));
    assert_ne!(id("day", at(24)), id("week", at(24)));
    assert_ne!(id("day", at(24)), id("day", at(48)));
    assert_eq!(id("day", at(24)).as_str().len(), 12);
}

#[test]
fn a_silence_covers_the_news_of_a_step_and_nothing_else() {
    let opened = step(None, &key(), &window("hour", 0, 1, critical(&["x"])), &rules(), clock(1));
    let id = opened.incident.as_ref().unwrap().id.clone();
    let events = opened.events(&id, true, clock(7));
    assert!(events.iter().all(|event| event.incident == id && event.at == clock(7)));
    let silenced: Vec<_> = events.iter().map(|event| (event.transition.as_str(), event.silenced)).collect();
    assert_eq!(silenced, [("pended", false), ("opened", true)]);
}
