//! The engine's metrics: every name once, and what is emitted when.
//!
//! Names are an interface: dashboards and rules are written against them. Labels are bounded: topics, partitions and
//! monitors come from the configuration, outcomes from closed lists.

#![expect(clippy::disallowed_macros, reason = "the one place where the engine's metrics are emitted")]

use std::time::Duration;

use driftd_model::{ErrorClass, MonitorId, ReceiverName, Severity, Topic, TopicPartition, WindowResult};
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
/// Notifications, by receiver and outcome: `delivered`, `retrying`, `dead`, `lost`.
pub const NOTIFICATIONS: &str = "driftd_notifications_total";
/// Signs of life, by receiver and outcome: `sent`, `failed`, `withheld`.
pub const HEARTBEATS: &str = "driftd_heartbeats_total";
/// Incidents that are open or taken, by monitor and severity.
pub const INCIDENTS_OPEN: &str = "driftd_incidents_open";
/// Value of a statistic that is judged, in the last window of each shape, over the whole population.
pub const FEATURE_DRIFT: &str = "driftd_feature_drift";

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

pub(crate) fn notified(receiver: &ReceiverName, outcome: &'static str) {
    metrics::counter!(NOTIFICATIONS, "receiver" => receiver.to_string(), "outcome" => outcome).increment(1);
}

pub(crate) fn heartbeat(receiver: &ReceiverName, outcome: &'static str) {
    metrics::counter!(HEARTBEATS, "receiver" => receiver.to_string(), "outcome" => outcome).increment(1);
}

pub(crate) fn incidents_open(monitor: &MonitorId, severity: Severity, count: u64) {
    let (monitor, severity) = (monitor.to_string(), severity.as_str());
    metrics::gauge!(INCIDENTS_OPEN, "monitor" => monitor, "severity" => severity).set(count as f64);
}

/// The whole population's statistics of a window; those of segments are in the store.
pub(crate) fn window_judged(monitor: &MonitorId, window: &WindowResult) {
    if !window.segment.is_all() {
        return;
    }
    let judged = window.verdicts.iter().flat_map(|v| v.scores.iter().map(move |score| (&v.feature, score)));
    for (feature, score) in judged.filter(|(_, score)| score.outcome.is_some()) {
        let Some(value) = score.value else { continue };
        let (name, feature) = (window.window.name.to_string(), feature.to_string());
        metrics::gauge!(
            FEATURE_DRIFT, "monitor" => monitor.to_string(), "segment" => "all", "window" => name,
            "feature" => feature, "statistic" => score.statistic.as_str()
        )
        .set(value);
    }
}

#[cfg(test)]
mod tests;
