//! Reconciling: what is told by the clock alone, or because a person did something.

use std::sync::Mutex;

use driftd_model::{
    Cause, Health, Incident, IncidentEvent, IncidentKind, IncidentReconciler, IncidentState, MonitorId, MonitorPlan,
    MonitorReconciler, NotifyReason, ReceiverName, ReconcileInput, SealOutcome, SealStep, Severity, Silence, SilenceId,
    Store, Transition, acknowledge, resolve_by_hand,
};
use driftd_window::{Span, Timestamp};

use super::Place;
use crate::fixtures::{
    CRITICAL, Feeder, NOBODY, Traffic, WARN, clock, id_of, monitor, plan, plan_of, receivers, reconcile,
    reconcile_seeing, seal_all, trouble,
};

/// A reconciler that writes down what it is shown, and decides nothing.
struct Witness<'a> {
    real: MonitorReconciler<'a>,
    inputs: Mutex<Vec<ReconcileInput>>,
}

impl IncidentReconciler for Witness<'_> {
    fn monitor(&self) -> &MonitorId {
        self.real.monitor()
    }

    fn now(&self) -> Timestamp {
        self.real.now()
    }

    fn reconcile(&self, input: ReconcileInput) -> Option<SealOutcome> {
        self.inputs.lock().unwrap().push(input);
        None
    }
}

/// What a reconciler is shown at that hour of the wall clock.
async fn shown(store: &dyn Store, plan: &MonitorPlan, now: i64) -> ReconcileInput {
    let real = MonitorReconciler::new(plan, &NOBODY, None, clock(now));
    let witness = Witness { real, inputs: Mutex::default() };
    assert_eq!(store.reconcile(&witness).await.unwrap(), None);
    witness.inputs.into_inner().unwrap().pop().unwrap()
}

/// Opens an incident at hour 10 of the wall clock and tells it to `to`.
async fn opened(store: &dyn Store, plan: &MonitorPlan, to: &[ReceiverName]) -> Incident {
    let mut feeder = Feeder::claim(store, 0).await;
    feeder.feed(store, plan, &[Traffic::at(0).shifted(CRITICAL)], 2).await;
    seal_all(store, plan, to, clock(10)).await;
    only(store, plan).await.0
}

async fn only(store: &dyn Store, plan: &MonitorPlan) -> (Incident, Vec<IncidentEvent>) {
    let rows = store.incidents(Some(&id_of(plan))).await.unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
    store.incident(&rows[0].incident_id).await.unwrap().unwrap()
}

fn words(events: &[IncidentEvent]) -> Vec<String> {
    let word = |event: &IncidentEvent| match &event.transition {
        Transition::Notified { why, .. } => format!("notified {}", why.as_str()),
        other => other.as_str().to_owned(),
    };
    events.iter().map(word).collect()
}

fn silence(from: i64, to: i64) -> Silence {
    Silence {
        id: SilenceId(0),
        matchers: vec!["monitor=m".parse().unwrap()],
        starts_at: clock(from),
        ends_at: clock(to),
        author: "ana".to_owned(),
        comment: "deploy".to_owned(),
    }
}

async fn take(store: &dyn Store, incident: Incident, now: i64) -> bool {
    let state = incident.state;
    store.amend_incident(state, &acknowledge(incident, "ana", clock(now)), false, clock(now)).await.unwrap()
}

async fn end(store: &dyn Store, incident: Incident, now: i64) -> bool {
    let state = incident.state;
    store.amend_incident(state, &resolve_by_hand(incident, "ana", clock(now)), false, clock(now)).await.unwrap()
}

/// Its monitor's incidents that are not over, those whose end somebody has still to hear of, and silences to come.
pub async fn a_tender_is_shown_what_it_has_to_look_after(place: &dyn Place) {
    let (store, plan, to) = (place.open().await, plan(), receivers(1));
    let mut pending = monitor("other", &[("hour", 1, 1)]);
    pending.topics = vec!["others".into()];
    let other = plan_of(pending);
    let mut feeder = Feeder::claim_of(&*store, "others".into(), 0).await;
    feeder.feed(&*store, &other, &[Traffic::at(0).shifted(WARN)], 2).await;
    seal_all(&*store, &other, &to, clock(0)).await;
    let open = opened(&*store, &plan, &to).await;
    store.add_silence(&silence(0, 20)).await.unwrap();
    let later = store.add_silence(&silence(50, 60)).await.unwrap();
    let seen = shown(&*store, &plan, 20).await;
    assert_eq!(seen.incidents, std::slice::from_ref(&open));
    assert_eq!(seen.silences, [Silence { id: later, ..silence(50, 60) }]);
    let seen = shown(&*store, &other, 19).await;
    assert_eq!(seen.incidents.iter().map(|i| i.state).collect::<Vec<_>>(), [IncidentState::Pending]);
    assert_eq!(seen.silences.len(), 2);
    assert!(end(&*store, open, 21).await);
    let seen = shown(&*store, &plan, 22).await;
    assert_eq!(
        seen.incidents.iter().map(|i| (i.state, i.owes_an_end())).collect::<Vec<_>>(),
        [(IncidentState::Resolved, true)]
    );
    reconcile(&*store, &plan, &to, clock(23)).await;
    assert_eq!(shown(&*store, &plan, 24).await.incidents, [], "everybody knows");
}

/// Incidents, events and messages of one decision are written together; the next decision builds on them.
pub async fn what_a_tender_decides_is_written(place: &dyn Place) {
    let (store, plan, to) = (place.open().await, plan(), receivers(2));
    opened(&*store, &plan, &to).await;
    for (now, notifications) in [(14, 2), (18, 3)] {
        let (_, before) = only(&*store, &plan).await;
        let outcome = reconcile(&*store, &plan, &to, clock(now)).await;
        assert!(outcome.windows.is_empty());
        assert_eq!(outcome.notifications.iter().map(|n| &n.reason).collect::<Vec<_>>(), [&NotifyReason::Repeated]);
        let (incident, events) = only(&*store, &plan).await;
        assert_eq!(outcome.incidents, std::slice::from_ref(&incident));
        assert_eq!((incident.notifications, incident.notification_log.len()), (notifications, 2));
        assert_eq!(events, [before, outcome.events].concat());
        assert_eq!(store.outbox_depth().await.unwrap(), 2 * notifications);
    }
    for receiver in to {
        for expected in ["opened", "repeated", "repeated"] {
            let entry = store.lease("a", &receiver, 9, clock(18), clock(19)).await.unwrap().remove(0);
            assert_eq!(entry.notification.reason.as_str(), expected);
            assert!(store.settle("a", entry.id, &driftd_model::Settlement::Delivered, clock(18)).await.unwrap());
        }
    }
}

/// Every few seconds somebody looks, and mostly there is nothing to do.
pub async fn where_nothing_is_due_nothing_is_written(place: &dyn Place) {
    let (store, plan, to) = (place.open().await, plan(), receivers(2));
    assert_eq!(reconcile(&*store, &plan, &to, clock(1)).await, SealOutcome::default());
    assert_eq!(store.incidents(None).await.unwrap(), []);
    opened(&*store, &plan, &to).await;
    let before = only(&*store, &plan).await;
    for now in [10, 11, 13] {
        assert_eq!(reconcile(&*store, &plan, &to, clock(now)).await, SealOutcome::default());
    }
    assert_eq!(only(&*store, &plan).await, before);
    assert_eq!(store.outbox_depth().await.unwrap(), 2);
    assert_eq!(store.sealed_through(&id_of(&plan)).await.unwrap(), Some(crate::fixtures::hour(1)));
}

/// driftd's own trouble may begin before the first pane is sealed; the seal then knows of it.
pub async fn a_monitor_that_was_never_sealed_is_tended(place: &dyn Place) {
    let (store, plan, to) = (place.open().await, plan(), receivers(1));
    let bad = trouble(9, Health::Bad(Severity::Critical, Vec::new()));
    let outcome = reconcile_seeing(&*store, &plan, &to, Some(&bad), clock(9)).await;
    assert_eq!(outcome.notifications.len(), 1);
    let (incident, events) = only(&*store, &plan).await;
    assert_eq!((incident.key.kind, incident.state), (IncidentKind::Pipeline, IncidentState::Open));
    assert_eq!(incident.causes, [Cause::StoreAway { lasted: Span::from_hours(1) }]);
    assert_eq!(words(&events), ["pended", "opened", "notified opened"]);
    assert_eq!(store.sealed_through(&id_of(&plan)).await.unwrap(), None);
    assert_eq!(store.outbox_depth().await.unwrap(), 1);

    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(0).shifted(CRITICAL)], 2).await;
    let steps = seal_all(&*store, &plan, &to, clock(10)).await;
    assert!(matches!(steps[0].step, SealStep::Pane { .. }));
    assert_eq!(words(&steps[0].outcome.events), ["pended", "opened", "suppressed"], "trouble explains drift");
    assert_eq!(store.outbox_depth().await.unwrap(), 1);
    // Two good looks end the trouble, and then the drift is told.
    for now in [11, 12] {
        reconcile_seeing(&*store, &plan, &to, Some(&trouble(now, Health::Good)), clock(now)).await;
    }
    let rows = store.incidents(None).await.unwrap();
    let drift = rows.iter().find(|row| row.kind == IncidentKind::Drift).unwrap();
    let (_, events) = store.incident(&drift.incident_id).await.unwrap().unwrap();
    assert_eq!(words(&events), ["pended", "opened", "suppressed", "notified unmuted"]);
}

/// Trouble that is over before anybody was told leaves no trace.
pub async fn trouble_that_goes_away_leaves_no_trace(place: &dyn Place) {
    let (store, plan, to) = (place.open().await, plan(), receivers(1));
    let bad = trouble(9, Health::Bad(Severity::Warning, Vec::new()));
    reconcile_seeing(&*store, &plan, &to, Some(&bad), clock(9)).await;
    let (pending, events) = only(&*store, &plan).await;
    assert_eq!((pending.state, words(&events)), (IncidentState::Pending, vec!["pended".to_owned()]));
    let outcome = reconcile_seeing(&*store, &plan, &to, Some(&trouble(10, Health::Good)), clock(10)).await;
    assert_eq!(outcome.dropped, [pending.key]);
    assert_eq!(store.incident(&pending.id).await.unwrap(), None);
    assert_eq!(store.outbox_depth().await.unwrap(), 0);
}

/// A silence that ends while the incident is still open is followed by its news, without waiting for a seal.
pub async fn what_a_silence_suppressed_is_told_when_it_ends(place: &dyn Place) {
    let (store, plan, to) = (place.open().await, plan(), receivers(1));
    store.add_silence(&silence(0, 20)).await.unwrap();
    opened(&*store, &plan, &to).await;
    assert_eq!(reconcile(&*store, &plan, &to, clock(19)).await, SealOutcome::default());
    let outcome = reconcile(&*store, &plan, &to, clock(20)).await;
    assert!(matches!(outcome.notifications[0].reason, NotifyReason::Unmuted { .. }));
    let (incident, events) = only(&*store, &plan).await;
    assert_eq!(words(&events), ["pended", "opened", "suppressed", "notified unmuted"]);
    assert_eq!((incident.suppressed, incident.notification_log.len()), (None, 1));
}

/// What a person did is told; an end is told once to everybody who heard of the incident, and is then owed no more.
pub async fn what_people_did_is_told(place: &dyn Place) {
    let (store, plan, to) = (place.open().await, plan(), receivers(2));
    let open = opened(&*store, &plan, &to).await;
    assert!(take(&*store, open, 11).await);
    let outcome = reconcile(&*store, &plan, &to, clock(12)).await;
    assert_eq!(outcome.notifications[0].reason, NotifyReason::Acknowledged { by: "ana".to_owned() });
    assert_eq!(reconcile(&*store, &plan, &to, clock(40)).await, SealOutcome::default(), "repeats stop");
    let (taken, _) = only(&*store, &plan).await;
    assert!(end(&*store, taken, 41).await);
    let (over, _) = only(&*store, &plan).await;
    assert_eq!((over.owes_an_end(), over.resolved_by.as_deref()), (true, Some("ana")));
    // Only one receiver is left in the configuration; the other one hears of the end all the same.
    let outcome = reconcile(&*store, &plan, &to[..1], clock(42)).await;
    assert_eq!(outcome.notifications[0].reason, NotifyReason::Resolved { by: "ana".to_owned() });
    assert_eq!(outcome.notifications[0].receivers, to);
    assert_eq!(reconcile(&*store, &plan, &to, clock(43)).await, SealOutcome::default());
    let (over, events) = only(&*store, &plan).await;
    assert!(!over.owes_an_end());
    let expected = [
        "pended",
        "opened",
        "notified opened",
        "acknowledged",
        "notified acknowledged",
        "resolved",
        "notified resolved",
    ];
    assert_eq!(words(&events), expected);
    assert_eq!(store.outbox_depth().await.unwrap(), 6);
}

/// The next seal tells the end as well as a reconciler would, and makes a new incident of what is bad afterwards.
pub async fn a_seal_tells_an_end_that_is_owed(place: &dyn Place) {
    let (store, plan, to) = (place.open().await, plan(), receivers(1));
    let mut feeder = Feeder::claim(&*store, 0).await;
    feeder.feed(&*store, &plan, &[Traffic::at(0).shifted(CRITICAL)], 2).await;
    seal_all(&*store, &plan, &to, clock(10)).await;
    let (open, _) = only(&*store, &plan).await;
    assert!(end(&*store, open.clone(), 11).await);
    feeder.feed(&*store, &plan, &[Traffic::at(1).shifted(CRITICAL)], 3).await;
    let steps = seal_all(&*store, &plan, &to, clock(12)).await;
    let told: Vec<_> = steps[0].outcome.notifications.iter().map(|n| (&n.incident.id, n.reason.as_str())).collect();
    let rows = store.incidents(None).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.state).collect::<Vec<_>>(), [IncidentState::Resolved, IncidentState::Open]);
    assert_eq!(told, [(&open.id, "resolved"), (&rows[1].incident_id, "opened")]);
    assert_eq!(shown(&*store, &plan, 12).await.incidents.len(), 1, "nothing is owed");
}

/// Between reading and pressing, people were told again: what they were told stays, and so does what the person did.
pub async fn people_never_undo_what_was_told(place: &dyn Place) {
    let (store, plan, to) = (place.open().await, plan(), receivers(1));
    let read = opened(&*store, &plan, &to).await;
    reconcile(&*store, &plan, &to, clock(14)).await;
    let (meanwhile, _) = only(&*store, &plan).await;
    assert!(take(&*store, read, 15).await);
    let (after, _) = only(&*store, &plan).await;
    assert_eq!(after, acknowledge(meanwhile, "ana", clock(15)).incident.unwrap());
    assert_eq!((after.notifications, after.notification_log.get(&to[0]).unwrap().at), (2, clock(14)));
}

/// Any worker may do it; together they tell everything once.
pub async fn tenders_at_once_tell_once(place: &dyn Place) {
    let (store, to) = (place.open().await, receivers(2));
    let plan = std::sync::Arc::new(plan());
    opened(&*store, &plan, &to).await;
    let tasks: Vec<_> = (0..6)
        .map(|_| {
            let (store, plan, to) = (store.clone(), std::sync::Arc::clone(&plan), to.clone());
            tokio::spawn(async move { reconcile(&*store, &plan, &to, clock(14)).await.notifications.len() })
        })
        .collect();
    let mut told = 0;
    for task in tasks {
        told += task.await.unwrap();
    }
    let (incident, events) = only(&*store, &plan).await;
    assert_eq!((told, incident.notifications, store.outbox_depth().await.unwrap()), (1, 2, 4));
    assert_eq!(words(&events), ["pended", "opened", "notified opened", "notified repeated"]);
}

/// People, tenders and seals at the same moment: whatever the order, what the person did is there and is told, and the
/// ledger of what was told is that of the outbox.
pub async fn people_tenders_and_seals_at_once_lose_nothing(place: &dyn Place) {
    const MONITORS: usize = 6;
    let (store, to) = (place.open().await, receivers(1));
    let plans: Vec<MonitorPlan> =
        (0..MONITORS).map(|i| plan_of(monitor(&format!("m{i}"), &[("hour", 1, 1)]))).collect();
    let mut feeder = Feeder::claim(&*store, 0).await;
    let all: Vec<&MonitorPlan> = plans.iter().collect();
    for (hour, mark) in [(0, 2), (1, 3)] {
        let checkpoint = feeder.checkpoint(&all, &[Traffic::at(hour).shifted(CRITICAL)], mark);
        feeder.write(&*store, &checkpoint).await.unwrap();
        if hour == 0 {
            for plan in &plans {
                seal_all(&*store, plan, &to, clock(10)).await;
            }
        }
    }
    let mut messages = 0;
    for plan in &plans {
        let (open, _) = only(&*store, plan).await;
        let id = open.id.clone();
        let (_, _, taken) = tokio::join!(
            reconcile(&*store, plan, &to, clock(14)),
            seal_all(&*store, plan, &to, clock(14)),
            take(&*store, open, 14)
        );
        assert!(taken);
        seal_all(&*store, plan, &to, clock(14)).await;
        reconcile(&*store, plan, &to, clock(15)).await;
        let (incident, events) = store.incident(&id).await.unwrap().unwrap();
        assert_eq!((incident.state, incident.windows), (IncidentState::Acknowledged, 2));
        assert!(incident.notification_log.get(&to[0]).unwrap().acknowledged, "{incident:?}");
        let told = events.iter().filter(|e| matches!(e.transition, Transition::Notified { .. })).count() as u64;
        assert_eq!(incident.notifications, told);
        messages += told;
    }
    assert_eq!(store.outbox_depth().await.unwrap(), messages);
}
