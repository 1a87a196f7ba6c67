//! A message that cannot be decoded.

use driftd_model::{DeadLetter, Offset, RejectReason};

/// Why a message, or one of its records, cannot be decoded, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Why.
    pub reason: RejectReason,
    /// What is wrong, without a word of what the record holds.
    pub what: String,
    /// The byte of the message at which the parser stopped, from 1.
    pub byte: Option<usize>,
    /// The byte of the line at which it did, from 1.
    pub column: usize,
}

impl Reject {
    pub(crate) fn new(reason: RejectReason, what: impl Into<String>) -> Self {
        Self { reason, what: what.into(), byte: None, column: 1 }
    }

    pub(crate) fn at(self, offset: Offset) -> DeadLetter {
        let detail = match self.byte {
            Some(byte) => format!("byte {byte}: {}", self.what),
            None => self.what,
        };
        DeadLetter { offset, reason: self.reason.as_str().to_owned(), detail }
    }

    /// What the parser said about `json`, which begins at byte `start` of its message.
    pub(crate) fn from_parser(error: &serde_json::Error, json: &str, start: usize) -> Self {
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let what = text.strip_suffix(&place).unwrap_or(&text);
        if what.starts_with("recursion limit") {
            return Self::new(RejectReason::TooDeep, "a wanted place lies more than 127 objects or arrays deep");
        }
        let before: usize = json.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let byte = start + (before + error.column()).max(1);
        let column = error.column().max(1);
        Self { reason: RejectReason::MalformedJson, what: what.to_owned(), byte: Some(byte), column }
    }
}
