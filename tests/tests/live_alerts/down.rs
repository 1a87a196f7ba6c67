//! Receivers that are down delay no other, and signs of life come while all is well.

use std::time::UNIX_EPOCH;

use driftd_tests::live::{ClosedPort, Hook, Hours, hourly_monitors};

use super::{Deadline, ready, soon};

const MONITORS: [&str; 5] = ["a", "b", "c", "d", "e"];
/// Between a seal and its message, in seconds: a look into the outbox every second, and a busy machine.
const A_FEW: f64 = 5.0;

#[test]
fn receivers_that_are_down_delay_no_other() {
    let Ok(site) = super::site("receivers_that_are_down_delay_no_other") else { return };
    let (good, hanging, refusing) = (Hook::start(), Hook::start(), ClosedPort::find());
    hanging.hold(true);
    let webhook = |name: &str, url: &str, more: &str| {
        format!("[[receiver]]\nname = {name:?}\nwebhook = {{ url = {url:?}{more} }}\n")
    };
    let alerting = [
        webhook("a-refuses", &refusing.url(), ""),
        webhook("b-hangs", &hanging.url(), ""),
        webhook("c-good", &good.url(), ", heartbeat = \"2s\""),
        "[[route]]\nreceivers = [\"a-refuses\", \"b-hangs\", \"c-good\"]\n".to_owned(),
    ];
    let driftd = site.deployment("down", &hourly_monitors(&MONITORS, site.folder(), &alerting.concat()));
    let (ledger, worker) = (driftd.ledger(), driftd.worker("only"));
    let mut hours = Hours::new(&site);
    let mut slowest = 0.0_f64;
    for (round, reason) in [(0, "opened"), (1, "resolved")] {
        if round == 0 {
            hours.bad();
            ready(&worker);
        } else {
            hours.good();
            hours.good();
        }
        hours.seal();
        for monitor in MONITORS {
            let told = good.wait_for(monitor, reason, soon());
            let incident = ledger.incidents(monitor).remove(0);
            let decided = if round == 0 { incident.opened_at } else { incident.resolved_at }.unwrap();
            let arrived = told.time.duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
            slowest = slowest.max(arrived - decided.as_micros() as f64 / 1e6);
        }
    }
    println!("the good one hears {slowest:.2} s after the decision at most, while two others are down");
    assert!(slowest < A_FEW, "{slowest} s");
    assert!(hanging.count() >= 1, "the one that hangs was asked");
    // What the good one has heard is settled a moment later.
    let waiting = 4 * MONITORS.len() as u64;
    soon().wait("nothing but what the others have not got to wait", || ledger.outbox_depth() == waiting);
    assert_eq!(worker.metric("driftd_notifications_total", "outcome=\"dead\""), 0.0);

    // Somebody answers at last.
    let late = refusing.open();
    Deadline::secs(60).wait("everything at the one that refused", || late.count() == 2 * MONITORS.len());
    assert!(late.stories().values().all(|story| *story == ["opened", "resolved"]), "{:?}", late.stories());
    worker.stop();
}

#[test]
fn signs_of_life_come_while_it_is_ready() {
    let Ok(site) = super::site("signs_of_life_come_while_it_is_ready") else { return };
    let hook = Hook::start();
    let alerting = format!(
        "[notify]\nenvironment = \"production\"\n[[receiver]]\nname = \"switch\"\nwebhook = {{ url = {:?}, heartbeat = \
         \"1s\" }}\n[[route]]\nreceivers = [\"switch\"]\n",
        hook.url()
    );
    let settings = hourly_monitors(&["one"], site.folder(), &alerting);
    let driftd = site.deployment("life", &settings);
    let worker = driftd.worker("ready");
    ready(&worker);
    soon().wait("three signs of life", || hook.count() >= 3);
    let posted = hook.posted();
    assert!(posted.iter().all(driftd_tests::live::Posted::is_heartbeat));
    let sign = posted[0].json();
    assert_eq!(
        (&sign["driftd"]["schema"], &sign["driftd"]["environment"]),
        (&"driftd.heartbeat/1".into(), &"production".into())
    );
    for pair in posted.windows(2) {
        assert!(pair[1].at - pair[0].at >= std::time::Duration::from_secs(1), "not more often than it was asked to");
    }
    worker.stop();

    // The same configuration, and no broker where it says.
    let before = hook.count();
    let brokers = refusing_broker();
    let lost = site.deployment("lost", &settings.variable("DRIFTD__KAFKA__BROKERS", &brokers));
    let worker = lost.worker("unready");
    soon().wait("signs of life to be suppressed", || {
        worker.get("/readyz").is_some_and(|(status, _)| status == 503)
            && worker.metric("driftd_heartbeats_total", "outcome=\"suppressed\"") >= 3.0
    });
    assert_eq!(hook.count(), before, "who is not ready says nothing");
    drop(worker);
}

/// A broker's address at which nobody answers.
fn refusing_broker() -> String {
    let url = ClosedPort::find().url();
    url.trim_start_matches("http://").trim_end_matches("/hook").to_owned()
}
