//! The database is away while records flow: the daemon stays up and says why it makes no progress, its memory stays
//! bounded, and nothing is lost or doubled. A second is started meanwhile, and waits. Ten seconds; a minute with
//! `DRIFTD_LONG=1`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests assert by panicking, and this one tells what it did"
)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use driftd_tests::live::{
    Deadline, Event, Producer, Site, Traffic, assert_conserved, assert_same_as_replay, is_long, three_monitors, turn,
    wait_until_sealed,
};

const PARTITIONS: i32 = 6;
const RATE: u64 = 6_000;
/// Memory that a daemon with 16 MiB of records fetched ahead and 8 MiB of uncommitted counts may take, in MiB.
const MEMORY: u64 = 200;

#[test]
fn nothing_is_lost_while_the_database_is_away() {
    let site = match Site::new("credit", PARTITIONS) {
        Ok(site) => site,
        Err(skip) => return skip.announce("nothing_is_lost_while_the_database_is_away"),
    };
    let _turn = turn();
    let outage = Duration::from_secs(if is_long() { 60 } else { 10 });
    let traffic = Traffic::new(31, RATE * (outage.as_secs() + 8), 12 * 60, PARTITIONS);
    let records: Vec<Event> = (0..traffic.len()).map(|n| traffic.event(n)).chain(traffic.closing()).collect();
    let mut settings = three_monitors(&traffic, site.folder(), "15m");
    settings.kafka += "\nfetch_bytes = \"16MiB\"";
    settings.engine += "\ncheckpoint_bytes = \"8MiB\"";
    let group = site.deployment("group", &settings);
    let ledger = group.ledger();
    let worker = group.worker("first");
    let sent = AtomicU64::new(0);
    let second = std::thread::scope(|scope| {
        let producing = scope.spawn(|| {
            let mut producer = Producer::new(&site);
            producer.send_all(&records, RATE, &sent);
            producer.finish();
        });
        Deadline::secs(60).wait("the first checkpoints", || ledger.records() > Some(0));
        Deadline::secs(10).wait("readiness", || worker.is_ready());
        let before = worker.resident_memory();

        site.postgres.stop();
        let (began, from) = (Instant::now(), sent.load(Ordering::Relaxed));
        let second = group.worker("second");
        let reason = Deadline::secs(20).find("503 with the reason", || {
            let (status, body) = worker.get("/readyz")?;
            (status == 503 && body.contains("store")).then_some(body)
        });
        println!("/readyz: {reason}");
        Deadline::secs(20).wait("the second daemon to say what it waits for", || {
            second.get("/readyz").is_some_and(|(status, body)| status == 503 && body.contains("store"))
        });
        Deadline::secs(90).wait("the outage to have lasted", || began.elapsed() >= outage || producing.is_finished());
        assert!(worker.get("/healthz").is_some_and(|(status, _)| status == 200), "it is alive all the while");
        let (peak, missed) = (worker.peak_memory(), sent.load(Ordering::Relaxed) - from);
        println!("{:.0} s away, {missed} records sent: {before} MiB before, {peak} MiB at most", outage.as_secs_f64());
        assert!(peak <= MEMORY, "{peak} MiB");
        site.postgres.start_again();

        let ready = Instant::now();
        Deadline::secs(30).wait("both to be ready again", || worker.is_ready() && second.is_ready());
        println!("ready again after {:.1} s", ready.elapsed().as_secs_f64());
        producing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        second
    });
    Deadline::secs(90).wait("every record to be written down", || ledger.records() == Some(records.len() as u64));
    wait_until_sealed(&ledger, traffic.end(), Deadline::secs(60));
    println!("memory at most: {} and {} MiB", worker.peak_memory(), second.peak_memory());
    assert!(worker.peak_memory() <= MEMORY && second.peak_memory() <= MEMORY);
    worker.stop();
    second.stop();
    assert_eq!(ledger.rejected(), 0);
    assert_conserved(&ledger, traffic.end(), &records);
    assert_same_as_replay(&site, &settings, &group, records, traffic.end());
}
