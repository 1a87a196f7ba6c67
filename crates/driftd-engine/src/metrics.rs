//! The engine's metrics: every name once, and what is emitted when.
//!
//! Names are an interface: dashboards and rules are written against them. Labels are bounded: topics, partitions and
//! monitors come from the configuration, outcomes from closed lists.

#![expect(clippy::disallowed_macros, reason = "the one place where the engine's metrics are emitted")]

use std::time::Duration;

use driftd_model::{ErrorClass, MonitorId, Topic, TopicPartition};
use driftd_window::Span;

use crate::LaneAccount;

/// Records, by topic and what became of them: `counted`, `undecodable`, `no_event_time`, `in_future`.
pub const RECORDS: &str = "driftd_records_total";
/// Bytes of payloads read, by topic.
pub const BYTES: &str = "driftd_read_bytes_total";
/// Checkpoints, by outcome: `written`, `fenced`, `failed`.
pub const CHECKPOINTS: &str = "driftd_checkpoints_total";
/// Seconds from the first try of a checkpoint to its commit.
pub const CHECKPOINT_SECONDS: &str = "driftd_checkpoint_seconds";
/// Seconds of one sealing step.
pub const SEAL_SECONDS: &str = "driftd_window_seal_seconds";
/// Windows judged, by monitor and outcome.
pub const WINDOWS: &str = "driftd_windows_total";
/// Records that came after their pane was sealed, by monitor.
pub const LATE: &str = "driftd_late_records_total";
/// Seconds the watermark is behind the clock, by monitor.
pub const WATERMARK_LAG: &str = "driftd_watermark_lag_seconds";
/// Records between a partition's end and the next to be read.
pub const CONSUMER_LAG: &str = "driftd_consumer_lag_records";
/// Partitions this process owns.
pub const LANES: &str = "driftd_lanes";
/// Store calls that failed, by class.
pub const STORE_ERRORS: &str = "driftd_store_errors_total";
/// Notifications, by receiver's outcome.
pub const NOTIFICATIONS: &str = "driftd_notifications_total";

pub(crate) fn records_read(topic: &Topic, before: LaneAccount, after: LaneAccount, bytes: u64) {
    let outcomes = [
        ("counted", after.rows.accepted - before.rows.accepted),
        ("undecodable", after.undecodable - before.undecodable),
        ("no_event_time", after.rows.without_time - before.rows.without_time),
        ("in_future", after.rows.in_future - before.rows.in_future),
    ];
    for (outcome, count) in outcomes {
        if count > 0 {
            metrics::counter!(RECORDS, "topic" => topic.to_string(), "outcome" => outcome).increment(count);
        }
    }
    metrics::counter!(BYTES, "topic" => topic.to_string()).increment(bytes);
}

pub(crate) fn checkpoint_written(failure: Option<ErrorClass>, took: Duration) {
    let outcome = match failure {
        None => "written",
        Some(ErrorClass::Fenced) => "fenced",
        Some(_) => "failed",
    };
    metrics::counter!(CHECKPOINTS, "outcome" => outcome).increment(1);
    metrics::histogram!(CHECKPOINT_SECONDS).record(took.as_secs_f64());
}

pub(crate) fn step_sealed(monitor: &MonitorId, windows: impl Iterator<Item = &'static str>, took: Duration) {
    metrics::histogram!(SEAL_SECONDS).record(took.as_secs_f64());
    for outcome in windows {
        metrics::counter!(WINDOWS, "monitor" => monitor.to_string(), "outcome" => outcome).increment(1);
    }
}

pub(crate) fn came_late(monitor: &MonitorId, records: u64) {
    metrics::counter!(LATE, "monitor" => monitor.to_string()).increment(records);
}

pub(crate) fn watermark_lag(monitor: &MonitorId, lag: Span) {
    metrics::gauge!(WATERMARK_LAG, "monitor" => monitor.to_string()).set(lag.as_micros() as f64 / 1e6);
}

pub(crate) fn consumer_lag(partition: &TopicPartition, records: i64) {
    let (topic, number) = (partition.topic.to_string(), partition.partition.to_string());
    metrics::gauge!(CONSUMER_LAG, "topic" => topic, "partition" => number).set(records as f64);
}

pub(crate) fn lanes_owned(lanes: usize) {
    metrics::gauge!(LANES).set(lanes as f64);
}

pub(crate) fn store_failed(class: ErrorClass) {
    let class = match class {
        ErrorClass::Transient => "transient",
        ErrorClass::Permanent => "permanent",
        ErrorClass::Fenced => "fenced",
    };
    metrics::counter!(STORE_ERRORS, "class" => class).increment(1);
}

pub(crate) fn notified(outcome: &'static str, count: u64) {
    if count > 0 {
        metrics::counter!(NOTIFICATIONS, "outcome" => outcome).increment(count);
    }
}

#[cfg(test)]
mod tests;
