//! What a fixture asks of a broker: whether it serves, and for topics.

use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication, TopicResult};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaResult;
use rdkafka::metadata::MetadataTopic;
use rdkafka::{Offset, TopicPartitionList};

use crate::services::wait_until;

/// How long the broker may take to do what it is asked for.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(2);
/// How long it may take to tell what it knows; then it is asked again.
const METADATA_TIMEOUT: Duration = Duration::from_secs(5);

type TopicResults = KafkaResult<Vec<TopicResult>>;

/// An administrator of one broker.
pub(super) struct Admin {
    client: AdminClient<DefaultClientContext>,
}

impl Admin {
    /// One for the broker at `bootstrap`.
    pub(super) fn new(bootstrap: &str) -> Self {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", bootstrap).set("reconnect.backoff.max.ms", "100");
        Self { client: config.create().expect("a client of librdkafka") }
    }

    /// Waits until the broker takes part in the cluster; false when it does not in time.
    pub(super) fn serves_in_time(&self) -> bool {
        wait_until(Instant::now() + REQUEST_TIMEOUT, || {
            let metadata = self.client.inner().fetch_metadata(None, METADATA_TIMEOUT);
            metadata.is_ok_and(|metadata| !metadata.brokers().is_empty())
        })
    }

    /// Creates a topic and waits until every partition has a leader.
    pub(super) fn create_topic(&self, name: &str, partitions: u32, properties: &[(&str, &str)]) {
        let topic = NewTopic::new(name, partitions as i32, TopicReplication::Fixed(1));
        let topic = properties.iter().fold(topic, |topic, (property, value)| topic.set(property, value));
        check(wait(self.client.create_topics([&topic], &options())));
        self.wait_for_leaders(name, partitions);
    }

    /// Adds partitions to a topic, which then has `partitions`, and waits until every one has a leader.
    pub(super) fn grow_topic(&self, name: &str, partitions: u32) {
        let grown = NewPartitions::new(name, partitions as usize);
        check(wait(self.client.create_partitions([&grown], &options())));
        self.wait_for_leaders(name, partitions);
    }

    /// Deletes a topic and waits until nobody knows it any more.
    pub(super) fn delete_topic(&self, name: &str) {
        check(wait(self.client.delete_topics(&[name], &options())));
        let is_gone = || {
            let metadata = self.client.inner().fetch_metadata(None, METADATA_TIMEOUT);
            metadata.is_ok_and(|metadata| metadata.topics().iter().all(|topic| topic.name() != name))
        };
        assert!(wait_until(Instant::now() + REQUEST_TIMEOUT, is_gone), "topic {name} is not deleted in time");
    }

    /// Deletes the records of a partition before an offset.
    pub(super) fn delete_records(&self, topic: &str, partition: i32, before: i64) {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(before)).expect("an offset");
        let deleted = wait(self.client.delete_records(&list, &options()));
        deleted.expect("the broker answers");
    }

    fn wait_for_leaders(&self, name: &str, partitions: u32) {
        let is_led = wait_until(Instant::now() + REQUEST_TIMEOUT, || self.leaders(name) == partitions as usize);
        assert!(is_led, "topic {name} has no leaders in time");
    }

    /// How many partitions of the topic have a leader.
    fn leaders(&self, topic: &str) -> usize {
        let Ok(metadata) = self.client.inner().fetch_metadata(Some(topic), METADATA_TIMEOUT) else { return 0 };
        let partitions = metadata.topics().iter().flat_map(MetadataTopic::partitions);
        partitions.filter(|partition| partition.error().is_none() && partition.leader() >= 0).count()
    }
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(REQUEST_TIMEOUT)).operation_timeout(Some(REQUEST_TIMEOUT))
}

fn check(results: TopicResults) {
    for result in results.expect("the broker answers") {
        result.unwrap_or_else(|(topic, error)| panic!("kafka refuses topic {topic:?}: {error}"));
    }
}

/// Waits for an answer on a thread of its own: the test may run inside a runtime, which must not be blocked by another.
fn wait<T: Send>(answer: impl Future<Output = T> + Send) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    std::thread::scope(|scope| scope.spawn(|| runtime.block_on(answer)).join().expect("an answer"))
}
