//! Where records come from.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use driftd_model::{Monitor, Topic};
use driftd_window::Span;
use schemars::JsonSchema;
use serde::de::Unexpected;
use serde::{Deserialize, Deserializer, Serialize};

use crate::problem::Problems;
use crate::secret::SecretKeys;
use crate::section::section;
use crate::shape::{shaped, text_type};
use crate::tree::At;
use crate::{ByteSize, SecretRef, StartPolicy, UnreadableBatch};

/// The property that says after how much silence a consumer counts as gone.
const SESSION_TIMEOUT: &str = "session.timeout.ms";
/// What driftd takes when the property is left out.
const DEFAULT_SESSION_TIMEOUT: Span = Span::from_secs(6);

section! {
    /// Where records come from.
    pub KafkaConfig {
        /// Brokers to begin with, as host:port.
        #[schemars(length(min = 1))]
        brokers: Vec<Broker> = vec![Broker("localhost:9092".to_owned())],
        /// Consumer group.
        group: String = "driftd".to_owned(),
        /// Where a partition starts that was never read: "earliest", "latest", or with the first record written at a time
        /// such as "2026-07-01T00:00:00Z" or later. Every other partition goes on where its last checkpoint ended.
        start: StartPolicy = StartPolicy::Earliest,
        /// A topic to copy records to that could not be read, with the reason; no monitor's topic.
        #[schemars(example = &"flight-rejects")]
        dead_letter_topic: Option<Topic> = None,
        /// What to do about a batch of records that is damaged, or that cannot be decompressed: "stop" has its partition wait,
        /// which is told, until the batch is gone; "skip" passes it over after some seconds and counts its records as
        /// rejected.
        unreadable_batch: UnreadableBatch = UnreadableBatch::Stop,
        /// Memory for records fetched ahead, of all partitions together.
        #[schemars(extend("x-at-least" = "1MiB"))]
        fetch_bytes: ByteSize = ByteSize::from_mebibytes(64),
        /// Time to write down what was read of a partition that goes to another process. Shorter than session.timeout.ms,
        /// which is 6 seconds unless it stands among the properties.
        #[schemars(extend("x-longer-than" = "0s"))]
        drain_timeout: Span = Span::from_secs(5),
        /// Any librdkafka property, such as { "security.protocol" = "SASL_SSL", "sasl.password" = { env =
        /// "KAFKA_PASSWORD" } }. As an environment variable, dots become underscores:
        /// DRIFTD__KAFKA__PROPERTIES__SECURITY_PROTOCOL.
        properties: BTreeMap<String, KafkaProperty> = BTreeMap::new(),
    }
}

/// Host and port of a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
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

text_type!(Broker, "a broker, such as \"localhost:9092\"", { "type": "string", "pattern": ":[0-9]+$" });

/// The value of a librdkafka property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum KafkaProperty {
    /// Said in the configuration.
    #[schemars(extend("type" = ["string", "number", "boolean"]))]
    Text(String),
    /// Kept elsewhere.
    Secret(SecretRef),
}

impl<'de> Deserialize<'de> for KafkaProperty {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let said = |value: Unexpected<'_>| {
            let text = match value {
                Unexpected::Str(text) => text.to_owned(),
                Unexpected::Unsigned(number) => number.to_string(),
                Unexpected::Signed(number) => number.to_string(),
                Unexpected::Float(number) => number.to_string(),
                Unexpected::Bool(yes) => yes.to_string(),
                _ => return None,
            };
            Some(Ok(Self::Text(text)))
        };
        let expected = "text, a number, true or false, or a reference to a secret";
        shaped(deserializer, expected, said, Some(|keys: SecretKeys| keys.try_into().map(Self::Secret)))
    }
}

impl KafkaConfig {
    pub(crate) fn check(&mut self, at: &At<'_>, problems: &mut Problems) {
        if let Some(topic) = &self.dead_letter_topic {
            check_topic(topic, &at.key("dead_letter_topic"), problems);
        }
        self.check_drain_timeout(at, problems);
        for (name, property) in &mut self.properties {
            let at = at.key("properties").key(name);
            let Some(why) = refusal(name, property) else { continue };
            match at.place().variable() {
                // A secret that came by a variable is where a reference would find it.
                Some(variable) if matches!(property, KafkaProperty::Text(_)) => {
                    *property = KafkaProperty::Secret(SecretRef::Env(variable.to_owned()));
                    if let Some(why) = refusal(name, property) {
                        at.problem(problems, why);
                    }
                }
                _ => at.problem(problems, why),
            }
        }
    }

    /// A partition must have been given away before the group takes its reader for dead.
    fn check_drain_timeout(&self, at: &At<'_>, problems: &mut Problems) {
        let session = match self.properties.get(SESSION_TIMEOUT) {
            None => Some(DEFAULT_SESSION_TIMEOUT),
            // What is no number is for librdkafka to refuse, and what a secret says is not known here.
            Some(KafkaProperty::Text(text)) => text.trim().parse().ok().and_then(milliseconds),
            Some(KafkaProperty::Secret(_)) => None,
        };
        let drain = self.drain_timeout;
        let is_known = at.key("drain_timeout").is_sound(problems);
        let (own, property) = (at.key("drain_timeout"), at.key("properties").key(SESSION_TIMEOUT));
        let Some(session) = session.filter(|session| is_known && drain >= *session) else { return };
        if own.is_given() {
            own.problem(problems, format!("{drain} must be shorter than {SESSION_TIMEOUT}, which is {session}"));
        } else {
            let message = format!("{session} must be longer than kafka.drain_timeout, which is {drain} by default");
            property.problem(problems, message);
        }
    }

    /// What is rejected must not come in again.
    pub(crate) fn check_dead_letters(&self, monitors: &[Monitor], at: &At<'_>, problems: &mut Problems) {
        let Some(topic) = &self.dead_letter_topic else { return };
        if let Some(monitor) = monitors.iter().find(|monitor| monitor.topics.contains(topic)) {
            let message = format!(
                "monitor {:?} reads topic {:?}: choose another, or rejected records would come back for ever",
                monitor.id.as_str(),
                topic.as_str(),
            );
            at.key("dead_letter_topic").problem(problems, message);
        }
    }
}

fn milliseconds(number: i64) -> Option<Span> {
    number.checked_mul(1_000).and_then(Span::from_micros)
}

/// Notes a name that Kafka does not admit for a topic. A consumer would take one that begins with `^` for a pattern.
pub(crate) fn check_topic(topic: &Topic, at: &At<'_>, problems: &mut Problems) {
    let text = topic.as_str();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !(1..=249).contains(&text.len()) || !text.chars().all(is_plain) || matches!(text, "." | "..") {
        at.problem(problems, format!("{text:?} is not a topic: use 1 to 249 letters, digits, '.', '_' or '-'"));
    }
}

/// Why a property cannot be set the way it was.
fn refusal(property: &str, value: &KafkaProperty) -> Option<&'static str> {
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
        ("plugin.library.paths", _) => {
            Some("would load somebody else's code into the daemon, beside its secrets: leave it out")
        }
        ("queued.max.messages.kbytes", _) => Some("is set by driftd: use kafka.fetch_bytes"),
        (_, KafkaProperty::Text(_)) if is_secret => {
            Some("is a secret: write { env = \"VARIABLE\" } or { file = \"/path\" } instead of its value")
        }
        _ => None,
    }
}
