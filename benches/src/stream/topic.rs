//! Topics full of events, written once and read by every contender.

use driftd_testkit::services::kafka::{Kafka, Producer};

use super::event::Events;

/// Full batches: what a busy producer sends, and what is read fastest.
const PROPERTIES: [(&str, &str); 3] = [("acks", "1"), ("linger.ms", "100"), ("queue.buffering.max.kbytes", "262144")];

/// A topic and what is in it.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Its partitions.
    pub partitions: u32,
    /// Features of each of its events.
    pub features: usize,
    /// How many events there are.
    pub events: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
}

/// Creates a topic and fills it: events in order of their time, one partition after the other.
///
/// # Panics
/// A broker that does not take every record.
#[must_use]
pub fn fill(kafka: &Kafka, partitions: u32, features: usize, count: u64) -> Topic {
    let name = format!("stream-{partitions}-{features}-{count}");
    kafka.create_topic(&name, partitions);
    let mut producer = Producer::new(&kafka.bootstrap(), &name, &PROPERTIES);
    let events = Events::new(features, count);
    let mut payload = Vec::with_capacity(4096);
    let mut bytes = 0;
    for number in 0..count {
        payload.clear();
        events.write_json(number, &mut payload);
        bytes += payload.len() as u64;
        producer.send((number % u64::from(partitions)) as i32, Some(&payload));
    }
    producer.flush();
    Topic { name, partitions, features, events: count, bytes }
}
