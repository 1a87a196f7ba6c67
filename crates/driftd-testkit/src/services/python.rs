//! Packages of the Python package index, for programs that check driftd's work independently.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Skip;
use super::cache::cache;

/// The Python that there is.
pub(super) const PROGRAM: &str = "python3";

/// The folder with the modules of a package and of what it needs, to be named in `PYTHONPATH`; fetched once a machine.
///
/// # Errors
/// There is no Python, or the package cannot be had.
pub fn modules(package: &str, version: &str) -> Result<PathBuf, Skip> {
    let folder = cache("Python packages")?.join(format!("python-{package}-{version}"));
    if !folder.is_dir() {
        fetch(&format!("{package}=={version}"), &folder)?;
    }
    Ok(folder)
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

/// Installs into `folder`, which is there complete or not at all: two test processes may be at it at once. It is done
/// from an environment of its own, because many a Python comes without pip.
fn fetch(what: &str, folder: &Path) -> Result<(), Skip> {
    let failed =
        |why: String| Skip::because(format!("{what} cannot be installed (apt-get install python3-venv): {why}"));
    let parent = folder.parent().ok_or_else(|| failed("no folder".to_owned()))?;
    fs::create_dir_all(parent).map_err(|error| failed(error.to_string()))?;
    let scratch = tempfile::tempdir_in(parent).map_err(|error| failed(error.to_string()))?;
    let (environment, modules) = (scratch.path().join("environment"), scratch.path().join("modules"));
    let mut pip = Command::new(environment.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]).arg(&modules).arg(what);
    for command in [Command::new(PROGRAM).args(["-m", "venv"]).arg(&environment), &mut pip] {
        let done = command.stdin(Stdio::null()).output().map_err(|error| failed(error.to_string()))?;
        if !done.status.success() {
            return Err(failed(String::from_utf8_lossy(&done.stderr).trim().to_owned()));
        }
    }
    match fs::rename(&modules, folder) {
        Err(error) if !folder.is_dir() => Err(failed(error.to_string())),
        _ => Ok(()),
    }
}
