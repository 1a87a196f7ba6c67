//! Questions to the brokers, asked on a connection of their own.
//!
//! A broker answers a connection's requests in turn, and the consumer's are held by fetches that wait for records: a
//! question among them takes half a second, one on its own connection a millisecond.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use driftd_model::{Offset, SourceError, Topic, TopicPartition};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::{Offset as Position, TopicPartitionList};
use tokio::sync::oneshot;

use super::events::{EventChannel, Trouble};
use super::log::ClientLog;
use super::positions::{Doubts, LogEnds};

/// How long brokers may take to answer before they count as silent.
const REQUEST_TIMEOUT: Duration = Duration::from_millis(1_500);
/// Between two checks of brokers that are in trouble.
const HEALTH_CHECK_INTERVAL: Duration = Duration::from_millis(500);
/// How long a topic's number of partitions is believed.
const METADATA_MAX_AGE: Duration = Duration::from_secs(5);

/// A query and where its answer goes. Whoever has stopped waiting is not asked for.
pub(super) enum Query {
    /// How many partitions the topic has.
    Count(Topic, oneshot::Sender<Result<usize, SourceError>>),
    /// Where these partitions begin and end.
    Bounds(Vec<TopicPartition>, Sender<Vec<Option<(Offset, Offset)>>>),
    /// Where these partitions end.
    Ends(Vec<TopicPartition>, oneshot::Sender<Vec<Option<Offset>>>),
    /// How far the group's members have said that they counted these partitions.
    Committed(Vec<TopicPartition>, oneshot::Sender<Vec<Option<Offset>>>),
}

/// The client that asks the brokers.
pub(super) struct QueryClient {
    client: BaseConsumer<QueryContext>,
    topics: Vec<Topic>,
    events: Arc<EventChannel>,
    queue: Mutex<Sender<Query>>,
    counted: Mutex<HashMap<Topic, (Instant, usize)>>,
    log_ends: LogEnds,
}

/// What the asking client calls back.
pub(super) struct QueryContext {
    pub(super) log: Arc<ClientLog>,
    pub(super) events: Arc<EventChannel>,
}

impl ClientContext for QueryContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.log.write(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if let Some(code) = error.rdkafka_error_code() {
            self.events.client_error(code, &self.log.scrub(reason));
        }
    }
}

impl ConsumerContext for QueryContext {}

impl QueryClient {
    /// A client that asks about these topics, and the queries it will be given.
    pub(super) fn new(
        client: BaseConsumer<QueryContext>,
        topics: Vec<Topic>,
        events: Arc<EventChannel>,
        doubts: Arc<Doubts>,
    ) -> (Self, Receiver<Query>) {
        let (queue, asked) = channel();
        let (queue, counted) = (Mutex::new(queue), Mutex::default());
        (Self { client, topics, events, queue, counted, log_ends: LogEnds::new(doubts) }, asked)
    }

    /// Submits a query; unanswered if the source is closed.
    pub(super) fn submit(&self, query: Query) {
        // A refused question drops its sender, which the waiting side sees.
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).send(query));
    }

    /// Answers questions, and looks after brokers in trouble, until `closing`.
    pub(super) fn run(&self, asked: &Receiver<Query>, closing: &AtomicBool) {
        while !closing.load(Ordering::Acquire) {
            // Serves callbacks: this client reads no partition.
            drop(self.client.poll(Duration::ZERO));
            if self.events.is_suspicious() {
                self.check_brokers();
            }
            match asked.recv_timeout(HEALTH_CHECK_INTERVAL) {
                // Unanswered, like all that come later.
                Ok(_) if closing.load(Ordering::Acquire) => return,
                Ok(query) => self.answer(query),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn answer(&self, query: Query) {
        match query {
            Query::Count(_, reply) if reply.is_closed() => {}
            Query::Count(topic, reply) => drop(reply.send(self.count(&topic))),
            Query::Bounds(partitions, reply) => {
                let lows = self.offsets(&partitions, Position::Beginning);
                let highs = self.offsets(&partitions, Position::End);
                // Whoever asked may be gone.
                drop(reply.send(lows.into_iter().zip(highs).map(|(low, high)| low.zip(high)).collect()));
            }
            Query::Ends(_, reply) if reply.is_closed() => {}
            Query::Ends(partitions, reply) => {
                let ends = self.offsets(&partitions, Position::End);
                self.log_ends.watch(&partitions, &ends);
                drop(reply.send(ends));
            }
            Query::Committed(_, reply) if reply.is_closed() => {}
            Query::Committed(partitions, reply) => drop(reply.send(self.committed(&partitions))),
        }
    }

    /// Offsets that the group has of these partitions; nothing where it has none, or nobody says so.
    fn committed(&self, partitions: &[TopicPartition]) -> Vec<Option<Offset>> {
        let mut list = TopicPartitionList::with_capacity(partitions.len());
        for one in partitions {
            list.add_partition(one.topic.as_str(), one.partition.0);
        }
        let Ok(found) = self.client.committed_offsets(list, REQUEST_TIMEOUT) else {
            return vec![None; partitions.len()];
        };
        let offset = |one: &TopicPartition| match found.find_partition(one.topic.as_str(), one.partition.0)?.offset() {
            Position::Offset(offset) => Some(Offset(offset)),
            _ => None,
        };
        partitions.iter().map(offset).collect()
    }

    /// Whether the brokers answer, and have the topics.
    fn check_brokers(&self) {
        let mut missing = BTreeSet::new();
        for topic in &self.topics {
            match self.ask_count(topic) {
                Ok(0) => drop(missing.insert(topic.clone())),
                Ok(_) => {}
                Err(_) => return self.events.brokers_checked(Some(Trouble::Brokers)),
            }
        }
        self.events.brokers_checked((!missing.is_empty()).then_some(Trouble::Topics(missing)));
    }

    /// Partitions of all topics together; nothing while no broker answers.
    pub(super) fn total(&self) -> Option<usize> {
        self.topics.iter().map(|topic| self.ask_count(topic).ok()).sum()
    }

    fn count(&self, topic: &Topic) -> Result<usize, SourceError> {
        let known = self.counted.lock().unwrap_or_else(PoisonError::into_inner).get(topic).copied();
        if let Some((_, count)) = known.filter(|(when, _)| when.elapsed() < METADATA_MAX_AGE) {
            return Ok(count);
        }
        let count = self.ask_count(topic).map_err(|error| {
            self.events.suspect();
            SourceError {
                source: Some(Box::new(error)),
                ..SourceError::transient(format!("no Kafka broker says how many partitions topic {topic} has"))
            }
        })?;
        if count == 0 {
            self.events.suspect();
            return Err(SourceError::transient(format!("Kafka has no topic {topic}, or not for this client")));
        }
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted.insert(topic.clone(), (Instant::now(), count));
        Ok(count)
    }

    /// Partitions of a topic; none if there is no such topic.
    fn ask_count(&self, topic: &Topic) -> Result<usize, KafkaError> {
        let metadata = self.client.fetch_metadata(Some(topic.as_str()), REQUEST_TIMEOUT)?;
        Ok(metadata.topics().iter().filter(|found| found.error().is_none()).map(|found| found.partitions().len()).sum())
    }

    /// The offset of the beginning or the end of each of `partitions`; nothing where no broker says so.
    pub(super) fn offsets(&self, partitions: &[TopicPartition], position: Position) -> Vec<Option<Offset>> {
        let offset = |position| match position {
            Some(Position::Offset(offset)) => Some(Offset(offset)),
            _ => None,
        };
        self.positions(partitions, position).into_iter().map(offset).collect()
    }

    /// What `position` stands for in each of `partitions`: the beginning, the end, or the first record of a time in
    /// milliseconds, which is [`Position::End`] for a time after the last. All in one request to each broker.
    pub(super) fn positions(&self, partitions: &[TopicPartition], position: Position) -> Vec<Option<Position>> {
        let deadline = Instant::now() + REQUEST_TIMEOUT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.ask_positions(partitions, position, left) {
                Ok(found) => return found,
                // The first answer of a broker that was away may be that this client knows an old leader; it learns by
                // that. Silence is an answer too.
                Err(error) if left.is_zero() || is_silence(&error) => {
                    self.events.suspect();
                    return vec![None; partitions.len()];
                }
                Err(_) => {}
            }
        }
    }

    fn ask_positions(
        &self,
        partitions: &[TopicPartition],
        position: Position,
        timeout: Duration,
    ) -> Result<Vec<Option<Position>>, KafkaError> {
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let mut list = TopicPartitionList::with_capacity(partitions.len());
        for one in partitions {
            list.add_partition_offset(one.topic.as_str(), one.partition.0, position)?;
        }
        let answer = self.client.offsets_for_times(list, timeout)?;
        let found = |one: &TopicPartition| {
            let found = answer.find_partition(one.topic.as_str(), one.partition.0)?;
            found.error().is_ok().then(|| found.offset())
        };
        Ok(partitions.iter().map(found).collect())
    }
}

fn is_silence(error: &KafkaError) -> bool {
    use rdkafka::types::RDKafkaErrorCode as Code;
    let silent = [Code::OperationTimedOut, Code::BrokerTransportFailure, Code::AllBrokersDown, Code::RequestTimedOut];
    error.rdkafka_error_code().is_some_and(|code| silent.contains(&code))
}
