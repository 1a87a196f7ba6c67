//! The small sections: HTTP, engine, notification.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::num::NonZeroU16;
use std::str::FromStr;

use driftd_window::Span;
use serde_json::{Value as Json, json};

use crate::HttpUrl;
use crate::problem::Problems;
use crate::read::{Read, expected};
use crate::tree::{Node, Value};

/// The `[http]` section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// Whether to listen at all: several processes on one machine need not all have an address.
    pub enabled: bool,
    /// Address and port of the dashboard and the API; a loopback address, because there is no authentication yet.
    pub listen: SocketAddr,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self { enabled: true, listen: SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8080)) }
    }
}

/// The `[engine]` section: when counts are written down, and by how many threads they are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// Threads that decode and count, at most 256; nothing for one a core.
    pub threads: Option<NonZeroU16>,
    /// Memory of uncommitted counts from which a checkpoint is taken early; at least 1 MiB.
    pub checkpoint_bytes: ByteSize,
    /// Longest time between two checkpoints; longer than zero.
    pub checkpoint_interval: Span,
    /// Time to finish when asked to end; longer than zero.
    pub shutdown_timeout: Span,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            threads: None,
            checkpoint_bytes: ByteSize::from_mebibytes(64),
            checkpoint_interval: Span::from_secs(10),
            shutdown_timeout: Span::from_secs(30),
        }
    }
}

/// The `[notify]` section.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct NotifyConfig {
    /// Whether receivers may run local programs.
    pub allow_commands: bool,
    /// Whether receivers may be at link-local and metadata addresses; see [`is_link_local`](crate::is_link_local).
    pub allow_link_local: bool,
    /// The label `environment` of every incident, if any.
    pub environment: Option<String>,
    /// Where people reach the dashboard, without a slash at the end; messages have no links without.
    pub external_url: Option<HttpUrl>,
}

/// An amount of memory in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(u64);

/// A text that is no amount of memory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a size: write a whole number and a unit, such as 64MiB")]
pub struct BadByteSize(String);

/// Units, largest first, so that printing takes the largest that fits.
const UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

impl ByteSize {
    /// Whole mebibytes.
    #[must_use]
    pub const fn from_mebibytes(mebibytes: u32) -> Self {
        // The product of 32 and 21 bits fits 64.
        Self((mebibytes as u64) << 20)
    }

    /// The number of bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for ByteSize {
    type Err = BadByteSize;

    fn from_str(text: &str) -> Result<Self, BadByteSize> {
        let bad = || BadByteSize(text.to_owned());
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(digits).ok_or_else(bad)?;
        let unit = unit.trim();
        let known = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, bytes)| *bytes);
        let factor = if unit.is_empty() { Some(1) } else { known };
        let number: u64 = number.parse().map_err(|_| bad())?;
        factor.and_then(|factor| number.checked_mul(factor)).map(Self).ok_or_else(bad)
    }
}

impl fmt::Display for ByteSize {
    /// The largest unit in which it is a whole number, `64MiB`; it parses back to the same size.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().find(|(_, bytes)| self.0 > 0 && self.0.is_multiple_of(*bytes));
        let (unit, bytes) = whole.copied().unwrap_or(("B", 1));
        write!(f, "{}{unit}", self.0 / bytes)
    }
}

impl Read for ByteSize {
    const EXPECTED: &'static str = "a size, such as \"64MiB\"";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        let parsed = match &node.value {
            Value::Integer(number) => u64::try_from(*number).map(Self).map_err(|_| BadByteSize(number.to_string())),
            Value::Text(text) | Value::Loose(text) => text.parse(),
            _ => return expected(Self::EXPECTED, node, path, problems),
        };
        parsed.map_err(|error| problems.add(&node.place, path, error)).ok()
    }

    fn schema() -> Json {
        json!({ "type": ["string", "integer"], "examples": ["64MiB"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_print_what_they_parse() {
        for (text, bytes, shown) in [
            ("64MiB", 64 << 20, "64MiB"),
            ("1500 kb", 1_500_000, "1500kB"),
            ("1024", 1024, "1KiB"),
            ("7", 7, "7B"),
            ("0", 0, "0B"),
        ] {
            let size: ByteSize = text.parse().unwrap();
            assert_eq!((size.bytes(), size.to_string().as_str()), (bytes, shown));
            assert_eq!(size.to_string().parse(), Ok(size));
        }
        for bad in ["", "MiB", "1.5GiB", "-1", "1 parsec", "18446744073709551615GiB", "é"] {
            assert!(bad.parse::<ByteSize>().is_err(), "{bad:?}");
        }
    }
}
