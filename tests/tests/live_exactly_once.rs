//! Three workers, twelve partitions, `kill -9`, and restarts of the database and of the broker: the history is that of
//! one worker that nobody disturbed, and that of a replay of the same records from a file, bit for bit.
//!
//! `DRIFTD_LONG=1` makes it five million records, a hundred kills and a disturbance every few seconds; `DRIFTD_SEED=7`
//! chooses the disturbances.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests assert by panicking, and this one tells what it did"
)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use driftd_tests::live::{
    Deadline, Deployment, Event, MONITORS, Producer, START, Site, Traffic, Worker, assert_conserved, is_long,
    three_monitors, turn, wait_until_sealed,
};
use driftd_window::EventTime;
use fastrand::Rng;

const PARTITIONS: i32 = 12;
const WORKERS: usize = 3;

/// How much of everything.
struct Scale {
    events: u64,
    /// Hours of event time.
    hours: u32,
    /// Records a second: slow enough for disturbances to meet work.
    rate: u64,
    disturbances: Vec<Disturbance>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disturbance {
    Worker,
    Database,
    Broker,
}

impl Scale {
    fn new(rng: &mut Rng) -> Self {
        use Disturbance::{Broker, Database, Worker};
        let (events, hours, rate, kills, databases, brokers) =
            if is_long() { (5_000_000, 96, 8_000, 100, 6, 4) } else { (120_000, 8, 4_000, 3, 1, 1) };
        let mut disturbances = [vec![Worker; kills], vec![Database; databases], vec![Broker; brokers]].concat();
        rng.shuffle(&mut disturbances);
        Self { events, hours, rate, disturbances }
    }
}

#[test]
fn a_disturbed_group_writes_the_history_of_an_undisturbed_worker() {
    let site = match Site::new("credit", PARTITIONS) {
        Ok(site) => site,
        Err(skip) => return skip.announce("a_disturbed_group_writes_the_history_of_an_undisturbed_worker"),
    };
    let _turn = turn();
    let began = Instant::now();
    let seed = seed();
    let mut rng = Rng::with_seed(seed);
    let scale = Scale::new(&mut rng);
    let traffic = Traffic::new(seed, scale.events, scale.hours * 60, PARTITIONS);
    let records: Vec<Event> = (0..scale.events).map(|n| traffic.event(n)).chain(traffic.closing()).collect();
    println!("seed {seed}: {} records, {:?}", records.len(), scale.disturbances);

    let settings = three_monitors(&traffic, site.folder(), "15m");
    let group = site.deployment("group", &settings);
    disturb(&site, &group, &scale, (&records, traffic.end()), &mut rng);
    let disturbed = began.elapsed();
    let ledger = group.ledger();
    println!("disturbed run: {:.1} s, {} claims of {PARTITIONS} partitions", disturbed.as_secs_f64(), ledger.claims());
    assert!(ledger.claims() >= PARTITIONS as u64 + WORKERS as u64, "workers were killed and nobody noticed");
    assert_eq!(ledger.rejected(), 0);
    assert_conserved(&ledger, traffic.end(), &records);

    let single = site.deployment("single", &settings);
    let since = Instant::now();
    let worker = single.worker("only");
    wait_until_sealed(&single.ledger(), traffic.end(), Deadline::secs(120 + scale.events / 10_000));
    println!("undisturbed run: {:.1} s", since.elapsed().as_secs_f64());
    worker.stop();
    assert_conserved(&single.ledger(), traffic.end(), &records);

    let file = site.folder().join("records.ndjson");
    let offline = site.offline("offline", &settings);
    Traffic::write_records(&file, records);
    let end = traffic.end().to_string();
    for (monitor, _) in MONITORS {
        offline.replay(monitor, &file);
        let history = group.history(monitor).until(&end);
        assert!(history.len() > 500, "{monitor} has {} rows of history", history.len());
        drift_was_seen(&history.objects().collect::<Vec<_>>(), &traffic);
        history.assert_same(&single.history(monitor).until(&end), "disturbed group and undisturbed worker");
        history.assert_same(&offline.history(monitor).until(&end), "disturbed group and replay of a file");
        println!("{monitor}: {} rows of history, the same three times", history.len());
    }
    println!("whole test: {:.1} s", began.elapsed().as_secs_f64());
}

/// Produces everything while the disturbances happen, and waits until all of it is sealed.
fn disturb(site: &Site, group: &Deployment, scale: &Scale, (records, end): (&[Event], EventTime), rng: &mut Rng) {
    let mut workers: Vec<Worker> = (0..WORKERS).map(|n| group.worker(&format!("w{n}"))).collect();
    let ledger = group.ledger();
    let sent = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let producing = scope.spawn(|| {
            let mut producer = Producer::new(site);
            producer.send_all(records, scale.rate, &sent);
            assert_eq!(producer.finish(), records.len() as u64, "records in the topic");
        });
        // One a stretch, somewhere in it, and none before the group has begun to read.
        Deadline::secs(60).wait("the first checkpoints", || ledger.records().is_some_and(|records| records > 0));
        let begun = sent.load(Ordering::Relaxed);
        let stretch = (records.len() as u64 - begun) / scale.disturbances.len() as u64;
        for (disturbance, number) in scale.disturbances.iter().zip(0..) {
            let at = begun + stretch * number + rng.u64(0..stretch * 9 / 10);
            Deadline::secs(300)
                .wait("records to be sent", || producing.is_finished() || sent.load(Ordering::Relaxed) >= at);
            let behind = sent.load(Ordering::Relaxed).saturating_sub(ledger.records().unwrap_or(0));
            println!("at record {}, {behind} of them not written down: {disturbance:?}", sent.load(Ordering::Relaxed));
            match disturbance {
                Disturbance::Worker => {
                    let victim = rng.usize(0..WORKERS);
                    workers.swap_remove(victim).kill();
                    workers.push(group.worker(&format!("w{}", WORKERS as i32 + number as i32)));
                }
                Disturbance::Database => {
                    if rng.bool() {
                        site.postgres.kill();
                    } else {
                        site.postgres.stop();
                    }
                    site.postgres.start_again();
                }
                Disturbance::Broker => {
                    if rng.bool() {
                        site.kafka.kill();
                    } else {
                        site.kafka.stop();
                    }
                    site.kafka.start_again();
                }
            }
        }
        producing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    let all = || ledger.records() == Some(records.len() as u64);
    Deadline::secs(120).wait("every record to be read and written down", all);
    wait_until_sealed(&ledger, end, Deadline::secs(120));
    for worker in workers {
        worker.stop();
    }
}

/// A history without verdicts would agree with anything: the middle third has drifted, the first has not.
fn drift_was_seen(history: &[serde_json::Value], traffic: &Traffic) {
    let third = (traffic.end().as_micros() - START) / 3;
    let of = |from: i64, to: i64| {
        let (from, to) = (EventTime::from_micros(from).to_string(), EventTime::from_micros(to).to_string());
        let rows = history.iter().filter(move |row| {
            let (start, end) = (row["window_start"].as_str().unwrap(), row["window_end"].as_str().unwrap());
            row["feature"] == "amount" && row["statistic"] == "psi" && start >= from.as_str() && end <= to.as_str()
        });
        rows.map(|row| row["outcome"].as_str().unwrap_or("none").to_owned()).collect::<Vec<_>>()
    };
    let (before, during) = (of(START, START + third), of(START + third, START + 2 * third));
    assert!(!before.is_empty() && before.iter().all(|outcome| outcome == "stable"), "before the drift: {before:?}");
    assert!(!during.is_empty() && during.iter().all(|outcome| outcome == "critical"), "during the drift: {during:?}");
}

/// The seed that was asked for, or any.
fn seed() -> u64 {
    match std::env::var("DRIFTD_SEED") {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("DRIFTD_SEED={text} is no number")),
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64 % 1_000_000,
    }
}
