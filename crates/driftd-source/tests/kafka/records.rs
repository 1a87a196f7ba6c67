//! Records to be read.

use std::convert::Infallible;

use driftd_config::{KafkaConfig, KafkaProperty, SecretRef};
use driftd_model::{Partition, Topic};
use driftd_source::kafka::{Outgoing, Producer};
use driftd_testkit::services::kafka::Secured;

/// The configuration of a group on a broker.
pub(crate) fn config(bootstrap: &str, group: &str) -> KafkaConfig {
    KafkaConfig {
        brokers: vec![bootstrap.parse().unwrap()],
        group: group.to_owned(),
        properties: [("session.timeout.ms", "6000"), ("heartbeat.interval.ms", "500")]
            .map(|(name, value)| (name.to_owned(), KafkaProperty::Text(value.to_owned())))
            .into(),
        ..KafkaConfig::default()
    }
}

/// The one secret there is: the password at a broker's secured listener.
#[expect(clippy::unnecessary_wraps, reason = "it stands for a function that can fail")]
pub(crate) fn secret(_: &SecretRef) -> Result<String, Infallible> {
    Ok(Secured::PASSWORD.to_owned())
}

/// A record whose payload says where it is.
pub(crate) fn record(topic: &str, partition: i32, payload: &str) -> Outgoing {
    Outgoing {
        topic: Topic::from(topic),
        partition: Some(Partition(partition)),
        key: None,
        payload: Some(payload.as_bytes().to_vec()),
        headers: Vec::new(),
        timestamp: None,
    }
}

/// Writes `count` records to each of `partitions`.
pub(crate) fn fill(bootstrap: &str, topic: &str, partitions: i32, count: i64) {
    fill_as(&config(bootstrap, "unused"), topic, partitions, count);
}

/// The same, as the client of a configuration.
pub(crate) fn fill_as(config: &KafkaConfig, topic: &str, partitions: i32, count: i64) {
    let producer = Producer::new(config, secret).unwrap();
    let records = (0..count).flat_map(|_| (0..partitions).map(|p| record(topic, p, "x")));
    assert_eq!(producer.send_all(records).unwrap(), count as u64 * partitions as u64);
}
