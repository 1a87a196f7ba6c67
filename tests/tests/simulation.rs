//! Thousands of random schedules against the real tasks, seals and outbox, each checked by an offline oracle.
//!
//! `SIM_SCHEDULES=100000 cargo test --release -p driftd-tests --test simulation -- --nocapture` searches longer;
//! `SIM_SEED=42` runs one seed, `SIM_FIRST=1000000` starts the search elsewhere. A seed that fails belongs into
//! `regressions/seeds.txt`, with what it caught.

#![expect(clippy::panic, reason = "a broken law stops the test")]

use std::time::Instant;

use driftd_testkit::mem_store::Bug;
use driftd_testkit::sim::{Report, simulate};

/// Schedules of a run that is not told otherwise: about five seconds.
const SCHEDULES: u64 = 3_000;
/// Schedules within which every planted bug must be found.
const DETECTION_LIMIT: u64 = 1000;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number")))
}

fn must_hold(seed: u64, total: &mut Report) {
    match simulate(seed, None) {
        Ok(report) => total.add(&report),
        Err(broken) => panic!("{broken}"),
    }
}

#[test]
fn seeds_that_once_failed_hold() {
    let mut total = Report::default();
    let seeds = include_str!("../regressions/seeds.txt").lines().filter(|line| !line.starts_with('#'));
    for line in seeds.filter(|line| !line.trim().is_empty()) {
        let seed = line.split_whitespace().next().and_then(|word| word.parse().ok());
        must_hold(seed.unwrap_or_else(|| panic!("no seed at the start of {line:?}")), &mut total);
    }
}

#[test]
fn every_schedule_conserves_records_and_agrees_with_the_oracle() {
    let mut total = Report::default();
    if let Some(seed) = number("SIM_SEED") {
        return must_hold(seed, &mut total);
    }
    let (first, schedules) = (number("SIM_FIRST").unwrap_or(0), number("SIM_SCHEDULES").unwrap_or(SCHEDULES));
    let started = Instant::now();
    // One thread a core; what a seed does depends on nothing but the seed.
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let share = |thread: u64| {
        let mut part = Report::default();
        (first + thread..first + schedules).step_by(threads as usize).for_each(|seed| must_hold(seed, &mut part));
        part
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || share(thread))).collect();
        for thread in running {
            total.add(&thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
    });
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{schedules} schedules in {seconds:.2} s on {threads} threads, {:.0}/s: {total:?}",
        schedules as f64 / seconds
    );
    // A simulation in which nothing happens proves nothing.
    assert!(total.drained > 0, "{total:?}");
    assert!(total.late > 0 && total.fenced > 0 && total.incidents > 0 && total.notifications > 0, "{total:?}");
    assert!(total.history_rows > schedules, "{total:?}");
}

#[test]
fn the_same_seed_gives_the_same_schedule() {
    assert_eq!(simulate(11, None), simulate(11, None));
    assert_eq!(simulate(3, Some(Bug::NoOffsetFence)), simulate(3, Some(Bug::NoOffsetFence)));
}

#[test]
fn every_planted_bug_is_found_soon() {
    for bug in Bug::ALL {
        let found = (0..DETECTION_LIMIT).find_map(|seed| simulate(seed, Some(bug)).err());
        let broken = found.unwrap_or_else(|| panic!("{bug:?} survived {DETECTION_LIMIT} schedules"));
        println!("{bug:?}: found by schedule {}: {}", broken.seed, broken.what);
    }
}
