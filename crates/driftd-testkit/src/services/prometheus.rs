//! Prometheus' own tool, which reads what is written for Prometheus.

use std::process::Command;

use super::{Skip, install};

/// Promtool, which is the machine's or is installed by `apt-get` where that is allowed.
///
/// # Errors
/// Why there can be none here.
pub fn promtool() -> Result<Command, Skip> {
    install::program("promtool", "prometheus").map(Command::new)
}
