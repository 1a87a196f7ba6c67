//! Brokers and topics that are not there.

use driftd_testkit::services::kafka::KafkaOptions;

use crate::broker;
use crate::reader::{Book, Reader};
use crate::records::{config, fill};

#[test]
fn a_broker_that_dies_is_told_once_and_nothing_is_lost() {
    let kafka = broker!("a_broker_that_dies_is_told_once_and_nothing_is_lost", KafkaOptions::default());
    let bootstrap = kafka.bootstrap();
    kafka.create_topic("outage", 3);
    fill(&bootstrap, "outage", 3, 200);
    let book = Book::default();
    let mut reader = Reader::new(&config(&bootstrap, "outage"), "outage", &book);
    reader.read_to_end(3, 600);
    assert_eq!(reader.troubles, []);
    assert_eq!(reader.ends("outage", 3), [Some(200); 3]);

    kafka.kill();
    assert_eq!(reader.ends("outage", 3), [None; 3], "nobody is there to say where the end is");
    reader.until("trouble", |reader| !reader.troubles.is_empty());
    let told = reader.troubles[0].clone().unwrap();
    assert!(told.starts_with(&format!("no Kafka broker answers at {bootstrap}")), "{told}");
    assert!(reader.count("outage").is_ok_and(|count| count == 3) || reader.count("outage").is_err());
    // Partitions are lost when the session is over, and come back after that.
    reader.until("the session's end", |reader| reader.started.is_empty());
    assert_eq!(reader.ends("outage", 3), [None; 3]);
    assert_eq!(reader.troubles.len(), 1, "{:?}", reader.troubles);

    kafka.start_again();
    fill(&bootstrap, "outage", 3, 200);
    reader.read_to_end(3, 1_200);
    reader.until("the end of trouble", |reader| reader.troubles.len() == 2);
    assert_eq!(reader.troubles[1], None);
    assert_eq!(reader.ends("outage", 3), [Some(400); 3]);
    for page in book.lock().unwrap().values() {
        assert!(page.records.iter().map(|(offset, _)| *offset).eq(0..400));
    }

    kafka.kill();
    let begun = std::time::Instant::now();
    reader.close();
    drop(reader);
    assert!(begun.elapsed().as_secs() < 10, "a source closes without a broker: {:?}", begun.elapsed());
}

#[test]
fn a_topic_that_is_missing_is_trouble_until_it_is_there() {
    let kafka = broker!("a_topic_that_is_missing_is_trouble_until_it_is_there");
    let book = Book::default();
    let mut reader = Reader::new(&config(&kafka.bootstrap(), "missing"), "missing", &book);
    reader.until("trouble", |reader| !reader.troubles.is_empty());
    insta::assert_snapshot!(
        reader.troubles[0].clone().unwrap(),
        @"no such Kafka topic, or no right to read it: missing: create it, or mend the monitor's topic"
    );
    insta::assert_snapshot!(
        reader.count("missing").unwrap_err().to_string(),
        @"Kafka has no topic missing, or not for this client"
    );
    assert_eq!(reader.ends("missing", 1), [None]);
    kafka.create_topic("missing", 2);
    fill(&kafka.bootstrap(), "missing", 2, 5);
    reader.read_to_end(2, 10);
    reader.until("the end of trouble", |reader| reader.troubles.len() == 2);
    assert_eq!(reader.troubles[1], None);
    assert_eq!(reader.failed, None);
}
