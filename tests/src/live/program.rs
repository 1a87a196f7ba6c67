//! The program under test: the workspace's own `driftd`, as fresh as its sources.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::SystemTime;

/// How a run of the program ended.
#[derive(Clone, Debug)]
pub struct Ran {
    /// What it printed.
    pub stdout: String,
    /// What it said.
    pub stderr: String,
}

/// Names another program to test, such as one that was built with more optimisation.
const GIVEN: &str = "DRIFTD_PROGRAM";

/// The program. Cargo builds it beside these tests when it tests the workspace; when it is missing there or older than
/// what it is made of, as after `cargo test --package driftd-tests`, it is built first.
///
/// # Panics
/// When it cannot be built.
pub fn driftd() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(given) = std::env::var_os(GIVEN) {
            return PathBuf::from(given);
        }
        let test = std::env::current_exe().expect("a test has a path");
        // Tests lie in `deps`, one below the programs.
        let folder = test.parent().and_then(Path::parent).expect("a test lies in a target folder");
        let program = folder.join("driftd");
        if !is_fresh(&program) {
            build(folder);
            assert!(program.is_file(), "cargo built driftd, but not at {}", program.display());
        }
        program
    })
}

/// Runs `command` to its end, which must be a good one.
pub(super) fn finish(command: &mut Command) -> Ran {
    let (code, ran) = end(command);
    assert!(code == 0, "{command:?} ended with {code}:\n{}{}", ran.stdout, ran.stderr);
    ran
}

/// Runs `command` to its end, and says how it ended.
pub(super) fn end(command: &mut Command) -> (i32, Ran) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let ran = Ran {
        stdout: String::from_utf8(output.stdout).expect("output is text"),
        stderr: String::from_utf8(output.stderr).expect("messages are text"),
    };
    (output.status.code().unwrap_or_else(|| panic!("{command:?} ended with {}", output.status)), ran)
}

/// What the program is made of, below the workspace's root. Cargo's own list of it (`driftd.d`) is written by
/// `cargo build` and not by `cargo test`, so it may be of another day and of another checkout.
const MADE_OF: [&str; 6] = ["Cargo.lock", "Cargo.toml", "config", "crates", "examples", "migrations"];

/// Whether the program is there and no older than what it is made of.
fn is_fresh(program: &Path) -> bool {
    let built = program.metadata().and_then(|program| program.modified());
    built.is_ok_and(|built| MADE_OF.iter().all(|part| !holds_newer(&root().join(part), built)))
}

/// Whether there is anything at `path` that was changed after `built`. Tests and what describes a package to people are
/// no part of the program.
fn holds_newer(path: &Path, built: SystemTime) -> bool {
    if path.is_dir() {
        let Ok(entries) = std::fs::read_dir(path) else { return true };
        let parts = entries.filter_map(Result::ok).map(|entry| entry.path());
        let is_test = |part: &PathBuf| part.file_stem().is_some_and(|name| name == "tests");
        return parts.filter(|part| !is_test(part)).any(|part| holds_newer(&part, built));
    }
    path.metadata().and_then(|file| file.modified()).is_ok_and(|changed| changed > built)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a package of the workspace")
}

/// Builds it into the folder of these tests, in their profile.
fn build(folder: &Path) {
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let mut cargo = driftd_testkit::cargo();
    cargo.args(["build", "--quiet", "--locked", "--package", "driftd", "--bin", "driftd", "--profile", profile]);
    cargo.arg("--target-dir").arg(folder.parent().expect("a target folder")).current_dir(root());
    finish(&mut cargo);
}
