//! The live engine when something is away: the store, the source, a member, or the program's own good sense.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests assert")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use driftd_engine::{EngineError, FixedClock, LiveSettings};
use driftd_model::{MonitorPlan, ReadStore};
use driftd_testkit::MemStore;
use driftd_testkit::group::{BEGIN, Defect, Group, Random, Record, Worker, eventually, plans, settings, settle};
use driftd_testkit::mem_store::Outage;
use driftd_window::{EventTime, Span, Timestamp};

const SECOND: i64 = 1_000_000;
/// No test waits longer for a daemon to end.
const LONG: Duration = Duration::from_secs(10);

struct Scene {
    group: Group,
    store: Arc<MemStore>,
    clock: Arc<FixedClock>,
    plans: Vec<Arc<MonitorPlan>>,
}

impl Scene {
    fn new(partitions: usize) -> Self {
        let plans = plans(false);
        Self {
            group: Group::new(partitions, plans.len(), 256),
            store: Arc::new(MemStore::new()),
            clock: Arc::new(FixedClock::at(Timestamp::from_micros(BEGIN))),
            plans,
        }
    }

    fn worker(&self, settings: LiveSettings) -> Worker {
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        Worker::start(&self.group, store, &self.plans, clock, settings)
    }

    /// Produces `count` records to `partition`, `apart` seconds from each other, the last at the clock's beginning.
    fn produce(&self, partition: usize, count: i64, apart: i64) {
        let at = |i: i64| BEGIN - (count - i) * apart * SECOND;
        let record = |i: i64| Record::on_time(&mut Random::new(i as u64), at(i), false);
        self.group.produce(partition, (1..=count).map(record));
    }

    async fn settle(&self) {
        settle(&self.group, &self.store, &self.plans, &self.clock).await;
    }

    async fn sealed_through(&self) -> Option<EventTime> {
        self.store.sealed_through(&self.plans[0].monitor().id).await.unwrap()
    }

    /// Waits until seals were asked for three more times: whatever could be sealed then is.
    async fn seal_rounds(&self) {
        let enough = self.store.seals_asked() + 3;
        eventually("seals were tried", || self.store.seals_asked() >= enough).await;
    }
}

#[tokio::test]
async fn while_the_store_is_away_memory_is_bounded_and_nothing_is_lost() {
    let scene = Scene::new(3);
    let worker = scene.worker(settings(2));
    scene.group.spread().await;
    scene.produce(0, 1, 0);
    eventually("it is ready", || worker.status.reasons().is_empty() && scene.group.reported() == 1).await;
    scene.store.set_outage(Some(Outage::Refuses));
    // Every record opens a pane, so what a partition task holds is a multiple of this.
    let mut reducer = driftd_window::Reducer::new(Arc::clone(scene.plans[0].reducer()));
    reducer.absorb(&driftd_testkit::group::batch_of_one(), Timestamp::from_micros(BEGIN));
    let room = 256 * 1024 / reducer.bytes() as u64;
    // One part is on its way, one is full, and each may be overrun by a turn.
    let bound = 3 * 2 * (room + 256);
    for _ in 0..8 {
        (0..3).for_each(|partition| scene.produce(partition, 1_000, 10));
        assert!(scene.group.pulled() <= bound, "{} records are held, {bound} may be", scene.group.pulled());
    }
    eventually("counts are full", || scene.group.pulled() > 3 * room).await;
    eventually("it says why", || !worker.status.reasons().is_empty()).await;
    assert_eq!(worker.status.reasons(), ["store: store unavailable: nobody listens, as ordered"]);
    eventually("a second try has failed", || worker.status.reasons().len() == 1).await;
    assert!(scene.group.pulled() <= bound && bound < scene.group.produced() / 2, "{bound}");
    assert_eq!(scene.group.reported(), 1);
    scene.store.set_outage(None);
    scene.settle().await;
    eventually("it is ready again", || worker.status.reasons().is_empty()).await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_store_that_is_away() {
    for outage in [Outage::Refuses, Outage::Hangs] {
        // While partitions wait to be claimed.
        let scene = Scene::new(2);
        scene.store.set_outage(Some(outage));
        let mut worker = scene.worker(settings(1));
        let group = scene.group.clone();
        let spread = tokio::spawn(async move { group.spread().await });
        let is_hanging = outage == Outage::Hangs;
        eventually("it has tried", || is_hanging || worker.status.reasons().len() == 2).await;
        let asked = Instant::now();
        worker.ask_to_stop();
        worker.ended(LONG).await.unwrap();
        assert!(asked.elapsed() < Duration::from_secs(2), "{outage:?}: {:?} for claims", asked.elapsed());
        spread.await.unwrap();

        // While a checkpoint is on its way, and more is to be drained.
        let scene = Scene::new(2);
        let brief = LiveSettings { drain_timeout: Duration::from_millis(300), ..settings(1) };
        let mut worker = scene.worker(brief);
        scene.group.spread().await;
        scene.produce(0, 10, 1);
        eventually("it is counted", || scene.group.reported() == 10).await;
        scene.store.set_outage(Some(outage));
        scene.produce(0, 10, 1);
        eventually("it is pulled", || scene.group.pulled() == 20).await;
        let asked = Instant::now();
        worker.ask_to_stop();
        worker.ended(LONG).await.unwrap();
        assert!(asked.elapsed() < Duration::from_secs(2), "{outage:?}: {:?} for draining", asked.elapsed());
        scene.store.set_outage(None);
        let _next = scene.worker(settings(1));
        scene.group.spread().await;
        scene.settle().await;
    }
}

#[tokio::test]
async fn a_store_that_hangs_does_not_hold_a_stop_up_beyond_its_deadline() {
    let scene = Scene::new(1);
    // Draining may take longer than stopping: the earlier of the two ends it.
    let brief = LiveSettings { shutdown_timeout: Duration::from_millis(400), ..settings(1) };
    let mut worker = scene.worker(brief);
    scene.group.spread().await;
    scene.store.set_outage(Some(Outage::Hangs));
    scene.produce(0, 10, 1);
    eventually("it is pulled", || scene.group.pulled() == 10).await;
    let asked = Instant::now();
    worker.ask_to_stop();
    worker.ended(LONG).await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn what_was_read_is_checkpointed_before_a_partition_is_given_away() {
    let scene = Scene::new(4);
    let seldom = || LiveSettings { checkpoint_interval: Span::from_hours(1), ..settings(2) };
    let workers = [scene.worker(seldom()), scene.worker(seldom())];
    let witnessed = Arc::new(Mutex::new(Vec::new()));
    let (store, notes) = (Arc::clone(&scene.store), Arc::clone(&witnessed));
    scene.group.on_release(move |partition, read| {
        notes.lock().unwrap().push((read, store.next_offset(partition)));
    });
    scene.group.spread().await;
    let mut random = Random::new(5);
    for round in 1..=20 {
        (0..4).for_each(|partition| scene.produce(partition, 100, 1));
        eventually("something is pulled", || scene.group.pulled() >= 400 * (round - 1)).await;
        scene.group.shuffle(&mut random).await;
    }
    let seen: Vec<_> = std::mem::take(&mut *witnessed.lock().unwrap());
    assert!(seen.len() > 20, "{} partitions given away prove nothing", seen.len());
    let unwritten: Vec<_> = seen.iter().filter(|(read, stored)| Some(*read) != *stored).collect();
    assert!(unwritten.is_empty(), "{unwritten:?}");
    drop(workers);
}

#[tokio::test]
async fn a_drain_that_cannot_finish_is_given_up() {
    let scene = Scene::new(2);
    let brief = LiveSettings { drain_timeout: Duration::from_millis(300), ..settings(1) };
    let worker = scene.worker(brief);
    let other = scene.worker(settings(1));
    scene.group.rebalance(vec![Some(worker.member); 2]).await;
    scene.store.set_outage(Some(Outage::Hangs));
    scene.produce(0, 10, 1);
    eventually("it is pulled", || scene.group.pulled() == 10).await;
    let asked = Instant::now();
    scene.group.rebalance(vec![None; 2]).await;
    let took = asked.elapsed();
    assert!(took >= Duration::from_millis(300) && took < Duration::from_secs(3), "{took:?}");
    scene.store.set_outage(None);
    scene.group.rebalance(vec![Some(other.member); 2]).await;
    scene.settle().await;
}

#[tokio::test]
async fn a_stalled_member_holds_seals_back_and_a_quiet_one_does_not() {
    let scene = Scene::new(2);
    let [busy, stalled] = [scene.worker(settings(1)), scene.worker(settings(1))];
    scene.group.rebalance(vec![Some(busy.member), Some(stalled.member)]).await;
    scene.produce(0, 100, 1);
    scene.produce(1, 100, 3);
    eventually("everything is counted", || scene.group.is_counted(&scene.store)).await;
    scene.group.stall(stalled.member, true);
    scene.clock.advance(Span::from_minutes(10));
    let id = |partition| driftd_model::TopicPartition::new("orders".into(), driftd_model::Partition(partition));
    let quiet_for = |rows: &[driftd_model::PartitionRow], partition| {
        let row = rows.iter().find(|row| row.partition == id(partition).partition);
        row.and_then(|row| row.mark.end()).map(|end| end.confirmed.since(end.since))
    };
    // The busy member says that its partition is still at its end.
    let deadline = Instant::now() + LONG;
    while quiet_for(&scene.store.partitions(&"orders".into()).await.unwrap(), 0) != Some(Span::from_minutes(10)) {
        assert!(Instant::now() < deadline, "the end is not confirmed");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    scene.seal_rounds().await;
    let rows = scene.store.partitions(&"orders".into()).await.unwrap();
    assert_eq!(quiet_for(&rows, 1), Some(Span::ZERO), "nobody has heard of the stalled one");
    // Nothing of what the stalled one could still deliver is sealed: its mark and the lateness hold.
    let (last, allowed) = (EventTime::from_micros(BEGIN), Span::from_secs(10));
    assert!(scene.sealed_through().await.unwrap() <= last.minus(allowed));
    // Records that the brokers have and that do not come are no quiet either, however long their number stays the same.
    scene.produce(1, 5, 0);
    scene.seal_rounds().await;
    assert!(scene.sealed_through().await.unwrap() <= last.minus(allowed));
    scene.group.stall(stalled.member, false);
    scene.settle().await;
}

#[tokio::test]
async fn a_task_whose_partition_somebody_else_has_claimed_never_writes_again() {
    let scene = Scene::new(1);
    let [mut old, new] = [scene.worker(settings(1)), scene.worker(settings(1))];
    scene.group.rebalance(vec![Some(old.member)]).await;
    scene.produce(0, 50, 1);
    eventually("it is counted", || old.status.counted() == 50).await;
    scene.group.steal(0, new.member).await;
    scene.produce(0, 50, 1);
    eventually("the new owner counts", || new.status.counted() == 50).await;
    let status = Arc::clone(&old.status);
    let ended = async {
        // The task is fenced by the clock's time; a minute of patience begins then.
        while status.counted() == 50 {
            scene.clock.advance(Span::from_secs(61));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let error = tokio::select! {
        () = ended => panic!("the old owner has counted"),
        ended = old.ended(LONG) => ended.unwrap_err(),
    };
    assert!(matches!(error, EngineError::StillFenced { .. }), "{error}");
    scene.produce(0, 50, 1);
    scene.settle().await;
    assert_eq!((old.status.counted(), new.status.counted()), (50, 100));
}

#[tokio::test]
async fn a_partition_that_cannot_be_counted_ends_the_process_with_an_error() {
    let scene = Scene::new(2);
    for (defect, text) in [
        (Defect::Panics, "counting the records of orders/0 panicked"),
        (Defect::Fails, "the partition is broken, as ordered"),
        (Defect::Skips, "orders delivered offset"),
    ] {
        let mut worker = scene.worker(settings(2));
        scene.group.spread().await;
        scene.produce(0, 30, 1);
        eventually("it is counted", || scene.group.is_counted(&scene.store)).await;
        scene.group.spoil(0, defect);
        scene.produce(0, 30, 1);
        scene.produce(1, 30, 1);
        let error = worker.ended(LONG).await.unwrap_err();
        assert!(error.to_string().contains(text), "{defect:?}: {error}");
    }
    let _next = scene.worker(settings(2));
    scene.group.spread().await;
    scene.settle().await;
}
