//! `driftd doctor`, where there is no broker: a line for everything, and what to do. With one it is tried by the live
//! tests.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;

use crate::fixture::{CONFIG, Fixture};

/// The usual monitor, no broker, and no daemon on this machine.
fn config(more: &str) -> String {
    format!("[kafka]\nbrokers = ['127.0.0.1:1']\n[http]\nenabled = false\n{CONFIG}{more}")
}

#[test]
fn everything_is_looked_at_and_what_is_wrong_has_a_remedy() {
    let fixture = Fixture::with_monitor();
    let mail = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = mail.local_addr().unwrap().port();
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    fixture.write(
        "driftd.toml",
        config(&format!(
            "[[receiver]]\nname = 'mail'\nemail = {{ to = ['a@x.org'], from = 'b@x.org', smtp = 'smtp://127.0.0.1:{port}', tls = 'none' }}\n\
             [[receiver]]\nname = 'hook'\nwebhook = {{ url = 'http://127.0.0.1:{dead}/path' }}\n\
             [[receiver]]\nname = 'pager'\npagerduty = {{ routing_key = {{ env = 'NOT_SET' }} }}\n\
             [[route]]\nreceivers = ['mail', 'hook', 'pager']\n"
        )),
    );
    let shown = fixture.run("doctor").shown();
    let shown = shown.replace(&port.to_string(), "2525").replace(&dead.to_string(), "8080");
    let sqlite = shown.split("SQLite ").nth(1).and_then(|after| after.split(' ').next()).unwrap_or_default().to_owned();
    let shown = shown.replace(&format!("SQLite {sqlite}"), "SQLite [V]");
    let waited =
        shown.split("(after ").nth(1).and_then(|after| after.split("ms").next()).unwrap_or_default().to_owned();
    let shown = shown.replace(&format!("(after {waited}ms"), "(after [N]ms");
    assert_snapshot!(shown, @"
    exit 2
    --- out
    ok    version         driftd [VERSION]
    ok    configuration   1 monitor, 3 receivers
    warn  store           SQLite [V] has no tables yet
                          → `driftd migrate` makes them; if there should be some, [store] url names another database
    FAIL  kafka           no Kafka broker answers: 127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after [N]ms in state CONNECT)
                          → start the brokers, or see to the way to them; [kafka] brokers says where they should be
    ok    receiver mail   email, smtp://127.0.0.1:2525 takes connections
    FAIL  receiver hook   http://127.0.0.1:8080: Connection refused (os error 111)
                          → see to it and the way to it, then try `driftd receivers test hook`
    FAIL  receiver pager  receiver[pager].pagerduty.routing_key: environment variable NOT_SET is not set: set it to the secret
                          → change what it names
    ");
    assert!(!fixture.path("store.db").exists(), "nothing is made");
    let json = fixture.run("doctor --format json");
    assert_eq!(json.code, 2);
    let findings: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let store = findings.as_array().unwrap().iter().find(|finding| finding["subject"] == "store").unwrap();
    assert_eq!((&store["state"], store["remedy"].is_string()), (&"warn".into(), true), "{store}");
}

#[test]
fn a_store_with_its_baseline_is_well_and_one_that_others_may_read_is_not() {
    let fixture = Fixture::with_baseline();
    fixture.write("driftd.toml", config(""));
    let lines = |shown: String| {
        let kept = |line: &&str| ["store", "monitor orders", "files", "chmod"].iter().any(|word| line.contains(word));
        shown.lines().filter(kept).map(|line| line.to_owned() + "\n").collect::<String>()
    };
    insta::with_settings!({ filters => vec![(r"SQLite \d+\.\d+\.\d+", "SQLite [V]"), (r"version \d+", "version [N]"), (r" {2,}", "  ")] }, {
        assert_snapshot!(lines(fixture.run("doctor").ends(2).out()), @"
        ok  files  nobody else may read those that hold secrets or data
        ok  store  SQLite [V], tables of version [N]
        ok  monitor orders  baseline orders@v1
        ");
        std::fs::set_permissions(fixture.path("store.db"), std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_snapshot!(lines(fixture.run("doctor").ends(2).out()), @"
        warn  files  store.db holds values out of people's data, and others may read it (mode 644)
          → chmod 600 store.db
        ok  store  SQLite [V], tables of version [N]
        ok  monitor orders  baseline orders@v1
        ");
    });
}

#[test]
fn a_configuration_that_is_wrong_is_all_there_is_to_say() {
    let fixture = Fixture::new();
    fixture.write("driftd.toml", "[store]\nurl = 'mysql://x'\n");
    assert_snapshot!(fixture.run("doctor").shown(), @"
    exit 2
    --- out
    ok    version        driftd [VERSION]
    FAIL  configuration  driftd.toml:2:7: store.url: names no database: write sqlite://driftd.db or postgres://user@host/database
                         → mend what it names; `driftd config check` says when it is right
    ");
}
