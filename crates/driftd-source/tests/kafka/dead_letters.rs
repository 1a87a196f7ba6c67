//! Rejected records, copied to a topic.

use std::sync::Arc;
use std::time::{Duration, Instant};

use driftd_model::{Offset, Partition, Topic, TopicPartition};
use driftd_source::kafka::{DeadLetterProducer, DeadLetterSink, Producer, RejectedRecord};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};

use crate::broker;
use crate::reader::{Book, Reader, TEST_TIMEOUT};
use crate::records::{config, record, secret};

#[test]
fn a_rejected_record_is_copied_as_it_came() {
    let kafka = broker!("a_rejected_record_is_copied_as_it_came");
    kafka.create_topic("rejected", 1);
    kafka.create_topic("aside", 1);
    let config = config(&kafka.bootstrap(), "rejected");
    let mut odd = record("rejected", 0, "payload");
    odd.key = Some(b"key".to_vec());
    odd.headers = vec![("trace".to_owned(), Some(vec![0, 255])), ("empty".to_owned(), None)];
    let mut tombstone = record("rejected", 0, "");
    tombstone.payload = None;
    Producer::new(&config, secret).unwrap().send_all([odd, tombstone]).unwrap();
    let sink = Arc::new(DeadLetterProducer::new(&config, secret, Topic::from("aside")).unwrap());
    let mut reader = Reader::with(&config, "rejected", &Book::default(), Some(Arc::clone(&sink) as Arc<_>));
    reader.read_to_end(1, 2);
    reader.until("copies", |_| sink.delivered() == 2);
    assert_eq!(sink.dropped(), 0);

    let mut reading = ClientConfig::new();
    let reading = reading.set("bootstrap.servers", kafka.bootstrap()).set("group.id", "aside");
    let consumer: BaseConsumer = reading.set("auto.offset.reset", "earliest").create().unwrap();
    consumer.subscribe(&["aside"]).unwrap();
    let mut copies = Vec::new();
    let deadline = Instant::now() + TEST_TIMEOUT;
    while copies.len() < 2 {
        assert!(Instant::now() < deadline, "copies come in time: {copies:?}");
        if let Some(Ok(copy)) = consumer.poll(Duration::from_millis(100)) {
            let headers = copy.headers().unwrap().iter();
            let headers: Vec<_> = headers.map(|h| (h.key.to_owned(), h.value.map(<[u8]>::to_vec))).collect();
            copies.push((copy.key().map(<[u8]>::to_vec), copy.payload().map(<[u8]>::to_vec), headers));
        }
    }
    let reason = || ("driftd.reason".to_owned(), Some(b"seen".to_vec()));
    let trace = ("trace".to_owned(), Some(vec![0, 255]));
    let headers = vec![trace, ("empty".to_owned(), None), reason()];
    assert_eq!(copies[0], (Some(b"key".to_vec()), Some(b"payload".to_vec()), headers));
    assert_eq!(copies[1], (None, None, vec![reason()]));
}

#[test]
fn a_full_queue_drops_and_counts_and_never_waits() {
    let config = config("127.0.0.1:1", "unused");
    let sink = DeadLetterProducer::new(&config, secret, Topic::from("aside")).unwrap();
    let partition = TopicPartition::new(Topic::from("rejected"), Partition(0));
    let payload = vec![b'x'; 100_000];
    let begun = Instant::now();
    for offset in 0..1_000 {
        sink.put(&RejectedRecord {
            partition: &partition,
            offset: Offset(offset),
            key: None,
            payload: Some(&payload),
            headers: Vec::new(),
            reason: "malformed_json",
        });
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    // 16 MiB of 100 MB fit.
    assert!(sink.dropped() > 800, "{}", sink.dropped());
    assert_eq!(sink.delivered(), 0);
}

#[test]
fn more_records_than_the_queue_holds_are_sent_with_backpressure() {
    let kafka = broker!("more_records_than_the_queue_holds_are_sent_with_backpressure");
    kafka.create_topic("many", 2);
    let mut config = config(&kafka.bootstrap(), "unused");
    let few = driftd_config::KafkaProperty::Text("100".to_owned());
    config.properties.insert("queue.buffering.max.messages".to_owned(), few);
    let producer = Producer::new(&config, secret).unwrap();
    assert_eq!(producer.send_all((0..20_000).map(|i| record("many", i % 2, "x"))).unwrap(), 20_000);
    let reader = Reader::new(&crate::records::config(&kafka.bootstrap(), "many"), "many", &Book::default());
    assert_eq!(reader.ends("many", 2), [Some(10_000); 2]);
    let large = "x".repeat(2_000_000);
    let error = producer.send_all([record("many", 0, "x"), record("many", 0, &large)]).unwrap_err();
    insta::assert_snapshot!(error.to_string(), @"a record for topic many cannot be sent");
}
