//! Where a partition starts that was never read.

use std::fmt;
use std::str::FromStr;

use driftd_window::Timestamp;

use crate::shape::text_type;

/// Where a partition starts that the store knows nothing of; every other one goes on where its last checkpoint ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum StartPolicy {
    /// With the oldest record that is kept.
    #[default]
    Earliest,
    /// With the first record that is written from now on.
    Latest,
    /// With the first record written at this instant or later, by the brokers' timestamps; not before 1970.
    At(Timestamp),
}

/// A text that says no start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadStart {
    /// Neither a word nor an instant.
    #[error("{0:?} is no start: write \"earliest\", \"latest\" or a time such as \"2026-07-01T00:00:00Z\"")]
    Unknown(String),
    /// An instant that brokers would take for something else.
    #[error("{0} is before 1970: brokers have no such timestamps, write \"earliest\"")]
    TooEarly(Timestamp),
}

impl FromStr for StartPolicy {
    type Err = BadStart;

    fn from_str(text: &str) -> Result<Self, BadStart> {
        match text.trim() {
            "earliest" => Ok(Self::Earliest),
            "latest" => Ok(Self::Latest),
            text => match text.parse::<Timestamp>() {
                // Negative timestamps are words of the protocol: -1 asks for the end and -2 for the beginning.
                Ok(at) if at.as_micros() < 0 => Err(BadStart::TooEarly(at)),
                Ok(at) => Ok(Self::At(at)),
                Err(_) => Err(BadStart::Unknown(text.to_owned())),
            },
        }
    }
}

impl fmt::Display for StartPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Earliest => f.write_str("earliest"),
            Self::Latest => f.write_str("latest"),
            Self::At(at) => at.fmt(f),
        }
    }
}

text_type!(
    StartPolicy,
    "\"earliest\", \"latest\" or a time such as \"2026-07-01T00:00:00Z\"",
    { "type": "string" }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_print_what_they_parse() {
        for text in ["earliest", "latest", "2026-07-01T00:00:00Z", "2026-07-01T12:30:00.250Z"] {
            let start: StartPolicy = text.parse().unwrap();
            assert_eq!(start.to_string(), text);
        }
        assert_eq!("2026-07-01".parse::<StartPolicy>().unwrap().to_string(), "2026-07-01T00:00:00Z");
        for bad in ["", "newest", "1e9", "12:00:00"] {
            assert_eq!(bad.parse::<StartPolicy>(), Err(BadStart::Unknown(bad.to_owned())));
        }
        assert!(matches!("1969-12-31".parse::<StartPolicy>(), Err(BadStart::TooEarly(_))));
    }
}
