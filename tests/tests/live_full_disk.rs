//! The disk of the database is full while records flow: the daemon stays up and says why it makes no progress, and once
//! there is room again nothing is lost or doubled. Twenty seconds; a minute with `DRIFTD_LONG=1`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests assert by panicking, and this one tells what it did"
)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use driftd_tests::live::{
    Apart, Deadline, Event, Producer, Site, SmallDisk, Traffic, assert_conserved, assert_same_as_replay, is_long,
    three_monitors, wait_until_sealed,
};

const PARTITIONS: i32 = 6;
const RATE: u64 = 4_000;
/// Of the disk, in MiB: what a new server takes, and what the records of this test come to.
const DISK: u32 = 400;

#[test]
fn a_full_disk_of_the_database_costs_time_and_no_record() {
    if let Err(skip) = Apart::Mounts.run("on_a_disk_of_its_own") {
        skip.announce("a_full_disk_of_the_database_costs_time_and_no_record");
    }
}

#[test]
#[ignore = "mounts a disk, so the test above runs it where nobody else sees that"]
fn on_a_disk_of_its_own() {
    let mount = tempfile::tempdir().unwrap();
    let prepared = SmallDisk::mount(DISK, &mount.path().join("disk"))
        .and_then(|disk| Ok((Site::beside(disk.postgres()?, "credit", PARTITIONS, &[])?, disk)));
    let (site, disk) = match prepared {
        Ok(prepared) => prepared,
        Err(skip) => return skip.announce("a_full_disk_of_the_database_costs_time_and_no_record"),
    };
    let lasts = Duration::from_secs(if is_long() { 45 } else { 10 });
    let traffic = Traffic::new(41, RATE * (2 * lasts.as_secs() + 10), 12 * 60, PARTITIONS);
    let records: Vec<Event> = (0..traffic.len()).map(|n| traffic.event(n)).chain(traffic.closing()).collect();
    let settings = three_monitors(&traffic, site.folder(), "15m");
    let group = site.deployment("group", &settings);
    let ledger = group.ledger();
    let worker = group.worker("first");
    let sent = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let producing = scope.spawn(|| {
            let mut producer = Producer::new(&site);
            producer.send_all(&records, RATE, &sent);
            producer.finish();
        });
        Deadline::secs(60).wait("the first checkpoints", || ledger.records() > Some(0));
        Deadline::secs(10).wait("readiness", || worker.is_ready());
        let full = disk.fill();
        let (began, from) = (Instant::now(), sent.load(Ordering::Relaxed));
        // What lies open still takes some records.
        let reason = Deadline::secs(60).find("503 with the reason", || {
            let (status, body) = worker.get("/readyz")?;
            (status == 503 && body.contains("store")).then_some(body)
        });
        println!("/readyz after {:.1} s: {reason}", began.elapsed().as_secs_f64());
        let since = Instant::now();
        Deadline::secs(90).wait("the disk to have been full for a while", || since.elapsed() >= lasts);
        assert!(worker.get("/healthz").is_some_and(|(status, _)| status == 200), "it is alive all the while");
        println!("{} records sent meanwhile", sent.load(Ordering::Relaxed) - from);
        drop(full);
        // A server that could not write its log has ended.
        site.postgres.start_again();
        let ready = Instant::now();
        Deadline::secs(60).wait("it to be ready again", || worker.is_ready());
        println!("ready again after {:.1} s", ready.elapsed().as_secs_f64());
        producing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    Deadline::secs(90).wait("every record to be written down", || ledger.records() == Some(records.len() as u64));
    wait_until_sealed(&ledger, traffic.end(), Deadline::secs(60));
    worker.stop();
    assert_eq!(ledger.rejected(), 0);
    assert_conserved(&ledger, traffic.end(), &records);
    assert_same_as_replay(&site, &settings, &group, records, traffic.end());
}
