//! `driftd serve`: a store over HTTP, read only.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::fixture::Fixture;

/// Longest wait for anything that must happen.
const DEADLINE: Duration = Duration::from_mins(1);

/// A server that runs. It is killed with this value.
pub(crate) struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// A process that answers there.
    pub(crate) fn at(process: Child, address: &str) -> Self {
        Self { process, address: address.to_owned() }
    }

    /// Starts one on a port that the system chooses, and waits until it is ready.
    fn start(fixture: &Fixture) -> Self {
        let mut command = fixture.command("serve --config driftd.toml");
        command.env("DRIFTD__HTTP__LISTEN", "127.0.0.1:0").stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut said = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = said.find_map(|line| {
            let line = line.unwrap();
            let (_, after) = line.contains("answering /healthz").then(|| line.split_once("address="))??;
            after.split_whitespace().next().map(str::to_owned)
        });
        // Whoever does not read on would have it wait for a place to write to.
        std::thread::spawn(move || said.for_each(drop));
        let server = Self { process, address: address.expect("it says where it answers") };
        wait("become ready", || (server.get("/readyz").0 == 200).then_some(()));
        server
    }

    /// Status and body of a GET.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn json(&self, path: &str) -> Value {
        let (status, body) = self.get(path);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.process.id().try_into().unwrap()).unwrap(), signal).unwrap();
    }

    /// How it ends.
    pub(crate) fn ended(mut self) -> i32 {
        wait("end", || self.process.try_wait().unwrap()).code().expect("it ended by itself")
    }
}

/// What `look` finds once it finds something: that the server does `what` it is to do.
#[expect(clippy::disallowed_methods, reason = "another process has no event to wait for")]
fn wait<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < DEADLINE, "it does not {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[test]
fn it_answers_what_the_command_line_prints_and_ends_when_it_is_told_to() {
    let fixture = Fixture::with_history();
    let before = std::fs::read(fixture.path("store.db")).unwrap();
    let server = Server::start(&fixture);
    let incidents = fixture.run("incidents list --format json").json();
    let mut served = server.json("/api/v1/incidents")["data"].as_array().unwrap().clone();
    served.reverse();
    assert_eq!(Value::from(served), incidents);
    let history = fixture.run("history orders --format json --feature amount").json();
    let served = server.json("/api/v1/monitors/orders/features/amount/drift?limit=1000");
    assert!(!history.as_array().unwrap().is_empty());
    assert_eq!(served["data"], history);
    let csv = server.get("/api/v1/monitors/orders/features/amount/drift?limit=1000&format=csv").1;
    assert_eq!(csv, fixture.run("history orders --format csv --feature amount").out());
    let window = served["data"][0]["window_end"].as_str().unwrap();
    let bins = server.json(&format!("/api/v1/monitors/orders/windows/day@{window}/distribution?feature=amount"));
    assert!(bins["bins"].as_array().unwrap().len() > 2, "{bins}");
    assert_eq!(server.json("/api/v1/system")["ready"], true);
    assert!(server.get("/api/openapi.json").1.contains("\"openapi\": \"3.1.0\""));
    // Another monitor is there once the configuration is read again.
    let more = fixture.read("driftd.toml") + "\n[[monitor]]\nname = \"more\"\ntopic = \"t\"\nbaseline = \"orders\"\n";
    fixture.write("driftd.toml", more);
    server.signal(Signal::HUP);
    wait("read the configuration again", || (server.get("/api/v1/monitors/more").0 == 200).then_some(()));
    server.signal(Signal::TERM);
    assert_eq!(server.ended(), 0);
    assert!(std::fs::read(fixture.path("store.db")).unwrap() == before, "nothing was written");
}

#[test]
fn a_store_that_is_not_there_is_an_error_and_is_not_made() {
    let fixture = Fixture::with_monitor();
    assert_snapshot!(fixture.run("serve --config driftd.toml").refusal().lines().last().unwrap(), @"error: store failed: there is no SQLite database store.db, and whoever only reads makes none: let `driftd run`, `driftd replay` or `driftd migrate` make it, or name another one under [store] url");
    assert!(!fixture.path("store.db").exists());
}

#[test]
fn a_server_without_an_address_is_an_error() {
    let fixture = Fixture::with_baseline();
    let off = fixture.read("driftd.toml") + "\n[http]\nenabled = false\n";
    fixture.write("driftd.toml", off);
    assert_snapshot!(fixture.run("serve --config driftd.toml").refusal(), @"error: there is nothing to serve on: http.enabled is false; set it to true");
    fixture.write("driftd.toml", fixture.read("driftd.toml").replace("enabled = false", "listen = '0.0.0.0:8080'"));
    assert!(fixture.run("serve --config driftd.toml").refusal().contains("without authentication"));
}
