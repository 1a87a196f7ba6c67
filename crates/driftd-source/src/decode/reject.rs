//! Why a record is counted nowhere.

use driftd_model::{DeadLetter, Offset, RejectReason};

/// A record that cannot be decoded: why, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reject {
    pub(super) reason: RejectReason,
    pub(super) detail: String,
}

impl Reject {
    pub(super) fn new(reason: RejectReason, detail: impl Into<String>) -> Self {
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
            return Self::new(RejectReason::TooDeep, "a wanted place lies more than 127 objects or arrays deep");
        }
        let before: usize = json.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let byte = start + (before + error.column()).max(1);
        Self::new(RejectReason::MalformedJson, format!("byte {byte}: {what}"))
    }
}
