//! The database goes back in time while records flow, as it does when a backup is restored or a standby that was behind
//! takes over: the daemon says so, claims its partitions as they are now, and every record is counted once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests assert by panicking, and this one tells what it did"
)]

use std::sync::atomic::AtomicU64;

use driftd_tests::live::{
    Deadline, Event, Producer, Site, Traffic, assert_conserved, assert_same_as_replay, three_monitors, turn,
    wait_until_sealed,
};

const PARTITIONS: i32 = 4;
const RECORDS: u64 = 40_000;
const RATE: u64 = 3_000;

/// Copies every table as it is at one moment.
const SAVE: &str = "
BEGIN ISOLATION LEVEL REPEATABLE READ;
CREATE SCHEMA saved;
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace
                AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> '_sqlx_migrations'
    LOOP
        EXECUTE format('CREATE TABLE saved.%I AS TABLE public.%I', name, name);
    END LOOP;
END
$$;
COMMIT;";

/// Makes the tables what they were at that moment. Whoever else waits for them gives up first.
const RESTORE: &str = "
SET deadlock_timeout = '60s';
BEGIN;
SET LOCAL session_replication_role = 'replica';
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'saved'::regnamespace ORDER BY 1
    LOOP
        EXECUTE format('LOCK TABLE public.%I IN ACCESS EXCLUSIVE MODE', name);
    END LOOP;
    FOR name IN SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'saved'::regnamespace
    LOOP
        EXECUTE format('DELETE FROM public.%I', name);
        EXECUTE format('INSERT INTO public.%I OVERRIDING SYSTEM VALUE SELECT * FROM saved.%I', name, name);
    END LOOP;
END
$$;
COMMIT;";

#[test]
fn a_database_that_went_back_is_claimed_again_and_loses_nothing() {
    let site = match Site::new("restored", PARTITIONS) {
        Ok(site) => site,
        Err(skip) => return skip.announce("a_database_that_went_back_is_claimed_again_and_loses_nothing"),
    };
    let _turn = turn();
    let traffic = Traffic::new(47, RECORDS, 8 * 60, PARTITIONS);
    let records: Vec<Event> = (0..traffic.len()).map(|n| traffic.event(n)).chain(traffic.closing()).collect();
    let settings = three_monitors(&traffic, site.folder(), "15m");
    let group = site.deployment("group", &settings);
    let ledger = group.ledger();
    let mut worker = group.worker("only");
    let sent = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let producing = scope.spawn(|| {
            let mut producer = Producer::new(&site);
            producer.send_all(&records, RATE, &sent);
            producer.finish();
        });
        Deadline::secs(60).wait("some checkpoints", || ledger.records() > Some(RECORDS / 8));
        site.postgres.run_script(group.url(), SAVE);
        let saved = ledger.records().unwrap();
        Deadline::secs(60).wait("more checkpoints", || ledger.records() > Some(saved + RECORDS / 4));
        let before = ledger.records().unwrap();
        site.postgres.run_script(group.url(), RESTORE);
        println!("{before} records counted, and about {saved} again");
        Deadline::secs(60).wait("the daemon to say so", || worker.log().contains("the store was restored"));
        producing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    Deadline::secs(90).wait("every record to be written down", || ledger.records() == Some(records.len() as u64));
    wait_until_sealed(&ledger, traffic.end(), Deadline::secs(60));
    assert!(worker.is_running(), "it is the same process");
    let log = worker.stop();
    assert!(!log.contains("another kafka.group"), "nobody else is to blame: {log}");
    assert_conserved(&ledger, traffic.end(), &records);
    assert_same_as_replay(&site, &settings, &group, records, traffic.end());
}
