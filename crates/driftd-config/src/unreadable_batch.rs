//! What to do about a batch of records that nobody can read.

use std::fmt;
use std::str::FromStr;

use crate::shape::text_type;

/// What to do about a batch of records that is damaged, or that cannot be decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum UnreadableBatch {
    /// Wait until it is gone, and say so.
    #[default]
    Stop,
    /// Pass it over.
    Skip,
}

/// A text that says neither.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is unknown: write \"stop\" or \"skip\"")]
pub struct BadUnreadableBatch(String);

impl FromStr for UnreadableBatch {
    type Err = BadUnreadableBatch;

    fn from_str(text: &str) -> Result<Self, BadUnreadableBatch> {
        match text {
            "stop" => Ok(Self::Stop),
            "skip" => Ok(Self::Skip),
            _ => Err(BadUnreadableBatch(text.to_owned())),
        }
    }
}

impl fmt::Display for UnreadableBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stop => "stop",
            Self::Skip => "skip",
        })
    }
}

text_type!(UnreadableBatch, "\"stop\" or \"skip\"", { "enum": ["stop", "skip"] });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_of_two_words() {
        for word in ["stop", "skip"] {
            assert_eq!(word.parse::<UnreadableBatch>().unwrap().to_string(), word);
        }
        let refusal = "skp".parse::<UnreadableBatch>().unwrap_err().to_string();
        assert_eq!(refusal, "\"skp\" is unknown: write \"stop\" or \"skip\"");
    }
}
