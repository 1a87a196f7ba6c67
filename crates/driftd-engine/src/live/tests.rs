//! The loops beside the tasks on a paused clock: what they do when, and what they make of a store that is away.

mod checkpoints;
mod clocks;
mod event_loop;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use driftd_model::{
    BoxFuture, DeadLetter, DeliveryError, DeliverySchedule, Health, Notification, Offset, Partition, ReadStore,
    ReceiverName, SourceError, SourceEvent, StoreError, TopicPartition, Transport,
};
use driftd_testkit::MemStore;
use driftd_testkit::fixtures::{self, Feeder, clock};
use driftd_testkit::mem_store::{Fault, Operation, Outage};
use tokio::time::Instant;

use super::coordinator::Event;
use super::registry::TaskRegistry;
use super::retry::Retry;
use super::status::StoreOperation;
use super::*;
use crate::{CheckpointOutcome, Clock, FixedClock, TaskHandle, TaskId, TaskSpec, Turn};

/// A source with two partitions and nothing to say.
struct Quiet {
    reported: Mutex<Vec<(TopicPartition, Offset)>>,
    asked: AtomicU32,
}

impl Source for Quiet {
    fn next_event(&self) -> BoxFuture<'_, Option<SourceEvent>> {
        Box::pin(std::future::pending())
    }

    fn partition_count<'a>(&'a self, _topic: &'a Topic) -> BoxFuture<'a, Result<usize, SourceError>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::ready(Ok(1)))
    }

    fn log_end_offsets<'a>(&'a self, partitions: &'a [TopicPartition]) -> BoxFuture<'a, Vec<Option<Offset>>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::ready(vec![None; partitions.len()]))
    }

    fn group_offsets<'a>(&'a self, partitions: &'a [TopicPartition]) -> BoxFuture<'a, Vec<Option<Offset>>> {
        Box::pin(std::future::ready(vec![None; partitions.len()]))
    }

    fn report(&self, partition: &TopicPartition, next: Offset) {
        self.reported.lock().unwrap().push((partition.clone(), next));
    }

    fn close(&self) {}
}

fn quiet() -> Arc<Quiet> {
    Arc::new(Quiet { reported: Mutex::default(), asked: AtomicU32::new(0) })
}

/// A receiver that takes or refuses, and notes when it heard something.
struct Receiver {
    schedule: DeliverySchedule,
    refuses: Mutex<bool>,
    heard: Mutex<Vec<Duration>>,
    began: Instant,
}

impl Receiver {
    fn new(schedule: DeliverySchedule) -> Arc<Self> {
        Arc::new(Self { schedule, refuses: Mutex::new(false), heard: Mutex::default(), began: Instant::now() })
    }

    fn hear(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        self.heard.lock().unwrap().push(self.began.elapsed());
        let answer = if *self.refuses.lock().unwrap() { Err(DeliveryError::transient("no", None)) } else { Ok(()) };
        Box::pin(std::future::ready(answer))
    }

    fn heard(&self) -> Vec<u64> {
        self.heard.lock().unwrap().iter().map(Duration::as_secs).collect()
    }
}

impl Transport for Receiver {
    fn schedule(&self) -> DeliverySchedule {
        self.schedule
    }

    fn deliver<'a>(
        &'a self,
        _: &'a Notification,
        _: driftd_window::Timestamp,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        self.hear()
    }

    fn heartbeat(&self, _: driftd_window::Timestamp) -> BoxFuture<'_, Result<(), DeliveryError>> {
        self.hear()
    }
}

/// A store, a clock and a daemon's status, with a loop running over them.
struct Scene {
    store: Arc<MemStore>,
    clock: Arc<FixedClock>,
    status: Arc<Status>,
    stopper: Stopper,
    stop: Stop,
}

impl Scene {
    fn new() -> Self {
        let (stopper, stop) = Stopper::new(Duration::from_secs(10));
        let clock = Arc::new(FixedClock::at(clock(1)));
        Self { store: Arc::new(MemStore::new()), clock, status: Arc::default(), stopper, stop }
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock) as _
    }

    fn store(&self) -> SharedStore {
        Arc::clone(&self.store) as _
    }

    fn run(&self, work: impl Periodic + 'static) -> tokio::task::JoinHandle<Result<(), EngineError>> {
        let (status, stop) = (Arc::clone(&self.status), self.stop.clone());
        tokio::spawn(async move { repeat(work, &status, stop).await })
    }

    fn sealing(&self, source: &Arc<Quiet>) -> SealLoop {
        SealLoop {
            store: self.store(),
            source: Arc::clone(source) as _,
            plans: vec![Arc::new(PlanSchedule::from(fixtures::plan()))],
            routing: Arc::default(),
            clock: self.clock(),
            status: Arc::clone(&self.status),
            partition_counts: sealing::PartitionCounts::default(),
            round: 0,
            watches: BTreeMap::default(),
            clock_watch: ClockWatch::default(),
            others: OtherDeployments::default(),
            shrunk: BTreeMap::default(),
        }
    }
}

/// Lets `time` pass, and whatever is due in it happen.
async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_call_is_tried_again_with_delays_that_double_up_to_five_seconds() {
    let (status, began, mut tries) = (Status::default(), Instant::now(), Vec::new());
    let mut retry = Retry::new(StoreOperation::Claim, &status);
    let answer = loop {
        tries.push(began.elapsed().as_millis());
        let away = StoreError::Transient { what: "away".to_owned(), source: None };
        if let Some(answer) = retry.settle(if tries.len() < 9 { Err(away) } else { Ok(7) }).await {
            break answer;
        }
        assert!(status.reasons().contains(&"store: store unavailable: away".to_owned()));
    };
    assert_eq!(answer.unwrap(), 7);
    assert_eq!(tries, [0, 100, 300, 700, 1_500, 3_100, 6_300, 11_300, 16_300]);
    assert!(status.reasons().iter().all(|reason| !reason.starts_with("store")), "it answers again");
    let refused = retry.settle(Err::<(), _>(StoreError::permanent("broken"))).await;
    assert!(refused.unwrap().is_err(), "said at once");
}

#[tokio::test(start_paused = true)]
async fn seals_are_tried_every_second_and_sooner_after_a_failure_and_a_stop_is_heeded_at_once() {
    let (scene, source) = (Scene::new(), quiet());
    let running = scene.run(scene.sealing(&source));
    pass(SECOND * 10 + SECOND / 2).await;
    assert_eq!(scene.store.seals_asked(), 11, "at once, and after every second");
    scene.store.set_outage(Some(Outage::Refuses));
    pass(SECOND).await;
    assert_eq!(scene.status.reasons()[0], "store: store unavailable: nobody listens, as ordered");
    let (before, rounds) = (scene.store.seals_asked(), scene.store.clocks_asked());
    pass(SECOND).await;
    assert!(scene.store.clocks_asked() > rounds, "sooner than after a pause");
    assert_eq!(scene.store.seals_asked(), before, "clocks are compared before anything is sealed");
    scene.store.set_outage(None);
    pass(SECOND * 6).await;
    assert!(scene.store.seals_asked() > before);
    assert!(scene.status.reasons().iter().all(|reason| !reason.starts_with("store")));
    let before = scene.store.seals_asked();
    pass(SECOND * 5).await;
    assert_eq!(scene.store.seals_asked() - before, 5, "the delay begins anew");
    let asked = Instant::now();
    scene.stopper.ask();
    running.await.unwrap().unwrap();
    assert_eq!(asked.elapsed(), Duration::ZERO);
    assert_eq!(source.asked.load(Ordering::Relaxed), 1, "a number of partitions is good for half a minute");
}

#[tokio::test(start_paused = true)]
async fn incidents_are_reconciled_every_fifteen_seconds() {
    let scene = Scene::new();
    let reconcile = ReconcileLoop {
        store: scene.store(),
        plans: vec![Arc::new(fixtures::plan())],
        routing: Arc::default(),
        clock: scene.clock(),
        status: Arc::clone(&scene.status),
        health: BTreeMap::new(),
    };
    let _running = scene.run(reconcile);
    pass(SECOND).await;
    scene.store.fail_next(Operation::Reconcile, Fault::BeforeCommit);
    let is_away = || scene.status.reasons().iter().any(|reason| reason.starts_with("store"));
    pass(SECOND * 13).await;
    assert!(!is_away(), "nobody asks before the fifteenth second");
    pass(SECOND + Duration::from_millis(50)).await;
    assert!(is_away());
    pass(Duration::from_millis(100)).await;
    assert!(!is_away(), "it is tried again after a tenth of a second");
}

/// A right that is missing is no outage: the broker answers, and nothing ever comes. It is written down for all processes,
/// told as an incident, and over once records come.
#[tokio::test(start_paused = true)]
async fn a_partition_that_cannot_be_read_becomes_an_incident_of_the_pipeline() {
    let scene = Scene::new();
    Feeder::claim(&*scene.store, 0).await;
    let partition = TopicPartition::new(fixtures::topic(), Partition(0));
    let plan = Arc::new(fixtures::plan());
    let reconcile = ReconcileLoop {
        store: scene.store(),
        plans: vec![Arc::clone(&plan)],
        routing: Arc::default(),
        clock: scene.clock(),
        status: Arc::clone(&scene.status),
        health: BTreeMap::new(),
    };
    let _running = scene.run(reconcile);
    let detail = "Broker: Topic authorization failed".to_owned();
    let trouble = driftd_model::FetchTrouble { at: Offset(0), failure: driftd_model::FetchFailure::Denied, detail };
    scene.status.fetching(&partition, Some(driftd_model::Unread { trouble, since: scene.clock.now() }));
    for _ in 0..4 {
        scene.clock.advance(Span::from_minutes(1));
        pass(SECOND * 15).await;
    }
    let rows = scene.store.incidents(Some(&plan.monitor().id)).await.unwrap();
    let (incident, _) = scene.store.incident(&rows[0].incident_id).await.unwrap().unwrap();
    assert_eq!((rows.len(), incident.state), (1, driftd_model::IncidentState::Open));
    let said = driftd_model::Cause::Unread {
        topic: fixtures::topic(),
        partition: Partition(0),
        at: Offset(0),
        failure: driftd_model::FetchFailure::Denied,
        detail: "Broker: Topic authorization failed".to_owned(),
        lasted: Span::from_minutes(4),
    };
    assert_eq!(incident.causes, [said]);
    scene.status.fetching(&partition, None);
    scene.clock.advance(Span::from_minutes(1));
    pass(SECOND * 15).await;
    assert_eq!(scene.store.partitions(&fixtures::topic()).await.unwrap()[0].unread, None);
}

/// A topic that was made anew with fewer partitions: nobody will ever read the others.
#[tokio::test(start_paused = true)]
async fn partitions_that_brokers_do_not_have_any_more_are_left_out() {
    let (scene, source) = (Scene::new(), quiet());
    for partition in 0..3 {
        Feeder::claim(&*scene.store, partition).await;
    }
    let _running = scene.run(scene.sealing(&source));
    let rows = async || scene.store.partitions(&fixtures::topic()).await.unwrap().len();
    pass(SECOND * 25).await;
    assert_eq!(rows().await, 3, "their number may be an old one");
    scene.clock.advance(Span::from_secs(61));
    pass(SECOND * 15).await;
    assert_eq!(rows().await, 1);
}

#[tokio::test(start_paused = true)]
async fn messages_keep_their_spacing_and_a_failed_one_waits_for_its_backoff() {
    let scene = Scene::new();
    let name: ReceiverName = "pager".parse().unwrap();
    let receiver = Receiver::new(DeliverySchedule { spacing: Span::from_secs(7), ..DeliverySchedule::default() });
    let transports = BTreeMap::from([(name.clone(), Arc::clone(&receiver) as Arc<dyn Transport>)]);
    let delivery = DeliveryLoop {
        store: scene.store(),
        outbox: Outbox::new("worker", transports, crate::Backoff::default()),
        receiver: name.clone(),
        spacing: Span::from_secs(7),
        clock: scene.clock(),
    };
    let _running = scene.run(delivery);
    pass(SECOND * 3 + SECOND / 2).await;
    // One incident of each of two monitors.
    for id in ["first", "second"] {
        let plan = fixtures::plan_of(fixtures::monitor(id, &[("hour", 1, 1)]));
        let bad = fixtures::trouble(1, Health::Bad(driftd_model::Severity::Critical, Vec::new()));
        fixtures::reconcile_seeing(&*scene.store, &plan, std::slice::from_ref(&name), Some(&bad), clock(1)).await;
    }
    *receiver.refuses.lock().unwrap() = true;
    pass(SECOND).await;
    *receiver.refuses.lock().unwrap() = false;
    pass(SECOND * 30).await;
    assert_eq!(receiver.heard(), [4, 11], "within a second, then seven later; the first is not due again");
    scene.clock.advance(Span::from_secs(5));
    pass(SECOND).await;
    assert_eq!(receiver.heard().len(), 3, "now it is");
}

#[tokio::test(start_paused = true)]
async fn heartbeats_keep_their_interval_come_sooner_after_a_failure_and_not_while_not_ready() {
    let scene = Scene::new();
    let receiver = Receiver::new(DeliverySchedule::default());
    let heartbeats = Heartbeats {
        receiver: "pager".parse().unwrap(),
        transport: Arc::clone(&receiver) as _,
        interval: Span::from_secs(40),
        clock: scene.clock(),
        status: Arc::clone(&scene.status),
        outage: crate::outage::Outage::default(),
    };
    let _running = scene.run(heartbeats);
    pass(SECOND * 25).await;
    assert!(receiver.heard().is_empty(), "it has no partitions yet");
    scene.status.joined();
    pass(SECOND * 50).await;
    assert_eq!(receiver.heard(), [30, 70], "looked at every ten seconds until it is ready");
    *receiver.refuses.lock().unwrap() = true;
    pass(SECOND * 36).await;
    *receiver.refuses.lock().unwrap() = false;
    pass(SECOND * 50).await;
    assert_eq!(receiver.heard(), [30, 70, 110, 120, 160]);
}

#[tokio::test(start_paused = true)]
async fn old_rows_are_dropped_every_hour() {
    let scene = Scene::new();
    let mut feeder = Feeder::claim(&*scene.store, 0).await;
    let letter = DeadLetter { offset: Offset(0), reason: "undecodable".to_owned(), detail: String::new() };
    let checkpoint = feeder.checkpoint(&[], &[], 1);
    let checkpoint = driftd_model::Checkpoint { samples: vec![letter], ..checkpoint };
    feeder.write(&*scene.store, &checkpoint).await.unwrap();
    let hours = Span::from_hours;
    let policy = Retention::new(hours(1), Some(hours(24)), [fixtures::plan().monitor()]);
    let status = Arc::clone(&scene.status);
    let _running = scene.run(RetentionLoop { store: scene.store(), policy, clock: scene.clock(), status });
    pass(SECOND).await;
    // A clock that is days ahead of what the store says makes nothing old.
    scene.store.set_clock(clock(1));
    scene.clock.advance(hours(240));
    let left = || scene.store.dead_letters(&fixtures::topic()).len();
    pass(SECOND * 3_600).await;
    assert_eq!(left(), 1, "the store knows better");
    scene.store.set_clock(clock(240));
    pass(SECOND * 3_590).await;
    assert_eq!(left(), 1, "not before the hour is over");
    pass(SECOND * 10).await;
    assert_eq!(left(), 0);
}

#[tokio::test(start_paused = true)]
async fn log_ends_are_asked_for_at_their_interval() {
    let (scene, source) = (Scene::new(), quiet());
    let log_end_offsets = LogEndOffsets {
        source: Arc::clone(&source) as _,
        registry: Arc::default(),
        clock: scene.clock(),
        status: Arc::clone(&scene.status),
        interval: LogEndOffsets::interval(Some(Span::from_secs(8))),
    };
    let _running = scene.run(log_end_offsets);
    pass(SECOND * 9).await;
    assert_eq!(source.asked.load(Ordering::Relaxed), 5);
}

/// A reader of an empty partition.
struct NoRecords;

impl driftd_model::PartitionReader for NoRecords {
    fn poll(&mut self, _: driftd_model::PollBudget) -> Result<driftd_model::Poll, SourceError> {
        Ok(driftd_model::Poll::Nothing)
    }

    fn on_arrival(&mut self, _: Box<dyn Fn() + Send + Sync>) {}
}
