//! The programs of a Postgres: found, or installed.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::services::Skip;
use crate::services::install::{apt_get, is_root};

/// The role of the operating system that the server runs as when the test is root, which the server refuses to be.
const SERVER_USER: &str = "postgres";

/// Where the programs are, and whom they run as.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    folder: PathBuf,
    as_root: bool,
}

impl Programs {
    /// Finds them, or installs them where that is allowed.
    pub(super) fn find() -> Result<Self, Skip> {
        let as_root = is_root();
        if newest_folder().is_none() {
            apt_get("postgresql")?;
        }
        let folder = newest_folder().ok_or_else(|| Skip::because("apt-get installed a Postgres without programs"))?;
        Ok(Self { folder, as_root })
    }

    /// The command that runs `program`, as a user who may.
    pub(super) fn command(&self, program: &str) -> Command {
        let program = self.folder.join(program);
        if !self.as_root {
            return Command::new(program);
        }
        // It replaces itself with the program, so that signals reach the server and nothing stands in between.
        let mut command = Command::new("setpriv");
        command.args(["--reuid", SERVER_USER, "--regid", SERVER_USER, "--init-groups", "--"]).arg(program);
        command
    }

    /// Runs `program` to its end.
    pub(super) fn run(&self, program: &str, arguments: &[&str]) {
        run(self.command(program).args(arguments));
    }

    /// Runs `program` to its end, with `input` on its standard input.
    pub(super) fn run_with(&self, program: &str, arguments: &[&str], input: &str) {
        let mut command = self.command(program);
        command.args(arguments).current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut running = command.spawn().unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
        // It may stop reading at an error, of which it says more itself.
        drop(running.stdin.take().unwrap().write_all(input.as_bytes()));
        let done = running.wait_with_output().unwrap();
        assert!(done.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// What `program` writes to its standard output.
    pub(super) fn output(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = self.command(program);
        let done = command.args(arguments).current_dir("/").stdin(Stdio::null()).output();
        let done = done.unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
        assert!(done.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap_or_else(|error| panic!("{command:?} wrote no text: {error}"))
    }

    /// Gives `folder` to whom the server runs as.
    pub(super) fn hand_over(&self, folder: &Path) {
        if self.as_root {
            run(Command::new("chown").arg(SERVER_USER).arg(folder));
        }
    }
}

/// The folder of the newest version of Debian's packages, else one on the search path.
fn newest_folder() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| ["initdb", "postgres", "createdb"].iter().all(|name| folder.join(name).exists());
    let version = |folder: &PathBuf| -> Option<u32> { folder.parent()?.file_name()?.to_str()?.parse().ok() };
    let packaged = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let packaged = packaged.map(|entry| entry.path().join("bin")).filter(complete);
    packaged.max_by_key(version).or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(complete)
    })
}

/// Runs a command that must not fail.
fn run(command: &mut Command) {
    // A folder of the caller need not be one that the server's user may see.
    let done = command.current_dir("/").stdin(Stdio::null()).output();
    let done = done.unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
    assert!(done.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&done.stderr));
}
