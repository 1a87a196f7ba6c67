//! Records into a topic, independently of the producer under test.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};
use rdkafka::{ClientContext, Message as _};

/// Longest wait for a broker, which may be on its way back.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(90);

/// A producer whose records arrive once and in order, or stop the test.
pub struct Producer {
    client: BaseProducer<Deliveries>,
    topic: String,
    sent: u64,
}

#[derive(Default)]
struct Deliveries {
    arrived: AtomicU64,
    refused: Mutex<Vec<String>>,
}

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, message)) = result {
            let refused = format!("partition {}: {error}", message.partition());
            self.refused.lock().unwrap_or_else(PoisonError::into_inner).push(refused);
        } else {
            self.arrived.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Producer {
    /// A producer for `topic` of the broker at `bootstrap`, with these properties of librdkafka.
    ///
    /// # Panics
    /// When librdkafka does not take the properties.
    #[must_use]
    pub fn new(bootstrap: &str, topic: &str, properties: &[(&str, &str)]) -> Self {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", bootstrap).set("compression.type", "lz4");
        config.set("message.timeout.ms", DELIVERY_TIMEOUT.as_millis().to_string());
        for (property, value) in properties {
            config.set(*property, *value);
        }
        let client = config.create_with_context(Deliveries::default()).expect("a producer");
        Self { client, topic: topic.to_owned(), sent: 0 }
    }

    /// Hands a record to the client; a tombstone when there is no payload.
    ///
    /// # Panics
    /// When the client takes no more for too long.
    pub fn send(&mut self, partition: i32, payload: Option<&[u8]>) {
        let deadline = Instant::now() + DELIVERY_TIMEOUT;
        loop {
            let record = BaseRecord::<(), [u8]>::to(&self.topic).partition(partition);
            let record = match payload {
                Some(payload) => record.payload(payload),
                None => record,
            };
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

    /// Lets the client work for a while.
    pub fn poll(&self, time: Duration) {
        self.client.poll(time);
    }

    /// Waits until everything has arrived, each record once.
    ///
    /// # Panics
    /// When a record was lost.
    pub fn flush(&self) {
        self.client.flush(DELIVERY_TIMEOUT).expect("the broker takes every record");
        let deliveries = self.client.context();
        let refused = deliveries.refused.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(refused.is_empty(), "kafka did not take {} records, the first for {}", refused.len(), refused[0]);
        assert_eq!(deliveries.arrived.load(Ordering::Relaxed), self.sent);
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
