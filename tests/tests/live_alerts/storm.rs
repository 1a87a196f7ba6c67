//! Ten thousand messages at once.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use driftd_tests::live::{Hook, Hours, Posted, hourly_monitors, storm, turn};

use super::{Deadline, ready, soon};

const MESSAGES: u32 = 10_000;
const PAGES: u32 = 12;
/// The daemon may take so much more memory for it, in MiB.
const MEMORY: u64 = 150;
/// PagerDuty's spacing.
const SPACING: Duration = Duration::from_millis(500);

#[test]
fn ten_thousand_messages_arrive_once_in_bounded_memory() {
    let Ok(site) = super::site("ten_thousand_messages_arrive_once_in_bounded_memory") else { return };
    let _turn = turn();
    let (bus, pager) = (Hook::start(), Hook::start());
    let key = site.folder().join("routing-key");
    std::fs::write(&key, "R0UT1NGKEY").unwrap();
    let alerting = format!(
        "[[receiver]]\nname = \"bus\"\nwebhook = {{ url = {:?} }}\n[[receiver]]\nname = \"pager\"\npagerduty = {{ \
         routing_key = {{ file = {:?} }}, url = {:?} }}\n[[route]]\nreceivers = [\"bus\", \"pager\"]\n",
        bus.url(),
        key.display().to_string(),
        pager.root()
    );
    let driftd = site.deployment("storm", &hourly_monitors(&["delays"], site.folder(), &alerting));
    let (ledger, worker) = (driftd.ledger(), driftd.worker("only"));
    let mut hours = Hours::new(&site);
    hours.bad();
    ready(&worker);
    hours.seal();
    soon().wait("one real message each, written down", || {
        bus.count() == 1 && pager.count() == 1 && ledger.outbox_depth() == 0
    });

    let before = worker.resident_memory();
    storm(&site, &driftd, "bus", MESSAGES);
    storm(&site, &driftd, "pager", PAGES);
    let began = Instant::now();
    Deadline::secs(300).wait("ten thousand messages", || bus.count() > MESSAGES as usize);
    let took = began.elapsed().as_secs_f64();
    soon().wait("every page", || pager.count() > PAGES as usize);
    soon().wait("an empty outbox", || ledger.outbox_depth() == 0);
    let peak = worker.peak_memory();
    println!(
        "{MESSAGES} messages in {took:.1} s: {:.0} a second; {before} MiB before, {peak} MiB at most",
        f64::from(MESSAGES) / took
    );
    assert!(peak <= before + MEMORY, "{before} MiB before, {peak} MiB at most");

    let posted = bus.posted();
    let keys: BTreeSet<&str> = posted.iter().map(Posted::id).collect();
    let incidents: BTreeSet<String> = posted.iter().map(|posted| posted.says("incident")).collect();
    let all = MESSAGES as usize + 1;
    assert_eq!((posted.len(), keys.len(), incidents.len()), (all, all, all), "all arrive, and each once");
    pages_are_apart(&pager.posted());
    worker.stop();
}

/// Each was recorded before it was answered, and the wait for the next began with the answer.
fn pages_are_apart(pages: &[Posted]) {
    let keys: BTreeSet<String> = pages.iter().map(|page| page.json()["dedup_key"].to_string()).collect();
    assert_eq!((pages.len(), keys.len()), (PAGES as usize + 1, PAGES as usize + 1));
    let gaps: Vec<Duration> = pages.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    println!("pages are {:?} to {:?} apart", gaps.iter().min().unwrap(), gaps[1..].iter().max().unwrap());
    assert!(gaps.iter().all(|gap| *gap >= SPACING), "{gaps:?}");
}
