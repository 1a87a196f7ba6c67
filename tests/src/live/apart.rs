//! Tests that take place in a world of their own, because what they disturb must be nobody else's.
//!
//! A process that has threads cannot move into another namespace any more: the test that is asked for has its own program
//! run again there, with a second test that is ignored everywhere else.

use std::io::{BufRead, BufReader, Write, pipe, stderr};
use std::path::Path;
use std::process::{Command, Stdio};

use driftd_testkit::services::kafka::{Kafka, KafkaOptions};
use driftd_testkit::services::postgres::{Postgres, PostgresOptions};
use driftd_testkit::services::{Skip, network};

/// Holds the name of the namespace that the inner test must not be in.
const OUTSIDE: &str = "DRIFTD_TEST_OUTSIDE";
/// How a line of [`Skip::announce`] begins.
const SKIPPED: &str = "SKIPPED: ";

/// What a test has to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apart {
    /// A network in which nothing but this machine can be reached.
    Network,
    /// Its mounts: what it mounts is seen by itself and by what it starts.
    Mounts,
}

impl Apart {
    /// Runs the ignored test `inner` of this very program there.
    ///
    /// # Errors
    /// Such a thing cannot be had here.
    ///
    /// # Panics
    /// When the inner test fails; it has said why.
    pub fn run(self, inner: &str) -> Result<(), Skip> {
        said(Command::new("unshare").args([self.flag(), "--", "true"]))?;
        // From a network apart nothing can be fetched, so whatever is needed is fetched and installed before.
        if self == Self::Network {
            drop((network::ip()?, network::nft()?));
        }
        drop((Postgres::start(PostgresOptions::default())?, Kafka::start(&KafkaOptions::default())?));

        let program = std::env::current_exe().expect("a test has a path");
        let (output, input) = pipe().expect("a pipe");
        // The kernel ends it with the thread that started it, which is the one this test runs on.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", "unshare", self.flag(), "--"]).arg(program);
        command.args([inner, "--exact", "--ignored", "--nocapture"]).env(OUTSIDE, self.current());
        command.stdin(Stdio::null()).stdout(input.try_clone().expect("a pipe")).stderr(input);
        let mut process = command.spawn().expect("setpriv of util-linux runs the test");
        // It holds the other end of the pipe, which would never end.
        drop(command);
        let mut has_passed = false;
        for line in BufReader::new(output).lines() {
            let line = line.expect("a test speaks in text");
            has_passed |= line.starts_with("test result: ok. 1 passed");
            relay(&line);
        }
        let status = process.wait().expect("a process of ours");
        assert!(status.success() && has_passed, "{inner} has not passed ({status}), and says why above");
        Ok(())
    }

    /// Looks whether this process is there.
    ///
    /// # Errors
    /// The inner test was asked for by itself.
    ///
    /// # Panics
    /// It is not, and would disturb what is everybody's.
    pub fn assert_entered(self) -> Result<(), Skip> {
        let outside = std::env::var(OUTSIDE).map_err(|_| Skip::because("another test runs this one, elsewhere"))?;
        assert_ne!(outside, self.current(), "this is everybody's");
        Ok(())
    }

    const fn flag(self) -> &'static str {
        match self {
            Self::Network => "--net",
            Self::Mounts => "--mount",
        }
    }

    /// The namespace that this process is in.
    fn current(self) -> String {
        let name = match self {
            Self::Network => "/proc/self/ns/net",
            Self::Mounts => "/proc/self/ns/mnt",
        };
        Path::new(name).read_link().expect("a process has one of each").display().to_string()
    }
}

/// Says what the inner test has said: as a test does, or past the harness as a skip does.
#[expect(clippy::print_stdout, reason = "these are a test's own words, which the harness keeps unless it fails")]
fn relay(line: &str) {
    if line.starts_with(SKIPPED) {
        // It has been gathered already, and nothing can be done about a closed standard error.
        drop(writeln!(stderr(), "{line}"));
    } else {
        println!("{line}");
    }
}

/// What a command prints.
pub(super) fn said(command: &mut Command) -> Result<String, Skip> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| Skip::because(format!("{command:?}: {error}")))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(Skip::because(format!("{command:?}: {}", why.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
