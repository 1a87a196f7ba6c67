//! Real servers for tests, started from what the machine has or can install.
//!
//! A server that cannot be had is a [`Skip`], which the test prints before it returns:
//!
//! ```no_run
//! use driftd_testkit::services::postgres::Postgres;
//!
//! # fn a_test() {
//! let postgres = match Postgres::shared() {
//!     Ok(postgres) => postgres,
//!     Err(skip) => return skip.announce("a_test"),
//! };
//! let url = postgres.database();
//! # }
//! ```

pub mod alertmanager;
mod certificate;
mod install;
pub mod kafka;
pub mod network;
pub mod postgres;
pub mod prometheus;
pub mod python;
pub mod s3;
mod server;
pub mod smtp;
pub mod wall_clock;

use std::fmt;
use std::fs::OpenOptions;
use std::io::Write;
use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// Where the lines of [`Skip::announce`] are gathered, if this names a file.
const GATHERED_IN: &str = "DRIFTD_SKIPPED";

/// Why a server cannot be had on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    reason: String,
}

impl Skip {
    /// A skip for `reason`.
    pub fn because(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }

    /// Says loudly that `test` did not run: on standard error, past the harness that keeps what tests print to itself,
    /// and in the file that the variable `DRIFTD_SKIPPED` names, so that a run can be judged by it afterwards.
    pub fn announce(&self, test: &str) {
        let line = format!("SKIPPED: {test}: {self}\n");
        // Nothing can be done about a closed standard error, and the file below is the better witness.
        drop(std::io::stderr().write_all(line.as_bytes()));
        if let Some(path) = std::env::var_os(GATHERED_IN) {
            let file = OpenOptions::new().create(true).append(true).open(&path);
            file.and_then(|mut file| file.write_all(line.as_bytes()))
                .unwrap_or_else(|error| panic!("{GATHERED_IN} names {}: {error}", path.display()));
        }
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// Between two tries of a condition: short beside anything a server does.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Whether `condition` came true before `deadline`.
pub fn wait_until(deadline: Instant, mut condition: impl FnMut() -> bool) -> bool {
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        park_timeout(POLL_INTERVAL);
    }
}
