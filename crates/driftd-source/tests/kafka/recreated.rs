//! Topics that are deleted and made anew, and logs that end before what was counted.

use driftd_model::LogMark;
use driftd_testkit::services::kafka::Kafka;

use crate::broker;
use crate::reader::{Book, Page, Reader};
use crate::records::{config, fill};

/// Deletes the topic and makes it anew, with records of another time than before.
fn make_anew(kafka: &Kafka, topic: &str, count: i64) {
    kafka.delete_topic(topic);
    kafka.create_topic(topic, 1);
    fill(&kafka.bootstrap(), topic, 1, count);
}

fn page(book: &Book) -> Page {
    book.lock().unwrap()[&0].clone()
}

#[test]
fn a_longer_log_than_the_one_that_was_counted_is_begun_anew() {
    let kafka = broker!("a_longer_log_than_the_one_that_was_counted_is_begun_anew");
    kafka.create_topic("longer", 1);
    fill(&kafka.bootstrap(), "longer", 1, 100);
    let book = Book::default();
    let mut reader = Reader::new(&config(&kafka.bootstrap(), "longer"), "longer", &book);
    reader.read_to_end(1, 100);
    reader.close();
    // The same log goes on where it was.
    fill(&kafka.bootstrap(), "longer", 1, 5);
    let mut reader = Reader::new(&config(&kafka.bootstrap(), "longer"), "longer", &book);
    reader.read_to_end(1, 105);
    assert!(reader.renewed.is_empty());
    assert_eq!(reader.started[&0], 100);
    reader.close();

    make_anew(kafka, "longer", 150);
    let mut reader = Reader::new(&config(&kafka.bootstrap(), "longer"), "longer", &book);
    reader.until("the new log", |_| page(&book).next == Some(150));
    assert_eq!(reader.renewed, [(0, 105)]);
    assert_eq!(page(&book).records.len(), 150, "none is passed over");
    reader.close();
}

#[test]
fn a_shorter_log_than_the_one_that_was_counted_is_begun_anew() {
    let kafka = broker!("a_shorter_log_than_the_one_that_was_counted_is_begun_anew");
    kafka.create_topic("shorter", 1);
    fill(&kafka.bootstrap(), "shorter", 1, 5);
    let book = Book::default();
    let mark = Some(LogMark { offset: driftd_model::Offset(699), fingerprint: 1 });
    book.lock().unwrap().insert(0, Page { next: Some(700), mark, ..Page::default() });
    let mut reader = Reader::new(&config(&kafka.bootstrap(), "shorter"), "shorter", &book);
    reader.until("the log", |_| page(&book).next == Some(5));
    assert_eq!((reader.renewed.clone(), page(&book).records.len()), (vec![(0, 700)], 5));
    // The partition is a member's as before, and goes on.
    fill(&kafka.bootstrap(), "shorter", 1, 5);
    reader.read_to_end(1, 10);
    assert!(reader.failed.is_none() && reader.broken.is_empty());
    reader.close();
}

#[test]
fn a_topic_that_is_made_anew_while_it_is_read_is_begun_anew() {
    let kafka = broker!("a_topic_that_is_made_anew_while_it_is_read_is_begun_anew");
    kafka.create_topic("while-read", 1);
    fill(&kafka.bootstrap(), "while-read", 1, 100);
    let book = Book::default();
    let mut reader = Reader::new(&config(&kafka.bootstrap(), "while-read"), "while-read", &book);
    reader.read_to_end(1, 100);
    assert_eq!(reader.ends("while-read", 1), [Some(100)]);
    kafka.delete_topic("while-read");
    // The daemon asks every few seconds.
    reader.ends("while-read", 1);
    kafka.create_topic("while-read", 1);
    fill(&kafka.bootstrap(), "while-read", 1, 60);
    reader.ends("while-read", 1);
    reader.until("the new log", |reader| {
        reader.ends("while-read", 1);
        page(&book).next == Some(60) && !reader.renewed.is_empty()
    });
    assert_eq!(page(&book).records.len(), 60, "none is passed over");
    reader.close();
}

/// Nobody asks where the log ends meanwhile, and it ends behind the old one when it is next asked: only the topic's id tells.
#[test]
fn a_topic_that_is_made_anew_and_longer_while_it_is_read_is_begun_anew() {
    let kafka = broker!("a_topic_that_is_made_anew_and_longer_while_it_is_read_is_begun_anew");
    kafka.create_topic("outgrown", 1);
    fill(&kafka.bootstrap(), "outgrown", 1, 100);
    let book = Book::default();
    let mut reader = Reader::new(&config(&kafka.bootstrap(), "outgrown"), "outgrown", &book);
    reader.read_to_end(1, 100);
    for (counted, count) in [(100, 3_000), (3_000, 3_500)] {
        make_anew(kafka, "outgrown", count);
        reader.until("the new log", |_| page(&book).next == Some(count));
        assert_eq!(reader.renewed, [(0, counted)]);
        assert_eq!(page(&book).records.len(), usize::try_from(count).unwrap(), "none is passed over or counted twice");
        reader.renewed.clear();
    }
    reader.close();
}

#[test]
fn a_counted_record_that_is_gone_is_no_other_log() {
    let kafka = broker!("a_counted_record_that_is_gone_is_no_other_log");
    kafka.create_topic("gone", 1);
    fill(&kafka.bootstrap(), "gone", 1, 100);
    let book = Book::default();
    let mut reader = Reader::new(&config(&kafka.bootstrap(), "gone"), "gone", &book);
    reader.read_to_end(1, 100);
    reader.close();
    fill(&kafka.bootstrap(), "gone", 1, 10);
    kafka.delete_records("gone", 0, 100);
    let mut reader = Reader::new(&config(&kafka.bootstrap(), "gone"), "gone", &book);
    reader.read_to_end(1, 110);
    assert!(reader.renewed.is_empty() && page(&book).events.is_empty(), "nothing was lost");
    reader.close();
}
