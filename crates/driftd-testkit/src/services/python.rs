//! Packages of the Python package index, for programs that check driftd's work independently.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Skip;
use super::install::{cached, run as run_to_end};

/// The Python that there is.
pub(super) const PROGRAM: &str = "python3";

/// The folder with the modules of a package and of what it needs, to be named in `PYTHONPATH`; fetched once a machine.
///
/// # Errors
/// There is no Python, or the package cannot be had.
pub fn modules(package: &str, version: &str) -> Result<PathBuf, Skip> {
    cached(&format!("python-{package}-{version}"), |scratch| fetch(&format!("{package}=={version}"), scratch))
}

/// What `script` prints when it is run with those modules and arguments.
///
/// # Panics
/// It fails.
#[must_use]
pub fn run(modules: &Path, script: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(PROGRAM);
    command.args(["-c", script]).args(arguments).env("PYTHONPATH", modules).stdin(Stdio::null());
    let done = command.output().unwrap();
    assert!(done.status.success(), "the script failed: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// Installs into a part of `scratch`. It is done from an environment of its own, because many a Python comes without pip.
fn fetch(what: &str, scratch: &Path) -> Result<PathBuf, Skip> {
    let (environment, modules) = (scratch.join("environment"), scratch.join("modules"));
    let mut pip = Command::new(environment.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]).arg(&modules).arg(what);
    for command in [Command::new(PROGRAM).args(["-m", "venv"]).arg(&environment), &mut pip] {
        run_to_end(command).map_err(|why| {
            Skip::because(format!("{what} cannot be installed (apt-get install python3-venv): {why}"))
        })?;
    }
    Ok(modules)
}
