//! The live engine over a consumer group in memory: real threads, real tasks, a store that fails, members that die.
//!
//! The clock stands still unless a test moves it, so quiet and lateness are what the test says and not what the machine
//! makes of it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests assert")]

use std::sync::Arc;

use driftd_engine::FixedClock;
use driftd_model::{HistoryRow, MonitorPlan};
use driftd_testkit::MemStore;
use driftd_testkit::group::{BEGIN, Group, Random, Record, Worker, eventually, plans, settings, settle};
use driftd_testkit::mem_store::{Fault, Operation};
use driftd_window::{Span, Timestamp};

const SECOND: i64 = 1_000_000;
/// Records of a test, a second apart.
const RECORDS: i64 = 900;
const PARTITIONS: usize = 6;

struct Scene {
    group: Group,
    store: Arc<MemStore>,
    clock: Arc<FixedClock>,
    plans: Vec<Arc<MonitorPlan>>,
}

impl Scene {
    fn new(partitions: usize, most: usize) -> Self {
        let plans = plans(true);
        Self {
            group: Group::new(partitions, plans.len(), most),
            store: Arc::new(MemStore::new()),
            clock: Arc::new(FixedClock::at(Timestamp::from_micros(BEGIN))),
            plans,
        }
    }

    fn worker(&self, threads: usize) -> Worker {
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        Worker::start(&self.group, store, &self.plans, clock, settings(threads))
    }

    /// Produces records number `from` to `to` of those that are on time.
    fn produce(&self, from: i64, to: i64) {
        for i in from..to {
            let record = Record::on_time(&mut Random::new(i as u64), BEGIN - (RECORDS - i) * SECOND, i > RECORDS / 2);
            self.group.produce(i as usize % PARTITIONS, [record]);
        }
    }

    async fn settle(&self) -> Vec<Vec<HistoryRow>> {
        settle(&self.group, &self.store, &self.plans, &self.clock).await
    }
}

/// The history of a single member that nothing happens to.
async fn undisturbed() -> Vec<Vec<HistoryRow>> {
    let scene = Scene::new(PARTITIONS, 64);
    let mut worker = scene.worker(2);
    scene.group.spread().await;
    scene.produce(0, RECORDS);
    let histories = scene.settle().await;
    worker.ask_to_stop();
    worker.ended(settings(2).shutdown_timeout).await.unwrap();
    assert_eq!(worker.status.counted(), RECORDS as u64);
    assert_eq!(scene.group.reported(), RECORDS as u64);
    for (live, plan) in histories.iter().zip(&scene.plans) {
        let replayed = scene.group.replayed(plan).await;
        assert!(replayed.len() > 100, "{} rows prove nothing", replayed.len());
        // A replay ends with its records, a daemon goes on by the clock.
        assert_eq!(replayed, live[..replayed.len()], "{}", plan.monitor().id);
    }
    histories
}

#[tokio::test]
async fn whatever_happens_to_members_and_store_the_history_is_that_of_a_replay() {
    let expected = undisturbed().await;
    for seed in 1..=6 {
        let found = disturbed(seed).await;
        assert!(found == expected, "seed {seed} gives another history");
    }
}

/// Three members that are shuffled and killed while records come and the store fails.
async fn disturbed(seed: u64) -> Vec<Vec<HistoryRow>> {
    let mut random = Random::new(seed);
    let scene = Scene::new(PARTITIONS, 1 + random.index(40));
    let mut workers: Vec<Worker> = (0..3).map(|_| scene.worker(1 + random.index(2))).collect();
    scene.group.spread().await;
    for slice in 0..20 {
        let each = RECORDS / 20;
        scene.produce(slice * each, (slice + 1) * each);
        trouble(&scene, &mut workers, &mut random).await;
    }
    scene.store.clear_faults();
    scene.settle().await
}

async fn trouble(scene: &Scene, workers: &mut Vec<Worker>, random: &mut Random) {
    let fault = if random.chance(50) { Fault::BeforeCommit } else { Fault::AfterCommit };
    match random.below(100) {
        0..25 => scene.group.shuffle(random).await,
        25..40 => {
            workers.remove(random.index(workers.len())).crash();
            workers.push(scene.worker(2));
            scene.group.spread().await;
        }
        40..50 => {
            let mut leaving = workers.remove(random.index(workers.len()));
            leaving.ask_to_stop();
            leaving.ended(settings(2).shutdown_timeout).await.unwrap();
            workers.push(scene.worker(1));
        }
        50..65 => {
            let waited_for = scene.group.produced() / 2;
            eventually("half of it is counted", || scene.group.reported() >= waited_for).await;
        }
        65..85 => scene.store.fail_next(Operation::Checkpoint, fault),
        _ => scene.store.fail_next(Operation::Seal, fault),
    }
}

#[tokio::test]
async fn records_with_every_defect_are_conserved_through_crashes_and_rebalances() {
    for seed in 11..=14 {
        let mut random = Random::new(seed);
        let scene = Scene::new(PARTITIONS, 1 + random.index(30));
        let mut workers: Vec<Worker> = (0..3).map(|_| scene.worker(1 + random.index(2))).collect();
        scene.group.spread().await;
        for slice in 0..15 {
            for partition in 0..PARTITIONS {
                let now = BEGIN + slice * 4 * SECOND;
                let records: Vec<Record> = (0..10).map(|_| Record::draw(&mut random, now, slice > 9)).collect();
                scene.group.produce(partition, records);
            }
            trouble(&scene, &mut workers, &mut random).await;
            scene.clock.advance(Span::from_secs(4));
        }
        scene.store.clear_faults();
        scene.group.spread().await;
        scene.settle().await;
    }
}

#[tokio::test]
async fn a_checkpoint_whose_answer_is_lost_counts_once() {
    let scene = Scene::new(PARTITIONS, 50);
    let mut worker = scene.worker(1);
    scene.group.spread().await;
    for slice in 0..6 {
        scene.store.fail_next(Operation::Checkpoint, Fault::AfterCommit);
        scene.produce(slice * 10, (slice + 1) * 10);
        eventually("it is counted", || scene.group.is_counted(&scene.store)).await;
    }
    // The last checkpoint of a partition that is given back, too.
    scene.produce(60, 120);
    scene.store.fail_next(Operation::Checkpoint, Fault::AfterCommit);
    worker.ask_to_stop();
    worker.ended(settings(1).shutdown_timeout).await.unwrap();
    let _next = scene.worker(1);
    scene.group.spread().await;
    scene.settle().await;
}

#[tokio::test]
async fn records_that_trickle_in_are_counted_without_waiting_for_a_tick() {
    let scene = Scene::new(PARTITIONS, 50);
    let _worker = scene.worker(1);
    scene.group.spread().await;
    let started = std::time::Instant::now();
    for i in 0..120 {
        scene.produce(i, i + 1);
        eventually("it is counted", || scene.group.is_counted(&scene.store)).await;
    }
    // Waiting for a tick, twice a record and a fifth of a second apart, would take longer than this even on a busy machine.
    let each = started.elapsed() / 120;
    assert!(each < std::time::Duration::from_millis(100), "{each:?} a record");
}
