//! Records that cannot be read are driftd's own trouble, which explains the drift of what is left.

use driftd_tests::live::{Hook, Hours, hourly_monitor_of_rejects, is_long};

use super::{Deadline, ready, soon};

/// Looks are a minute apart, and two of them end an incident.
const MINUTES: u64 = 300;

#[test]
fn trouble_with_the_records_is_told_and_explains_drift() {
    let test = "trouble_with_the_records_is_told_and_explains_drift";
    if !is_long() {
        println!("{test}: looks are a minute apart; runs with DRIFTD_LONG=1");
        return;
    }
    let Ok(site) = super::site(test) else { return };
    let hook = Hook::start();
    let alerting = format!(
        "[[receiver]]\nname = \"bus\"\nwebhook = {{ url = {:?} }}\n[[route]]\nreceivers = [\"bus\"]\n",
        hook.url()
    );
    let driftd = site.deployment("pipeline", &hourly_monitor_of_rejects("delays", site.folder(), &alerting));
    let (ledger, worker) = (driftd.ledger(), driftd.worker("only"));
    ready(&worker);
    let mut hours = Hours::new(&site);
    hours.good();
    hours.junk(300);
    hours.seal();
    let opened = hook.wait_for("delays", "opened", Deadline::secs(MINUTES));
    println!("{}", opened.says("sentence"));
    assert_eq!((opened.says("kind"), opened.says("severity")), ("pipeline".to_owned(), "critical".to_owned()));
    assert_eq!(opened.json()["driftd"]["causes"].as_array().unwrap().len(), 1);

    hours.bad();
    hours.seal();
    let of_kind = |kind: &str| ledger.incidents("delays").into_iter().find(|row| row.kind.as_str() == kind);
    let drift = soon().find("drift", || of_kind("drift")).incident_id.to_string();
    let shown = soon().find("why nobody hears of it", || {
        let shown = driftd.run(&["incidents", "show", &drift]).stdout;
        shown.contains("suppressed").then_some(shown)
    });
    println!("{shown}");
    soon().wait("everything decided to be sent", || ledger.outbox_depth() == 0);
    assert_eq!(hook.told().len(), 1, "the drift is explained, and not told");

    // So much that can be read that the share of the rest is small.
    hours.flood(20_000);
    let unmuted = hook.wait_for("delays", "unmuted", Deadline::secs(MINUTES));
    assert_eq!((unmuted.says("kind"), unmuted.says("incident")), ("drift".to_owned(), drift));
    let pipeline = of_kind("pipeline").unwrap();
    assert!(pipeline.resolved_at.is_some(), "{pipeline:?}");
    let reasons: Vec<String> = hook.told().iter().map(|posted| posted.says("reason")).collect();
    assert!(reasons.contains(&"resolved".to_owned()), "{reasons:?}");
    worker.stop();
}
