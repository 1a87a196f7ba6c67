use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use driftd_model::Partition;
use driftd_window::Absorbed;
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

use super::*;

/// Every series that was emitted, as text, and its value; for histograms the number of observations.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<BTreeMap<String, f64>>>);

struct Series {
    name: String,
    seen: Seen,
}

impl Series {
    fn change(&self, change: impl FnOnce(f64) -> f64) {
        let mut all = self.seen.0.lock().unwrap();
        let value = all.entry(self.name.clone()).or_default();
        *value = change(*value);
    }
}

impl CounterFn for Series {
    fn increment(&self, by: u64) {
        self.change(|value| value + by as f64);
    }
    fn absolute(&self, value: u64) {
        self.change(|_| value as f64);
    }
}

impl GaugeFn for Series {
    fn increment(&self, by: f64) {
        self.change(|value| value + by);
    }
    fn decrement(&self, by: f64) {
        self.change(|value| value - by);
    }
    fn set(&self, value: f64) {
        self.change(|_| value);
    }
}

impl HistogramFn for Series {
    fn record(&self, _value: f64) {
        self.change(|count| count + 1.0);
    }
}

impl Seen {
    fn series(&self, key: &Key) -> Arc<Series> {
        let labels: Vec<String> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        Arc::new(Series { name: format!("{}{{{}}}", key.name(), labels.join(",")), seen: self.clone() })
    }
}

impl Recorder for Seen {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.series(key))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.series(key))
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.series(key))
    }
}

#[test]
fn names_and_labels_are_these() {
    let seen = Seen::default();
    metrics::with_local_recorder(&seen, || {
        let (topic, monitor) = (Topic::from("orders"), "m".parse::<MonitorId>().unwrap());
        let rows = Absorbed { accepted: 7, without_time: 1, in_future: 2, newest: None };
        let before = LaneAccount { read: 10, undecodable: 1, rows };
        let rows = Absorbed { accepted: 10, without_time: 1, in_future: 4, newest: None };
        let after = LaneAccount { read: 20, undecodable: 4, rows };
        records_read(&topic, before, after, 512);
        checkpoint_written(None, Duration::from_millis(3));
        checkpoint_written(Some(ErrorClass::Fenced), Duration::from_millis(3));
        checkpoint_written(Some(ErrorClass::Permanent), Duration::from_millis(3));
        step_sealed(&monitor, ["stable", "critical", "stable"].into_iter(), Duration::from_millis(3));
        came_late(&monitor, 5);
        watermark_lag(&monitor, Span::from_secs(90));
        consumer_lag(&TopicPartition::new(topic, Partition(3)), 12);
        lanes_owned(4);
        store_failed(ErrorClass::Transient);
        let receiver = "pager".parse().unwrap();
        notified(&receiver, "delivered");
        notified(&receiver, "delivered");
        heartbeat(&receiver, "sent");
        incidents_open(&monitor, Severity::Critical, 2);
    });
    let seen = seen.0.lock().unwrap();
    let lines: Vec<String> = seen.iter().map(|(name, value)| format!("{name} {value}")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    driftd_checkpoint_seconds{} 3
    driftd_checkpoints_total{outcome=failed} 1
    driftd_checkpoints_total{outcome=fenced} 1
    driftd_checkpoints_total{outcome=written} 1
    driftd_consumer_lag_records{topic=orders,partition=3} 12
    driftd_heartbeats_total{receiver=pager,outcome=sent} 1
    driftd_incidents_open{monitor=m,severity=critical} 2
    driftd_lanes{} 4
    driftd_late_records_total{monitor=m} 5
    driftd_notifications_total{receiver=pager,outcome=delivered} 2
    driftd_read_bytes_total{topic=orders} 512
    driftd_records_total{topic=orders,outcome=counted} 3
    driftd_records_total{topic=orders,outcome=in_future} 2
    driftd_records_total{topic=orders,outcome=undecodable} 3
    driftd_store_errors_total{class=transient} 1
    driftd_watermark_lag_seconds{monitor=m} 90
    driftd_window_seal_seconds{} 1
    driftd_windows_total{monitor=m,outcome=critical} 1
    driftd_windows_total{monitor=m,outcome=stable} 2
    ");
}
