use std::path::Path;

use driftd_model::Partition;
use driftd_window::Absorbed;

use super::family::MOST_SERIES;
use super::*;

fn text(metrics: &Metrics) -> String {
    let mut text = String::new();
    for registry in [&metrics.registry, &metrics.feature_registry] {
        prometheus_client::encoding::prometheus_text::encode(&mut text, registry).unwrap();
    }
    text
}

/// Lines with samples of `name`.
fn samples<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.starts_with(name)).collect()
}

fn lag(metrics: &Metrics, partition: i32, records: i64) {
    metrics.consumer_lag(&TopicPartition::new(Topic::from("orders"), Partition(partition)), records);
}

/// Everything once, with the oddest names.
fn emitted() -> Metrics {
    let metrics = Metrics::new();
    let (topic, monitor) = (Topic::from("a\"b\\c\nd é"), "flight-delay".parse::<MonitorId>().unwrap());
    let rows = Absorbed { accepted: 7, without_time: 1, too_old: 0, in_future: 2, newest: None };
    let before = RecordCounts { read: 10, undecodable: 1, without_time: 1, filtered: 0, deleted: 0, rows };
    let rows = Absorbed { accepted: 10, without_time: 2, too_old: 3, in_future: 4, newest: None };
    let after = RecordCounts { read: 20, undecodable: 4, without_time: 2, filtered: 5, deleted: 3, rows };
    metrics.records_read(&topic, before, after, 512);
    for failure in [None, Some(ErrorClass::Fenced), Some(ErrorClass::Permanent)] {
        metrics.checkpoint_written(failure, Duration::from_millis(3));
    }
    metrics.step_sealed(&monitor, ["stable", "critical", "stable"].into_iter(), Duration::from_secs(99));
    metrics.came_late(&monitor, 5);
    metrics.watermark_lag(&monitor, Span::from_secs(90));
    lag(&metrics, 3, 12);
    metrics.partition_tasks(4);
    metrics.clock_skew(0.25);
    let size = |part: &str, bytes| StoreSize { part: part.to_owned(), bytes };
    metrics.store_sizes(&[size("pane_partials", 1 << 30)]);
    metrics.store_sizes(&[size("pane_partials", 81_920), size("sealed_panes", 1_302_528)]);
    metrics.store_failed(ErrorClass::Transient);
    let receiver = "pager".parse().unwrap();
    metrics.notified(&receiver, "delivered");
    metrics.notified(&receiver, "delivered");
    metrics.heartbeat(&receiver, "sent");
    metrics.incidents_open(&monitor, Severity::Critical, 2);
    metrics.feature_drift.with(["dep_delay", "flight-delay", "all", "psi", "day"]).set(0.125);
    metrics
}

/// `deploy/prometheus/metrics.txt` shows people what there is, and is what the rules and Prometheus' own tool are held
/// against.
#[test]
fn the_example_of_a_scrape_is_what_is_emitted() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/prometheus/metrics.txt");
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let text = text(&emitted());
    assert!(written == text, "{} is to be:\n{text}", path.display());
}

#[test]
fn closed_lists_are_there_from_the_start() {
    let text = text(&Metrics::new());
    assert_eq!(
        samples(&text, "driftd_store_errors_total"),
        [
            "driftd_store_errors_total{class=\"fenced\"} 0",
            "driftd_store_errors_total{class=\"permanent\"} 0",
            "driftd_store_errors_total{class=\"transient\"} 0",
        ]
    );
    assert_eq!(samples(&text, "driftd_checkpoints_total").len(), 3);
    assert_eq!(samples(&text, "driftd_checkpoint_seconds_count"), ["driftd_checkpoint_seconds_count 0"]);
    assert_eq!(samples(&text, "driftd_partition_tasks"), ["driftd_partition_tasks 0"]);
    assert!(!text.contains("driftd_records_total"), "{text}");
}

#[test]
fn a_gauge_of_what_is_gone_shows_nothing() {
    let metrics = Metrics::new();
    let shown = |metrics: &Metrics| samples(&text(metrics), "driftd_consumer_lag_records{").len();
    lag(&metrics, 0, 5);
    lag(&metrics, 1, 6);
    metrics.partition_gone(&TopicPartition::new(Topic::from("orders"), Partition(0)));
    assert_eq!(
        samples(&text(&metrics), "driftd_consumer_lag_records{"),
        ["driftd_consumer_lag_records{partition=\"1\",topic=\"orders\"} 6"]
    );
    lag(&metrics, 0, 7);
    assert_eq!(shown(&metrics), 2);
    // Another daemon in the same process: it reads what it reads, and counts on.
    metrics.store_failed(ErrorClass::Permanent);
    metrics.begin();
    assert_eq!(shown(&metrics), 0);
    assert!(text(&metrics).contains("driftd_store_errors_total{class=\"permanent\"} 1"));
}

#[test]
fn a_label_without_bounds_does_not_take_the_memory() {
    let metrics = Metrics::new();
    for partition in 0..MOST_SERIES + 5 {
        lag(&metrics, i32::try_from(partition).unwrap(), 1);
    }
    let full = text(&metrics);
    assert_eq!(samples(&full, "driftd_consumer_lag_records{").len(), MOST_SERIES);
    assert_eq!(samples(&full, "driftd_metrics_dropped_total"), ["driftd_metrics_dropped_total 5"]);
    metrics.partition_gone(&TopicPartition::new(Topic::from("orders"), Partition(7)));
    lag(&metrics, -1, 2);
    let text = text(&metrics);
    assert_eq!(samples(&text, "driftd_consumer_lag_records{").len(), MOST_SERIES);
    assert!(text.contains("driftd_consumer_lag_records{partition=\"-1\",topic=\"orders\"} 2"));
}

#[test]
fn many_threads_count_what_they_count() {
    let metrics = Metrics::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for i in 0..1_000 {
                    metrics.notified(&format!("r{}", i % 7).parse().unwrap(), "delivered");
                }
            });
        }
    });
    let total: u64 = samples(&text(&metrics), "driftd_notifications_total{")
        .iter()
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(total, 4_000);
}

#[test]
fn there_is_one_registry_a_process() {
    assert!(Arc::ptr_eq(&registry(), &registry()));
}
