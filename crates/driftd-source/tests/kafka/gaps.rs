//! Offsets without a record: markers of transactions, compaction, and retention.

use std::time::Instant;

use driftd_model::{LogEvent, Offset};
use driftd_testkit::services::kafka::KafkaOptions;
use driftd_testkit::services::wait_until;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use rdkafka::{ClientConfig, Offset as Position, TopicPartitionList};

use crate::broker;
use crate::reader::{Book, Page, Reader, TEST_TIMEOUT};
use crate::records::{config, fill, record, secret};

fn offsets(page: &Page) -> Vec<i64> {
    page.records.iter().map(|(offset, _)| *offset).collect()
}

#[test]
fn markers_of_transactions_are_inside_chunks_and_before_the_end() {
    let kafka = broker!("markers_of_transactions_are_inside_chunks_and_before_the_end");
    kafka.create_topic("transactions", 1);
    let mut writing = ClientConfig::new();
    let writing = writing.set("bootstrap.servers", kafka.bootstrap()).set("transactional.id", "t");
    let producer: ThreadedProducer<DefaultProducerContext> = writing.create().unwrap();
    producer.init_transactions(TEST_TIMEOUT).unwrap();
    let transaction = |commit: bool| {
        producer.begin_transaction().unwrap();
        for _ in 0..3 {
            producer.send(BaseRecord::<(), str>::to("transactions").payload("x")).unwrap();
        }
        // An abort takes back what was not sent yet, and leaves no trace of it.
        producer.flush(TEST_TIMEOUT).unwrap();
        if commit { producer.commit_transaction(TEST_TIMEOUT) } else { producer.abort_transaction(TEST_TIMEOUT) }
            .unwrap();
    };
    let book = Book::default();
    let mut reader = Reader::new(&config(&kafka.bootstrap(), "transactions"), "transactions", &book);
    reader.read_to_end(1, 0);
    // Each is three records and a marker.
    transaction(true);
    reader.until("the marker", |_| book.lock().unwrap()[&0].next == Some(4));
    transaction(false);
    reader.until("what was aborted", |_| book.lock().unwrap()[&0].next == Some(8));
    assert_eq!(reader.ends("transactions", 1), [Some(8)], "the end that was met is the end that brokers tell");
    // What is not committed is not the end.
    producer.begin_transaction().unwrap();
    producer.send(BaseRecord::<(), str>::to("transactions").payload("x")).unwrap();
    producer.flush(TEST_TIMEOUT).unwrap();
    assert_eq!(reader.ends("transactions", 1), [Some(8)]);
    producer.commit_transaction(TEST_TIMEOUT).unwrap();
    transaction(true);
    reader.until("everything", |_| book.lock().unwrap()[&0].next == Some(14));
    assert_eq!(offsets(&book.lock().unwrap()[&0]), [0, 1, 2, 8, 10, 11, 12]);
}

#[test]
fn compacted_offsets_are_inside_chunks() {
    let options = KafkaOptions {
        properties: vec![("log.cleaner.backoff.ms".to_owned(), "100".to_owned())],
        ..KafkaOptions::default()
    };
    let kafka = broker!("compacted_offsets_are_inside_chunks", options);
    let settings = [
        ("cleanup.policy", "compact"),
        ("segment.ms", "50"),
        ("min.cleanable.dirty.ratio", "0.01"),
        ("min.compaction.lag.ms", "0"),
    ];
    kafka.create_topic_with("compacted", 1, &settings);
    let producer = driftd_source::kafka::Producer::new(&config(&kafka.bootstrap(), "unused"), secret).unwrap();
    let send = |key: i64| {
        let mut record = record("compacted", 0, "x");
        record.key = Some(key.to_be_bytes().to_vec());
        producer.send_all([record]).unwrap();
    };
    let mut sent = 0;
    // Ten keys over and over: most records are replaced. A new segment begins with the first record after its time.
    let has_gaps = || {
        (0..10).for_each(&send);
        sent += 10;
        let book = Book::default();
        let mut reader = Reader::new(&config(&kafka.bootstrap(), &format!("compacted-{sent}")), "compacted", &book);
        reader.until("the end", |reader| reader.ended.contains(&0));
        let page = book.lock().unwrap()[&0].clone();
        assert_eq!(page.next, Some(sent));
        assert!(offsets(&page).is_sorted());
        assert_eq!(offsets(&page).last(), Some(&(sent - 1)));
        (page.records.len() as i64) < sent
    };
    assert!(wait_until(Instant::now() + TEST_TIMEOUT, has_gaps), "the topic is not compacted in time");
}

#[test]
fn records_that_retention_has_deleted_are_told_with_their_offsets() {
    let kafka = broker!("records_that_retention_has_deleted_are_told_with_their_offsets");
    kafka.create_topic("truncated", 2);
    fill(&kafka.bootstrap(), "truncated", 2, 100);
    let mut admin = ClientConfig::new();
    let admin: AdminClient<DefaultClientContext> = admin.set("bootstrap.servers", kafka.bootstrap()).create().unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_offset("truncated", 0, Position::Offset(60)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(admin.delete_records(&list, &AdminOptions::new())).unwrap();

    let book = Book::default();
    for partition in [0, 1] {
        book.lock().unwrap().insert(partition, Page { next: Some(10), ..Page::default() });
    }
    let mut reader = Reader::new(&config(&kafka.bootstrap(), "truncated"), "truncated", &book);
    reader.read_to_end(2, 40 + 90);
    let pages = book.lock().unwrap().clone();
    assert!(offsets(&pages[&0]).into_iter().eq(60..100));
    assert!(offsets(&pages[&1]).into_iter().eq(10..100));
    assert_eq!(pages[&0].events, [LogEvent::Deleted { from: Offset(10), to: Offset(60) }]);
    assert!(pages[&1].events.is_empty() && reader.broken.is_empty() && reader.renewed.is_empty());
}
