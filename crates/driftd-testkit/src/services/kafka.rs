//! A real Apache Kafka, one broker without Docker.
//!
//! The broker comes from Maven Central once a machine and runs as a process of its own, broker and controller in one,
//! on free ports and a folder of its own. It ends with the test process, also when that is killed.

mod acls;
mod admin;
mod damage;
mod install;
mod producer;
mod secured;
mod settings;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::OnceLock;

use self::admin::Admin;
pub use self::producer::Producer;
pub use self::secured::Secured;
use super::Skip;
use super::server::{Launch, Server};

/// How a broker is set up.
#[derive(Clone, Debug)]
pub struct KafkaOptions {
    /// Partitions of a topic that is created without saying how many.
    pub partitions: u32,
    /// Whether a topic comes into being when somebody asks for it.
    pub creates_topics: bool,
    /// Whether it also listens where clients have to prove who they are.
    pub is_secured: bool,
    /// More lines of the broker's configuration; they win over the fixture's.
    pub properties: Vec<(String, String)>,
}

/// A running broker.
#[derive(Debug)]
pub struct Kafka {
    server: Server,
    bootstrap: String,
    secured: Option<Secured>,
}

impl Default for KafkaOptions {
    fn default() -> Self {
        Self { partitions: 1, creates_topics: false, is_secured: false, properties: Vec::new() }
    }
}

impl KafkaOptions {
    /// A broker that can be told who may do what; without being told it lets everybody do everything.
    #[must_use]
    pub fn with_acls() -> Self {
        let properties = [
            ("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"),
            ("allow.everyone.if.no.acl.found", "true"),
        ];
        let properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { properties, ..Self::default() }
    }
}

impl Kafka {
    /// The broker that all tests of a process share; started by the first of them.
    ///
    /// # Errors
    /// The machine cannot have one.
    pub fn shared() -> Result<&'static Self, Skip> {
        static SHARED: OnceLock<Result<Kafka, Skip>> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&KafkaOptions::default())).as_ref().map_err(Clone::clone)
    }

    /// A broker of one's own, ready for clients.
    ///
    /// # Errors
    /// The machine cannot have one.
    ///
    /// # Panics
    /// When a broker that is installed does not come up.
    pub fn start(options: &KafkaOptions) -> Result<Self, Skip> {
        let installed = install::installed()?;
        let (folder, bootstrap, secured) = settings::lay_out(&installed, options)?;
        let command = settings::command(&installed, folder.path());
        let launch = Launch {
            name: "kafka",
            command,
            stop_signal: "TERM",
            // An orderly end takes seconds, and nobody reads what it would save.
            end_signal: "KILL",
            is_up: Box::new(|log| log.contains("Kafka Server started")),
            fatal: Some("Exiting Kafka due to fatal exception"),
        };
        let server = Server::start(launch, folder).unwrap_or_else(|why| panic!("{why}"));
        let kafka = Self { server, bootstrap, secured };
        kafka.wait_until_served();
        Ok(kafka)
    }

    /// Where clients begin: `127.0.0.1:PORT`, the same after [`start_again`](Self::start_again).
    #[must_use]
    pub fn bootstrap(&self) -> String {
        self.bootstrap.clone()
    }

    /// Where clients begin that have to prove who they are, and how they do.
    ///
    /// # Panics
    /// The broker was not asked for that.
    #[must_use]
    pub fn secured(&self) -> &Secured {
        self.secured.as_ref().expect("a broker with `is_secured`")
    }

    /// Creates a topic and waits until every partition has a leader.
    ///
    /// # Panics
    /// When the broker refuses, or the topic is there already.
    pub fn create_topic(&self, name: &str, partitions: u32) {
        self.create_topic_with(name, partitions, &[]);
    }

    /// Creates a topic with settings of its own, such as `("cleanup.policy", "compact")`.
    ///
    /// # Panics
    /// When the broker refuses, or the topic is there already.
    pub fn create_topic_with(&self, name: &str, partitions: u32, properties: &[(&str, &str)]) {
        Admin::new(&self.bootstrap).create_topic(name, partitions, properties);
    }

    /// Adds partitions to a topic, which then has `partitions`.
    ///
    /// # Panics
    /// When the broker refuses.
    pub fn grow_topic(&self, name: &str, partitions: u32) {
        Admin::new(&self.bootstrap).grow_topic(name, partitions);
    }

    /// Deletes a topic and waits until it is gone.
    ///
    /// # Panics
    /// When the broker refuses.
    pub fn delete_topic(&self, name: &str) {
        Admin::new(&self.bootstrap).delete_topic(name);
    }

    /// Deletes the records of a partition before offset `before`, as retention does.
    ///
    /// # Panics
    /// When the broker refuses.
    pub fn delete_records(&self, topic: &str, partition: i32, before: i64) {
        Admin::new(&self.bootstrap).delete_records(topic, partition, before);
    }

    /// From now on clients may look at the topic and not read it; the broker has to be one [with
    /// ACLs](KafkaOptions::with_acls).
    ///
    /// # Panics
    /// When the broker refuses.
    pub fn deny_reads(&self, topic: &str) {
        acls::deny_reads(&self.bootstrap, topic);
    }

    /// From now on clients may read the topic again.
    ///
    /// # Panics
    /// When the broker refuses.
    pub fn allow_reads(&self, topic: &str) {
        acls::allow_reads(&self.bootstrap, topic);
    }

    /// Damages the batch that holds the record at `offset`, where it lies on the disk; gives the offsets of the batch.
    ///
    /// # Panics
    /// When there is no such batch.
    pub fn damage(&self, topic: &str, partition: i32, offset: i64) -> std::ops::Range<i64> {
        let folder = self.log().parent().expect("a folder").join(format!("data/{topic}-{partition}"));
        damage::damage(&folder, offset)
    }

    /// Ends the broker as a power cut would. Does nothing to one that is down.
    pub fn kill(&self) {
        self.server.kill();
    }

    /// Ends the broker in an orderly way. Does nothing to one that is down.
    pub fn stop(&self) {
        self.server.stop();
    }

    /// Starts the broker again, with the same ports and data. Does nothing to one that runs.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn start_again(&self) {
        self.server.start_again();
        self.wait_until_served();
    }

    /// What the broker wrote about itself, for a test that has failed.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.server.log()
    }

    /// A broker that says it has started is not yet part of the cluster.
    fn wait_until_served(&self) {
        assert!(Admin::new(&self.bootstrap).serves_in_time(), "kafka does not serve; it says {}", self.log().display());
    }
}
