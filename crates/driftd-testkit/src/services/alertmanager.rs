//! A real Prometheus Alertmanager, without Docker.
//!
//! The program is the machine's, or is installed by `apt-get` where that is allowed. Each server has a folder and a port
//! of its own, belongs to no cluster, and sends nothing to anybody. It ends with its value, or with the process, however
//! that ends.

mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use self::server::Server;
use super::port::free_ports;
use super::{Skip, wait_until};

/// The package of Debian, and its program.
const PROGRAM: &str = "prometheus-alertmanager";
/// How long a server may take to answer. It takes a second on an idle machine; tests share it with compilers.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server.
#[derive(Debug)]
pub struct Alertmanager {
    program: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    running: Option<Server>,
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
        let program = program()?;
        let folder = tempfile::Builder::new().prefix("driftd-alertmanager-").tempdir().unwrap();
        let config = "route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n";
        std::fs::write(folder.path().join("alertmanager.yml"), config).unwrap();
        let [port] = free_ports();
        let mut alertmanager = Self { program, folder, port, running: None };
        alertmanager.start_again();
        Ok(alertmanager)
    }

    /// Where it is: `http://127.0.0.1:PORT`, the same after [`start_again`](Self::start_again).
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it answers to `GET /api/v2/PATH`, as JSON.
    ///
    /// # Panics
    /// It does not answer, or not with a success.
    #[must_use]
    pub fn get(&self, path: &str) -> serde_json::Value {
        self.ask("GET", path, None).unwrap_or_else(|why| panic!("GET {path}: {why}"))
    }

    /// What it answers to `POST /api/v2/PATH`, as JSON.
    ///
    /// # Panics
    /// It does not answer, or not with a success.
    pub fn post(&self, path: &str, body: &serde_json::Value) -> serde_json::Value {
        self.ask("POST", path, Some(body)).unwrap_or_else(|why| panic!("POST {path}: {why}"))
    }

    /// Ends the server. Does nothing to one that is down.
    pub fn stop(&mut self) {
        self.running = None;
    }

    /// Starts the server again on the same port; what it knew is gone, as after a crash. Does nothing to one that runs.
    ///
    /// # Panics
    /// It does not come up.
    pub fn start_again(&mut self) {
        if self.running.is_some() {
            return;
        }
        let log = self.folder.path().join("log");
        self.running = Some(Server::run(&self.program, self.folder.path(), self.port, &log));
        let is_up = wait_until(Instant::now() + PATIENCE, || self.ask("GET", "status", None).is_ok());
        let log = || std::fs::read_to_string(&log).unwrap_or_default();
        assert!(is_up, "the Alertmanager does not come up: {}", log());
    }

    fn ask(&self, method: &str, path: &str, body: Option<&serde_json::Value>) -> Result<serde_json::Value, String> {
        let body = body.map(ToString::to_string).unwrap_or_default();
        server::ask(self.port, method, &format!("/api/v2/{path}"), &body)
    }
}

/// The program, found or installed.
fn program() -> Result<PathBuf, Skip> {
    let find = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/bin")]);
        folders.map(|folder| folder.join(PROGRAM)).find(|program| Path::exists(program))
    };
    if let Some(program) = find() {
        return Ok(program);
    }
    let apt_get = |arguments: &[&str]| {
        // Another test process may be at it, and its lock is worth waiting for.
        let mut command = Command::new("apt-get");
        command.args(["-qq", "-o", "DPkg::Lock::Timeout=300"]).args(arguments);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    if apt_get(&["update"]) && apt_get(&["install", "-y", "--no-install-recommends", PROGRAM]) {
        return find().ok_or_else(|| Skip::because("apt-get installed an Alertmanager without a program"));
    }
    Err(Skip::because(format!(
        "no Alertmanager on this machine, and apt-get cannot install one: apt-get install {PROGRAM}"
    )))
}

#[cfg(test)]
mod tests;
