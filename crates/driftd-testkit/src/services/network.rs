//! What a test disturbs a network with: one that is its own, never the machine's.

use std::process::Command;

use super::{Skip, install};

/// The program that looks after interfaces, which is the machine's or is installed by `apt-get` where that is allowed.
///
/// # Errors
/// Why there can be none here.
pub fn ip() -> Result<Command, Skip> {
    install::program("ip", "iproute2").map(Command::new)
}

/// The program that says which packets are dropped, likewise.
///
/// # Errors
/// Why there can be none here.
pub fn nft() -> Result<Command, Skip> {
    install::program("nft", "nftables").map(Command::new)
}
