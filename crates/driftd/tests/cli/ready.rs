//! `driftd ready`: the probe that is a program.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use insta::assert_snapshot;

use crate::fixture::Fixture;

/// A daemon that answers one request so; the thread gives the request back.
fn daemon(body: &'static str) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            request.extend(byte);
        }
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{body}\n").unwrap();
        String::from_utf8(request).unwrap()
    });
    (address, answering)
}

fn asked(http: &str) -> String {
    let fixture = Fixture::new();
    fixture.write("driftd.toml", format!("[http]\n{http}\n"));
    fixture.run("ready").shown()
}

#[test]
fn a_daemon_that_is_ready_is_0_and_one_that_is_not_is_1_with_its_reasons() {
    let (address, answering) = daemon(r#"{"ready":true,"reasons":[],"checks":{}}"#);
    assert_snapshot!(asked(&format!("listen = '{address}'")), @"
    exit 0
    --- out
    ready
    ");
    assert!(answering.join().unwrap().starts_with("GET /readyz HTTP/1.0\r\n"));
    let (address, answering) =
        daemon(r#"{"ready":false,"reasons":["kafka: no broker answers","store: away"],"checks":{}}"#);
    // The listener for probes is asked where there is one.
    let http = format!("enabled = false\nprobes = '0.0.0.0:{}'", address.port());
    assert_snapshot!(asked(&http), @"
    exit 1
    --- out
    not ready
    kafka: no broker answers
    store: away
    ");
    answering.join().unwrap();
}

#[test]
fn a_daemon_that_cannot_be_asked_is_2_with_a_remedy() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let shown = asked(&format!("listen = '{nobody}'")).replace(&nobody.port().to_string(), "8080");
    assert_snapshot!(shown, @"
    exit 2
    --- err
    error: nobody says at 127.0.0.1:8080 whether driftd is ready; is it running, with this configuration?
      because: Connection refused (os error 111)
    ");
    assert_snapshot!(asked("enabled = false"), @r#"
    exit 2
    --- err
    error: the daemon listens nowhere: http.enabled is false and http.probes empty; set one of them
    "#);
    assert_snapshot!(asked("listen = '127.0.0.1:0'"), @"
    exit 2
    --- err
    error: the daemon listens on any port that is free: give http.probes or http.listen one
    ");
}

#[test]
fn the_example_for_kubernetes_holds_a_configuration_that_is_right() {
    let manifest = include_str!("../../../../deploy/kubernetes/driftd.yaml");
    let (_, after) = manifest.split_once("  driftd.toml: |\n").unwrap();
    let (block, _) = after.split_once("---\n").unwrap();
    let config: String = block.lines().map(|line| line.trim_start_matches("    ").to_owned() + "\n").collect();
    let fixture = Fixture::new();
    fixture.write("driftd.toml", &config);
    fixture.run("config check").ends(0);
    assert!(config.contains("probes = \"0.0.0.0:8081\""), "{config}");
    assert!(manifest.contains("containerPort: 8081") && manifest.contains("path: /readyz, port: probes"));
}
