//! The outbox over a store in memory: receivers that hang, are away for an hour, or get ten thousand messages at once.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests assert")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use driftd_engine::{Backoff, Clock, FixedClock, Outbox};
use driftd_model::{
    BoxFuture, CatalogueStore, DeliveryError, DeliverySchedule, Health, IncidentKey, IncidentKind, IncidentReconciler,
    IncidentState, MonitorPlan, MonitorReconciler, Notification, Observation, OutboxStore, PipelineStore, ReadStore,
    ReceiverName, ReconcileInput, Routing, SealOutcome, Severity, Transport, step,
};
use driftd_testkit::MemStore;
use driftd_testkit::group::{BEGIN, plans};
use driftd_window::{EventTime, SegmentKey, Span, Timestamp};

/// What a receiver does with a message.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mood {
    Takes,
    IsAway,
    Hangs,
}

struct Receiver {
    mood: Mutex<Mood>,
    spacing: Span,
    /// (incident, reason) in order of arrival.
    got: Mutex<Vec<(String, &'static str)>>,
    tries: AtomicU32,
    now: AtomicU32,
    most_at_once: AtomicU32,
}

impl Receiver {
    fn new(mood: Mood, spacing: Span) -> Arc<Self> {
        let (got, now) = (Mutex::default(), AtomicU32::default());
        let (tries, most_at_once) = (AtomicU32::default(), AtomicU32::default());
        Arc::new(Self { mood: Mutex::new(mood), spacing, got, tries, now, most_at_once })
    }
}

impl Transport for Receiver {
    fn schedule(&self) -> DeliverySchedule {
        DeliverySchedule { spacing: self.spacing, ..DeliverySchedule::default() }
    }

    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
        _now: Timestamp,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(async move {
            let mood = *self.mood.lock().unwrap();
            self.tries.fetch_add(1, Ordering::Relaxed);
            let at_once = self.now.fetch_add(1, Ordering::Relaxed) + 1;
            self.most_at_once.fetch_max(at_once, Ordering::Relaxed);
            tokio::task::yield_now().await;
            self.now.fetch_sub(1, Ordering::Relaxed);
            match mood {
                Mood::Takes => {
                    let line = (notification.incident.id.to_string(), notification.reason.as_str());
                    self.got.lock().unwrap().push(line);
                    Ok(())
                }
                Mood::IsAway => Err(DeliveryError::transient("nobody answers", None)),
                Mood::Hangs => std::future::pending().await,
            }
        })
    }
}

/// Opens, or ends, one incident for each of `count` segments, and tells whoever `routing` names.
struct Flood<'a> {
    plan: &'a MonitorPlan,
    routing: &'a Routing,
    count: usize,
    over: bool,
    now: Timestamp,
}

impl IncidentReconciler for Flood<'_> {
    fn monitor(&self) -> &driftd_model::MonitorId {
        &self.plan.monitor().id
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn reconcile(&self, input: ReconcileInput) -> Option<SealOutcome> {
        let mut known: BTreeMap<IncidentKey, _> = input.incidents.into_iter().map(|i| (i.key.clone(), i)).collect();
        let mut incidents = Vec::new();
        for number in 0..self.count {
            let segment = SegmentKey::from_labels([("n", Some(number.to_string().as_str()))]);
            let key = IncidentKey { monitor: self.monitor().clone(), segment, kind: IncidentKind::DataQuality };
            let at = EventTime::from_micros(self.now.as_micros());
            let health = if self.over { Health::Good } else { Health::Bad(Severity::Critical, Vec::new()) };
            let seen = Observation { window: "hour".into(), start: at, end: at, health, causes: Vec::new() };
            let rules = driftd_model::IncidentRules { resolve_after: 1, ..self.plan.monitor().incidents };
            incidents.extend(step(known.remove(&key), &key, &seen, &rules, self.now).incident);
        }
        let (plan, routing, now) = (self.plan, self.routing, self.now);
        let told = driftd_model::NotificationPolicy { plan, routing, silences: &[], now }.notify(&mut incidents);
        let (events, notifications) = (told.events, told.notifications);
        Some(SealOutcome { incidents, events, notifications, ..SealOutcome::default() })
    }
}

struct Scene {
    store: MemStore,
    plan: Arc<MonitorPlan>,
    routing: Routing,
    clock: FixedClock,
    outbox: Outbox,
}

impl Scene {
    fn new(receivers: &[(&str, &Arc<Receiver>)], backoff: Backoff) -> Self {
        let named = |name: &str| name.parse::<ReceiverName>().unwrap();
        let transports =
            receivers.iter().map(|(name, r)| (named(name), Arc::clone(*r) as Arc<dyn Transport>)).collect();
        Self {
            store: MemStore::new(),
            plan: plans(false).remove(0),
            routing: Routing::to(receivers.iter().map(|(name, _)| named(name)).collect()),
            clock: FixedClock::at(Timestamp::from_micros(BEGIN)),
            outbox: Outbox::new("worker", transports, backoff).with_timeout(Duration::from_secs(2)),
        }
    }

    async fn flood(&self, count: usize, over: bool) {
        let now = self.clock.now();
        let (plan, routing) = (self.plan.as_ref(), &self.routing);
        self.store.reconcile(&Flood { plan, routing, count, over, now }).await.unwrap();
    }

    async fn round(&self, receiver: &str) -> u64 {
        self.outbox.round(&self.store, &receiver.parse().unwrap(), &self.clock).await.unwrap().tried()
    }
}

#[tokio::test]
async fn a_receiver_that_hangs_delays_no_other() {
    let (dead, alive) = (Receiver::new(Mood::Hangs, Span::ZERO), Receiver::new(Mood::Takes, Span::ZERO));
    let scene = Scene::new(&[("a-dead", &dead), ("b-alive", &alive)], Backoff::default());
    scene.flood(100, false).await;
    let hanging = scene.round("a-dead");
    let other = async {
        while scene.round("b-alive").await > 0 {}
        alive.got.lock().unwrap().len()
    };
    tokio::pin!(hanging);
    tokio::select! {
        biased;
        tried = &mut hanging => panic!("it hangs, and yet {tried} came back"),
        got = other => assert_eq!(got, 100),
    }
    // In the end it is given up for now, and its messages wait for the next try.
    assert_eq!(hanging.await, 16);
    assert_eq!(scene.store.outbox_depth().await.unwrap(), 100);
}

#[tokio::test]
async fn an_hour_of_absence_loses_nothing_and_no_end_overtakes_its_beginning() {
    let receiver = Receiver::new(Mood::IsAway, Span::ZERO);
    let scene = Scene::new(&[("pager", &receiver)], Backoff::default());
    scene.flood(50, false).await;
    for minute in 0..60 {
        if minute == 30 {
            scene.flood(50, true).await;
        }
        scene.outbox.deliver_due(&scene.store, &scene.clock).await.unwrap();
        scene.clock.advance(Span::from_minutes(1));
    }
    assert!(receiver.got.lock().unwrap().is_empty());
    *receiver.mood.lock().unwrap() = Mood::Takes;
    for _ in 0..30 {
        scene.outbox.deliver_due(&scene.store, &scene.clock).await.unwrap();
        scene.clock.advance(Span::from_minutes(1));
    }
    assert_eq!(scene.store.outbox_depth().await.unwrap(), 0);
    let mut stories: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (incident, reason) in receiver.got.lock().unwrap().iter() {
        stories.entry(incident.clone()).or_default().push(reason);
    }
    assert_eq!(stories.len(), 50);
    assert!(stories.values().all(|story| *story == ["opened", "resolved"]), "{stories:?}");
    let tries = receiver.tries.load(Ordering::Relaxed);
    assert!(tries < 50 * 20, "{tries} tries are no backing off");
}

#[tokio::test]
async fn what_nobody_takes_is_given_up_and_written_down() {
    let receiver = Receiver::new(Mood::IsAway, Span::ZERO);
    let scene = Scene::new(&[("pager", &receiver)], Backoff { attempts: 3, ..Backoff::default() });
    scene.flood(1, false).await;
    for _ in 0..4 {
        scene.outbox.deliver_due(&scene.store, &scene.clock).await.unwrap();
        scene.clock.advance(Span::from_minutes(10));
    }
    assert_eq!((scene.store.outbox_depth().await.unwrap(), receiver.tries.load(Ordering::Relaxed)), (0, 3));
    let row = scene.store.incidents(None).await.unwrap().remove(0);
    let (_, events) = scene.store.incident(&row.incident_id).await.unwrap().unwrap();
    let last = events.last().unwrap();
    let driftd_model::Transition::Undelivered { receiver, error } = &last.transition else {
        panic!("{events:?}");
    };
    assert_eq!((receiver.as_str(), error.as_str()), ("pager", "nobody answers"));
}

#[tokio::test]
async fn ten_thousand_incidents_drain_a_few_at_a_time() {
    let (fast, slow) = (Receiver::new(Mood::Takes, Span::ZERO), Receiver::new(Mood::Takes, Span::from_secs(1)));
    let scene = Scene::new(&[("bus", &fast), ("chat", &slow)], Backoff::default());
    scene.flood(10_000, false).await;
    while scene.round("bus").await > 0 {}
    let distinct: BTreeSet<String> = fast.got.lock().unwrap().iter().map(|(id, _)| id.clone()).collect();
    assert_eq!((distinct.len(), fast.got.lock().unwrap().len()), (10_000, 10_000));
    assert!(fast.most_at_once.load(Ordering::Relaxed) <= 16);
    // One that wants time between two messages gets one a round, and whoever drives the rounds keeps the time.
    for _ in 0..50 {
        assert_eq!(scene.round("chat").await, 1);
    }
    assert_eq!(slow.most_at_once.load(Ordering::Relaxed), 1);
    assert_eq!(scene.store.outbox_depth().await.unwrap(), 9_950);
}

#[tokio::test]
async fn people_change_incidents_and_the_next_tending_tells() {
    let receiver = Receiver::new(Mood::Takes, Span::ZERO);
    let scene = Scene::new(&[("pager", &receiver)], Backoff::default());
    scene.flood(1, false).await;
    let id = scene.store.incidents(None).await.unwrap().remove(0).incident_id;
    for (change, state) in [
        (driftd_model::acknowledge as fn(_, &str, Timestamp) -> driftd_model::Step, IncidentState::Open),
        (driftd_model::resolve_by_hand, IncidentState::Acknowledged),
    ] {
        let (incident, _) = scene.store.incident(&id).await.unwrap().unwrap();
        let changed = change(incident, "ana", scene.clock.now());
        assert!(scene.store.amend_incident(state, &changed, false, scene.clock.now()).await.unwrap());
        // Whoever reconciles first tells; whoever comes second has nothing to say.
        for _ in 0..2 {
            let reconciler = MonitorReconciler::new(&scene.plan, &scene.routing, None, scene.clock.now());
            scene.store.reconcile(&reconciler).await.unwrap();
        }
    }
    scene.outbox.deliver_due(&scene.store, &scene.clock).await.unwrap();
    let got: Vec<&str> = receiver.got.lock().unwrap().iter().map(|(_, reason)| *reason).collect();
    assert_eq!(got, ["opened", "acknowledged", "resolved"]);
}
