//! A topic on a real broker, a database server, and a folder.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use driftd_testkit::services::Skip;
use driftd_testkit::services::kafka::{Kafka, KafkaOptions};
use driftd_testkit::services::postgres::Postgres;
use tempfile::TempDir;

use super::{Deployment, Settings};

/// A killed worker is missed after three seconds, not after forty-five; and the broker can be told who may do what.
pub const BROKER_SETTINGS: [(&str, &str); 3] = [
    ("group.min.session.timeout.ms", "1000"),
    ("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"),
    ("allow.everyone.if.no.acl.found", "true"),
];

/// Where a test takes place.
#[derive(Debug)]
pub struct Site {
    /// The broker, shared by the tests of a process.
    pub kafka: &'static Kafka,
    /// The database server, shared likewise.
    pub postgres: &'static Postgres,
    topic: String,
    partitions: i32,
    folder: TempDir,
}

impl Site {
    /// A new topic with `partitions` partitions.
    ///
    /// # Errors
    /// The machine can have no broker or no database.
    pub fn new(name: &str, partitions: i32) -> Result<Self, Skip> {
        Self::with_topic(name, partitions, &[])
    }

    /// The same, with settings of the topic.
    ///
    /// # Errors
    /// The machine can have no broker or no database.
    pub fn with_topic(name: &str, partitions: i32, settings: &[(&str, &str)]) -> Result<Self, Skip> {
        Self::beside(Postgres::shared()?, name, partitions, settings)
    }

    /// The same, with a database server of the test's own.
    ///
    /// # Errors
    /// The machine can have no broker.
    pub fn beside(
        postgres: &'static Postgres,
        name: &str,
        partitions: i32,
        settings: &[(&str, &str)],
    ) -> Result<Self, Skip> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let kafka = broker()?;
        let topic = format!("{name}-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        kafka.create_topic_with(&topic, partitions as u32, settings);
        let folder = tempfile::Builder::new().prefix("driftd-live-").tempdir().expect("a temporary folder");
        Ok(Self { kafka, postgres, topic, partitions, folder })
    }

    /// The topic.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// How many partitions it has.
    #[must_use]
    pub const fn partitions(&self) -> i32 {
        self.partitions
    }

    /// The test's own folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A new database and consumer group for the topic, with the baselines that `settings` want.
    #[must_use]
    pub fn deployment(&self, name: &str, settings: &Settings) -> Deployment {
        Deployment::new(self, name, &self.postgres.database(), settings)
    }

    /// The same on a SQLite file, for replays.
    #[must_use]
    pub fn offline(&self, name: &str, settings: &Settings) -> Deployment {
        let file = self.folder.path().join(format!("{name}.db"));
        Deployment::new(self, name, &format!("sqlite://{}", file.display()), settings)
    }
}

/// The broker of this process.
fn broker() -> Result<&'static Kafka, Skip> {
    static BROKER: OnceLock<Result<Kafka, Skip>> = OnceLock::new();
    let start = || {
        let properties = BROKER_SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Kafka::start(&KafkaOptions { properties, ..KafkaOptions::default() })
    };
    BROKER.get_or_init(start).as_ref().map_err(Clone::clone)
}
