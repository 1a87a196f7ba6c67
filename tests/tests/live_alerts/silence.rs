//! What is silenced is told when the silence is over, and an end is told in spite of it.

use std::time::Instant;

use driftd_tests::live::{Hook, Hours, hourly_monitors};

use super::{ready, soon};

#[test]
fn a_silence_withholds_until_it_is_over() {
    let Ok(site) = super::site("a_silence_withholds_until_it_is_over") else { return };
    let hook = Hook::start();
    let alerting = format!(
        "[[receiver]]\nname = \"bus\"\nwebhook = {{ url = {:?} }}\n[[route]]\nreceivers = [\"bus\"]\n",
        hook.url()
    );
    let driftd = site.deployment("silence", &hourly_monitors(&["quiet", "loud"], site.folder(), &alerting));
    let ledger = driftd.ledger();
    let add = ["silences", "add", "monitor=~qui.*", "severity=critical", "--comment", "deploy", "--author", "ana"];
    let added = driftd.run(&add).stdout;
    assert!(added.starts_with("silence 1 mutes"), "{added}");

    let worker = driftd.worker("only");
    let mut hours = Hours::new(&site);
    hours.bad();
    ready(&worker);
    hours.seal();
    let _ = hook.wait_for("loud", "opened", soon());
    let muted = soon().find("the silenced incident", || ledger.incidents("quiet").pop());
    let id = muted.incident_id.to_string();
    soon().wait("it to be suppressed", || driftd.run(&["incidents", "show", &id]).stdout.contains("suppressed"));
    // Whoever hears of it was decided with the incident itself.
    soon().wait("everything decided to be sent", || ledger.outbox_depth() == 0);
    assert_eq!(hook.stories().keys().collect::<Vec<_>>(), ["loud"], "nothing of the other");

    let ended = Instant::now();
    driftd.run(&["silences", "expire", "1"]);
    let unmuted = hook.wait_for("quiet", "unmuted", soon());
    let took = unmuted.at.saturating_duration_since(ended).as_secs_f64();
    println!("told {took:.1} s after the end of the silence: {}", unmuted.says("sentence"));
    assert!(took < 25.0, "{took} s, and reconciling is every 15 s");

    // Who has heard of it hears of its end.
    driftd.run(&add);
    hours.good();
    hours.good();
    hours.seal();
    let _ = hook.wait_for("quiet", "resolved", soon());
    assert_eq!(hook.stories()["quiet"], ["unmuted", "resolved"]);
    worker.stop();
}
