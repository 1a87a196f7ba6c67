//! Why a record is counted nowhere.

/// Why a record was rejected. The names are a contract: they are stored, counted and searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectReason {
    /// A message without a payload: what a compacted topic calls a tombstone.
    Tombstone,
    /// More bytes, or more rows, than are decoded.
    TooLarge,
    /// Rows in more panes of a monitor than a message may open.
    TooManyPanes,
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
    /// An event time before the oldest that is allowed.
    TooOld,
    /// An event time further beyond the clock than is allowed.
    InFuture,
    /// Arrays of rows of different lengths, or a row that is no object.
    RaggedRows,
    /// In a batch that is damaged or cannot be decompressed, and that was passed over.
    UnreadableBatch,
    /// Deleted by the topic's retention before it was read.
    Deleted,
}

impl RejectReason {
    /// Every reason.
    pub const ALL: [Self; 14] = [
        Self::Tombstone,
        Self::TooLarge,
        Self::TooManyPanes,
        Self::NotUtf8,
        Self::MalformedJson,
        Self::NotAnObject,
        Self::TooDeep,
        Self::NoEventTime,
        Self::BadEventTime,
        Self::TooOld,
        Self::InFuture,
        Self::RaggedRows,
        Self::UnreadableBatch,
        Self::Deleted,
    ];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tombstone => "tombstone",
            Self::TooLarge => "too_large",
            Self::TooManyPanes => "too_many_panes",
            Self::NotUtf8 => "not_utf8",
            Self::MalformedJson => "malformed_json",
            Self::NotAnObject => "not_an_object",
            Self::TooDeep => "too_deep",
            Self::NoEventTime => "no_event_time",
            Self::BadEventTime => "bad_event_time",
            Self::TooOld => "too_old",
            Self::InFuture => "in_future",
            Self::RaggedRows => "ragged_rows",
            Self::UnreadableBatch => "unreadable_batch",
            Self::Deleted => "deleted",
        }
    }

    /// Whether a reject of that name is one for want of an event time, which the record could be decoded without.
    #[must_use]
    pub fn is_want_of_time(name: &str) -> bool {
        [Self::NoEventTime, Self::BadEventTime].into_iter().any(|reason| reason.as_str() == name)
    }
}
