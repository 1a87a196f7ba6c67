//! Topics that may be looked at and not read.

use driftd_model::FetchFailure;
use driftd_testkit::services::kafka::KafkaOptions;

use crate::broker;
use crate::reader::{Book, Reader};
use crate::records::{config, fill};

#[test]
fn a_topic_that_may_not_be_read_is_told_until_it_may() {
    let kafka = broker!("a_topic_that_may_not_be_read_is_told_until_it_may", KafkaOptions::with_acls());
    kafka.create_topic("denied", 1);
    fill(&kafka.bootstrap(), "denied", 1, 100);
    kafka.deny_reads("denied");
    let book = Book::default();
    let mut reader = Reader::new(&config(&kafka.bootstrap(), "denied"), "denied", &book);
    reader.until("the refusal", |reader| reader.fetching.get(&0).is_some_and(Option::is_some));
    let trouble = reader.fetching[&0].clone().unwrap();
    assert_eq!((trouble.failure, trouble.at.0), (FetchFailure::Denied, 0));
    // The topic is there: that is what DESCRIBE says.
    assert_eq!(reader.count("denied").unwrap(), 1);
    kafka.allow_reads("denied");
    reader.read_to_end(1, 100);
    assert_eq!(reader.fetching[&0], None);
    reader.close();
}
