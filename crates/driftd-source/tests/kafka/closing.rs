//! Ends of a source.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use driftd_config::KafkaConfig;
use driftd_model::{Source as _, SourceEvent, Topic};
use driftd_source::kafka::KafkaSource;
use driftd_window::Span;

use crate::broker;
use crate::reader::{Book, Reader, TEST_TIMEOUT, rejecting};
use crate::records::{config, fill, secret};

fn source(config: &KafkaConfig, topic: &str) -> KafkaSource {
    KafkaSource::start(config, secret, &BTreeSet::from([Topic::from(topic)]), rejecting(), None).unwrap()
}

fn next(source: &KafkaSource) -> Option<SourceEvent> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(TEST_TIMEOUT, source.next_event()).await }).expect("an event in time")
}

#[test]
fn closing_revokes_and_ends() {
    let kafka = broker!("closing_revokes_and_ends");
    kafka.create_topic("closing", 3);
    fill(&kafka.bootstrap(), "closing", 3, 10);
    let mut reader = Reader::new(&config(&kafka.bootstrap(), "closing"), "closing", &Book::default());
    reader.read_to_end(3, 30);
    let begun = Instant::now();
    reader.close();
    assert!(reader.count("closing").is_err(), "a closed source answers no questions");
    assert_eq!(reader.ends("closing", 3), [None; 3]);
    drop(reader);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

/// A reader that holds on to its answers delays the source by its patience, and no longer.
#[test]
fn patience_has_an_end() {
    let kafka = broker!("patience_has_an_end");
    kafka.create_topic("patience", 1);
    let config = KafkaConfig { drain_timeout: Span::from_secs(2), ..config(&kafka.bootstrap(), "patience") };
    let source = source(&config, "patience");
    let Some(SourceEvent::Assigned { reply, .. }) = next(&source) else { panic!("assigned first") };
    reply.send(vec![None]);
    let Some(SourceEvent::Started { mut reader, .. }) = next(&source) else { panic!("started next") };
    source.close();
    let Some(SourceEvent::Revoked { reply, .. }) = next(&source) else { panic!("revoked at last") };
    let begun = Instant::now();
    assert!(next(&source).is_none());
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    // Both are too late, and harmless.
    reply.send(());
    let budget = driftd_model::PollBudget { records: 1, bytes: 1, rows: 1, panes: 1 };
    assert!(matches!(reader.poll(budget), Ok(driftd_model::Poll::Nothing)));
}

/// Whoever drops a source that waits for an answer does not wait for it.
#[test]
fn a_source_is_dropped_at_any_time() {
    let kafka = broker!("a_source_is_dropped_at_any_time");
    kafka.create_topic("dropped", 1);
    let config = config(&kafka.bootstrap(), "dropped");
    let in_time = |source: KafkaSource| {
        let begun = Instant::now();
        drop(source);
        assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    };
    in_time(source(&config, "dropped"));
    let unanswered = source(&config, "dropped");
    let Some(SourceEvent::Assigned { reply, .. }) = next(&unanswered) else { panic!("assigned first") };
    in_time(unanswered);
    reply.send(vec![None]);

    let reading = source(&config, "dropped");
    let Some(SourceEvent::Assigned { reply, .. }) = next(&reading) else { panic!("assigned first") };
    reply.send(vec![None]);
    let Some(SourceEvent::Started { reader, .. }) = next(&reading) else { panic!("started next") };
    in_time(reading);
    drop(reader);

    in_time(source(&crate::records::config("127.0.0.1:1", "dropped"), "dropped"));
}
