//! The daemon is killed at the two moments that matter: when a message is decided and not sent, and when it is sent and
//! nobody has written that down.

use std::collections::BTreeMap;

use driftd_tests::live::{
    ClosedPort, Deployment, Hook, Hours, Settings, Site, a_minute_passes, hourly_monitors, is_long,
};

use super::{ready, soon};

const MONITORS: [&str; 3] = ["one", "two", "three"];

fn settings(site: &Site, url: &str) -> Settings {
    let alerting =
        format!("[[receiver]]\nname = \"bus\"\nwebhook = {{ url = {url:?} }}\n[[route]]\nreceivers = [\"bus\"]\n");
    hourly_monitors(&MONITORS, site.folder(), &alerting)
}

/// Leases of the dead run out. The long version waits for that.
fn leases_run_out(site: &Site, driftd: &Deployment) {
    if !is_long() {
        a_minute_passes(site, driftd);
    }
}

/// Somebody takes one incident while no daemon runs, and one runs again: it tells of that, and of the end of all.
fn go_on(site: &Site, driftd: &Deployment, hours: &mut Hours, hook: &Hook) {
    let ledger = driftd.ledger();
    let one = ledger.incidents("one").remove(0).incident_id.to_string();
    driftd.run(&["incidents", "ack", &one, "--by", "ana"]);
    leases_run_out(site, driftd);
    let worker = driftd.worker("second");
    ready(&worker);
    super::Deadline::secs(120).wait("the taken incident to be told", || {
        hook.stories().get("one").is_some_and(|s| s.contains(&"acknowledged".to_owned()))
    });
    hours.good();
    hours.good();
    hours.seal();
    for monitor in MONITORS {
        let _ = hook.wait_for(monitor, "resolved", super::Deadline::secs(120));
    }
    soon().wait("an empty outbox", || ledger.outbox_depth() == 0);
    worker.stop();
}

/// How often each key came.
fn times(hook: &Hook) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for posted in hook.told() {
        *times.entry(posted.id().to_owned()).or_default() += 1;
    }
    times
}

#[test]
fn what_was_decided_before_a_kill_is_sent_after_it() {
    let Ok(site) = super::site("what_was_decided_before_a_kill_is_sent_after_it") else { return };
    let port = ClosedPort::find();
    let driftd = site.deployment("unsent", &settings(&site, &port.url()));
    let (ledger, worker) = (driftd.ledger(), driftd.worker("first"));
    let mut hours = Hours::new(&site);
    hours.bad();
    ready(&worker);
    hours.seal();
    soon().wait("three messages in the outbox", || ledger.outbox_depth() == 3);
    worker.kill();

    let hook = port.open();
    go_on(&site, &driftd, &mut hours, &hook);
    let stories = hook.stories();
    assert_eq!(stories["one"], ["opened", "acknowledged", "resolved"]);
    assert_eq!((&stories["two"], &stories["three"]), (&vec!["opened".into(), "resolved".into()], &stories["two"]));
    let times = times(&hook);
    assert!(times.len() == 7 && times.values().all(|times| *times == 1), "{times:?}");
    println!("killed before sending: 7 messages, each once");
}

#[test]
fn what_was_sent_before_a_kill_is_sent_again_under_the_same_key() {
    let Ok(site) = super::site("what_was_sent_before_a_kill_is_sent_again_under_the_same_key") else { return };
    let hook = Hook::start();
    let driftd = site.deployment("unsettled", &settings(&site, &hook.url()));
    let (ledger, worker) = (driftd.ledger(), driftd.worker("first"));
    let mut hours = Hours::new(&site);
    hours.bad();
    ready(&worker);
    hook.hold(true);
    hours.seal();
    soon().wait("three requests that wait for an answer", || hook.count() == 3);
    worker.kill();
    hook.hold(false);
    assert_eq!((hook.count(), ledger.outbox_depth()), (3, 3), "sent, and nobody has written it down");

    go_on(&site, &driftd, &mut hours, &hook);
    let stories = hook.stories();
    assert_eq!(stories["one"], ["opened", "opened", "acknowledged", "resolved"]);
    for monitor in ["two", "three"] {
        assert_eq!(stories[monitor], ["opened", "opened", "resolved"]);
    }
    let told = hook.told();
    let of = |reason: &str| told.iter().filter(|posted| posted.says("reason") == reason).collect::<Vec<_>>();
    let times = times(&hook);
    for (reason, expected) in [("opened", 2), ("acknowledged", 1), ("resolved", 1)] {
        assert!(of(reason).iter().all(|posted| times[posted.id()] == expected), "{reason}: {times:?}");
    }
    assert_eq!(times.len(), 7);
    println!("killed before settling: 7 messages, the 3 of them that were on their way twice");
}
