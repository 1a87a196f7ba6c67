//! What a person may say of files that do not say it themselves.

use std::fmt;
use std::str::FromStr;

use encoding_rs::Encoding;
use serde::{Serialize, Serializer};

/// A character that separates the fields of CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delimiter(u8);

/// What is no delimiter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no delimiter: write one ASCII character other than a quote, or the word tab or space")]
pub struct BadDelimiter(String);

impl Delimiter {
    /// The character, which is ASCII.
    #[must_use]
    pub const fn as_byte(self) -> u8 {
        self.0
    }
}

impl FromStr for Delimiter {
    type Err = BadDelimiter;

    fn from_str(text: &str) -> Result<Self, BadDelimiter> {
        match (text, text.as_bytes()) {
            ("tab" | "\\t", _) => Ok(Self(b'\t')),
            ("space", _) => Ok(Self(b' ')),
            (_, [byte]) if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r' | 0) => Ok(Self(*byte)),
            _ => Err(BadDelimiter(text.to_owned())),
        }
    }
}

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            b'\t' => f.write_str("tab"),
            b' ' => f.write_str("space"),
            byte => write!(f, "{}", char::from(byte)),
        }
    }
}

/// An encoding of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextEncoding(&'static Encoding);

/// What is no encoding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no known encoding: write utf-8, utf-16le, latin1, windows-1252, shift_jis or another name that web pages use"
)]
pub struct BadEncoding(String);

impl TextEncoding {
    /// The encoding.
    #[must_use]
    pub const fn get(self) -> &'static Encoding {
        self.0
    }
}

impl FromStr for TextEncoding {
    type Err = BadEncoding;

    fn from_str(text: &str) -> Result<Self, BadEncoding> {
        Encoding::for_label_no_replacement(text.as_bytes()).map(Self).ok_or_else(|| BadEncoding(text.to_owned()))
    }
}

impl fmt::Display for TextEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name().to_lowercase())
    }
}

impl Serialize for Delimiter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for TextEncoding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for text in [";", "tab", "space", "^", "|"] {
            assert_eq!(text.parse::<Delimiter>().map(|delimiter| delimiter.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "\"", ";;", "é", "\n"] {
            assert_eq!(text.parse::<Delimiter>(), Err(BadDelimiter(text.to_owned())));
        }
        assert_eq!(
            "Latin1".parse::<TextEncoding>().map(|encoding| encoding.to_string()).as_deref(),
            Ok("windows-1252")
        );
        assert_eq!("rot13".parse::<TextEncoding>(), Err(BadEncoding("rot13".to_owned())));
    }
}
