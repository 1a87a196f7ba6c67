//! Records into the topic, each exactly once and in order, whatever becomes of the broker meanwhile.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use driftd_testkit::services::kafka;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

use super::{Event, Site};

/// Longest wait for a broker that is on its way back.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(90);
/// How far a paced producer may be behind and catch up again.
const JITTER: Duration = Duration::from_millis(50);

/// Settings of the client. Without idempotence a broker that dies between writing and answering is given the same records
/// again.
const PROPERTIES: [(&str, &str); 5] = [
    ("enable.idempotence", "true"),
    ("linger.ms", "5"),
    ("message.max.bytes", "20000000"),
    ("queue.buffering.max.kbytes", "65536"),
    ("reconnect.backoff.max.ms", "500"),
];

/// A producer that keeps to a rate, whose records arrive once or stop the test.
#[derive(Debug)]
pub struct Producer {
    client: kafka::Producer,
    topic: String,
    broker: String,
    partitions: i32,
    /// When the next record may be sent by [`pace`](Self::pace).
    due: Instant,
}

impl Producer {
    /// A producer for the topic of `site`.
    #[must_use]
    pub fn new(site: &Site) -> Self {
        let broker = site.kafka.bootstrap();
        Self {
            client: kafka::Producer::new(&broker, site.topic(), &PROPERTIES),
            topic: site.topic().to_owned(),
            broker,
            partitions: site.partitions(),
            due: Instant::now(),
        }
    }

    /// Hands a record to the client; a tombstone when there is no payload.
    ///
    /// # Panics
    /// When the client takes no more for too long.
    pub fn send(&mut self, partition: i32, payload: Option<&[u8]>) {
        self.client.send(partition, payload);
    }

    /// Sends events, `rate` a second, and tells `sent` how many it was.
    pub fn send_all<'a>(&mut self, events: impl IntoIterator<Item = &'a Event>, rate: u64, sent: &AtomicU64) {
        for event in events {
            self.send(event.partition, Some(event.json.as_bytes()));
            self.pace(rate);
            sent.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Sends events at the first of two rates, and once it `is_over` those that are left at the second.
    pub fn send_until(&mut self, is_over: &AtomicBool, events: &[Event], [rate, of_rest]: [u64; 2], sent: &AtomicU64) {
        self.send_all(events.iter().take_while(|_| !is_over.load(Ordering::Relaxed)), rate, sent);
        let rest = sent.load(Ordering::Relaxed) as usize;
        self.send_all(&events[rest..], of_rest, sent);
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
        self.client.flush();
        let held: i64 = self.ends().iter().sum();
        held as u64
    }

    /// Where every partition ends.
    #[must_use]
    pub fn ends(&self) -> Vec<i64> {
        let consumer: BaseConsumer =
            ClientConfig::new().set("bootstrap.servers", &self.broker).create().expect("a consumer");
        let end = |partition| {
            consumer.fetch_watermarks(&self.topic, partition, REQUEST_TIMEOUT).expect("the broker answers").1
        };
        (0..self.partitions).map(end).collect()
    }

    /// Records handed over so far.
    #[must_use]
    pub const fn sent(&self) -> u64 {
        self.client.sent()
    }
}
