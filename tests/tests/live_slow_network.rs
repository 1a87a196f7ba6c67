//! The network between the daemons, the broker and the database is slow, then so slow that calls are given up, and then
//! breaks connections off in the middle of what they say: daemons go on or come back by themselves, every record is in a
//! sealed pane once, and the history is that of a replay. A minute and a half; four with `DRIFTD_LONG=1`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests assert by panicking, and this one tells what it did"
)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use driftd_tests::live::{
    Apart, Calm, Deadline, Event, Ledger, Network, Producer, Relay, Site, Traffic, Worker, assert_conserved,
    assert_same_as_replay, is_long, three_monitors, wait_until_sealed,
};

const PARTITIONS: i32 = 6;
/// Records a second while the network is disturbed.
const RATE: u64 = 750;
/// Records a second once it is not any more.
const RATE_OF_THE_REST: u64 = 20_000;
/// A server at the other end of the world.
const FAR: Duration = Duration::from_millis(150);
/// More than any call of the store is waited for.
const HOPELESS: Duration = Duration::from_secs(8);
/// How long daemons may take to come back.
const RECOVERY: u64 = 90;

/// What is looked at while the network is disturbed.
struct Scene<'a> {
    workers: &'a [Worker],
    ledger: &'a Ledger,
    sent: &'a AtomicU64,
}

#[test]
fn a_slow_and_broken_network_costs_time_and_no_record() {
    if let Err(skip) = Apart::Network.run("in_a_network_of_its_own") {
        skip.announce("a_slow_and_broken_network_costs_time_and_no_record");
    }
}

#[test]
#[ignore = "disturbs its network, so the test above runs it in one of its own"]
fn in_a_network_of_its_own() {
    let prepared = Network::own().and_then(|network| {
        let site = Site::new("credit", PARTITIONS)?;
        let broker = site.kafka.bootstrap().rsplit(':').next().unwrap().parse().unwrap();
        let relays = [Relay::before(&network, broker)?, Relay::before(&network, site.postgres.port())?];
        Ok((network, site, relays))
    });
    let (_network, site, [broker, database]) = match prepared {
        Ok(prepared) => prepared,
        Err(skip) => return skip.announce("a_slow_and_broken_network_costs_time_and_no_record"),
    };
    let began = Instant::now();
    let times = if is_long() { 20 } else { 4 };
    let traffic = Traffic::new(73, RATE * if is_long() { 400 } else { 150 }, 16 * 60, PARTITIONS);
    let records: Vec<Event> = (0..traffic.len()).map(|n| traffic.event(n)).chain(traffic.closing()).collect();
    let settings = three_monitors(&traffic, site.folder(), "30m");
    let group = site.deployment("group", &settings);
    let ledger = group.ledger();
    let workers = ["first", "second"].map(|name| group.worker(name));
    let (sent, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let calm = Calm::of(&is_over);
        let producing = scope.spawn(|| {
            let mut producer = Producer::new(&site);
            producer.send_until(&is_over, &records, [RATE, RATE_OF_THE_REST], &sent);
            assert_eq!(producer.finish(), records.len() as u64, "records in the topic");
        });
        let scene = Scene { workers: &workers, ledger: &ledger, sent: &sent };
        Deadline::secs(60).wait("both to be ready and seals to be made", || {
            scene.are_ready() && ledger.sealed_through("credit").is_some()
        });
        println!("{:.0} s to begin with", began.elapsed().as_secs_f64());
        for (name, relay) in [("broker", &broker), ("database", &database)] {
            assert!(relay.carried() > 0, "the {name} is reached through the relay");
            scene.is_far(name, relay);
            scene.is_broken_off(name, relay, times);
            assert!(!producing.is_finished(), "records flow all the while");
        }
        scene.is_hopeless(&database);
        assert!(!producing.is_finished(), "records flow all the while");
        drop(calm);
        producing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    Deadline::secs(90).wait("every record to be written down", || ledger.records() == Some(records.len() as u64));
    wait_until_sealed(&ledger, traffic.end(), Deadline::secs(60));
    for worker in workers {
        worker.stop();
    }
    assert_eq!(ledger.rejected(), 0);
    assert_conserved(&ledger, traffic.end(), &records);
    let rows = assert_same_as_replay(&site, &settings, &group, records, traffic.end());
    println!("{rows} rows of history, the same twice; {:.0} s in all", began.elapsed().as_secs_f64());
}

impl Scene<'_> {
    /// The server is far away: everybody stays ready, and records are written down all the while.
    fn is_far(&self, name: &str, relay: &Relay) {
        relay.delay(FAR);
        let began = Instant::now();
        for _ in 0..3 {
            let sent = self.sent.load(Ordering::Relaxed);
            Deadline::secs(30).wait(&format!("records to be written down with the {name} far away"), || {
                self.ledger.records() >= Some(sent)
            });
        }
        Deadline::secs(30).wait("both to be ready nevertheless", || self.are_ready());
        println!("{name}, {FAR:?} away: three times up to date in {:.1} s", began.elapsed().as_secs_f64());
        relay.delay(Duration::ZERO);
        self.recovers(name);
    }

    /// Its connections are broken off, again and again.
    fn is_broken_off(&self, name: &str, relay: &Relay, times: u64) {
        for time in 0..times {
            let before = relay.broken();
            // Answers as well as what was asked: in both directions there is always something on the way.
            relay.break_off();
            Deadline::secs(60).wait("connections to be broken off", || relay.broken() >= before + 2);
            if time % 2 == 1 {
                self.recovers(name);
            }
        }
        println!("{name}: {} connections broken off in the middle", relay.broken());
        self.recovers(name);
    }

    /// Answers of the store come too late for anybody.
    fn is_hopeless(&self, relay: &Relay) {
        relay.delay(HOPELESS);
        let began = Instant::now();
        let reason = Deadline::secs(60).find("503 with the reason", || {
            self.workers
                .iter()
                .find_map(|worker| worker.get("/readyz"))
                .filter(|(status, body)| *status == 503 && body.contains("store"))
        });
        println!("database, {HOPELESS:?} away: after {:.1} s {}", began.elapsed().as_secs_f64(), reason.1);
        relay.delay(Duration::ZERO);
        self.recovers("database");
    }

    /// Waits until everybody is ready, and what was sent is written down.
    fn recovers(&self, name: &str) {
        let (healed, sent) = (Instant::now(), self.sent.load(Ordering::Relaxed));
        let recovery = Deadline::secs(RECOVERY);
        recovery.wait(&format!("both to be ready after trouble of the {name}"), || self.are_ready());
        recovery.wait(&format!("records to be written down after trouble of the {name}"), || {
            self.ledger.records() >= Some(sent)
        });
        println!("    up to date {:.1} s later", healed.elapsed().as_secs_f64());
    }

    fn are_ready(&self) -> bool {
        self.workers.iter().all(Worker::is_ready)
    }
}
