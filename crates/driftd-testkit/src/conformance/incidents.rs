//! Incidents through seals and through people.

use driftd_model::{
    Incident, IncidentId, IncidentRow, IncidentState, MonitorPlan, Severity, Store, Transition, acknowledge,
    resolve_by_hand,
};

use super::Place;
use crate::fixtures::{
    CRITICAL, Feeder, Traffic, WARN, clock, id_of, monitor, plan, plan_of, seal_all, segment, split_plan,
};

/// Feeds one hour with `x` moved by `shift` and seals it at that hour of the wall clock.
async fn live(store: &dyn Store, plan: &MonitorPlan, feeder: &mut Feeder, hour: i64, shift: f64) {
    feeder.feed(store, plan, &[Traffic::at(hour).shifted(shift)], hour + 2).await;
    let sealed = seal_all(store, plan, &[], clock(hour)).await;
    assert_eq!(sealed.len(), 1, "hour {hour}");
}

async fn rows(store: &dyn Store, plan: &MonitorPlan) -> Vec<IncidentRow> {
    store.incidents(Some(&id_of(plan))).await.unwrap()
}

async fn only(store: &dyn Store, plan: &MonitorPlan) -> (Incident, Vec<Transition>) {
    let rows = rows(store, plan).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    let (incident, events) = store.incident(&rows[0].incident_id).await.unwrap().unwrap();
    assert!(events.iter().all(|e| e.incident == incident.id && !e.silenced));
    (incident, events.into_iter().map(|e| e.transition).collect())
}

/// The whole life of an incident, as its rows and its events tell it.
pub async fn a_critical_window_opens_and_good_ones_resolve(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    live(&*store, &plan, &mut feeder, 0, 0.0).await;
    assert_eq!(rows(&*store, &plan).await, []);
    live(&*store, &plan, &mut feeder, 1, CRITICAL).await;
    let (open, transitions) = only(&*store, &plan).await;
    assert_eq!((open.state, open.severity), (IncidentState::Open, Severity::Critical));
    assert_eq!(transitions, [Transition::Pended, Transition::Opened { windows: 1, severity: Severity::Critical }]);
    live(&*store, &plan, &mut feeder, 2, 0.0).await;
    live(&*store, &plan, &mut feeder, 3, 0.0).await;
    let (over, transitions) = only(&*store, &plan).await;
    assert_eq!(over.state, IncidentState::Resolved);
    assert!(matches!(transitions.as_slice(), [_, _, Transition::Resolved { .. }]), "{transitions:?}");
    let row = rows(&*store, &plan).await.remove(0);
    let expected = IncidentRow {
        incident_id: over.id.clone(),
        monitor: id_of(&plan),
        segment: over.key.segment.clone(),
        kind: over.key.kind,
        severity: Severity::Critical,
        state: IncidentState::Resolved,
        opened_at: Some(clock(1)),
        acknowledged_at: None,
        resolved_at: Some(clock(3)),
        features: vec!["x".into()],
        windows: 1,
    };
    assert_eq!(row, expected);
}

/// One warning is not an incident: it is kept while it may become one, and forgotten when it does not.
pub async fn a_warning_that_goes_away_leaves_no_trace(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    live(&*store, &plan, &mut feeder, 0, WARN).await;
    let (pending, transitions) = only(&*store, &plan).await;
    assert_eq!((pending.state, transitions), (IncidentState::Pending, vec![Transition::Pended]));
    live(&*store, &plan, &mut feeder, 1, 0.0).await;
    assert_eq!(rows(&*store, &plan).await, []);
    assert_eq!(store.incident(&pending.id).await.unwrap(), None);
    for hour in [2, 3] {
        live(&*store, &plan, &mut feeder, hour, WARN).await;
    }
    let (open, transitions) = only(&*store, &plan).await;
    assert_ne!(open.id, pending.id);
    assert_eq!(transitions, [Transition::Pended, Transition::Opened { windows: 2, severity: Severity::Warning }]);
}

/// Bad windows join the incident that is there; after its end the next one is a new incident.
pub async fn an_identity_has_one_unresolved_incident(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    let shifts = [CRITICAL, CRITICAL, 0.0, CRITICAL, 0.0, 0.0, CRITICAL, WARN, 0.0, 0.0, CRITICAL];
    for (hour, shift) in (0..).zip(shifts) {
        live(&*store, &plan, &mut feeder, hour, shift).await;
        let unresolved = rows(&*store, &plan).await.iter().filter(|r| r.state != IncidentState::Resolved).count();
        assert!(unresolved <= 1, "hour {hour}");
    }
    let found: Vec<_> = rows(&*store, &plan).await.iter().map(|r| (r.state, r.windows)).collect();
    let expected = [(IncidentState::Resolved, 3), (IncidentState::Resolved, 2), (IncidentState::Open, 1)];
    assert_eq!(found, expected);
}

/// People type the first digits; digits that fit several incidents, or none, or no digits at all, find nothing.
pub async fn a_unique_prefix_finds_an_incident(place: &dyn Place) {
    let (store, plan) = (place.open().await, split_plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    let shifted = ["x", "y"].map(|s| Traffic::at(0).of(s).shifted(CRITICAL));
    feeder.feed(&*store, &plan, &shifted, 2).await;
    seal_all(&*store, &plan, &[], clock(0)).await;
    let ids: Vec<IncidentId> = rows(&*store, &plan).await.into_iter().map(|r| r.incident_id).collect();
    assert_eq!(ids.len(), 3, "the whole population and two segments");
    for id in &ids {
        let others = || ids.iter().filter(|other| *other != id);
        let unique =
            (1..=id.as_str().len()).map(|n| &id.as_str()[..n]).find(|p| others().all(|o| !o.as_str().starts_with(p)));
        for prefix in [unique.unwrap(), id.as_str()] {
            let (found, _) = store.incident(&IncidentId::from_stored(prefix.to_owned())).await.unwrap().unwrap();
            assert_eq!(found.id, *id);
        }
    }
    for nothing in ["", "zz", "%", "_"] {
        assert_eq!(store.incident(&IncidentId::from_stored(nothing.to_owned())).await.unwrap(), None, "{nothing:?}");
    }
}

/// An open incident is acknowledged and then resolved by hand; each is an event with its moment.
pub async fn people_change_what_they_have_read(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    live(&*store, &plan, &mut feeder, 0, CRITICAL).await;
    let (open, _) = only(&*store, &plan).await;
    let taken = acknowledge(open, "ana", clock(5));
    assert!(store.amend_incident(IncidentState::Open, &taken, false, clock(5)).await.unwrap());
    assert!(!store.amend_incident(IncidentState::Open, &taken, false, clock(6)).await.unwrap(), "it is open no more");
    let (acknowledged, _) = only(&*store, &plan).await;
    assert_eq!(Some(&acknowledged), taken.incident.as_ref());
    let ended = resolve_by_hand(acknowledged, "ana", clock(7));
    assert!(store.amend_incident(IncidentState::Acknowledged, &ended, false, clock(7)).await.unwrap());
    let (_, events) = store.incident(&ended.incident.as_ref().unwrap().id).await.unwrap().unwrap();
    let by_hand: Vec<_> = events[2..].iter().map(|e| (e.at, e.transition.as_str())).collect();
    assert_eq!(by_hand, [(clock(5), "acknowledged"), (clock(7), "resolved")]);
    let row = rows(&*store, &plan).await.remove(0);
    assert_eq!((row.acknowledged_at, row.resolved_at), (Some(clock(5)), Some(clock(7))));
    let (over, _) = store.incident(&row.incident_id).await.unwrap().unwrap();
    assert_eq!(Some(&over), ended.incident.as_ref(), "who did it, too");
    live(&*store, &plan, &mut feeder, 1, CRITICAL).await;
    assert_eq!(rows(&*store, &plan).await.len(), 2, "what was resolved by hand does not come back to life");
}

/// Two people press the button at once: one of them took it.
pub async fn of_two_people_one_is_first(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    live(&*store, &plan, &mut feeder, 0, CRITICAL).await;
    let (open, _) = only(&*store, &plan).await;
    let tasks: Vec<_> = (0..4)
        .map(|i| {
            let (store, step) = (store.clone(), acknowledge(open.clone(), &format!("p{i}"), clock(5)));
            tokio::spawn(
                async move { store.amend_incident(IncidentState::Open, &step, false, clock(5)).await.unwrap() },
            )
        })
        .collect();
    let mut taken = 0;
    for task in tasks {
        taken += usize::from(task.await.unwrap());
    }
    assert_eq!(taken, 1);
    let (_, transitions) = only(&*store, &plan).await;
    assert_eq!(transitions.iter().filter(|t| matches!(t, Transition::Acknowledged { .. })).count(), 1);
}

/// Between reading and pressing, a seal found another bad window: the evidence stays, and so does what the person did.
pub async fn people_never_undo_what_a_seal_found(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    live(&*store, &plan, &mut feeder, 0, CRITICAL).await;
    let (read, _) = only(&*store, &plan).await;
    live(&*store, &plan, &mut feeder, 1, CRITICAL + 100.0).await;
    let (meanwhile, _) = only(&*store, &plan).await;
    assert_eq!((read.windows, meanwhile.windows), (1, 2));
    let step = acknowledge(read, "ana", clock(9));
    assert!(store.amend_incident(IncidentState::Open, &step, false, clock(9)).await.unwrap());
    let (after, _) = only(&*store, &plan).await;
    let expected = acknowledge(meanwhile, "ana", clock(9)).incident.unwrap();
    assert_eq!(after, expected);
    assert_eq!(rows(&*store, &plan).await[0].windows, 2);
}

/// Whoever keeps telling a receiver what is wrong has to know what still is, and what has just ceased to be.
pub async fn notified_incidents_are_open_or_lately_over(place: &dyn Place) {
    let (store, plan) = (place.open().await, plan());
    let mut feeder = Feeder::claim(&*store, 0).await;
    let found = |after: i64| {
        let store = store.clone();
        async move { store.notified_incidents(clock(after)).await.unwrap() }
    };
    live(&*store, &plan, &mut feeder, 0, WARN).await;
    assert_eq!(found(-9).await, [], "nobody is told of a pending one");
    let over = [CRITICAL, 0.0, 0.0];
    for (hour, shift) in (1..).zip(over.into_iter().chain([CRITICAL])) {
        live(&*store, &plan, &mut feeder, hour, shift).await;
    }
    let (over, open) = (rows(&*store, &plan).await.remove(0), rows(&*store, &plan).await.remove(1));
    assert_eq!((over.resolved_at, open.opened_at), (Some(clock(3)), Some(clock(4))));
    for (after, expected) in [(2, vec![&over, &open]), (3, vec![&open]), (99, vec![&open])] {
        let found = found(after).await;
        let ids: Vec<_> = found.iter().map(|i| &i.id).collect();
        assert_eq!(ids, expected.iter().map(|row| &row.incident_id).collect::<Vec<_>>(), "hour {after}");
    }
    let (whole, _) = store.incident(&open.incident_id).await.unwrap().unwrap();
    let step = acknowledge(whole, "ana", clock(9));
    assert!(store.amend_incident(IncidentState::Open, &step, false, clock(9)).await.unwrap());
    assert_eq!(found(99).await, [step.incident.unwrap()]);
}

/// By first bad window; of one monitor or of all.
pub async fn incidents_are_listed_oldest_first_and_by_monitor(place: &dyn Place) {
    let store = place.open().await;
    let plans = ["b", "a"].map(|id| {
        let mut monitor = monitor(id, &[("hour", 1, 1)]);
        monitor.topics = vec![id.into()];
        plan_of(monitor)
    });
    for (plan, first) in plans.iter().zip([0, 3]) {
        let mut feeder = Feeder::claim_of(&*store, plan.monitor().topics[0].clone(), 0).await;
        for (hour, shift) in (first..).zip([CRITICAL, 0.0, 0.0, 0.0, 0.0, 0.0, CRITICAL]) {
            live(&*store, plan, &mut feeder, hour, shift).await;
        }
    }
    assert_eq!(store.incidents(Some(&"nobody".parse().unwrap())).await.unwrap(), []);
    let all = store.incidents(None).await.unwrap();
    let found: Vec<_> = all.iter().map(|row| (row.monitor.as_str(), row.opened_at.unwrap())).collect();
    assert_eq!(found, [("b", clock(0)), ("a", clock(3)), ("b", clock(6)), ("a", clock(9))]);
    assert!(all.iter().all(|row| row.segment != segment("x")));
    let of_a = rows(&*store, &plans[1]).await;
    assert_eq!(of_a, all.into_iter().filter(|row| row.monitor.as_str() == "a").collect::<Vec<_>>());
}
