//! Several members of one group.

use std::collections::BTreeSet;
use std::time::Instant;

use driftd_model::{Offset, Partition, Source as _, Topic, TopicPartition};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::broker;
use crate::reader::{Book, Reader, TEST_TIMEOUT};
use crate::records::{config, fill};

const PARTITIONS: i32 = 12;

/// Steps both until `done`.
fn both(a: &mut Reader, b: &mut Reader, what: &str, done: impl Fn(&Reader, &Reader) -> bool) {
    let deadline = Instant::now() + TEST_TIMEOUT;
    while !done(a, b) {
        assert!(Instant::now() < deadline, "in vain waited for {what}: {a:?} {b:?}");
        a.step();
        b.step();
    }
}

#[test]
fn members_share_partitions_and_lose_and_double_nothing() {
    let kafka = broker!("members_share_partitions_and_lose_and_double_nothing");
    let bootstrap = kafka.bootstrap();
    kafka.create_topic("shared", PARTITIONS as u32);
    let book = Book::default();
    let read = || book.lock().unwrap().values().map(|page| page.records.len()).sum::<usize>();
    fill(&bootstrap, "shared", PARTITIONS, 500);
    let mut a = Reader::new(&config(&bootstrap, "shared"), "shared", &book);
    a.until("all partitions", |a| a.started.len() == 12);
    // While records keep coming, another takes half of the partitions, and gives them back.
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (0..20).for_each(|_| fill(&bootstrap, "shared", PARTITIONS, 100)));
        let mut b = Reader::new(&config(&bootstrap, "shared"), "shared", &book);
        both(&mut a, &mut b, "two halves", |a, b| a.started.len() == 6 && b.started.len() == 6);
        let of_a: BTreeSet<_> = a.started.keys().collect();
        assert!(b.started.keys().all(|partition| !of_a.contains(partition)));
        let before = read();
        both(&mut a, &mut b, "more records", |_, _| read() > before + 1000 || writer.is_finished());
        b.source.close();
        both(&mut a, &mut b, "everything back", |a, b| b.closed && a.started.len() == 12);
        both(&mut a, &mut b, "the writer", |_, _| writer.is_finished());
        writer.join().unwrap();
    });
    a.read_to_end(PARTITIONS, 12 * 2_500);
    for page in book.lock().unwrap().values() {
        assert!(page.records.iter().map(|(offset, _)| *offset).eq(0..2_500), "every record once, in order");
        assert_eq!(page.next, Some(2_500));
    }
    a.close();
}

#[test]
fn the_group_hears_how_far_lanes_have_come() {
    let kafka = broker!("the_group_hears_how_far_lanes_have_come");
    kafka.create_topic("reported", 2);
    fill(&kafka.bootstrap(), "reported", 2, 30);
    let mut reader = Reader::new(&config(&kafka.bootstrap(), "reported"), "reported", &Book::default());
    reader.read_to_end(2, 60);
    // Committed when the partition is given back, or before.
    reader.source.report(&TopicPartition::new(Topic::from("reported"), Partition(1)), Offset(20));
    reader.close();
    let mut asking = ClientConfig::new();
    let asking = asking.set("bootstrap.servers", kafka.bootstrap()).set("group.id", "reported");
    let asking: BaseConsumer = asking.create().unwrap();
    let mut list = rdkafka::TopicPartitionList::new();
    list.add_partition_range("reported", 0, 1);
    let committed = asking.committed_offsets(list, TEST_TIMEOUT).unwrap();
    let offsets: Vec<_> = committed.elements().iter().map(|e| e.offset().to_raw().unwrap()).collect();
    assert_eq!(offsets, [30, 20]);
}

#[test]
fn a_grown_topic_is_shared_out_again() {
    let kafka = broker!("a_grown_topic_is_shared_out_again");
    kafka.create_topic("grown", 1);
    fill(&kafka.bootstrap(), "grown", 1, 3);
    let mut config = config(&kafka.bootstrap(), "grown");
    let soon = driftd_config::KafkaProperty::Text("500".to_owned());
    config.properties.insert("topic.metadata.refresh.interval.ms".to_owned(), soon);
    let book = Book::default();
    let mut reader = Reader::new(&config, "grown", &book);
    reader.read_to_end(1, 3);
    kafka.grow_topic("grown", 3);
    fill(&kafka.bootstrap(), "grown", 3, 3);
    reader.read_to_end(3, 12);
    reader.until("the new count", |reader| reader.count("grown").unwrap() == 3);
    assert_eq!(reader.started, [(0, 0), (1, 0), (2, 0)].into());
}
