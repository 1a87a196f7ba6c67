//! Records into the topic, each exactly once and in order, whatever becomes of the broker meanwhile.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};
use rdkafka::{ClientContext, Message as _};

use super::{Event, Site};

/// Longest wait for a broker that is on its way back.
const PATIENCE: Duration = Duration::from_secs(90);
/// How far a paced producer may be behind and catch up again.
const JITTER: Duration = Duration::from_millis(50);

/// A producer whose records arrive once, or stop the test.
pub struct Producer {
    client: BaseProducer<Deliveries>,
    topic: String,
    broker: String,
    partitions: i32,
    sent: u64,
    /// When the next record may be sent by [`pace`](Self::pace).
    due: Instant,
}

#[derive(Default)]
struct Deliveries {
    arrived: AtomicU64,
    failed: AtomicU64,
}

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => &self.arrived,
            Err((error, message)) => {
                eprintln!("not delivered to partition {}: {error}", message.partition());
                &self.failed
            }
        }
        .fetch_add(1, Ordering::Relaxed);
    }
}

impl Producer {
    /// A producer for the topic of `site`.
    #[must_use]
    pub fn new(site: &Site) -> Self {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", site.kafka.bootstrap());
        // Without it a broker that dies between writing and answering is given the same records again.
        config.set("enable.idempotence", "true").set("message.timeout.ms", PATIENCE.as_millis().to_string());
        config.set("linger.ms", "5").set("compression.type", "lz4").set("message.max.bytes", "20000000");
        config.set("queue.buffering.max.kbytes", "65536").set("reconnect.backoff.max.ms", "500");
        Self {
            client: config.create_with_context(Deliveries::default()).expect("a producer"),
            topic: site.topic().to_owned(),
            broker: site.kafka.bootstrap(),
            partitions: site.partitions(),
            sent: 0,
            due: Instant::now(),
        }
    }

    /// Hands a record to the client; a tombstone when there is no payload.
    ///
    /// # Panics
    /// When the client takes no more for too long.
    pub fn send(&mut self, partition: i32, payload: Option<&[u8]>) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let record = BaseRecord::<(), [u8]>::to(&self.topic).partition(partition);
            let record = payload.map_or_else(
                || BaseRecord::<(), [u8]>::to(&self.topic).partition(partition),
                |payload| record.payload(payload),
            );
            match self.client.send(record) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) if Instant::now() < deadline => {
                    self.client.poll(Duration::from_millis(20));
                }
                Err((error, _)) => panic!("kafka takes no record: {error}"),
            }
        }
        self.sent += 1;
        if self.sent.is_multiple_of(256) {
            self.client.poll(Duration::ZERO);
        }
    }

    /// Sends events, `rate` a second, and tells `sent` how many it was.
    pub fn send_all<'a>(&mut self, events: impl IntoIterator<Item = &'a Event>, rate: u64, sent: &AtomicU64) {
        for event in events {
            self.send(event.partition, Some(event.json.as_bytes()));
            self.pace(rate);
            sent.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits for the next record's turn at `rate` records a second, the client's own work filling the time. What an outage
    /// has held up is not made up for by going faster.
    pub fn pace(&mut self, rate: u64) {
        let earliest = Instant::now().checked_sub(JITTER).unwrap_or(self.due);
        self.due = self.due.max(earliest) + Duration::from_secs_f64(1.0 / rate as f64);
        loop {
            let left = self.due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            self.client.poll(left);
        }
    }

    /// Waits until everything has arrived, each record once; gives how many records the topic holds.
    ///
    /// # Panics
    /// When a record was lost or doubled.
    pub fn finish(&self) -> u64 {
        self.client.flush(PATIENCE).expect("the broker takes every record");
        let deliveries = self.client.context();
        assert_eq!(deliveries.failed.load(Ordering::Relaxed), 0, "records that kafka did not take");
        assert_eq!(deliveries.arrived.load(Ordering::Relaxed), self.sent);
        let held: i64 = self.ends().iter().sum();
        held as u64
    }

    /// Where every partition ends.
    #[must_use]
    pub fn ends(&self) -> Vec<i64> {
        let consumer: BaseConsumer =
            ClientConfig::new().set("bootstrap.servers", &self.broker).create().expect("a consumer");
        let end =
            |partition| consumer.fetch_watermarks(&self.topic, partition, PATIENCE).expect("the broker answers").1;
        (0..self.partitions).map(end).collect()
    }

    /// Records handed over so far.
    #[must_use]
    pub const fn sent(&self) -> u64 {
        self.sent
    }
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Producer({}, {} sent)", self.topic, self.sent)
    }
}
