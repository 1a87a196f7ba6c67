//! The source port on a Kafka group.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use driftd_config::{KafkaConfig, SecretRef, UnreadableBatch};
use driftd_model::{BoxFuture, Offset, Source, SourceError, SourceEvent, Topic, TopicPartition};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::BaseConsumer;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;

use super::client;
use super::context::{ClientRequests, Context};
use super::events::EventChannel;
use super::log::ClientLog;
use super::positions::Doubts;
use super::query::{Query, QueryClient, QueryContext};
use super::reader::{DeadLetterSink, MakeDecoder};
use super::settings::Settings;

/// How long dropping a source waits for its threads.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// Topics of a Kafka cluster, shared out among the members of a consumer group.
///
/// Two threads belong to it: one polls the group's client and serves its callbacks, one asks the brokers questions.
/// Records pass neither: every partition's [`PartitionReader`](driftd_model::PartitionReader) pulls them from a queue of its own.
pub struct KafkaSource {
    events: tokio::sync::Mutex<UnboundedReceiver<SourceEvent>>,
    queries: Arc<QueryClient>,
    requests: Arc<ClientRequests>,
    closing: Arc<AtomicBool>,
    /// Closed by each thread's end.
    ended: Mutex<Receiver<()>>,
}

impl KafkaSource {
    /// Starts to read `topics`; whether brokers can be reached shows in the events.
    ///
    /// `resolve` gives the values of secrets, and `dead_letters` takes copies of rejected records.
    ///
    /// # Errors
    /// Permanent: the configuration cannot be used.
    pub fn start<E>(
        config: &KafkaConfig,
        resolve: impl Fn(&SecretRef) -> Result<String, E>,
        topics: &BTreeSet<Topic>,
        make_decoder: MakeDecoder,
        dead_letters: Option<Arc<dyn DeadLetterSink>>,
    ) -> Result<Self, SourceError>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let settings = Settings::new(config, resolve)?;
        // Nothing is built of it; a property that no consumer has is found here and not by a thread.
        settings.consumer(1).create_native_config().map_err(|error| settings.explain(&error))?;
        let log = Arc::new(ClientLog::new(settings.secrets.clone(), settings.is_debugged()));
        let (send, received) = unbounded_channel();
        let events = Arc::new(EventChannel::new(send, settings.brokers()));
        let query_context = QueryContext { log: Arc::clone(&log), events: Arc::clone(&events) };
        let client =
            settings.query_client().create_with_context(query_context).map_err(|error| settings.explain(&error))?;
        let topics: Vec<_> = topics.iter().cloned().collect();
        let doubts = Arc::<Doubts>::default();
        let (queries, asked) = QueryClient::new(client, topics.clone(), Arc::clone(&events), Arc::clone(&doubts));
        let (queries, requests, closing) =
            (Arc::new(queries), Arc::<ClientRequests>::default(), Arc::<AtomicBool>::default());
        let context = Context {
            events,
            queries: Arc::clone(&queries),
            log,
            closing: Arc::clone(&closing),
            start: settings.start,
            drain_timeout: settings.drain_timeout,
            make_decoder,
            dead_letters,
            skips_unreadable: config.unreadable_batch == UnreadableBatch::Skip,
            requests: Arc::clone(&requests),
            notes: Arc::default(),
            consumer: OnceLock::new(),
            queues: Mutex::default(),
        };
        let (ends, ended) = sync_channel(0);
        let source = Self {
            events: tokio::sync::Mutex::new(received),
            queries: Arc::clone(&queries),
            requests,
            closing: Arc::clone(&closing),
            ended: Mutex::new(ended),
        };
        let asking = ends.clone();
        spawn("kafka-queries", move || {
            queries.run(&asked, &closing);
            drop(asking);
        })?;
        spawn("kafka-client", move || {
            let events = Arc::clone(&context.events);
            client::run(&settings, &topics, context, &doubts);
            events.end();
            drop(ends);
        })?;
        Ok(source)
    }

    /// Whether a source and a producer of dead letters can be started with `config`, short of connecting to anybody.
    ///
    /// # Errors
    /// Permanent: the configuration cannot be used.
    pub fn check<E>(config: &KafkaConfig, resolve: impl Fn(&SecretRef) -> Result<String, E>) -> Result<(), SourceError>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let settings = Settings::new(config, resolve)?;
        settings.consumer(1).create_native_config().map_err(|error| settings.explain(&error))?;
        if config.dead_letter_topic.is_some() {
            settings.producer(&[]).create_native_config().map_err(|error| settings.explain(&error))?;
        }
        // Certificates and keys are read when a client is made; one that knows no broker connects to none.
        let mut client = settings.query_client();
        client.remove("bootstrap.servers");
        client.set_log_level(RDKafkaLogLevel::Emerg);
        client.create::<BaseConsumer>().map(drop).map_err(|error| settings.explain(&error))
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), SourceError> {
    let spawned = Builder::new().name(name.to_owned()).spawn(run);
    spawned.map(drop).map_err(|error| SourceError {
        source: Some(Box::new(error)),
        ..SourceError::permanent("the operating system gives no thread for the Kafka client")
    })
}

impl Source for KafkaSource {
    fn next_event(&self) -> BoxFuture<'_, Option<SourceEvent>> {
        Box::pin(async { self.events.lock().await.recv().await })
    }

    fn partition_count<'a>(&'a self, topic: &'a Topic) -> BoxFuture<'a, Result<usize, SourceError>> {
        let (reply, answer) = oneshot::channel();
        self.queries.submit(Query::Count(topic.clone(), reply));
        Box::pin(async { answer.await.unwrap_or_else(|_| Err(SourceError::transient("the Kafka source is closed"))) })
    }

    fn log_end_offsets<'a>(&'a self, partitions: &'a [TopicPartition]) -> BoxFuture<'a, Vec<Option<Offset>>> {
        let (reply, answer) = oneshot::channel();
        self.queries.submit(Query::Ends(partitions.to_vec(), reply));
        Box::pin(async { answer.await.unwrap_or_else(|_| vec![None; partitions.len()]) })
    }

    fn group_offsets<'a>(&'a self, partitions: &'a [TopicPartition]) -> BoxFuture<'a, Vec<Option<Offset>>> {
        let (reply, answer) = oneshot::channel();
        self.queries.submit(Query::Committed(partitions.to_vec(), reply));
        Box::pin(async { answer.await.unwrap_or_else(|_| vec![None; partitions.len()]) })
    }

    fn report(&self, partition: &TopicPartition, next: Offset) {
        let mut reported = self.requests.reported.lock().unwrap_or_else(PoisonError::into_inner);
        reported.insert(partition.clone(), next);
    }

    fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }
}

impl Drop for KafkaSource {
    /// Whoever drops the source does not wait for its events: they go, and with them whatever waits for a reply.
    fn drop(&mut self) {
        self.close();
        let events = self.events.get_mut();
        events.close();
        while events.try_recv().is_ok() {}
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Nothing is ever sent: the threads' ends close the channel.
        if ended.recv_timeout(SHUTDOWN_TIMEOUT) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            tracing::warn!("the Kafka client has not ended in time and is left behind");
        }
    }
}

impl fmt::Debug for KafkaSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaSource").finish_non_exhaustive()
    }
}
