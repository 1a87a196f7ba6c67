//! Questions of a person to the brokers, outside of any group: is the cluster there, can a topic be read, where does a
//! partition begin and end. Everything here blocks its thread for seconds.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use driftd_config::{KafkaConfig, SecretRef, StartPolicy};
use driftd_model::{Offset, Partition, SourceError, Topic, TopicPartition};
use driftd_window::Timestamp;
use rdkafka::Offset as Position;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;

use super::log::Secrets;
use super::positions::placed;
use super::settings::Settings;

/// How long brokers may take to answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a record may take to come.
const READ_TIMEOUT: Duration = Duration::from_secs(8);
/// How long a client may take to say why nobody answers.
const REASON_TIMEOUT: Duration = Duration::from_millis(500);
/// How often one poll looks for it.
const POLL_TIMEOUT: Duration = Duration::from_millis(200);

/// A client that asks, and reads at most one record.
pub struct Inspector {
    client: BaseConsumer<InspectorContext>,
}

/// A topic as the brokers have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicState {
    /// Its partitions.
    pub partitions: Vec<Partition>,
}

/// What is known of a topic's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TopicContent {
    /// Records that are kept, or were until they were compacted.
    pub records: u64,
    /// When the last record of one of the partitions was written, or says that it was.
    pub newest: Option<Timestamp>,
}

/// Keeps what the client says went wrong: its errors only say that something did.
struct InspectorContext {
    secrets: Secrets,
    said: Mutex<Option<String>>,
}

impl ClientContext for InspectorContext {
    /// Errors are told with their reasons by what is asked.
    fn log(&self, _level: RDKafkaLogLevel, _facility: &str, _text: &str) {}

    fn error(&self, _error: KafkaError, reason: &str) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.get_or_insert_with(|| self.secrets.scrub(reason));
    }
}

impl ConsumerContext for InspectorContext {}

impl Inspector {
    /// A client for these brokers. Whether they are there shows when they are asked.
    ///
    /// # Errors
    /// Permanent: the configuration cannot be used.
    pub fn new<E>(config: &KafkaConfig, resolve: impl Fn(&SecretRef) -> Result<String, E>) -> Result<Self, SourceError>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let settings = Settings::new(config, resolve)?;
        let context = InspectorContext { secrets: settings.secrets.clone(), said: Mutex::default() };
        let mut client = settings.query_client();
        client.set("enable.auto.commit", "false");
        client.set("auto.offset.reset", "error");
        client.set("enable.partition.eof", "true");
        let client = client.create_with_context(context).map_err(|error| settings.explain(&error))?;
        Ok(Self { client })
    }

    /// Brokers of the cluster, as host:port.
    ///
    /// # Errors
    /// Transient: none of them answers.
    pub fn brokers(&self) -> Result<Vec<String>, SourceError> {
        let metadata = self.client.fetch_metadata(None, REQUEST_TIMEOUT).map_err(|error| self.silent(&error))?;
        Ok(metadata.brokers().iter().map(|broker| format!("{}:{}", broker.host(), broker.port())).collect())
    }

    /// The topic, nothing if there is none or it may not be described.
    ///
    /// # Errors
    /// Transient: no broker answers.
    pub fn topic(&self, topic: &Topic) -> Result<Option<TopicState>, SourceError> {
        let metadata =
            self.client.fetch_metadata(Some(topic.as_str()), REQUEST_TIMEOUT).map_err(|error| self.silent(&error))?;
        let found = metadata.topics().iter().find(|found| found.error().is_none() && !found.partitions().is_empty());
        Ok(found.map(|found| {
            let mut partitions: Vec<_> = found.partitions().iter().map(|one| Partition(one.id())).collect();
            partitions.sort();
            TopicState { partitions }
        }))
    }

    /// The offset at which `at` says that the partition starts.
    ///
    /// # Errors
    /// Transient: its leader does not answer, or there is no such partition.
    pub fn offset(&self, partition: &TopicPartition, at: StartPolicy) -> Result<Offset, SourceError> {
        let (low, high) = self.range(partition)?;
        let StartPolicy::At(at) = at else {
            return Ok(if at == StartPolicy::Earliest { low } else { high });
        };
        let asked = placed(partition, at.as_micros().div_euclid(1000))
            .and_then(|list| self.client.offsets_for_times(list, REQUEST_TIMEOUT));
        let found = asked.map_err(|error| self.refusal(partition, &error))?;
        let found = found.find_partition(partition.topic.as_str(), partition.partition.0).map(|found| found.offset());
        Ok(match found {
            Some(Position::Offset(offset)) => Offset(offset),
            // No record is as new as that.
            _ => high,
        })
    }

    /// Its first offset and the one behind its last.
    ///
    /// # Errors
    /// As of [`Inspector::offset`].
    pub fn range(&self, partition: &TopicPartition) -> Result<(Offset, Offset), SourceError> {
        let range = self.client.fetch_watermarks(partition.topic.as_str(), partition.partition.0, REQUEST_TIMEOUT);
        let (low, high) = range.map_err(|error| self.refusal(partition, &error))?;
        Ok((Offset(low), Offset(high)))
    }

    /// Reads the last record of the first partition that has one, which shows that the topic may be read.
    ///
    /// # Errors
    /// Transient: it cannot be read.
    pub fn content(&self, topic: &Topic, state: &TopicState) -> Result<TopicContent, SourceError> {
        let mut content = TopicContent::default();
        let mut filled = None;
        for partition in &state.partitions {
            let partition = TopicPartition::new(topic.clone(), *partition);
            let (low, high) = self.range(&partition)?;
            content.records = content.records.saturating_add(u64::try_from(high.0 - low.0).unwrap_or(0));
            if high > low && filled.is_none() {
                filled = Some((partition, high));
            }
        }
        if let Some((partition, high)) = filled {
            content.newest = self.last_record(&partition, high)?;
        }
        Ok(content)
    }

    /// When the last record before `end` was written; nothing where what stands there is no record, as the end of a
    /// transaction.
    fn last_record(&self, partition: &TopicPartition, end: Offset) -> Result<Option<Timestamp>, SourceError> {
        let refusal = |error: &KafkaError| self.refusal(partition, error);
        placed(partition, end.0 - 1).and_then(|list| self.client.assign(&list)).map_err(|error| refusal(&error))?;
        let begun = Instant::now();
        let read = loop {
            match self.client.poll(POLL_TIMEOUT) {
                Some(Ok(record)) => {
                    let millis = record.timestamp().to_millis();
                    break Ok(millis.map(|millis| Timestamp::from_micros(millis.saturating_mul(1000))));
                }
                Some(Err(KafkaError::PartitionEOF(_))) => break Ok(None),
                Some(Err(error)) if !is_passing(&error) => break Err(refusal(&error)),
                _ if begun.elapsed() < READ_TIMEOUT => {}
                _ => {
                    let what = format!("{partition} gave no record within {} seconds", READ_TIMEOUT.as_secs());
                    break Err(SourceError::transient(what));
                }
            }
        };
        // Another topic may be asked for next.
        drop(self.client.unassign());
        read
    }

    fn refusal(&self, partition: &TopicPartition, error: &KafkaError) -> SourceError {
        SourceError::transient(format!("{partition}: {}", self.why(error)))
    }

    fn silent(&self, error: &KafkaError) -> SourceError {
        SourceError::transient(format!("no Kafka broker answers: {}", self.why(error)))
    }

    /// The error; of silence what the client said about it, which its callbacks are served for first.
    fn why(&self, error: &KafkaError) -> String {
        let context = self.client.context();
        let said = || context.said.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut reason = None;
        if is_passing(error) {
            // Every poll serves one thing that the client has to say, and what it was asked for may come before the reason.
            let begun = Instant::now();
            while reason.is_none() && begun.elapsed() < REASON_TIMEOUT {
                drop(self.client.poll(REASON_TIMEOUT / 20));
                reason = said();
            }
        }
        reason.unwrap_or_else(|| context.secrets.scrub(&error.to_string()))
    }
}

/// Whether a client gets over it by itself, such as while it is still looking for a partition's leader.
fn is_passing(error: &KafkaError) -> bool {
    use rdkafka::types::RDKafkaErrorCode as Code;
    let passing = [Code::BrokerTransportFailure, Code::AllBrokersDown, Code::OperationTimedOut, Code::Resolve];
    error.rdkafka_error_code().is_some_and(|code| passing.contains(&code))
}

impl std::fmt::Debug for Inspector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inspector").finish_non_exhaustive()
    }
}
