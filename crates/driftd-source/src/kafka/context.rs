//! What librdkafka calls back.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use driftd_config::StartPolicy;
use driftd_model::{Offset, TopicPartition};
use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::{RDKafkaErrorCode as Code, RDKafkaRespErr};

use super::events::EventChannel;
use super::log::ClientLog;
use super::log_identity::recreated_topic;
use super::query::QueryClient;
use super::queue::SharedQueue;
use super::reader::{DeadLetterSink, MakeDecoder, Notes};

thread_local! {
    /// Offset of the end of partition that this thread's poll has just met. librdkafka's event has it, the binding
    /// hands it on in the error's text only, on the thread that polls, just before the poll returns the error.
    static END: Cell<Option<i64>> = const { Cell::new(None) };
}

/// The end that the last poll of this thread met.
pub(super) fn end_met() -> Option<Offset> {
    END.take().map(Offset)
}

/// What the callbacks need.
pub(super) struct Context {
    pub(super) events: Arc<EventChannel>,
    pub(super) queries: Arc<QueryClient>,
    pub(super) log: Arc<ClientLog>,
    pub(super) closing: Arc<AtomicBool>,
    pub(super) start: StartPolicy,
    pub(super) drain_timeout: Duration,
    pub(super) make_decoder: MakeDecoder,
    pub(super) dead_letters: Option<Arc<dyn DeadLetterSink>>,
    /// Batches that nobody can read are passed over.
    pub(super) skips_unreadable: bool,
    pub(super) requests: Arc<ClientRequests>,
    pub(super) notes: Arc<Notes>,
    /// The consumer, which holds this context.
    pub(super) consumer: OnceLock<Weak<BaseConsumer<Self>>>,
    pub(super) queues: Mutex<BTreeMap<TopicPartition, Arc<SharedQueue>>>,
}

/// Requests of other threads to the client thread.
#[derive(Debug, Default)]
pub(super) struct ClientRequests {
    /// Counted and committed to the store, to be told to the group.
    pub(super) reported: Mutex<BTreeMap<TopicPartition, Offset>>,
    /// Partitions whose next offset the broker does not have.
    pub(super) lost: Mutex<BTreeMap<TopicPartition, Offset>>,
    /// Where partitions are to be fetched from.
    pub(super) seeks: Mutex<BTreeMap<TopicPartition, Offset>>,
    /// Partitions whose log is another than the one that was counted to that offset.
    pub(super) replaced: Mutex<BTreeMap<TopicPartition, Offset>>,
}

impl Context {
    pub(super) fn queues(&self) -> std::sync::MutexGuard<'_, BTreeMap<TopicPartition, Arc<SharedQueue>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        if let Some(topic) = recreated_topic(facility, text) {
            tracing::warn!(kafka.topic = topic, "the topic was deleted and made anew");
            let queues = self.queues();
            let doubtful = queues.iter().filter(|(partition, _)| partition.topic.as_str() == topic);
            doubtful.for_each(|(_, queue)| queue.doubt());
        }
        self.log.write(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let Some(code) = error.rdkafka_error_code() else { return };
        match code {
            Code::PartitionEOF => END.set(end_in(reason)),
            _ => self.events.client_error(code, &self.log.scrub(reason)),
        }
    }
}

impl ConsumerContext for Context {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        if event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            self.assigned(consumer, list);
        } else {
            self.revoked(consumer, list);
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::debug!(%error, "offsets were not told to the group; the next ones will be");
        }
    }
}

/// From "… reached end of partition at offset 4 (HighwaterMark 4)".
fn end_in(reason: &str) -> Option<i64> {
    let (_, rest) = reason.split_once("at offset ")?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::end_in;

    #[test]
    fn the_end_stands_in_the_text() {
        let text = "Fetch from broker 1 reached end of partition at offset 4711 (HighwaterMark 4712)";
        assert_eq!(end_in(text), Some(4711));
        assert_eq!(end_in("Broker: No more messages"), None);
        assert_eq!(end_in("at offset "), None);
    }
}
