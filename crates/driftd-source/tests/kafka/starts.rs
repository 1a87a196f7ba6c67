//! Where partitions start.

use driftd_config::{KafkaConfig, StartPolicy};
use driftd_source::kafka::Producer;
use driftd_window::Timestamp;

use crate::broker;
use crate::reader::{Book, Page, Reader};
use crate::records::{config, fill, record, secret};

#[test]
fn every_partition_starts_where_the_answer_says() {
    let kafka = broker!("every_partition_starts_where_the_answer_says");
    kafka.create_topic("starts", 5);
    fill(&kafka.bootstrap(), "starts", 5, 100);
    let book = Book::default();
    for (partition, next) in [(0, 0), (1, 10), (2, 99), (3, 100)] {
        book.lock().unwrap().insert(partition, Page { next: Some(next), ..Page::default() });
    }
    let mut reader = Reader::new(&config(&kafka.bootstrap(), "starts"), "starts", &book);
    reader.read_to_end(5, 100 + 90 + 1 + 100);
    assert_eq!(reader.started, [(0, 0), (1, 10), (2, 99), (3, 100), (4, 0)].into());
    for (partition, first) in [(0, 0), (1, 10), (2, 99), (3, 100), (4, 0)] {
        let page = book.lock().unwrap()[&partition].clone();
        assert_eq!(page.next, Some(100));
        assert!(page.records.iter().map(|(offset, _)| *offset).eq(first..100));
    }
    assert_eq!(reader.ends("starts", 5), [Some(100); 5]);
    assert_eq!(reader.count("starts").unwrap(), 5);
}

#[test]
fn an_unread_partition_starts_by_the_policy() {
    let kafka = broker!("an_unread_partition_starts_by_the_policy");
    kafka.create_topic("policy", 2);
    let producer = Producer::new(&config(&kafka.bootstrap(), "unused"), secret).unwrap();
    let at = |second: i64| Timestamp::from_micros(second * 1_000_000);
    // Partition 1 stays empty.
    let records = (0..10).map(|i| {
        let mut record = record("policy", 0, "x");
        record.timestamp = Some(at(1_000 + i));
        record
    });
    producer.send_all(records).unwrap();
    for (name, start, first) in [
        ("earliest", StartPolicy::Earliest, 0),
        ("latest", StartPolicy::Latest, 10),
        ("between", StartPolicy::At(Timestamp::from_micros(1_003_500_000)), 4),
        ("exact", StartPolicy::At(at(1_003)), 3),
        ("before", StartPolicy::At(at(1)), 0),
        ("after", StartPolicy::At(at(2_000)), 10),
    ] {
        let book = Book::default();
        let config = KafkaConfig { start, ..config(&kafka.bootstrap(), &format!("policy-{name}")) };
        let mut reader = Reader::new(&config, "policy", &book);
        reader.read_to_end(2, 10 - first as usize);
        assert_eq!(reader.started, [(0, first), (1, 0)].into(), "{name}");
        assert!(book.lock().unwrap()[&0].records.iter().map(|(offset, _)| *offset).eq(first..10), "{name}");
    }
}

#[test]
fn a_large_record_is_read_alone() {
    let kafka = broker!("a_large_record_is_read_alone");
    kafka.create_topic_with("large", 1, &[("max.message.bytes", "8000000")]);
    let mut writing = config(&kafka.bootstrap(), "unused");
    let set = |name: &str, value: &str| (name.to_owned(), driftd_config::KafkaProperty::Text(value.to_owned()));
    writing.properties.extend([set("message.max.bytes", "8000000"), set("compression.type", "none")]);
    let producer = Producer::new(&writing, secret).unwrap();
    let large = "a".repeat(5_000_000);
    let payloads = ["small", &large, "small", &large];
    producer.send_all(payloads.map(|payload| record("large", 0, payload))).unwrap();
    let book = Book::default();
    let mut reader = Reader::new(&config(&kafka.bootstrap(), "large"), "large", &book);
    reader.read_to_end(1, 4);
    let page = book.lock().unwrap()[&0].clone();
    assert!(page.records.iter().map(|(_, payload)| payload.as_str()).eq(payloads));
}

#[test]
fn every_codec_is_read() {
    let kafka = broker!("every_codec_is_read");
    let codecs = ["none", "gzip", "snappy", "lz4", "zstd"];
    kafka.create_topic("codecs", codecs.len() as u32);
    // Long enough that a codec shrinks it, or the producer sends it as it is.
    let payload = |codec: &str| codec.repeat(1_000);
    for (partition, codec) in (0..).zip(codecs) {
        let mut writing = config(&kafka.bootstrap(), "unused");
        let property = driftd_config::KafkaProperty::Text(codec.to_owned());
        writing.properties.insert("compression.type".to_owned(), property);
        let producer = Producer::new(&writing, secret).unwrap();
        producer.send_all((0..10).map(|_| record("codecs", partition, &payload(codec)))).unwrap();
    }
    let book = Book::default();
    let mut reader = Reader::new(&config(&kafka.bootstrap(), "codecs"), "codecs", &book);
    reader.read_to_end(5, 50);
    for (partition, codec) in (0..).zip(codecs) {
        let page = book.lock().unwrap()[&partition].clone();
        assert!(page.records.len() == 10 && page.records.iter().all(|(_, read)| *read == payload(codec)), "{codec}");
    }
}
