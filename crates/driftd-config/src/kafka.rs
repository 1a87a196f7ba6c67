//! Where records come from.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use driftd_model::Topic;
use driftd_window::Span;
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::SecretRef;
use crate::problem::Problems;
use crate::read::{Read, expected, text_leaf};
use crate::section::ByteSize;
use crate::start::StartPolicy;
use crate::tree::{Node, Value};

/// The `[kafka]` section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaConfig {
    /// Brokers to begin with; at least one.
    pub brokers: Vec<Broker>,
    /// Consumer group.
    pub group: String,
    /// Where a partition starts that was never read.
    pub start: StartPolicy,
    /// Topic that rejected records are copied to; read by no monitor.
    pub dead_letter_topic: Option<Topic>,
    /// Memory for records fetched ahead, of all partitions together; at least 1 MiB.
    pub fetch_bytes: ByteSize,
    /// Time to write down what was read of a partition before it is given away; longer than zero and shorter than
    /// `session.timeout.ms`.
    pub drain_timeout: Span,
    /// Properties handed to librdkafka as they are.
    pub properties: BTreeMap<String, KafkaProperty>,
}

impl Default for KafkaConfig {
    fn default() -> Self {
        let broker = Broker("localhost:9092".to_owned());
        Self {
            brokers: vec![broker],
            group: "driftd".to_owned(),
            start: StartPolicy::default(),
            dead_letter_topic: None,
            fetch_bytes: ByteSize::from_mebibytes(64),
            drain_timeout: Span::from_secs(20),
            properties: BTreeMap::new(),
        }
    }
}

/// Host and port of a broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Broker(String);

impl Broker {
    /// `host:port`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no broker.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a broker: write host:port, such as localhost:9092")]
pub struct BadBroker(String);

impl FromStr for Broker {
    type Err = BadBroker;

    fn from_str(text: &str) -> Result<Self, BadBroker> {
        match text.rsplit_once(':') {
            Some((host, port)) if is_host(host) && port.parse::<u16>().is_ok_and(|p| p > 0) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(BadBroker(text.to_owned())),
        }
    }
}

fn is_host(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    match address {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_')),
    }
}

text_leaf!(
    Broker,
    "a broker, such as \"localhost:9092\"",
    str::parse::<Self>,
    json!({ "type": "string", "examples": ["localhost:9092"] })
);

/// The value of a librdkafka property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum KafkaProperty {
    /// Said in the configuration.
    Text(String),
    /// Kept elsewhere.
    Secret(SecretRef),
}

impl Read for KafkaProperty {
    const EXPECTED: &'static str = "text, a number, true or false, or a reference to a secret";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Text(text) | Value::Loose(text) => Some(Self::Text(text.clone())),
            Value::Integer(number) => Some(Self::Text(number.to_string())),
            Value::Float(number) => Some(Self::Text(number.to_string())),
            Value::Bool(yes) => Some(Self::Text(yes.to_string())),
            Value::Table(_) => SecretRef::read(node, path, problems).map(Self::Secret),
            Value::Datetime(_) | Value::List(_) => expected(Self::EXPECTED, node, path, problems),
        }
    }

    fn schema() -> Json {
        json!({ "anyOf": [{ "type": ["string", "number", "boolean"] }, SecretRef::schema()] })
    }
}

/// Why a property cannot be set the way it was.
pub(crate) fn refusal(property: &str, value: &KafkaProperty) -> Option<&'static str> {
    let is_secret = ["password", "secret", ".key.pem"].iter().any(|part| property.contains(part));
    match (property, value) {
        ("bootstrap.servers" | "metadata.broker.list", _) => Some("is set by driftd: use kafka.brokers"),
        ("group.id", _) => Some("is set by driftd: use kafka.group"),
        ("enable.auto.commit" | "enable.auto.offset.store" | "enable.partition.eof", _) => {
            Some("is set by driftd, which keeps its own offsets: leave it out")
        }
        ("auto.offset.reset", _) => Some("is set by driftd: use kafka.start"),
        ("partition.assignment.strategy" | "group.protocol", _) => {
            Some("is set by driftd, which takes and gives partitions one by one: leave it out")
        }
        ("queued.max.messages.kbytes", _) => Some("is set by driftd: use kafka.fetch_bytes"),
        (_, KafkaProperty::Text(_)) if is_secret => {
            Some("is a secret: write { env = \"VARIABLE\" } or { file = \"/path\" } instead of its value")
        }
        _ => None,
    }
}
