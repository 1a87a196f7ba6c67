//! The fixture keeps what it promises.

use std::net::TcpStream;

use super::{Kafka, KafkaOptions};

#[test]
fn a_broker_keeps_ports_and_topics_over_its_death() {
    let kafka = match Kafka::start(&KafkaOptions::default()) {
        Ok(kafka) => kafka,
        Err(skip) => return skip.announce("a_broker_keeps_ports_and_topics_over_its_death"),
    };
    let bootstrap = kafka.bootstrap();
    kafka.create_topic_with("twelve", 12, &[("cleanup.policy", "compact")]);
    kafka.kill();
    assert!(TcpStream::connect(&bootstrap).is_err(), "nobody answers for a broker that was killed");
    kafka.start_again();
    assert_eq!(kafka.bootstrap(), bootstrap);
    kafka.grow_topic("twelve", 13);
    kafka.stop();
    assert!(TcpStream::connect(&bootstrap).is_err(), "nobody answers for a broker that was stopped");
    kafka.start_again();
    kafka.grow_topic("twelve", 14);
    let folder = kafka.log().parent().unwrap().to_owned();
    assert!(folder.is_dir());
    drop(kafka);
    assert!(!folder.exists(), "nothing is left behind");
}
