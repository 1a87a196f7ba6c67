//! What is wrong, where it is not a feature: silence, too few records, or driftd's own trouble.

use driftd_window::Span;
use serde::{Deserialize, Serialize};

use crate::{FetchFailure, Offset, Partition, Topic};

/// Why an incident of kind `no_data`, `pipeline` or `calibration` is bad, as last seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "cause")]
pub enum Cause {
    /// No records in a window that normally has some.
    NoRows {
        /// Records the baseline's traffic would have brought, where it is known.
        expected: Option<f64>,
    },
    /// Far fewer records than the baseline's traffic.
    FewRows {
        /// Records of the window.
        rows: u64,
        /// Records the baseline's traffic would have brought.
        expected: f64,
    },
    /// Nothing can be sealed, because of partitions that no worker of this store reads.
    Standstill {
        /// For how long they have been missing.
        lasted: Span,
        /// How many none has ever read.
        missing: u32,
        /// How many another deployment counts, which shares the consumer group but not the store.
        #[serde(default, skip_serializing_if = "is_zero")]
        elsewhere: u32,
    },
    /// Nothing can be sealed, because of partitions that are read by workers without the monitor as it is configured here.
    Uncounted {
        /// For how long they have been.
        lasted: Span,
        /// How many.
        partitions: u32,
    },
    /// A partition cannot be read, although its brokers answer.
    Unread {
        /// Its topic.
        topic: Topic,
        /// Its number.
        partition: Partition,
        /// Offset of the record wanted next.
        at: Offset,
        /// Why it does not come.
        failure: FetchFailure,
        /// What the client says of it.
        detail: String,
        /// For how long.
        lasted: Span,
    },
    /// Records were deleted by their topic's retention before they were read.
    Lost {
        /// Their topic.
        topic: Topic,
        /// Its partition.
        partition: Partition,
        /// Offset of the first.
        from: Offset,
        /// Offset after the last.
        to: Offset,
    },
    /// Records were passed over because nobody can read them.
    Skipped {
        /// Their topic.
        topic: Topic,
        /// Its partition.
        partition: Partition,
        /// Offset of the first.
        from: Offset,
        /// Offset after the last.
        to: Offset,
    },
    /// Another log has taken the place of the one that was counted, and is counted from its beginning.
    Renewed {
        /// Its topic.
        topic: Topic,
        /// Its partition.
        partition: Partition,
        /// How far the log before was counted.
        counted_to: Offset,
    },
    /// What was read last is old, and there is more to read.
    Lag {
        /// How far the watermark is behind the clock.
        behind: Span,
    },
    /// One partition keeps the watermark back while others go on.
    Stalled {
        /// Its topic.
        topic: Topic,
        /// Its number.
        partition: Partition,
        /// How far it is behind the newest partition, in event time.
        behind: Span,
    },
    /// Many records cannot be read.
    Rejected {
        /// Share of the records read lately.
        share: f64,
        /// That many of them.
        records: u64,
    },
    /// More incidents of drift and data quality than the budget of false alarms allows.
    OverBudget {
        /// Incidents that opened.
        alarms: u64,
        /// Those that the budget allows.
        expected: f64,
        /// In how much event time.
        span: Span,
    },
    /// The store could not be reached for a while.
    StoreAway {
        /// For how long.
        lasted: Span,
    },
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over like that")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}
