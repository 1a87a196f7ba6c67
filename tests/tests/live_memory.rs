//! The memory of a daemon is what the documents say: while the database is away and records come that each open a pane of
//! their own, uncommitted counts fill `engine.checkpoint_bytes` and records fetched ahead `kafka.fetch_bytes`, and then
//! nothing more is taken.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests assert by panicking, and this one tells what it did"
)]

use std::time::{Duration, Instant};

use driftd_tests::live::{Deadline, Producer, Settings, Site, Worker, second, turn};

const PARTITIONS: i32 = 4;
const FEATURES: usize = 25;
const CHECKPOINT_MIB: u64 = 160;
const FETCH_MIB: u64 = 96;
/// Bytes of a record; nobody reads most of them.
const PAYLOAD: usize = 2_000;
/// More than both together hold.
const RECORDS: i64 = 150_000;
const MINUTE: i64 = 60;

fn settings(site: &Site) -> Settings {
    let file = site.folder().join("wide.csv");
    let names: Vec<String> = (0..FEATURES).map(|number| format!("x{number}")).collect();
    let row =
        |row: usize| (0..FEATURES).map(|column| ((row * 7 + column) % 100).to_string()).collect::<Vec<_>>().join(",");
    let rows: Vec<String> = std::iter::once(names.join(",")).chain((0..1_000).map(row)).collect();
    std::fs::write(&file, rows.join("\n")).unwrap();
    let mut settings = Settings::new(
        "[[monitor]]\nname = \"wide\"\ntopic = \"{topic}\"\nbaseline = \"wide@v1\"\npane = \"1m\"\nout_of_orderness = \"1h\"\n\
         allowed_lateness = \"1h\"\nidle_timeout = \"1h\"\nmin_samples = 10\nwindows = [{ name = \"five\", size = \"5m\" }]\n",
    )
    .baseline("wide", &file);
    settings.kafka = format!("{}\nfetch_bytes = \"{FETCH_MIB}MiB\"", settings.kafka);
    settings.engine = format!("{}\ncheckpoint_bytes = \"{CHECKPOINT_MIB}MiB\"", settings.engine);
    settings
}

/// Waits until the worker has read nothing for three seconds although there is more.
fn is_full(worker: &Worker) {
    let (mut read, mut since) = (-1.0, Instant::now());
    Deadline::secs(120).wait("it to be full", || {
        let now = worker.metric("driftd_read_bytes_total", "");
        if now != read {
            (read, since) = (now, Instant::now());
        }
        since.elapsed() > Duration::from_secs(3)
    });
    let all = (RECORDS as f64) * PAYLOAD as f64;
    assert!(read < all / 2.0, "{read} of {all} bytes were counted: they do not fill it");
}

#[test]
fn counts_and_records_ahead_take_what_they_may_and_no_more() {
    let site = match Site::new("memory", PARTITIONS) {
        Ok(site) => site,
        Err(skip) => return skip.announce("counts_and_records_ahead_take_what_they_may_and_no_more"),
    };
    let _turn = turn();
    let group = site.deployment("group", &settings(&site));
    let worker = group.worker("only");
    let mut producer = Producer::new(&site);
    let mut send = |number: i64| {
        let ts = second(number * MINUTE);
        let mut record = format!("{{\"ts\":\"{ts}\",\"features\":{{\"x0\":{}}},\"pad\":\"", number % 100);
        record.extend(std::iter::repeat_n('p', PAYLOAD - record.len() - 2));
        record.push_str("\"}");
        producer.send((number % i64::from(PARTITIONS)) as i32, Some(record.as_bytes()));
    };
    (0..100).for_each(&mut send);
    Deadline::secs(60).wait("the first checkpoints", || group.ledger().records() == Some(100));
    let base = worker.resident_memory();
    site.postgres.stop();
    (100..RECORDS).for_each(&mut send);
    producer.finish();
    is_full(&worker);
    let (peak, expected) = (worker.peak_memory(), base + CHECKPOINT_MIB + FETCH_MIB);
    println!("{base} MiB before, {peak} MiB at most, {expected} MiB by the formula");
    site.postgres.start_again();
    assert!(peak * 10 <= expected * 12, "{peak} MiB, {expected} expected");
    // Of what is fetched ahead a part is for records that are smaller than these.
    assert!(peak * 10 >= expected * 7, "{peak} MiB, {expected} expected: the formula promises too little");
    Deadline::secs(120).wait("every record to be read", || group.ledger().records() == Some(RECORDS as u64));
    println!("{} MiB at most while 150,000 panes were written down", worker.peak_memory());
    worker.stop();
}
