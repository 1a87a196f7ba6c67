//! The engine's metrics: name, labels and help of each stand in one line of `Metrics::new`, above what emits it.
//!
//! Names are an interface: dashboards and rules are written against them, so they change by addition only. Labels are
//! bounded: topics, partitions, monitors and receivers come from the configuration, outcomes from closed lists, and
//! whatever comes, a metric keeps no more than a fixed number of series.

mod family;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use driftd_model::{ErrorClass, MonitorId, ReceiverName, Severity, StoreSize, Topic, TopicPartition, WindowResult};
use driftd_window::Span;
use prometheus_client::metrics::TypedMetric;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

use crate::RecordCounts;
use family::Family;

/// Upper bounds of durations in seconds, from a lookup to a stall.
const SECONDS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The metrics of this process: daemons that follow one another in it, as after a reload, add to the same.
pub(crate) static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// Everything the engine has counted and measured in this process, for whoever writes it down.
#[must_use]
pub fn registry() -> Arc<Registry> {
    Arc::clone(&METRICS.registry)
}

/// What was measured of features in this process, whose names are not for everybody.
#[must_use]
pub fn feature_registry() -> Arc<Registry> {
    Arc::clone(&METRICS.feature_registry)
}

/// What is counted and measured.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    feature_registry: Arc<Registry>,
    checkpoint_seconds: Histogram,
    checkpoints: Family<Counter, 1>,
    clock_skew: Gauge<f64, AtomicU64>,
    consumer_lag: Family<Gauge, 2>,
    feature_drift: Family<Gauge<f64, AtomicU64>, 5>,
    heartbeats: Family<Counter, 2>,
    incidents_open: Family<Gauge<u64, AtomicU64>, 2>,
    tasks: Gauge<u64, AtomicU64>,
    late_records: Family<Counter, 1>,
    notifications: Family<Counter, 2>,
    read_bytes: Family<Counter, 1>,
    records: Family<Counter, 2>,
    store_bytes: Family<Gauge<u64, AtomicU64>, 1>,
    records_lost: Family<Counter, 1>,
    store_errors: Family<Counter, 1>,
    watermark_lag: Family<Gauge<f64, AtomicU64>, 1>,
    window_seal_seconds: Histogram,
    windows: Family<Counter, 2>,
}

impl Metrics {
    /// Every metric at its beginning, labels by name. Help texts end without a full stop: the registry sets it.
    fn new() -> Self {
        let mut add = Registration::new();
        Self {
            checkpoint_seconds: add.single(
                "driftd_checkpoint_seconds",
                "Seconds from the first try of a checkpoint to its commit",
                Histogram::new(SECONDS),
            ),
            checkpoints: add
                .family(
                    "driftd_checkpoints_total",
                    ["outcome"],
                    "Checkpoints, by outcome: written, fenced (somebody else owns the partition) or failed",
                )
                .starting_with(
                    [None, Some(ErrorClass::Fenced), Some(ErrorClass::Transient)].map(|failure| [written(failure)]),
                ),
            clock_skew: add.single(
                "driftd_clock_skew_seconds",
                "Seconds this machine's clock is ahead of the store's, or has jumped ahead; beyond five nothing is sealed for being quiet",
                Gauge::default(),
            ),
            consumer_lag: add.family(
                "driftd_consumer_lag_records",
                ["partition", "topic"],
                "Records between the next to be read of a partition and its end",
            ),
            feature_drift: add.family_of_features(
                "driftd_feature_drift",
                ["feature", "monitor", "segment", "statistic", "window"],
                "Statistics that decide, in the last window of each shape over the whole population",
            ),
            heartbeats: add.family(
                "driftd_heartbeats_total",
                ["outcome", "receiver"],
                "Signs of life to receivers, by receiver and outcome: sent, failed or suppressed",
            ),
            incidents_open: add.family(
                "driftd_incidents_open",
                ["monitor", "severity"],
                "Incidents that are open or acknowledged, by monitor and severity",
            ),
            tasks: add.single("driftd_partition_tasks", "Partitions that this process reads", Gauge::default()),
            late_records: add.family(
                "driftd_late_records_total",
                ["monitor"],
                "Records that came after their pane was sealed, by monitor",
            ),
            notifications: add.family(
                "driftd_notifications_total",
                ["outcome", "receiver"],
                "Attempts to deliver notifications, by receiver and outcome: delivered, retrying, dead or lost",
            ),
            read_bytes: add.family("driftd_read_bytes_total", ["topic"], "Bytes of payloads read, by topic"),
            records: add.family(
                "driftd_records_total",
                ["outcome", "topic"],
                "Records read, by topic and what became of them: counted, filtered, undecodable, no_event_time, too_old or in_future",
            ),
            records_lost: add.family(
                "driftd_records_lost_total",
                ["topic"],
                "Records that their topic's retention deleted before they were read, by topic",
            ),
            store_bytes: add.family(
                "driftd_store_bytes",
                ["part"],
                "Bytes the store takes, by table (Postgres, with indexes) or by data, free and log (SQLite)",
            ),
            store_errors: add
                .family(
                    "driftd_store_errors_total",
                    ["class"],
                    "Store calls that failed, by class: transient ones are tried again",
                )
                .starting_with(
                    [ErrorClass::Transient, ErrorClass::Permanent, ErrorClass::Fenced].map(|error| [class(error)]),
                ),
            watermark_lag: add.family(
                "driftd_watermark_lag_seconds",
                ["monitor"],
                "Seconds the watermark of a monitor is behind the clock",
            ),
            window_seal_seconds: add.single(
                "driftd_window_seal_seconds",
                "Seconds of one sealing step",
                Histogram::new(SECONDS),
            ),
            windows: add.family(
                "driftd_windows_total",
                ["monitor", "outcome"],
                "Windows judged, by monitor and outcome",
            ),
            registry: Arc::new(add.registry),
            feature_registry: Arc::new(add.feature_registry),
        }
    }

    /// A daemon begins, the first of the process or another one after it. Counts go on; where partitions and monitors
    /// stand is shown of those that it has, once it knows.
    pub(crate) fn begin(&self) {
        self.consumer_lag.withdraw_all();
        self.watermark_lag.withdraw_all();
        self.incidents_open.withdraw_all();
    }

    pub(crate) fn records_read(&self, topic: &Topic, before: RecordCounts, after: RecordCounts, bytes: u64) {
        let outcomes = [
            ("counted", after.rows.accepted - before.rows.accepted),
            ("undecodable", after.undecodable - before.undecodable),
            ("no_event_time", after.without_time - before.without_time),
            ("filtered", after.filtered - before.filtered),
            ("too_old", after.rows.too_old - before.rows.too_old),
            ("in_future", after.rows.in_future - before.rows.in_future),
        ];
        for (outcome, count) in outcomes {
            if count > 0 {
                self.records.with([outcome, topic.as_str()]).inc_by(count);
            }
        }
        let lost = after.deleted - before.deleted;
        if lost > 0 {
            self.records_lost.with([topic.as_str()]).inc_by(lost);
        }
        self.read_bytes.with([topic.as_str()]).inc_by(bytes);
    }

    pub(crate) fn checkpoint_written(&self, failure: Option<ErrorClass>, took: Duration) {
        self.checkpoints.with([written(failure)]).inc();
        self.checkpoint_seconds.observe(took.as_secs_f64());
    }

    pub(crate) fn step_sealed(&self, monitor: &MonitorId, windows: impl Iterator<Item = &'static str>, took: Duration) {
        self.window_seal_seconds.observe(took.as_secs_f64());
        for outcome in windows {
            self.windows.with([monitor.as_str(), outcome]).inc();
        }
    }

    pub(crate) fn came_late(&self, monitor: &MonitorId, records: u64) {
        self.late_records.with([monitor.as_str()]).inc_by(records);
    }

    pub(crate) fn watermark_lag(&self, monitor: &MonitorId, lag: Span) {
        self.watermark_lag.with([monitor.as_str()]).set(lag.as_micros() as f64 / 1e6);
    }

    pub(crate) fn consumer_lag(&self, partition: &TopicPartition, records: i64) {
        self.consumer_lag.with([&partition.partition.to_string(), partition.topic.as_str()]).set(records);
    }

    /// A partition that went to another process: its lag is shown there.
    pub(crate) fn partition_gone(&self, partition: &TopicPartition) {
        self.consumer_lag.withdraw([&partition.partition.to_string(), partition.topic.as_str()]);
    }

    pub(crate) fn partition_tasks(&self, tasks: usize) {
        self.tasks.set(tasks as u64);
    }

    /// The clock is that far ahead of what it is held against.
    pub(crate) fn clock_skew(&self, seconds: f64) {
        self.clock_skew.set(seconds);
    }

    /// Every part of the store there is.
    pub(crate) fn store_sizes(&self, sizes: &[StoreSize]) {
        self.store_bytes.withdraw_all();
        for StoreSize { part, bytes } in sizes {
            self.store_bytes.with([part.as_str()]).set(*bytes);
        }
    }

    pub(crate) fn store_failed(&self, error: ErrorClass) {
        self.store_errors.with([class(error)]).inc();
    }

    pub(crate) fn notified(&self, receiver: &ReceiverName, outcome: &'static str) {
        self.notifications.with([outcome, receiver.as_str()]).inc();
    }

    pub(crate) fn heartbeat(&self, receiver: &ReceiverName, outcome: &'static str) {
        self.heartbeats.with([outcome, receiver.as_str()]).inc();
    }

    pub(crate) fn incidents_open(&self, monitor: &MonitorId, severity: Severity, count: u64) {
        self.incidents_open.with([monitor.as_str(), severity.as_str()]).set(count);
    }

    /// The whole population's statistics of a window; those of segments are in the store.
    pub(crate) fn window_judged(&self, monitor: &MonitorId, window: &WindowResult) {
        if !window.segment.is_all() {
            return;
        }
        let name = window.window.name.as_str();
        let judged = window.verdicts.iter().flat_map(|v| v.scores.iter().map(move |score| (&v.feature, score)));
        for (feature, score) in judged.filter(|(_, score)| score.outcome.is_some()) {
            let Some(value) = score.value else { continue };
            let labels = [feature.as_str(), monitor.as_str(), "all", score.statistic.as_str(), name];
            self.feature_drift.with(labels).set(value);
        }
    }
}

/// What became of a checkpoint.
const fn written(failure: Option<ErrorClass>) -> &'static str {
    match failure {
        None => "written",
        Some(ErrorClass::Fenced) => "fenced",
        Some(ErrorClass::Transient | ErrorClass::Permanent) => "failed",
    }
}

const fn class(error: ErrorClass) -> &'static str {
    match error {
        ErrorClass::Transient => "transient",
        ErrorClass::Permanent => "permanent",
        ErrorClass::Fenced => "fenced",
    }
}

/// Enters metrics into a registry as they are made.
struct Registration {
    registry: Registry,
    /// Of metrics whose labels name features.
    feature_registry: Registry,
    dropped: Counter,
}

impl Registration {
    fn new() -> Self {
        let mut add =
            Self { registry: Registry::default(), feature_registry: Registry::default(), dropped: Counter::default() };
        let help = "Updates that were not kept, because a metric had too many series";
        let dropped = add.dropped.clone();
        add.single("driftd_metrics_dropped_total", help, dropped);
        add
    }

    /// A metric without labels, which shows from the start.
    fn single<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        // The text format sets the ending of counters.
        self.registry.register(name.strip_suffix("_total").unwrap_or(name), help, metric.clone());
        metric
    }

    /// A metric with labels, whose series show once they are emitted.
    fn family<M: Metric + TypedMetric + Clone + Default, const N: usize>(
        &mut self,
        name: &str,
        labels: [&'static str; N],
        help: &str,
    ) -> Family<M, N> {
        let family = Family::new(labels, self.dropped.clone());
        self.single(name, help, family)
    }

    /// A metric with labels that name features.
    fn family_of_features<M: Metric + TypedMetric + Clone + Default, const N: usize>(
        &mut self,
        name: &str,
        labels: [&'static str; N],
        help: &str,
    ) -> Family<M, N> {
        let family = Family::new(labels, self.dropped.clone());
        self.feature_registry.register(name, help, family.clone());
        family
    }
}

#[cfg(test)]
mod tests;
