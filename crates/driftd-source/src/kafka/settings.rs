//! From the `[kafka]` section to what librdkafka is told.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use driftd_config::{KafkaConfig, KafkaProperty, SecretRef, StartPolicy};
use driftd_model::SourceError;
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;

use super::log::Secrets;

/// Better for driftd than librdkafka's own defaults; the configuration may say otherwise.
const DEFAULTS: [(&str, &str); 6] = [
    ("client.id", "driftd"),
    // New partitions hold the watermark back until somebody reads them.
    ("topic.metadata.refresh.interval.ms", "30000"),
    // A broker that restarts is away for seconds; it is not asked more often than this however many ask.
    ("reconnect.backoff.max.ms", "2000"),
    ("log.connection.close", "false"),
    ("socket.keepalive.enable", "true"),
    ("socket.nagle.disable", "true"),
];

/// Where the certificates of authorities are looked for: OpenSSL is linked into the program and knows no folder of this
/// machine, so librdkafka tries those of the distributions. Whoever names a file by OpenSSL's variables is heard.
const ROOTS: (&str, &str) = ("ssl.ca.location", "probe");
const NAMED_ROOTS: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Like [`DEFAULTS`], for consumers only.
const CONSUMER_DEFAULTS: [(&str, &str); 4] = [
    ("check.crcs", "true"),
    // How long a partition with a full queue is left alone. The default of a second starves a reader that empties a
    // small queue in milliseconds.
    ("fetch.queue.backoff.ms", "2"),
    // Who is killed is missed within seconds; brokers admit nothing shorter unless they are told to.
    ("session.timeout.ms", "6000"),
    ("heartbeat.interval.ms", "1500"),
];

/// What the readers rely on.
const CONSUMER_FIXED: [(&str, &str); 6] = [
    ("group.protocol", "classic"),
    // Partitions that stay go on being read while others come and go.
    ("partition.assignment.strategy", "cooperative-sticky"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("enable.partition.eof", "true"),
    // An offset that has fallen out of retention is a matter of ours, not to be passed over in silence.
    ("auto.offset.reset", "error"),
];

/// What has to be in the client's own log: that a topic was made anew stands nowhere else.
const DEBUGGED: &str = "metadata";

/// Set from the configuration's own fields.
const NAMED: [&str; 4] = ["bootstrap.servers", "metadata.broker.list", "group.id", "log.queue"];

/// Everything a client is made from.
pub(super) struct Settings {
    brokers: String,
    group: String,
    properties: BTreeMap<String, String>,
    fetch_bytes: u64,
    pub(super) secrets: Secrets,
    pub(super) start: StartPolicy,
    /// How long a revoked partition may take to be written down.
    pub(super) drain_timeout: Duration,
}

/// How large a record may be that a client sends.
const LARGEST_SENT: &str = "message.max.bytes";

impl Settings {
    /// Resolves the secrets and refuses what cannot be set.
    pub(super) fn new<E>(
        config: &KafkaConfig,
        resolve: impl Fn(&SecretRef) -> Result<String, E>,
    ) -> Result<Self, SourceError>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let mut secrets = Secrets::default();
        let mut properties = BTreeMap::new();
        for (name, property) in &config.properties {
            if CONSUMER_FIXED.iter().any(|(fixed, _)| fixed == name) || NAMED.contains(&name.as_str()) {
                let what = format!("kafka.properties.\"{name}\" is set by driftd: leave it out");
                return Err(SourceError::permanent(what));
            }
            let value = match property {
                KafkaProperty::Text(text) => text.clone(),
                KafkaProperty::Secret(secret) => {
                    let value = resolve(secret).map_err(|error| SourceError {
                        source: Some(Box::new(error)),
                        ..SourceError::permanent(format!("kafka.properties.\"{name}\": {secret} cannot be read"))
                    })?;
                    secrets.add(&value);
                    value
                }
            };
            properties.insert(name.clone(), value);
        }
        let brokers: Vec<_> = config.brokers.iter().map(driftd_config::Broker::as_str).collect();
        let drain_timeout = u64::try_from(config.drain_timeout.as_micros()).unwrap_or(0);
        Ok(Self {
            brokers: brokers.join(","),
            group: config.group.clone(),
            properties,
            fetch_bytes: config.fetch_bytes.bytes(),
            secrets,
            start: config.start,
            drain_timeout: Duration::from_micros(drain_timeout),
        })
    }

    pub(super) fn brokers(&self) -> &str {
        &self.brokers
    }

    /// A member of the group, for topics of so many partitions together.
    ///
    /// librdkafka bounds a partition's queue, not all of them; so each gets its share, as if this process read them
    /// all. Half of it is for payloads, and the number of records bounds what librdkafka spends on each of them, some 400
    /// bytes. An eighth is for the response on its way, which is compressed; but where a share is small a partition
    /// may still get a whole batch of an ordinary producer, because a broker hands out one larger than asked for only to
    /// the first partition of a response. What all of them get in one response is bounded on its own.
    pub(super) fn consumer(&self, partitions: usize) -> ClientConfig {
        let share = self.fetch_bytes / u64::try_from(partitions.max(1)).unwrap_or(u64::MAX);
        let mut client = self.client();
        client.set("group.id", &self.group);
        client.set("queued.max.messages.kbytes", (share / 2000).clamp(16, 65_536).to_string());
        client.set("queued.min.messages", (share / 1024).clamp(32, 100_000).to_string());
        client.set("fetch.message.max.bytes", (share / 8).clamp(64 << 10, 1 << 20).to_string());
        client.set("fetch.max.bytes", (self.fetch_bytes / 8).clamp(1 << 20, 50 << 20).to_string());
        set_all(&mut client, &CONSUMER_DEFAULTS);
        self.configured(&mut client);
        // Meant for what is sent; here it could only contradict the size of a response.
        client.remove(LARGEST_SENT);
        set_all(&mut client, &CONSUMER_FIXED);
        let debugged = self.properties.get("debug").map_or_else(String::new, |theirs| format!(",{theirs}"));
        client.set("debug", format!("{DEBUGGED}{debugged}"));
        client.set_log_level(RDKafkaLogLevel::Debug);
        client
    }

    /// Whether the client's debugging lines are wanted by anybody but us.
    pub(super) fn is_debugged(&self) -> bool {
        self.properties.contains_key("debug")
    }

    /// A consumer that only asks questions: it knows the group's name, to ask for its offsets, and never joins it.
    pub(super) fn query_client(&self) -> ClientConfig {
        let mut client = self.client();
        client.set("group.id", &self.group);
        self.configured(&mut client);
        // Twice the same member in a group would fence one of them.
        client.remove("group.instance.id");
        client.remove(LARGEST_SENT);
        client
    }

    /// A producer that writes every record once.
    pub(super) fn producer(&self, defaults: &[(&str, &str)]) -> ClientConfig {
        let mut client = self.client();
        set_all(&mut client, defaults);
        self.configured(&mut client);
        client.set("enable.idempotence", "true");
        client
    }

    /// What the clients have in common.
    fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        set_all(&mut client, &DEFAULTS);
        let protocol = self.properties.get("security.protocol");
        let is_tls = protocol.is_some_and(|protocol| protocol.to_ascii_lowercase().ends_with("ssl"));
        if is_tls && NAMED_ROOTS.iter().all(|name| std::env::var_os(name).is_none()) {
            set_all(&mut client, &[ROOTS]);
        }
        client.set("bootstrap.servers", &self.brokers);
        client
    }

    fn configured(&self, client: &mut ClientConfig) {
        for (name, value) in &self.properties {
            client.set(name, value);
        }
    }

    /// Why a client could not be made, in words that lead to the line to change.
    pub(super) fn explain(&self, error: &KafkaError) -> SourceError {
        let what = match error {
            KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, _, name, _) => {
                format!("kafka.properties.\"{name}\": librdkafka knows no such property: see its CONFIGURATION.md")
            }
            KafkaError::ClientConfig(_, why, name, _) => {
                format!("kafka.properties.\"{name}\": {}", self.secrets.scrub(why))
            }
            other => format!("kafka: {}: look at kafka.properties", self.secrets.scrub(&other.to_string())),
        };
        SourceError::permanent(what)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values of properties may be secrets.
        let names: Vec<_> = self.properties.keys().collect();
        f.debug_struct("Settings").field("brokers", &self.brokers).field("properties", &names).finish_non_exhaustive()
    }
}

fn set_all(client: &mut ClientConfig, properties: &[(&str, &str)]) {
    for (name, value) in properties {
        client.set(*name, *value);
    }
}
