//! A real Prometheus Alertmanager, without Docker.
//!
//! The program is the machine's, or is installed by `apt-get` where that is allowed. Each server has a folder and a port
//! of its own, belongs to no cluster, and sends nothing to anybody. It ends with its value, or with the process, however
//! that ends.

use std::path::Path;
use std::process::Command;

use super::server::{Launch, Server, free_ports};
use super::{Skip, install};
use crate::http;

/// The package of Debian, and its program.
const PROGRAM: &str = "prometheus-alertmanager";

/// A running server.
#[derive(Debug)]
pub struct Alertmanager {
    server: Server,
    address: String,
}

impl Alertmanager {
    /// A server, ready for alerts.
    ///
    /// # Errors
    /// Why there can be none here.
    ///
    /// # Panics
    /// The program is there and does not work.
    pub fn start() -> Result<Self, Skip> {
        let program = install::program(PROGRAM, PROGRAM)?;
        let folder = tempfile::Builder::new().prefix("driftd-alertmanager-").tempdir().unwrap();
        let config = "route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n";
        std::fs::write(folder.path().join("alertmanager.yml"), config).unwrap();
        let [port] = free_ports();
        let address = format!("127.0.0.1:{port}");
        let asked = address.clone();
        let launch = Launch {
            name: "the Alertmanager",
            command: command(&program, folder.path(), &address),
            stop_signal: "TERM",
            end_signal: "KILL",
            is_up: Box::new(move |_log| http::get(&asked, "/api/v2/status").is_some_and(|(status, _)| status == 200)),
            fatal: None,
        };
        let server = Server::start(launch, folder).unwrap_or_else(|why| panic!("{why}"));
        Ok(Self { server, address })
    }

    /// Where it is: `http://127.0.0.1:PORT`, the same after [`start_again`](Self::start_again).
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it answers to `GET /api/v2/PATH`, as JSON.
    ///
    /// # Panics
    /// It does not answer, or not with a success.
    #[must_use]
    pub fn get(&self, path: &str) -> serde_json::Value {
        self.ask("GET", path, "")
    }

    /// What it answers to `POST /api/v2/PATH`, as JSON.
    ///
    /// # Panics
    /// It does not answer, or not with a success.
    pub fn post(&self, path: &str, body: &serde_json::Value) -> serde_json::Value {
        self.ask("POST", path, &body.to_string())
    }

    /// Ends the server. Does nothing to one that is down.
    pub fn stop(&mut self) {
        self.server.kill();
    }

    /// Starts the server again on the same port; what it knew is gone, as after a crash. Does nothing to one that runs.
    ///
    /// # Panics
    /// It does not come up.
    pub fn start_again(&mut self) {
        self.server.start_again();
    }

    /// An answer without a body is `null`.
    fn ask(&self, method: &str, path: &str, body: &str) -> serde_json::Value {
        let answer = http::request(&self.address, method, &format!("/api/v2/{path}"), body);
        match answer.unwrap_or_else(|error| panic!("{method} {path}: {error}")) {
            (200..=299, body) if body.trim().is_empty() => serde_json::Value::Null,
            (200..=299, body) => serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}")),
            (status, body) => panic!("{method} {path}: {status} {body}"),
        }
    }
}

fn command(program: &Path, folder: &Path, address: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(format!("--config.file={}", folder.join("alertmanager.yml").display()));
    command.arg(format!("--storage.path={}", folder.join("data").display()));
    command.arg(format!("--web.listen-address={address}"));
    // No cluster, and no port for one.
    command.arg("--cluster.listen-address=");
    command
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Alertmanager;

    #[test]
    fn it_takes_alerts_and_is_back_after_a_stop() {
        let mut alertmanager = match Alertmanager::start() {
            Ok(alertmanager) => alertmanager,
            Err(skip) => return skip.announce("it_takes_alerts_and_is_back_after_a_stop"),
        };
        alertmanager.post("alerts", &json!([{ "labels": { "alertname": "x" } }]));
        assert_eq!(alertmanager.get("alerts")[0]["labels"]["alertname"], "x");
        let url = alertmanager.url();
        alertmanager.stop();
        assert!(std::net::TcpStream::connect(url.trim_start_matches("http://")).is_err());
        alertmanager.start_again();
        assert_eq!((alertmanager.url(), alertmanager.get("alerts")), (url, json!([])));
    }
}
