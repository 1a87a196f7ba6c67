#![expect(clippy::disallowed_macros, reason = "the tests emit what the rest of driftd would")]

use metrics::{counter, gauge, histogram, with_local_recorder};

use super::*;

/// What a registry shows after `emit`.
fn rendered(emit: impl FnOnce()) -> String {
    let registry = MetricsRegistry::new();
    with_local_recorder(&registry, emit);
    registry.render()
}

/// Lines with samples of `name`.
fn samples<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.starts_with(name)).collect()
}

fn emit_some() {
    counter!("driftd_records_total", "topic" => "flights", "outcome" => "counted").increment(3);
    counter!("driftd_records_total", "outcome" => "counted", "topic" => "flights").increment(4);
    counter!("driftd_records_total", "topic" => "a\"b\\c\nd", "outcome" => "undecodable").increment(1);
    gauge!("driftd_watermark_lag_seconds", "monitor" => "flight-delay").set(61.5);
    gauge!("driftd_lanes").set(12);
    for seconds in [0.0, 0.001, 0.3, 99.0] {
        histogram!("driftd_checkpoint_seconds").record(seconds);
    }
    counter!("driftd_store_errors_total", "class" => "transient").increment(1);
    gauge!("other", "x" => "1").set(f64::NEG_INFINITY);
}

#[test]
fn everything_is_written_down_as_prometheus_reads_it() {
    insta::assert_snapshot!(rendered(emit_some), @r#"
    # HELP driftd_checkpoint_seconds Seconds from the first try of a checkpoint to its commit.
    # TYPE driftd_checkpoint_seconds histogram
    driftd_checkpoint_seconds_bucket{le="0.001"} 2
    driftd_checkpoint_seconds_bucket{le="0.0025"} 2
    driftd_checkpoint_seconds_bucket{le="0.005"} 2
    driftd_checkpoint_seconds_bucket{le="0.01"} 2
    driftd_checkpoint_seconds_bucket{le="0.025"} 2
    driftd_checkpoint_seconds_bucket{le="0.05"} 2
    driftd_checkpoint_seconds_bucket{le="0.1"} 2
    driftd_checkpoint_seconds_bucket{le="0.25"} 2
    driftd_checkpoint_seconds_bucket{le="0.5"} 3
    driftd_checkpoint_seconds_bucket{le="1"} 3
    driftd_checkpoint_seconds_bucket{le="2.5"} 3
    driftd_checkpoint_seconds_bucket{le="5"} 3
    driftd_checkpoint_seconds_bucket{le="10"} 3
    driftd_checkpoint_seconds_bucket{le="30"} 3
    driftd_checkpoint_seconds_bucket{le="+Inf"} 4
    driftd_checkpoint_seconds_sum 99.301
    driftd_checkpoint_seconds_count 4
    # HELP driftd_checkpoints_total Checkpoints, by outcome: written, fenced (somebody else owns the partition) or failed.
    # TYPE driftd_checkpoints_total counter
    driftd_checkpoints_total{outcome="failed"} 0
    driftd_checkpoints_total{outcome="fenced"} 0
    driftd_checkpoints_total{outcome="written"} 0
    # HELP driftd_lanes Partitions that this process reads.
    # TYPE driftd_lanes gauge
    driftd_lanes 12
    # HELP driftd_records_total Records read, by topic and what became of them.
    # TYPE driftd_records_total counter
    driftd_records_total{outcome="counted",topic="flights"} 7
    driftd_records_total{outcome="undecodable",topic="a\"b\\c\nd"} 1
    # HELP driftd_store_errors_total Store calls that failed, by class: transient ones are tried again.
    # TYPE driftd_store_errors_total counter
    driftd_store_errors_total{class="fenced"} 0
    driftd_store_errors_total{class="permanent"} 0
    driftd_store_errors_total{class="transient"} 1
    # HELP driftd_watermark_lag_seconds Seconds the watermark of a monitor is behind the clock.
    # TYPE driftd_watermark_lag_seconds gauge
    driftd_watermark_lag_seconds{monitor="flight-delay"} 61.5
    # HELP driftd_window_seal_seconds Seconds of one sealing step.
    # TYPE driftd_window_seal_seconds histogram
    driftd_window_seal_seconds_bucket{le="0.001"} 0
    driftd_window_seal_seconds_bucket{le="0.0025"} 0
    driftd_window_seal_seconds_bucket{le="0.005"} 0
    driftd_window_seal_seconds_bucket{le="0.01"} 0
    driftd_window_seal_seconds_bucket{le="0.025"} 0
    driftd_window_seal_seconds_bucket{le="0.05"} 0
    driftd_window_seal_seconds_bucket{le="0.1"} 0
    driftd_window_seal_seconds_bucket{le="0.25"} 0
    driftd_window_seal_seconds_bucket{le="0.5"} 0
    driftd_window_seal_seconds_bucket{le="1"} 0
    driftd_window_seal_seconds_bucket{le="2.5"} 0
    driftd_window_seal_seconds_bucket{le="5"} 0
    driftd_window_seal_seconds_bucket{le="10"} 0
    driftd_window_seal_seconds_bucket{le="30"} 0
    driftd_window_seal_seconds_bucket{le="+Inf"} 0
    driftd_window_seal_seconds_sum 0
    driftd_window_seal_seconds_count 0
    # TYPE other gauge
    other{x="1"} -Inf
    # HELP driftd_metrics_dropped_total Updates that were not kept: names or series were too many, malformed, or of another kind before.
    # TYPE driftd_metrics_dropped_total counter
    driftd_metrics_dropped_total 0
    "#);
}

#[test]
fn closed_lists_are_there_from_the_start() {
    let text = rendered(|| ());
    assert_eq!(
        samples(&text, "driftd_store_errors_total"),
        [
            "driftd_store_errors_total{class=\"fenced\"} 0",
            "driftd_store_errors_total{class=\"permanent\"} 0",
            "driftd_store_errors_total{class=\"transient\"} 0",
        ]
    );
    assert_eq!(samples(&text, "driftd_checkpoint_seconds_count"), ["driftd_checkpoint_seconds_count 0"]);
    assert!(!text.contains("driftd_records_total"), "{text}");
}

#[test]
fn a_gauge_can_be_taken_back_and_come_again() {
    let registry = MetricsRegistry::new();
    let lag = || gauge!("driftd_consumer_lag_records", "topic" => "t", "partition" => "0");
    with_local_recorder(&registry, || {
        lag().set(5);
        assert!(registry.render().contains("driftd_consumer_lag_records{partition=\"0\",topic=\"t\"} 5"));
        lag().set(f64::NAN);
        assert!(!registry.render().contains("driftd_consumer_lag_records"));
        lag().set(6);
        assert!(registry.render().contains("driftd_consumer_lag_records{partition=\"0\",topic=\"t\"} 6"));
    });
}

#[test]
fn a_label_without_bounds_does_not_take_the_memory() {
    let registry = MetricsRegistry::new();
    with_local_recorder(&registry, || {
        for i in 0..MOST_SERIES + 5 {
            gauge!("many", "i" => i.to_string()).set(1);
        }
        let text = registry.render();
        assert_eq!(samples(&text, "many{").len(), MOST_SERIES);
        assert_eq!(samples(&text, DROPPED), ["driftd_metrics_dropped_total 5"]);
        gauge!("many", "i" => "7").set(f64::NAN);
        gauge!("many", "i" => "new").set(2);
        let text = registry.render();
        assert_eq!(samples(&text, "many{").len(), MOST_SERIES);
        assert!(text.contains("many{i=\"new\"} 2"));
        for i in 0..2 * MOST_NAMES {
            counter!(format!("name_{i}")).increment(1);
        }
        // Names of the catalogue have their places from the start.
        let others = MOST_NAMES - CATALOGUE.len() - 1;
        assert_eq!(samples(&registry.render(), "name_").len(), others);
    });
}

#[test]
fn what_is_not_a_metric_is_dropped() {
    let text = rendered(|| {
        counter!("driftd_lanes").increment(1);
        counter!("no name").increment(1);
        counter!("good", "no-label" => "x").increment(1);
        histogram!("good_seconds", "le" => "x").record(1.0);
        histogram!("driftd_checkpoint_seconds").record(f64::NAN);
    });
    assert_eq!(samples(&text, DROPPED), ["driftd_metrics_dropped_total 4"]);
    assert_eq!(samples(&text, "good"), [""; 0]);
    assert_eq!(samples(&text, "driftd_lanes"), ["driftd_lanes 0"]);
    assert_eq!(samples(&text, "driftd_checkpoint_seconds_count"), ["driftd_checkpoint_seconds_count 0"]);
}

#[test]
fn words_of_the_emitter_describe_what_the_catalogue_does_not_know() {
    let text = rendered(|| {
        metrics::describe_gauge!("other", "Something\nelse.");
        metrics::describe_gauge!("driftd_lanes", "Not these words.");
        gauge!("other").set(1);
    });
    assert_eq!(samples(&text, "# HELP other"), ["# HELP other Something\\nelse."]);
    assert_eq!(samples(&text, "# HELP driftd_lanes"), ["# HELP driftd_lanes Partitions that this process reads."]);
}

#[test]
fn many_threads_count_what_they_count() {
    let registry = MetricsRegistry::new();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let registry = registry.clone();
            scope.spawn(move || {
                with_local_recorder(&registry, || {
                    for i in 0..1_000 {
                        counter!("c", "i" => (i % 7).to_string()).increment(1);
                        histogram!("h", "thread" => (thread % 2).to_string()).record(0.5);
                    }
                });
            });
        }
    });
    let text = registry.render();
    let total: u64 =
        samples(&text, "c{").iter().map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum();
    assert_eq!(total, 4_000);
    assert_eq!(samples(&text, "h_sum"), ["h_sum{thread=\"0\"} 1000", "h_sum{thread=\"1\"} 1000"]);
}

#[test]
fn there_is_one_registry_a_process() {
    let registry = MetricsRegistry::new();
    assert_eq!(registry.install(), Ok(()));
    assert_eq!(MetricsRegistry::new().install(), Err(AlreadyInstalled));
    counter!("driftd_late_records_total", "monitor" => "m").increment(2);
    assert!(registry.render().contains("driftd_late_records_total{monitor=\"m\"} 2"));
}
