//! Writing records: those that were rejected, and those that people send by hand.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use driftd_config::{KafkaConfig, SecretRef};
use driftd_model::{Partition, SourceError, Topic};
use driftd_window::Timestamp;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use rdkafka::types::RDKafkaErrorCode as Code;

use super::log::ClientLog;
use super::reader::{DeadLetterSink, RejectedRecord};
use super::settings::Settings;

/// Throughput before latency: whoever sends many waits for the last of them.
const BULK_DEFAULTS: [(&str, &str); 4] =
    [("linger.ms", "20"), ("compression.type", "lz4"), ("batch.size", "262144"), ("message.timeout.ms", "60000")];
/// A convenience that takes little memory.
const DEAD_LETTER_DEFAULTS: [(&str, &str); 6] = [
    ("linger.ms", "200"),
    // What the decoder takes, and something for headers; the topic may still refuse it.
    ("message.max.bytes", "9437184"),
    ("compression.type", "lz4"),
    ("message.timeout.ms", "30000"),
    ("queue.buffering.max.messages", "10000"),
    ("queue.buffering.max.kbytes", "16384"),
];
/// Between two tries to find room in a full queue.
const QUEUE_FULL_PAUSE: Duration = Duration::from_millis(5);
/// What dead letters still on their way are given when driftd ends.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// A record to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Where to.
    pub topic: Topic,
    /// Partition, if it is not to be chosen by the key.
    pub partition: Option<Partition>,
    /// Key.
    pub key: Option<Vec<u8>>,
    /// Payload; nothing is a tombstone.
    pub payload: Option<Vec<u8>>,
    /// Headers.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    /// The record's time, if it is not the moment of sending.
    pub timestamp: Option<Timestamp>,
}

/// What became of records.
#[derive(Debug, Default)]
struct Tally {
    delivered: AtomicU64,
    lost: AtomicU64,
    why: Mutex<Option<KafkaError>>,
}

struct Context(ClientLog);

/// Writes records, each once as long as the producer lives.
pub struct Producer(ThreadedProducer<Context>);

/// Copies rejected records to a topic, with a header `driftd.reason`.
pub struct DeadLetterProducer {
    producer: Producer,
    topic: Topic,
    tally: Arc<Tally>,
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.0.write(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, "{}", self.0.scrub(reason));
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = Arc<Tally>;

    fn delivery(&self, result: &DeliveryResult<'_>, tally: Self::DeliveryOpaque) {
        match result {
            Ok(_) => _ = tally.delivered.fetch_add(1, Ordering::Relaxed),
            Err((error, _)) => tally.lose(error.clone()),
        }
    }
}

impl Tally {
    fn lose(&self, error: KafkaError) {
        self.lost.fetch_add(1, Ordering::Relaxed);
        self.why.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
}

impl Producer {
    /// A producer for the brokers of `config`; `resolve` gives the values of secrets.
    ///
    /// # Errors
    /// Permanent: the configuration cannot be used.
    pub fn new<E>(config: &KafkaConfig, resolve: impl Fn(&SecretRef) -> Result<String, E>) -> Result<Self, SourceError>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        Self::with(config, resolve, &BULK_DEFAULTS)
    }

    fn with<E>(
        config: &KafkaConfig,
        resolve: impl Fn(&SecretRef) -> Result<String, E>,
        defaults: &[(&str, &str)],
    ) -> Result<Self, SourceError>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let settings = Settings::new(config, resolve)?;
        let context = Context(ClientLog::new(settings.secrets.clone(), true));
        let made = settings.producer(defaults).create_with_context(context);
        made.map(Self).map_err(|error| settings.explain(&error))
    }

    /// Sends all of `records` and waits until brokers have them: how many they were. It blocks, and takes no more
    /// records than there is room for.
    ///
    /// # Errors
    /// Transient: no broker took some of them in time. Permanent: a record cannot be sent, such as one that is too
    /// large.
    pub fn send_all(&self, records: impl IntoIterator<Item = Outgoing>) -> Result<u64, SourceError> {
        let tally = Arc::<Tally>::default();
        for record in records {
            self.send(&record, &tally)?;
            if tally.lost.load(Ordering::Relaxed) > 0 {
                break;
            }
        }
        // Every record is delivered or given up after message.timeout.ms, so this ends.
        while self.0.in_flight_count() > 0 {
            drop(self.0.flush(Duration::from_secs(1)));
        }
        let (delivered, lost) = (tally.delivered.load(Ordering::Relaxed), tally.lost.load(Ordering::Relaxed));
        match tally.why.lock().unwrap_or_else(PoisonError::into_inner).take() {
            None => Ok(delivered),
            Some(why) => Err(SourceError {
                source: Some(Box::new(why)),
                ..SourceError::transient(format!("Kafka took {delivered} record(s) and {lost} not"))
            }),
        }
    }

    /// Queues a record, and waits for room if there is none.
    fn send(&self, record: &Outgoing, tally: &Arc<Tally>) -> Result<(), SourceError> {
        let mut outgoing = BaseRecord::with_opaque_to(record.topic.as_str(), Arc::clone(tally));
        outgoing.key = record.key.as_deref();
        outgoing.payload = record.payload.as_deref();
        outgoing.partition = record.partition.map(|partition| partition.0);
        outgoing.timestamp = record.timestamp.map(|at| at.as_micros().div_euclid(1000));
        if !record.headers.is_empty() {
            outgoing.headers = Some(headers(record.headers.iter().map(|(k, v)| (k.as_str(), v.as_deref()))));
        }
        loop {
            match self.0.send::<[u8], [u8]>(outgoing) {
                Ok(()) => return Ok(()),
                Err((error, refused)) if error.rdkafka_error_code() == Some(Code::QueueFull) => {
                    outgoing = refused;
                    std::thread::park_timeout(QUEUE_FULL_PAUSE);
                }
                Err((error, _)) => {
                    return Err(SourceError {
                        source: Some(Box::new(error)),
                        ..SourceError::permanent(format!("a record for topic {} cannot be sent", record.topic))
                    });
                }
            }
        }
    }
}

impl DeadLetterProducer {
    /// Copies rejected records to `topic`.
    ///
    /// # Errors
    /// Permanent: the configuration cannot be used.
    pub fn new<E>(
        config: &KafkaConfig,
        resolve: impl Fn(&SecretRef) -> Result<String, E>,
        topic: Topic,
    ) -> Result<Self, SourceError>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        Ok(Self { producer: Producer::with(config, resolve, &DEAD_LETTER_DEFAULTS)?, topic, tally: Arc::default() })
    }

    /// Records that the topic has.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.tally.delivered.load(Ordering::Relaxed)
    }

    /// Records that were dropped: no room, or no broker in time.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.tally.lost.load(Ordering::Relaxed)
    }
}

impl DeadLetterSink for DeadLetterProducer {
    fn put(&self, record: &RejectedRecord<'_>) {
        let mut outgoing = BaseRecord::with_opaque_to(self.topic.as_str(), Arc::clone(&self.tally));
        outgoing.key = record.key;
        outgoing.payload = record.payload;
        let reason = [("driftd.reason", Some(record.reason.as_bytes()))];
        outgoing.headers = Some(headers(record.headers.iter().copied().chain(reason)));
        if let Err((error, _)) = self.producer.0.send::<[u8], [u8]>(outgoing) {
            self.tally.lose(error);
        }
    }
}

impl Drop for DeadLetterProducer {
    fn drop(&mut self) {
        // What is not delivered by then is not: it was a copy.
        drop(self.producer.0.flush(FLUSH_TIMEOUT));
    }
}

fn headers<'a>(pairs: impl Iterator<Item = (&'a str, Option<&'a [u8]>)>) -> OwnedHeaders {
    pairs.fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value }))
}

impl fmt::Debug for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer").finish_non_exhaustive()
    }
}

impl fmt::Debug for DeadLetterProducer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetterProducer").field("topic", &self.topic).finish_non_exhaustive()
    }
}
