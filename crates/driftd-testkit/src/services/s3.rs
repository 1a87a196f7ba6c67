//! A real server of S3's interface: moto, from the Python package index.
//!
//! Each server has a port of its own on this machine and keeps everything in memory. It ends with its value, or with the
//! process, however that ends.

use std::process::Command;

use super::Skip;
use super::python::{self, PROGRAM};
use super::server::{Launch, Server, free_ports};
use crate::http;

const VERSION: &str = "5.2.5";

/// A running server.
#[derive(Debug)]
pub struct S3 {
    /// Ends the server when it is dropped.
    _server: Server,
    address: String,
}

impl S3 {
    /// A server without buckets.
    ///
    /// # Errors
    /// Why there can be none here.
    ///
    /// # Panics
    /// The server is there and does not work.
    pub fn start() -> Result<Self, Skip> {
        let modules = python::modules("moto[server]", VERSION)?;
        let folder = tempfile::Builder::new().prefix("driftd-s3-").tempdir().unwrap();
        let [port] = free_ports();
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new(PROGRAM);
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
        command.env("PYTHONPATH", modules).current_dir(folder.path());
        let asked = address.clone();
        let launch = Launch {
            name: "the S3 server",
            command,
            stop_signal: "TERM",
            end_signal: "KILL",
            is_up: Box::new(move |_log| {
                http::get(&asked, "/moto-api/data.json").is_some_and(|(status, _)| status == 200)
            }),
            fatal: None,
        };
        let server = Server::start(launch, folder).unwrap_or_else(|why| panic!("{why}"));
        Ok(Self { _server: server, address })
    }

    /// Where it is: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes a bucket.
    ///
    /// # Panics
    /// The server does not take it.
    pub fn make_bucket(&self, name: &str) {
        self.put(name, b"");
    }

    /// Writes an object; `key` begins with the bucket.
    ///
    /// # Panics
    /// The server does not take it.
    pub fn put(&self, key: &str, content: &[u8]) {
        let (status, body) = http::request(&self.address, "PUT", &format!("/{key}"), content).unwrap();
        assert_eq!(status, 200, "{key}: {body}");
    }
}
