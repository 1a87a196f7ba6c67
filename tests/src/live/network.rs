//! A network of a test's own, in which packets are lost at will.
//!
//! It is [`Apart::Network`]: a loopback interface and nothing more, where the broker and the database that the test starts
//! live as well.

use std::ffi::OsString;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use driftd_testkit::services::{Skip, network};

use super::apart::{Apart, said};
use super::relay::SOURCE;

/// Where the rules stand.
const CHAIN: &str = "inet driftd trouble";

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

/// Says at its end that nothing is disturbed any more, however that comes: the rest is not worth waiting for.
#[derive(Debug)]
pub struct Calm<'a>(&'a AtomicBool);

impl<'a> Calm<'a> {
    /// Tells `is_over`.
    #[must_use]
    pub const fn of(is_over: &'a AtomicBool) -> Self {
        Self(is_over)
    }
}

impl Drop for Calm<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Packets that are being lost, until this value goes.
#[derive(Debug)]
pub struct Disturbance<'a>(&'a Network);

impl Network {
    /// The network that this process was given, with its loopback interface up and nothing dropped.
    ///
    /// # Errors
    /// The inner test was asked for by itself, and would disturb the machine's network; or this machine's kernel drops
    /// no packets by rules.
    pub fn own() -> Result<Self, Skip> {
        Apart::Network.assert_entered()?;
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

    /// Leads connections to `port` that are made from now on to the relay at `to`, but for the relay's own.
    pub(super) fn lead(&self, port: u16, to: u16) -> Result<(), Skip> {
        let chain = "add table ip driftd; add chain ip driftd lead { type nat hook output priority -100; }";
        let rule = format!("add rule ip driftd lead tcp dport {port} ip saddr != {SOURCE} redirect to :{to}");
        self.rules(&format!("{chain}; {rule}")).map(drop)
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
