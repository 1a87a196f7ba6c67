//! Cargo, run by a program that cargo runs.

use std::env;
use std::process::Command;

/// Cargo as a person would run it. What the cargo that runs this program has told it of itself is left out: build
/// scripts that look at such variables, like ring's, would run again, and everything above them be compiled again.
#[must_use]
pub fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_PKG_")) {
            cargo.env_remove(name);
        }
    }
    cargo
}
