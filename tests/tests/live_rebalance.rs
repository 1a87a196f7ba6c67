//! Workers come and go while records flow. Who is asked to end writes down what it has read, so that the next owner goes
//! on exactly there; who is asked twice ends at once, and nothing is lost by that either.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests assert by panicking, and this one tells what it did"
)]

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use driftd_tests::live::{
    Deadline, Event, Producer, Site, Traffic, Worker, assert_conserved, assert_same_as_replay, three_monitors, turn,
    wait_until_sealed,
};

const PARTITIONS: i32 = 12;

/// Everything that `traffic` sends, its end included.
fn records(traffic: &Traffic) -> Vec<Event> {
    (0..traffic.len()).map(|number| traffic.event(number)).chain(traffic.closing()).collect()
}

#[test]
fn workers_come_and_go_and_no_record_is_read_twice() {
    let site = match Site::new("credit", PARTITIONS) {
        Ok(site) => site,
        Err(skip) => return skip.announce("workers_come_and_go_and_no_record_is_read_twice"),
    };
    let _turn = turn();
    let traffic = Traffic::new(23, 80_000, 360, PARTITIONS);
    let records = records(&traffic);
    let settings = three_monitors(&traffic, site.folder(), "15m");
    let group = site.deployment("group", &settings);
    let ledger = group.ledger();
    let sent = AtomicU64::new(0);
    let mut logs: Vec<String> = Vec::new();
    let mut workers = vec![group.worker("a")];
    std::thread::scope(|scope| {
        let producing = scope.spawn(|| {
            let mut producer = Producer::new(&site);
            producer.send_all(&records, 5_000, &sent);
            producer.finish();
        });
        let some_more = |records: u64| {
            let wanted = ledger.records().unwrap_or(0) + records;
            Deadline::secs(60)
                .wait("records to be written down", || producing.is_finished() || ledger.records() >= Some(wanted));
        };
        // From one to three, one by one, and back to another one.
        some_more(1);
        for name in ["b", "c"] {
            workers.push(group.worker(name));
            Deadline::secs(60).wait("the new worker to own partitions", || owned(&workers.last().unwrap().log()) > 0);
            some_more(5_000);
        }
        logs.push(leave(workers.remove(0)));
        some_more(5_000);
        workers.push(group.worker("d"));
        Deadline::secs(60).wait("the new worker to own partitions", || owned(&workers.last().unwrap().log()) > 0);
        some_more(5_000);
        logs.push(leave(workers.remove(0)));
        some_more(5_000);
        logs.push(leave(workers.remove(0)));
        producing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    Deadline::secs(60).wait("every record to be written down", || ledger.records() == Some(records.len() as u64));
    wait_until_sealed(&ledger, traffic.end(), Deadline::secs(60));
    logs.push(leave(workers.remove(0)));

    let handed_over = assert_seamless(&logs);
    println!("{handed_over} times a partition went to another worker, each exactly where the one before had stopped");
    assert!(handed_over >= PARTITIONS as usize, "{handed_over}");
    assert_conserved(&ledger, traffic.end(), &records);
    assert_same_as_replay(&site, &settings, &group, records, traffic.end());
}

#[test]
fn the_first_signal_is_orderly_and_the_second_is_not() {
    let site = match Site::new("credit", 4) {
        Ok(site) => site,
        Err(skip) => return skip.announce("the_first_signal_is_orderly_and_the_second_is_not"),
    };
    let _turn = turn();
    let traffic = Traffic::new(29, 20_000, 240, 4);
    let records = records(&traffic);
    let mut settings = three_monitors(&traffic, site.folder(), "15m");
    settings.engine = settings.engine.replace("20s", "4s");
    let group = site.deployment("group", &settings);
    let ledger = group.ledger();
    let mut producer = Producer::new(&site);
    let (first, rest) = records.split_at(records.len() / 2);
    producer.send_all(first, 1_000_000, &AtomicU64::new(0));
    producer.finish();
    let [mut patient, mut hasty] = ["patient", "hasty"].map(|name| group.worker(name));
    Deadline::secs(60)
        .wait("both workers to own partitions", || [&patient, &hasty].iter().all(|worker| owned(&worker.log()) > 0));
    Deadline::secs(60).wait("half of the records", || ledger.records() == Some(first.len() as u64));

    // Without a database there is no orderly end, only one in time.
    site.postgres.stop();
    producer.send_all(rest, 1_000_000, &AtomicU64::new(0));
    producer.finish();
    let asked = Instant::now();
    hasty.signal("TERM");
    Deadline::secs(10).wait("the first signal to be heard", || hasty.log().contains("asked to end"));
    assert!(hasty.is_running(), "it waits for the database as long as it may");
    hasty.signal("TERM");
    assert_eq!(hasty.wait(Deadline::secs(3)).code(), Some(130));
    patient.signal("INT");
    let status = patient.wait(Deadline::secs(15));
    println!(
        "without a database: 130 after the second signal, {status} {:.1} s after the first",
        asked.elapsed().as_secs_f64()
    );
    assert!(status.success());

    site.postgres.start_again();
    let last = group.worker("last");
    Deadline::secs(90).wait("every record to be written down", || ledger.records() == Some(records.len() as u64));
    wait_until_sealed(&ledger, traffic.end(), Deadline::secs(60));
    last.stop();
    assert_conserved(&ledger, traffic.end(), &records);
}

/// Asks a worker to end, which it does well and soon; gives its log.
fn leave(worker: Worker) -> String {
    let asked = Instant::now();
    let log = worker.stop();
    println!("a worker left after {:.1} s", asked.elapsed().as_secs_f64());
    log
}

/// How many partitions a worker has claimed so far, by its log.
fn owned(log: &str) -> usize {
    lines(log, "partition claimed").count()
}

/// Lines with these words: the partition and the offset that they name.
fn lines<'a>(log: &'a str, words: &'a str) -> impl Iterator<Item = (&'a str, i64)> {
    let field = |line: &'a str, name: &str| -> &'a str {
        let (_, after) = line.split_once(name).unwrap_or_else(|| panic!("{name} in {line}"));
        after.split_whitespace().next().unwrap()
    };
    log.lines()
        .filter(move |line| line.contains(words))
        .map(move |line| (field(line, "kafka.partition="), field(line, "offset=").parse().unwrap()))
}

/// Whoever takes over a partition starts where the one before has stopped; gives how often that happened.
fn assert_seamless(logs: &[String]) -> usize {
    let gather = |words: &str| {
        let mut by_partition: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for (partition, offset) in logs.iter().flat_map(|log| lines(log, words)) {
            by_partition.entry(partition.to_owned()).or_default().push(offset);
        }
        for offsets in by_partition.values_mut() {
            offsets.sort_unstable();
        }
        by_partition
    };
    let (claimed, released) = (gather("partition claimed"), gather("partition released"));
    assert_eq!(claimed.len(), PARTITIONS as usize);
    for (partition, starts) in &claimed {
        let stops = released.get(partition).unwrap_or_else(|| panic!("nobody released {partition}"));
        assert_eq!(starts[0], -1, "{partition} was new to the first worker");
        assert_eq!(starts[1..], stops[..stops.len() - 1], "{partition}: starts and stops");
    }
    claimed.values().map(|starts| starts.len() - 1).sum()
}
