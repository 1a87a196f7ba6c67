//! Reconcilers, sealers and people on two stores of one database, in the orders that matter.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use driftd_model::{
    Incident, IncidentReconciler, IncidentState, MonitorId, MonitorPlan, MonitorReconciler, MonitorSealer,
    ReconcileInput, Routing, SealOutcome, SealTime, SharedStore, Store, Transition, acknowledge, resolve_by_hand,
};
use driftd_testkit::fixtures::{
    CRITICAL, Feeder, NOBODY, Traffic, clock, plan, receivers, reconcile, reconcile_seeing, seal_all, trouble,
};
use driftd_window::Timestamp;
use sqlx::{query, query_scalar};

use super::{Database, TIMEOUT};

/// A reconciler that says so and waits to be told to go on when it has been shown a snapshot under the monitor's lock: the
/// second time that it is asked, because the first time is a look beside the lock.
struct Paused<'a> {
    inner: MonitorReconciler<'a>,
    seen: SyncSender<()>,
    go_on: Mutex<Receiver<()>>,
    asked: &'a AtomicU32,
}

impl IncidentReconciler for Paused<'_> {
    fn monitor(&self) -> &MonitorId {
        self.inner.monitor()
    }

    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    fn reconcile(&self, input: ReconcileInput) -> Option<SealOutcome> {
        if self.asked.fetch_add(1, Ordering::SeqCst) == 1 {
            self.seen.send(()).unwrap();
            self.go_on.lock().unwrap().recv_timeout(TIMEOUT).unwrap();
        }
        self.inner.reconcile(input)
    }
}

/// Reconciles `plan` at hour 50, and does `meanwhile` between the snapshot and everything else. Returns what was decided and
/// how often.
async fn reconcile_around(
    store: &dyn Store,
    plan: &MonitorPlan,
    meanwhile: impl Future<Output = ()>,
) -> (SealOutcome, u32) {
    let (seen, pauses) = sync_channel(1);
    let (release, go_on) = sync_channel(1);
    let (routing, asked) = (Routing::to(receivers(1)), AtomicU32::new(0));
    let inner = MonitorReconciler::new(plan, &routing, None, clock(50));
    let reconciler = Paused { inner, seen, go_on: Mutex::new(go_on), asked: &asked };
    let between = async {
        tokio::task::block_in_place(|| pauses.recv_timeout(TIMEOUT).unwrap());
        meanwhile.await;
        release.send(()).unwrap();
    };
    // The reconciler blocks its thread while it waits, so it has one of its own.
    let outcome = std::thread::scope(|scope| {
        let handle = tokio::runtime::Handle::current();
        let reconciling = scope.spawn(move || handle.block_on(store.reconcile(&reconciler)));
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(between));
        reconciling.join().unwrap()
    });
    (outcome.unwrap().unwrap_or_default(), asked.load(Ordering::SeqCst))
}

/// An incident that opened at hour 10 and was told to one receiver.
async fn opened(store: &SharedStore, plan: &MonitorPlan) -> Incident {
    let mut feeder = Feeder::claim(&**store, 0).await;
    feeder.feed(&**store, plan, &[Traffic::at(1).shifted(CRITICAL)], 3).await;
    seal_all(&**store, plan, &receivers(1), clock(10)).await;
    only(store).await.0
}

/// The only incident, and how often its events say that people were told.
async fn only(store: &SharedStore) -> (Incident, usize) {
    let rows = store.incidents(None).await.unwrap();
    assert_eq!(rows.len(), 1);
    let (incident, events) = store.incident(&rows[0].incident_id).await.unwrap().unwrap();
    let told = events.iter().filter(|event| matches!(event.transition, Transition::Notified { .. })).count();
    (incident, told)
}

async fn take(store: &SharedStore, open: Incident) -> bool {
    let step = acknowledge(open, "ana", clock(49));
    store.amend_incident(IncidentState::Open, &step, false, clock(49)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_tender_that_a_person_overtakes_begins_anew() {
    let Some(database) = Database::new("a_tender_that_a_person_overtakes_begins_anew") else { return };
    let (here, there) = (database.open().await, database.open().await);
    let plan = plan();
    let open = opened(&here, &plan).await;
    let meanwhile = async { assert!(take(&there, open).await) };
    let (outcome, asked) = reconcile_around(&*here, &plan, meanwhile).await;
    assert_eq!(asked, 3, "beside the lock, on a snapshot that did not know of the person, and on one that did");
    assert_eq!(outcome.notifications.iter().map(|n| n.reason.as_str()).collect::<Vec<_>>(), ["acknowledged"]);
    let (taken, told) = only(&there).await;
    assert_eq!((taken.state, taken.notifications, told), (IncidentState::Acknowledged, 2, 2));
    assert!(taken.notification_log.get(&receivers(1)[0]).unwrap().acknowledged);
    assert_eq!(there.outbox_depth().await.unwrap(), 2, "nothing of the first try is left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_end_by_hand_that_overtakes_a_tender_is_told_by_it() {
    let Some(database) = Database::new("an_end_by_hand_that_overtakes_a_tender_is_told_by_it") else { return };
    let (here, there) = (database.open().await, database.open().await);
    let plan = plan();
    let open = opened(&here, &plan).await;
    let meanwhile = async {
        let step = resolve_by_hand(open, "ana", clock(49));
        assert!(there.amend_incident(IncidentState::Open, &step, false, clock(49)).await.unwrap());
    };
    let (outcome, asked) = reconcile_around(&*here, &plan, meanwhile).await;
    assert_eq!(asked, 3);
    assert_eq!(outcome.notifications.iter().map(|n| n.reason.as_str()).collect::<Vec<_>>(), ["resolved"]);
    let (over, told) = only(&there).await;
    assert_eq!((over.state, over.owes_an_end(), told), (IncidentState::Resolved, false, 2));
    assert_eq!(database.count("incidents WHERE owes_end").await, 0);
}

/// A person who presses between a reconciler's writing and its commit waits, and then takes what the reconciler wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_person_waits_for_a_tender_and_keeps_what_it_told() {
    let Some(database) = Database::new("a_person_waits_for_a_tender_and_keeps_what_it_told") else { return };
    let (here, there) = (database.open().await, database.open().await);
    let open = opened(&here, &plan()).await;
    // The incident is written before the outbox, which nobody can write to now.
    let mut held = database.outside.begin().await.unwrap();
    query("LOCK TABLE notification_outbox IN EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    let reconciling = tokio::spawn({
        let here = here.clone();
        async move { reconcile(&*here, &plan(), &receivers(1), clock(50)).await }
    });
    database.until_waiting(1).await;
    let taking = tokio::spawn({
        let there = there.clone();
        async move { take(&there, open).await }
    });
    database.until_waiting(2).await;
    held.rollback().await.unwrap();
    assert_eq!(reconciling.await.unwrap().notifications[0].reason.as_str(), "repeated");
    assert!(taking.await.unwrap());
    let (taken, told) = only(&there).await;
    assert_eq!((taken.state, taken.notifications, told), (IncidentState::Acknowledged, 2, 2), "neither is lost");
    assert_eq!(taken.notification_log.get(&receivers(1)[0]).unwrap().at, clock(50));
    assert_eq!(
        reconcile(&*here, &plan(), &receivers(1), clock(51)).await.notifications[0].reason.as_str(),
        "acknowledged"
    );
}

/// A reconciler that comes between a person's writing and its commit waits, and begins anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_tender_waits_for_a_person_and_tells_what_was_done() {
    let Some(database) = Database::new("a_tender_waits_for_a_person_and_tells_what_was_done") else { return };
    let (here, there) = (database.open().await, database.open().await);
    let open = opened(&here, &plan()).await;
    // The incident is written before its events, which nobody can write now.
    let mut held = database.outside.begin().await.unwrap();
    query("LOCK TABLE incident_events IN EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    let taking = tokio::spawn({
        let there = there.clone();
        async move { take(&there, open).await }
    });
    database.until_waiting(1).await;
    let reconciling = tokio::spawn({
        let here = here.clone();
        async move { reconcile(&*here, &plan(), &receivers(1), clock(50)).await }
    });
    database.until_waiting(2).await;
    held.rollback().await.unwrap();
    assert!(taking.await.unwrap());
    assert_eq!(reconciling.await.unwrap().notifications[0].reason.as_str(), "acknowledged");
    let (taken, told) = only(&there).await;
    assert_eq!((taken.state, taken.notifications, told), (IncidentState::Acknowledged, 2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_finds_a_monitor_being_tended_goes_away_at_once() {
    let Some(database) = Database::new("who_finds_a_monitor_being_tended_goes_away_at_once") else { return };
    let (here, there) = (database.open().await, database.open().await);
    let plan = plan();
    opened(&here, &plan).await;
    let mut feeder = Feeder::claim(&*here, 1).await;
    feeder.feed(&*here, &plan, &[Traffic::at(2)], 9).await;
    let meanwhile = async {
        let other = MonitorSealer::new(&plan, 1, &NOBODY, SealTime::Clock(clock(50)));
        assert_eq!(there.seal(&other).await.unwrap(), None);
        assert_eq!(reconcile(&*there, &plan, &receivers(1), clock(50)).await, SealOutcome::default());
    };
    let (outcome, asked) = reconcile_around(&*here, &plan, meanwhile).await;
    assert_eq!((outcome.notifications.len(), asked), (1, 2));
    assert_eq!(only(&there).await.0.notifications, 2);
}

/// Where nothing is due, a monitor's row is neither locked nor written; where something is, it is changed, so that a
/// sealer whose snapshot is older begins anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_tender_touches_the_monitor_only_if_it_writes() {
    let Some(database) = Database::new("a_tender_touches_the_monitor_only_if_it_writes") else { return };
    let (store, plan) = (database.open().await, plan());
    opened(&store, &plan).await;
    let row = async || -> (String, String) {
        let row = sqlx::query_as("SELECT xmin::text, xmax::text FROM monitor_frontiers");
        row.fetch_one(&database.outside).await.unwrap()
    };
    let before = row().await;
    for _ in 0..3 {
        assert_eq!(reconcile(&*store, &plan, &receivers(1), clock(11)).await, SealOutcome::default());
    }
    assert_eq!(row().await, before);
    assert_eq!(reconcile(&*store, &plan, &receivers(1), clock(50)).await.notifications.len(), 1);
    assert_ne!(row().await.0, before.0);
}

/// Two processes see trouble before the first seal of a monitor whose row nobody has made yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_that_see_the_first_trouble_one_tells() {
    let Some(database) = Database::new("of_two_that_see_the_first_trouble_one_tells") else { return };
    let (here, there) = (database.open().await, database.open().await);
    let (plan, to) = (plan(), receivers(1));
    let bad = trouble(9, driftd_model::Health::Bad(driftd_model::Severity::Critical, Vec::new()));
    tokio::join!(
        reconcile_seeing(&*here, &plan, &to, Some(&bad), clock(9)),
        reconcile_seeing(&*there, &plan, &to, Some(&bad), clock(9)),
    );
    let (incident, told) = only(&here).await;
    assert_eq!((incident.state, incident.notifications, told), (IncidentState::Open, 1, 1));
    assert_eq!(here.outbox_depth().await.unwrap(), 1);
}

/// What a seal and a reconciler are shown is found by an index that holds nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn incidents_to_look_after_are_found_by_their_index() {
    let Some(database) = Database::new("incidents_to_look_after_are_found_by_their_index") else { return };
    database.open().await;
    query(
        "INSERT INTO incidents (id, monitor, segment, kind, severity, state, first_seen, resolved_at, owes_end, features,
                                windows, body)
         SELECT 'i' || i, 'm' || (i % 10), i::text, 'drift', 'warning', CASE WHEN i % 100 = 0 THEN 'open' ELSE 'resolved' END,
                i, i, i % 100 = 1, '[]', 1, '{}'
         FROM generate_series(1, 20000) AS i",
    )
    .execute(&database.outside)
    .await
    .unwrap();
    query("ANALYZE incidents").execute(&database.outside).await.unwrap();
    for (sql, index) in [
        ("WHERE monitor = 'm1' AND (state <> 'resolved' OR owes_end) ORDER BY id", "incidents_tended"),
        ("WHERE (state <> 'resolved' OR owes_end) AND state IN ('open', 'acknowledged')", "incidents_unresolved"),
        ("WHERE state = 'resolved' AND resolved_at > 19990", "incidents_by_end"),
    ] {
        let sql = sqlx::AssertSqlSafe(format!("EXPLAIN SELECT body::text FROM incidents {sql}"));
        let plan: Vec<String> = query_scalar(sql).fetch_all(&database.outside).await.unwrap();
        assert!(plan.concat().contains(index), "{plan:#?}");
    }
}
