//! Batches that nobody can read: damaged on the broker's disk, so that they do not decompress.

use std::ops::Range;

use driftd_config::{KafkaConfig, KafkaProperty, UnreadableBatch};
use driftd_model::{FetchFailure, LogEvent, Offset};
use driftd_testkit::services::kafka::Kafka;

use crate::broker;
use crate::reader::{Book, Reader};
use crate::records::{config, fill_as};

/// 300 records in batches of 100 and fewer, of which the one with record 150 is damaged.
fn damaged(kafka: &Kafka, topic: &str) -> Range<i64> {
    kafka.create_topic(topic, 1);
    let mut writing = config(&kafka.bootstrap(), "unused");
    writing.properties.insert("compression.codec".to_owned(), KafkaProperty::Text("lz4".to_owned()));
    (0..3).for_each(|_| fill_as(&writing, topic, 1, 100));
    kafka.damage(topic, 0, 150)
}

/// A consumer that does not look at checksums, so that it tries to decompress.
fn reading(kafka: &Kafka, group: &str, unreadable_batch: UnreadableBatch, checks: bool) -> KafkaConfig {
    let mut reading = KafkaConfig { unreadable_batch, ..config(&kafka.bootstrap(), group) };
    reading.properties.insert("check.crcs".to_owned(), KafkaProperty::Text(checks.to_string()));
    reading
}

#[test]
fn a_batch_that_does_not_decompress_stops_its_partition_and_is_told() {
    let kafka = broker!("a_batch_that_does_not_decompress_stops_its_partition_and_is_told");
    let batch = damaged(kafka, "stops");
    let book = Book::default();
    let mut reader = Reader::new(&reading(kafka, "stops", UnreadableBatch::Stop, false), "stops", &book);
    reader.until("the error", |reader| reader.fetching.get(&0).is_some_and(Option::is_some));
    let trouble = reader.fetching[&0].clone().unwrap();
    assert_eq!((trouble.failure, trouble.at.0), (FetchFailure::UnreadableBatch, batch.start));
    let begun = std::time::Instant::now();
    reader.until("nothing", |_| begun.elapsed() > std::time::Duration::from_secs(8));
    assert_eq!(book.lock().unwrap()[&0].next, Some(batch.start), "nothing is passed over");
    // What is deleted does not have to be read.
    kafka.delete_records("stops", 0, batch.end);
    reader.until("the rest", |reader| book.lock().unwrap()[&0].next == Some(300) && reader.fetching[&0].is_none());
    reader.close();
}

#[test]
fn a_damaged_batch_is_passed_over_where_that_is_wanted() {
    let kafka = broker!("a_damaged_batch_is_passed_over_where_that_is_wanted");
    let batch = damaged(kafka, "skips");
    let book = Book::default();
    let mut reader = Reader::new(&reading(kafka, "skips", UnreadableBatch::Skip, false), "skips", &book);
    let is_read = || book.lock().unwrap().get(&0).is_some_and(|page| page.next == Some(300));
    reader.until("the rest", |reader| is_read() && reader.fetching[&0].is_none());
    let page = book.lock().unwrap()[&0].clone();
    assert_eq!(page.events, [LogEvent::Skipped { from: Offset(batch.start), to: Offset(batch.end) }]);
    let read: Vec<i64> = page.records.iter().map(|(offset, _)| *offset).collect();
    assert!(read.into_iter().eq((0..batch.start).chain(batch.end..300)), "every other record, once");
    reader.close();
}

/// What only the checksum tells is not passed over: it is told, as where nothing is.
#[test]
fn a_batch_with_a_wrong_checksum_is_told() {
    let kafka = broker!("a_batch_with_a_wrong_checksum_is_told");
    let batch = damaged(kafka, "checked");
    let book = Book::default();
    let mut reader = Reader::new(&reading(kafka, "checked", UnreadableBatch::Stop, true), "checked", &book);
    reader.until("the error", |reader| reader.fetching.get(&0).is_some_and(Option::is_some));
    let trouble = reader.fetching[&0].clone().unwrap();
    assert_eq!((trouble.failure, trouble.at.0), (FetchFailure::UnreadableBatch, batch.start));
    reader.close();
}
