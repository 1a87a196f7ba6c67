//! Topics full of events, written once and read by every contender.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use driftd_testkit::services::kafka::Kafka;
use rdkafka::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};

use super::event::Events;

/// Longest wait for the broker.
const PATIENCE: Duration = Duration::from_mins(1);

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

#[derive(Default)]
struct Deliveries {
    failed: AtomicU64,
}

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if result.is_err() {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Creates a topic and fills it: events in order of their time, one partition after the other.
///
/// # Errors
/// A broker that does not take every record.
pub fn fill(kafka: &Kafka, partitions: u32, features: usize, count: u64) -> anyhow::Result<Topic> {
    let name = format!("stream-{partitions}-{features}-{count}");
    kafka.create_topic(&name, partitions);
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", kafka.bootstrap()).set("acks", "1").set("compression.type", "lz4");
    // Full batches: what a busy producer sends, and what is read fastest.
    config.set("linger.ms", "100").set("queue.buffering.max.kbytes", "262144");
    let producer: BaseProducer<Deliveries> = config.create_with_context(Deliveries::default())?;
    let events = Events::new(features, count);
    let mut payload = Vec::with_capacity(4096);
    let mut bytes = 0;
    for number in 0..count {
        payload.clear();
        events.write_json(number, &mut payload);
        bytes += payload.len() as u64;
        send(&producer, &name, (number % u64::from(partitions)) as i32, &payload)?;
        if number.is_multiple_of(256) {
            producer.poll(Duration::ZERO);
        }
    }
    producer.flush(PATIENCE).context("the broker did not take every record in time")?;
    let failed = producer.context().failed.load(Ordering::Relaxed);
    if failed > 0 {
        bail!("the broker refused {failed} of {count} records");
    }
    Ok(Topic { name, partitions, features, events: count, bytes })
}

fn send(producer: &BaseProducer<Deliveries>, topic: &str, partition: i32, payload: &[u8]) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let record = BaseRecord::<(), [u8]>::to(topic).partition(partition).payload(payload);
        match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) if Instant::now() < deadline => {
                producer.poll(Duration::from_millis(10));
            }
            Err((error, _)) => return Err(error).context("the broker takes no record"),
        }
    }
}
