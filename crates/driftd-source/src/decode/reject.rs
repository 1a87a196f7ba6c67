//! Why a record is counted nowhere.

use driftd_model::{DeadLetter, Offset};

/// Why a record was rejected. The names are a contract: they are stored, counted and searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A message without a payload: what a compacted topic calls a tombstone.
    Tombstone,
    /// More bytes, or more rows, than are decoded.
    TooLarge,
    /// Bytes that are no UTF-8.
    NotUtf8,
    /// Text that is no JSON, or a number beyond what a 64-bit float holds at a place that is read.
    MalformedJson,
    /// JSON of another kind than an object.
    NotAnObject,
    /// A wanted place that lies deeper than the parser descends.
    TooDeep,
    /// Nothing, or null, where the event time should be.
    NoEventTime,
    /// Something that is no time where the event time should be.
    BadEventTime,
    /// Arrays of rows of different lengths, or a row that is no object.
    RaggedRows,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::Tombstone,
        Self::TooLarge,
        Self::NotUtf8,
        Self::MalformedJson,
        Self::NotAnObject,
        Self::TooDeep,
        Self::NoEventTime,
        Self::BadEventTime,
        Self::RaggedRows,
    ];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tombstone => "tombstone",
            Self::TooLarge => "too_large",
            Self::NotUtf8 => "not_utf8",
            Self::MalformedJson => "malformed_json",
            Self::NotAnObject => "not_an_object",
            Self::TooDeep => "too_deep",
            Self::NoEventTime => "no_event_time",
            Self::BadEventTime => "bad_event_time",
            Self::RaggedRows => "ragged_rows",
        }
    }
}

/// A record that cannot be decoded: why, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reject {
    pub(super) reason: Reason,
    pub(super) detail: String,
}

impl Reject {
    pub(super) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    pub(super) fn at(self, offset: Offset) -> DeadLetter {
        DeadLetter { offset, reason: self.reason.as_str().to_owned(), detail: self.detail }
    }

    /// What the parser said about `json`, which begins at byte `start` of its message.
    pub(super) fn from_parser(error: &serde_json::Error, json: &str, start: usize) -> Self {
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let what = text.strip_suffix(&place).unwrap_or(&text);
        if what.starts_with("recursion limit") {
            return Self::new(Reason::TooDeep, "a wanted place lies more than 127 objects or arrays deep");
        }
        let before: usize = json.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let byte = start + (before + error.column()).max(1);
        Self::new(Reason::MalformedJson, format!("byte {byte}: {what}"))
    }
}
