//! Processes that stand still, as when a machine is moved or its disk hangs, and clocks that step: whoever is missed is
//! fenced and comes back, a clock that is wrong seals nothing, and every record is counted once.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "tests assert and tell")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use driftd_testkit::services::{Skip, wall_clock::WallClock};
use driftd_tests::live::{
    Deadline, Deployment, Event, Ledger, Producer, Site, Traffic, Worker, assert_conserved, assert_same_as_replay,
    record_at, simple_monitors, three_monitors, turn, wait_until_sealed,
};
use driftd_window::EventTime;

const PARTITIONS: usize = 6;
/// Records a second.
const RATE: u64 = 1_200;
const RECORDS: u64 = RATE * 60;
/// Records a second and partition of those whose event time is now.
const A_SECOND: u64 = 20;
/// How far clocks step, in seconds: further than records may be ahead of them.
const FAR: i64 = 7_200;
/// How far they step where records may be that far ahead; longer than any idle time-out.
const NEAR: i64 = 1_800;
const BOTH: [i32; 2] = [0, 1];

/// Lets a disturbance last.
fn hold(secs: u64) {
    let since = Instant::now();
    Deadline::secs(secs + 1).wait("time to pass", || since.elapsed() >= Duration::from_secs(secs));
}

/// Two workers that share the partitions of a topic.
struct Pair {
    workers: [Worker; 2],
    ledger: Ledger,
    partitions: usize,
}

impl Pair {
    fn new(workers: [Worker; 2], group: &Deployment, partitions: usize) -> Self {
        let pair = Self { workers, ledger: group.ledger(), partitions };
        pair.settle();
        pair
    }

    /// How many partitions each of them has claimed last.
    fn shares(&self) -> [usize; 2] {
        self.workers.each_ref().map(|worker| self.ledger.owned_by(worker.id()))
    }

    /// Waits until each has its half and is ready.
    fn settle(&self) {
        Deadline::secs(45).wait("both to read their half and to be ready", || {
            self.shares() == [self.partitions / 2; 2] && self.workers.iter().all(Worker::is_ready)
        });
    }

    /// Waits until so many more records are written down.
    fn count_on(&self, records: u64) {
        let wanted = (self.ledger.records().unwrap() + records).min(RECORDS);
        Deadline::secs(30).wait("records to be written down", || self.ledger.records() >= Some(wanted));
    }

    /// One of them stands still until the other has everything and has written down `counted` records meanwhile.
    fn one_stands_still(&self, stopped: usize, counted: u64) {
        self.workers[stopped].signal("STOP");
        let since = Instant::now();
        // Whoever stops in the middle of a transaction keeps its rows for a minute.
        Deadline::secs(90)
            .wait("the other one to have claimed everything", || self.shares()[1 - stopped] == self.partitions);
        let missed = since.elapsed();
        self.count_on(counted);
        let lasted = since.elapsed();
        self.workers[stopped].signal("CONT");
        Deadline::secs(30).wait("the woken one to have claimed something", || self.shares()[stopped] > 0);
        let claimed = since.elapsed().saturating_sub(lasted);
        println!("taken over after {missed:.1?}, stood still for {lasted:.1?}, claimed {claimed:.1?} after waking up");
    }

    /// How often checkpoints of either were refused so far.
    fn fenced(&self) -> usize {
        self.workers.iter().map(|worker| worker.log().matches("partition fenced").count()).sum()
    }
}

#[test]
fn workers_that_stand_still_are_fenced_and_come_back() {
    let test = "workers_that_stand_still_are_fenced_and_come_back";
    let Ok(site) = Site::new("credit", PARTITIONS as i32).map_err(|skip| skip.announce(test)) else { return };
    let _turn = turn();
    let traffic = Traffic::new(53, RECORDS, 360, PARTITIONS as i32);
    let records: Vec<Event> = (0..traffic.len()).map(|n| traffic.event(n)).chain(traffic.closing()).collect();
    let settings = three_monitors(&traffic, site.folder(), "15m");
    let group = site.deployment("group", &settings);
    let is_over = AtomicBool::new(false);
    let pair = std::thread::scope(|scope| {
        let producing = scope.spawn(|| {
            let mut producer = Producer::new(&site);
            for event in &records {
                producer.send(event.partition, Some(event.json.as_bytes()));
                producer.pace(if is_over.load(Ordering::Relaxed) { 1_000_000 } else { RATE });
            }
            assert_eq!(producer.finish(), records.len() as u64, "records in the topic");
        });
        let pair = Pair::new(["a", "b"].map(|name| group.worker(name)), &group, PARTITIONS);
        // For less than the group waits: nobody is missed.
        let claims = pair.ledger.claims();
        pair.workers[1].signal("STOP");
        hold(1);
        pair.workers[1].signal("CONT");
        pair.count_on(2 * RATE);
        assert_eq!(pair.ledger.claims(), claims, "nothing has changed hands");
        pair.one_stands_still(0, RATE);
        pair.settle();
        // The next one stops while the group is still sharing out again.
        pair.one_stands_still(1, 4 * RATE);
        pair.one_stands_still(0, 0);
        pair.settle();

        let claimed = pair.ledger.claims() + PARTITIONS as u64;
        pair.workers.iter().for_each(|worker| worker.signal("STOP"));
        hold(5);
        pair.workers.iter().for_each(|worker| worker.signal("CONT"));
        Deadline::secs(30).wait("all to be claimed anew", || pair.ledger.claims() >= claimed);
        pair.settle();
        pair.count_on(RATE);
        is_over.store(true, Ordering::Relaxed);
        producing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        pair
    });
    assert!(pair.fenced() > 0, "who wakes up counts what is not its own any more, and may not write it down");
    let all = Some(records.len() as u64);
    Deadline::secs(60).wait("every record to be written down", || pair.ledger.records() == all);
    wait_until_sealed(&pair.ledger, traffic.end(), Deadline::secs(60));
    let Pair { workers, ledger, .. } = pair;
    for worker in workers {
        worker.stop();
    }
    assert_eq!(ledger.rejected(), 0);
    assert_conserved(&ledger, traffic.end(), &records);
    assert_same_as_replay(&site, &settings, &group, records, traffic.end());
}

/// Records of now, and a clock that can be set. `hasty` takes a partition for quiet after five seconds, `patient` not
/// while the test lasts; both cut event time by the second.
struct Clocks {
    /// Has the folder.
    _site: Site,
    group: Deployment,
    ledger: Ledger,
    producer: Producer,
    clock: WallClock,
    number: u64,
    /// Records by the second of their event time.
    sent: BTreeMap<EventTime, u64>,
}

fn now() -> EventTime {
    EventTime::from_micros(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as i64)
}

impl Clocks {
    fn set(test: &str) -> Option<Self> {
        let announced = |skip: Skip| skip.announce(test);
        let clock = WallClock::new().map_err(announced).ok()?;
        let site = Site::new("clocks", 2).map_err(announced).ok()?;
        let mut settings = simple_monitors(&[("hasty", "5s"), ("patient", "10m")], site.folder());
        // Panes, out-of-orderness, lateness and windows, in this order.
        for (long, short) in [("1m", "1s"), ("10s", "1s"), ("20s", "1s"), ("5m", "10s")] {
            settings.monitors = settings.monitors.replace(&format!("{long:?}"), &format!("{short:?}"));
        }
        let group = site.deployment("group", &settings);
        let (ledger, producer) = (group.ledger(), Producer::new(&site));
        Some(Self { _site: site, group, ledger, producer, clock, number: 0, sent: BTreeMap::new() })
    }

    /// A worker that goes by the clock.
    fn worker(&self, name: &str) -> Worker {
        self.group.worker_with(name, self.clock.variables())
    }

    /// Sends records to these partitions for so long, each on time, and waits until they are written down.
    fn send(&mut self, partitions: &[i32], secs: u64) {
        for _ in 0..secs * A_SECOND {
            for partition in partitions {
                let at = now();
                self.number += 1;
                self.producer.send(*partition, Some(&record_at(&format!("\"{at}\""), self.number)));
                *self.sent.entry(EventTime::from_micros(at.as_micros() / 1_000_000 * 1_000_000)).or_default() += 1;
            }
            self.producer.pace(A_SECOND);
        }
        let held = self.producer.finish();
        Deadline::secs(30).wait("every record to be written down", || self.ledger.records() == Some(held));
    }

    /// Sets the clock and waits until `worker`, not ready for that reason, says by how much.
    fn step(&self, worker: &Worker, ahead: i64) {
        self.clock.set(ahead);
        let reason = Deadline::secs(15).find("503 for the clock", || {
            let (status, body) = worker.get("/readyz")?;
            (status == 503 && body.contains("clock: this machine's clock is")).then_some(body)
        });
        let skew = worker.metric("driftd_clock_skew_seconds", "");
        println!("driftd_clock_skew_seconds {skew:.3}; /readyz: {}", reason.split("\"],").next().unwrap());
        assert!((skew - ahead as f64).abs() < 10.0, "{skew}");
    }

    /// Sets the clock right and waits until `worker` is ready.
    fn set_right(&self, worker: &Worker) {
        self.clock.set(0);
        let since = Instant::now();
        Deadline::secs(15).wait("readiness with a clock that is right", || worker.is_ready());
        println!("ready {:.1?} after the clock was right again", since.elapsed());
        assert!(worker.metric("driftd_clock_skew_seconds", "").abs() < 1.0);
    }

    /// Waits until the clock has `hasty` sealed beyond the last record.
    fn sealed_for_being_quiet(&self) {
        let last = self.sent.last_key_value().map(|(at, _)| *at);
        Deadline::secs(30).wait("hasty to be sealed by the clock", || self.ledger.sealed_through("hasty") > last);
    }

    /// Every record of the seconds that are sealed is counted once, in its second; none is late and none was rejected.
    fn assert_counted(&self, monitor: &str) {
        let through = self.ledger.sealed_through(monitor).unwrap();
        let expected = self.sent.range(..through).map(|(at, rows)| (*at, *rows, 0)).collect::<Vec<_>>();
        assert_eq!(self.ledger.panes(monitor, EventTime::from_micros(0), now()), expected, "{monitor}");
        assert!(!expected.is_empty());
        assert_eq!(self.ledger.rejected(), 0);
    }
}

#[test]
fn a_clock_that_steps_seals_nothing_and_loses_nothing() {
    let Some(mut scene) = Clocks::set("a_clock_that_steps_seals_nothing_and_loses_nothing") else { return };
    let _turn = turn();
    let pair = Pair::new([scene.worker("wrong"), scene.group.worker("right")], &scene.group, BOTH.len());
    let [wrong, right] = &pair.workers;
    for ahead in [FAR, -FAR] {
        scene.send(&BOTH, 2);
        scene.step(wrong, ahead);
        scene.send(&BOTH, 3);
        // Quiet for longer than a partition has to be: who believed this clock would seal up to it.
        hold(12);
        assert!(scene.ledger.sealed_through("hasty") < Some(now()), "nothing is sealed that is still to come");
        assert!(right.is_ready() && !wrong.is_ready());
        scene.send(&BOTH, 2);
        scene.set_right(wrong);
        scene.send(&BOTH, 2);
    }
    scene.sealed_for_being_quiet();
    for worker in pair.workers {
        worker.stop();
    }
    scene.assert_counted("hasty");
    scene.assert_counted("patient");
}

#[test]
fn a_clock_that_was_wrong_from_the_beginning_is_believed_when_it_is_set_right() {
    let test = "a_clock_that_was_wrong_from_the_beginning_is_believed_when_it_is_set_right";
    let Some(mut scene) = Clocks::set(test) else { return };
    let _turn = turn();
    scene.clock.set(FAR);
    let worker = scene.worker("only");
    scene.step(&worker, FAR);
    scene.send(&BOTH, 2);
    scene.set_right(&worker);
    scene.send(&BOTH, 1);
    scene.sealed_for_being_quiet();
    worker.stop();
    scene.assert_counted("hasty");
}

#[test]
fn quiet_is_time_that_has_passed_whatever_the_clock_showed() {
    let Some(mut scene) = Clocks::set("quiet_is_time_that_has_passed_whatever_the_clock_showed") else { return };
    let _turn = turn();
    let worker = scene.worker("only");
    Deadline::secs(30).wait("readiness", || worker.is_ready());
    // What fell quiet while the clock was ahead is idle as soon as any other.
    scene.step(&worker, NEAR);
    scene.send(&BOTH, 2);
    scene.set_right(&worker);
    scene.sealed_for_being_quiet();
    // What fell quiet while it was behind is idle no sooner than any other.
    scene.step(&worker, -NEAR);
    scene.send(&BOTH, 2);
    let quiet = now();
    scene.set_right(&worker);
    scene.send(&BOTH[1..], 5);
    hold(2);
    assert!(scene.ledger.sealed_through("patient") < Some(quiet), "half of the records have moved the frontier");
    worker.stop();
    scene.assert_counted("hasty");
}
