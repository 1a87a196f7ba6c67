//! The names driftd emits, in words. Dashboards and rules are written against them: they change by addition only.

use super::family::Kind;

/// A name.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) help: &'static str,
    /// Whether it has a single series without labels, there from the start.
    pub(super) is_single: bool,
    /// Series that are there from the start, at zero.
    pub(super) born: Born,
}

/// Values of a label that is the only one, and comes from a closed list.
pub(super) struct Born {
    pub(super) label: &'static str,
    pub(super) values: &'static [&'static str],
}

/// Upper bounds of durations in seconds, from a lookup to a stall.
pub(super) const SECONDS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

const NONE: Born = Born { label: "", values: &[] };

/// A family whose series appear when they are first emitted.
const fn labelled(name: &'static str, kind: Kind, help: &'static str) -> Entry {
    Entry { name, kind, help, is_single: false, born: NONE }
}

/// A family of one series.
const fn single(name: &'static str, kind: Kind, help: &'static str) -> Entry {
    Entry { name, kind, help, is_single: true, born: NONE }
}

/// A counter of a closed list.
const fn closed(name: &'static str, label: &'static str, values: &'static [&'static str], help: &'static str) -> Entry {
    Entry { name, kind: Kind::Counter, help, is_single: false, born: Born { label, values } }
}

/// Every name.
pub(super) const CATALOGUE: &[Entry] = &[
    closed(
        "driftd_checkpoints_total",
        "outcome",
        &["written", "fenced", "failed"],
        "Checkpoints, by outcome: written, fenced (somebody else owns the partition) or failed.",
    ),
    single("driftd_checkpoint_seconds", Kind::Histogram, "Seconds from the first try of a checkpoint to its commit."),
    labelled(
        "driftd_consumer_lag_records",
        Kind::Gauge,
        "Records between the next to be read of a partition and its end.",
    ),
    labelled(
        "driftd_feature_drift",
        Kind::Gauge,
        "Statistics that decide, in the last window of each shape over the whole population.",
    ),
    labelled("driftd_heartbeats_total", Kind::Counter, "Signs of life to receivers, by receiver and outcome."),
    labelled("driftd_incidents_open", Kind::Gauge, "Incidents that are open or acknowledged, by monitor and severity."),
    single("driftd_lanes", Kind::Gauge, "Partitions that this process reads."),
    labelled("driftd_late_records_total", Kind::Counter, "Records that came after their pane was sealed, by monitor."),
    labelled(
        "driftd_notifications_total",
        Kind::Counter,
        "Attempts to deliver notifications, by receiver and outcome.",
    ),
    labelled("driftd_read_bytes_total", Kind::Counter, "Bytes of payloads read, by topic."),
    labelled("driftd_records_total", Kind::Counter, "Records read, by topic and what became of them."),
    closed(
        "driftd_store_errors_total",
        "class",
        &["transient", "permanent", "fenced"],
        "Store calls that failed, by class: transient ones are tried again.",
    ),
    labelled("driftd_watermark_lag_seconds", Kind::Gauge, "Seconds the watermark of a monitor is behind the clock."),
    single("driftd_window_seal_seconds", Kind::Histogram, "Seconds of one sealing step."),
    labelled("driftd_windows_total", Kind::Counter, "Windows judged, by monitor and outcome."),
];
