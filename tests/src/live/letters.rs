//! What the daemon put into its dead-letter topic.

use std::time::Duration;

use rdkafka::Message as _;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Headers as _;
use rdkafka::{Offset, TopicPartitionList};

use super::{Deadline, Site};

/// A record that was put aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its header `driftd.reason`.
    pub reason: String,
    /// Its other headers, by name.
    pub headers: Vec<(String, String)>,
    /// What it held; nothing for a tombstone.
    pub payload: Option<Vec<u8>>,
}

/// How many letters the dead-letter topic `topic` has in its partition 0.
#[must_use]
pub fn letters_in(site: &Site, topic: &str) -> u64 {
    let (_, end) = reader(site).fetch_watermarks(topic, 0, Duration::from_secs(30)).expect("the broker answers");
    end as u64
}

/// Reads partition 0 of the dead-letter topic `topic` until there are `count` letters.
///
/// # Panics
/// When there are not in time.
#[must_use]
pub fn dead_letters(site: &Site, topic: &str, count: usize, deadline: Deadline) -> Vec<Letter> {
    let consumer = reader(site);
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, 0, Offset::Beginning).expect("a partition");
    consumer.assign(&list).expect("assigned");
    let mut letters = Vec::new();
    deadline.wait("letters in the dead-letter topic", || {
        while letters.len() < count {
            let Some(message) = consumer.poll(Duration::from_millis(20)) else { break };
            let message = message.expect("the broker answers");
            let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
            let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
            let mut headers: Vec<(String, String)> =
                headers.map(|header| (header.key.to_owned(), text(header.value))).collect();
            let at = headers.iter().position(|(key, _)| key == "driftd.reason").expect("a letter has its reason");
            let (_, reason) = headers.remove(at);
            letters.push(Letter { reason, headers, payload: message.payload().map(<[u8]>::to_vec) });
        }
        letters.len() >= count
    });
    letters
}

fn reader(site: &Site) -> BaseConsumer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", site.kafka.bootstrap()).set("group.id", "reader-of-dead-letters");
    config.create().expect("a consumer")
}
