//! A network of a test's own, in which packets are lost at will.
//!
//! What a test disturbs must be nobody else's, so it takes place in a network namespace with a loopback interface and
//! nothing more, where the broker and the database that it starts live as well. A process that has threads cannot move
//! there any more: the test that is asked for has its own program run again there, with a second test that is ignored
//! everywhere else.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write, pipe, stderr};
use std::path::Path;
use std::process::{Command, Stdio};

use driftd_testkit::services::kafka::{Kafka, KafkaOptions};
use driftd_testkit::services::postgres::{Postgres, PostgresOptions};
use driftd_testkit::services::{Skip, network};

/// Holds the name of the network that the inner test must not be in.
const OUTSIDE: &str = "DRIFTD_NETWORK_OUTSIDE";
/// Where the rules stand.
const CHAIN: &str = "inet driftd trouble";
/// How a line of [`Skip::announce`] begins.
const SKIPPED: &str = "SKIPPED: ";

/// What becomes of the packets of one server. They are dropped where they arrive: whoever sends one is told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// One in so many is lost, to the server and from it: TCP sends it again, later and later.
    Losses(u32),
    /// None arrives, in either direction.
    Cut,
    /// Those to the server arrive, and no answer does: it does what nobody will know.
    Mute,
}

/// The network that this process has to itself.
#[derive(Debug)]
pub struct Network {
    /// The program that changes its rules.
    nft: OsString,
}

/// Packets that are being lost, until this value goes.
#[derive(Debug)]
pub struct Disturbance<'a>(&'a Network);

/// Runs the ignored test `inner` of this very program in a network of its own.
///
/// # Errors
/// No such network can be had here.
///
/// # Panics
/// When the inner test fails; it has said why.
pub fn run_in_own_network(inner: &str) -> Result<(), Skip> {
    said(Command::new("unshare").args(["--net", "--", "true"]))?;
    // Nothing can be fetched in there, so whatever is needed is fetched and installed before.
    drop((network::ip()?, network::nft()?));
    drop((Postgres::start(PostgresOptions::default())?, Kafka::start(&KafkaOptions::default())?));

    let program = std::env::current_exe().expect("a test has a path");
    let (output, input) = pipe().expect("a pipe");
    // The kernel ends it with the thread that started it, which is the one this test runs on.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", "unshare", "--net", "--"]).arg(program);
    command.args([inner, "--exact", "--ignored", "--nocapture"]).env(OUTSIDE, current());
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

/// The network that this process is in.
fn current() -> String {
    let name = Path::new("/proc/self/ns/net").read_link().expect("a process has a network");
    name.display().to_string()
}

impl Network {
    /// The network that [`run_in_own_network`] has given this process, with its loopback interface up and nothing
    /// dropped.
    ///
    /// # Errors
    /// The inner test was asked for by itself, and would disturb the machine's network; or this machine's kernel drops
    /// no packets by rules.
    pub fn own() -> Result<Self, Skip> {
        let outside = std::env::var(OUTSIDE).map_err(|_| Skip::because("another test runs this one, elsewhere"))?;
        assert_ne!(outside, current(), "the network of everybody else");
        said(network::ip()?.args(["link", "set", "lo", "up"]))?;
        let network = Self { nft: network::nft()?.get_program().to_owned() };
        let chain = format!("add table inet driftd; add chain {CHAIN} {{ type filter hook input priority 0; }}");
        // A kernel that cannot do this says so now.
        let tried = format!("add rule {CHAIN} tcp dport 1 numgen random mod 2 == 0 counter drop; flush chain {CHAIN}");
        network.rules(&format!("{chain}; {tried}"))?;
        Ok(network)
    }

    /// Disturbs the server at `port`, and nobody else, until the value that is given goes.
    #[must_use]
    pub fn disturb(&self, port: u16, trouble: Trouble) -> Disturbance<'_> {
        let lost = match trouble {
            Trouble::Losses(one_in) => format!("numgen random mod {one_in} == 0"),
            Trouble::Cut | Trouble::Mute => String::new(),
        };
        let ends: &[&str] = if trouble == Trouble::Mute { &["sport"] } else { &["sport", "dport"] };
        let rule = |end: &&str| format!("; add rule {CHAIN} tcp {end} {port} {lost} counter drop");
        let rules: String = ends.iter().map(rule).collect();
        // In one step, so that nothing slips through in between.
        self.rules(&format!("flush chain {CHAIN}{rules}")).expect("a kernel that was asked for this before");
        Disturbance(self)
    }

    /// Changes the rules, or asks for them.
    fn rules(&self, command: &str) -> Result<String, Skip> {
        said(Command::new(&self.nft).arg(command))
    }
}

impl Disturbance<'_> {
    /// How many packets it has taken so far.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let rules = self.0.rules(&format!("list chain {CHAIN}")).expect("a chain of ours");
        let counts = rules.split("counter packets ").skip(1).map(|after| after.split(' ').next()?.parse::<u64>().ok());
        counts.map(|count| count.expect("a number")).sum()
    }
}

impl Drop for Disturbance<'_> {
    fn drop(&mut self) {
        // Also when a test fails: else what it waits for at its end would never come.
        self.0.rules(&format!("flush chain {CHAIN}")).expect("a chain of ours");
    }
}

/// What a command prints.
fn said(command: &mut Command) -> Result<String, Skip> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| Skip::because(format!("{command:?}: {error}")))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(Skip::because(format!("{command:?}: {}", why.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
