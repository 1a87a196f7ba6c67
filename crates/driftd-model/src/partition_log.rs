//! What is known of a partition's log besides how far it was counted: by what it is known again, why it cannot be read,
//! and what has happened to it.

use std::fmt;

use driftd_window::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Offset, words};

/// The last counted record, by which a log is known again: a topic that was deleted and made anew has another record at
/// that offset, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogMark {
    /// Where the record is.
    pub offset: Offset,
    /// Hash of its timestamp, key and payload.
    pub fingerprint: u64,
}

/// Where a partition goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResumePoint {
    /// Offset of the next record.
    pub next: Offset,
    /// The record that has to stand before it, if it is still there.
    pub mark: Option<LogMark>,
}

/// Why records of a partition do not come although its brokers answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FetchFailure {
    /// This user may not read the topic.
    Denied,
    /// A batch of records is damaged, or cannot be decompressed.
    UnreadableBatch,
    /// Something else.
    Refused,
}

/// A fetch of a partition that fails, again and again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchTrouble {
    /// Offset of the record wanted next.
    pub at: Offset,
    /// Why it does not come.
    pub failure: FetchFailure,
    /// What the client says of it.
    pub detail: String,
}

/// A partition that cannot be read, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// What is wrong.
    pub trouble: FetchTrouble,
    /// Since when.
    pub since: Timestamp,
}

/// Something that has happened to a partition's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum LogEvent {
    /// Records were deleted by the topic's retention before they were read.
    Deleted {
        /// Offset of the first.
        from: Offset,
        /// Offset after the last.
        to: Offset,
    },
    /// Records were passed over because nobody can read them.
    Skipped {
        /// Offset of the first.
        from: Offset,
        /// Offset after the last.
        to: Offset,
    },
    /// Another log has taken its place, which is counted from its beginning.
    Renewed {
        /// How far the one before was counted.
        counted_to: Offset,
    },
}

impl Unread {
    /// How long a partition that cannot be read passes for a hiccup: elections and restarts of brokers are over by then.
    pub const PATIENCE: Span = Span::from_minutes(1);

    /// Since when, seen at `now`, if that is longer than a hiccup.
    #[must_use]
    pub fn lasting(&self, now: Timestamp) -> Option<Span> {
        let lasted = now.since(self.since);
        (lasted >= Self::PATIENCE).then_some(lasted)
    }
}

impl LogEvent {
    /// How many records were not counted because of it, as far as that is known.
    #[must_use]
    pub fn records(&self) -> u64 {
        match self {
            Self::Deleted { from, to } | Self::Skipped { from, to } => {
                u64::try_from(to.0.saturating_sub(from.0)).unwrap_or(0)
            }
            Self::Renewed { .. } => 0,
        }
    }
}

impl FetchFailure {
    /// What to do about it.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Denied => "grant its user READ on the topic",
            Self::UnreadableBatch => {
                "have the batch deleted from the topic, or pass it over with kafka.unreadable_batch = \"skip\""
            }
            Self::Refused => "look at the topic and at the broker's log",
        }
    }
}

impl fmt::Display for FetchTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, failure, detail } = self;
        write!(f, "cannot be read at offset {at}: {}: {}", words::name(detail, 200), failure.remedy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::clock;

    #[test]
    fn a_hiccup_is_no_trouble() {
        let trouble =
            FetchTrouble { at: Offset(7), failure: FetchFailure::Denied, detail: "not authorized".to_owned() };
        insta::assert_snapshot!(trouble, @"cannot be read at offset 7: not authorized: grant its user READ on the topic");
        let unread = Unread { trouble, since: clock(1) };
        assert_eq!(unread.lasting(clock(1).plus(Span::from_secs(59))), None);
        assert_eq!(unread.lasting(clock(2)), Some(Span::from_hours(1)));
    }

    #[test]
    fn what_was_not_counted_is_a_distance() {
        let (from, to) = (Offset(1_000), Offset(4_000));
        assert_eq!(LogEvent::Deleted { from, to }.records(), 3_000);
        assert_eq!(LogEvent::Skipped { from: to, to: from }.records(), 0);
        assert_eq!(LogEvent::Renewed { counted_to: to }.records(), 0);
    }
}
