//! Amounts of memory.

use std::fmt;
use std::str::FromStr;

use crate::shape::text_type;

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

text_type!(ByteSize, "a size, such as \"64MiB\"", { "type": ["string", "integer"], "format": "size" }, true);

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
