//! The process of a broker: its settings, its life and its end.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::install::Installed;
use super::{KafkaOptions, Secured, wire};
use crate::services::port::free_ports;
use crate::services::{Skip, wait_until};

/// Of the cluster: 16 bytes in base64, as Kafka wants it.
const CLUSTER: &str = "ZHJpZnRkLXRlc3RraXQtMQ";

/// Runs "$@" until a word says how to end it, or until the other end of its input is closed, which the kernel sees to
/// when the test process is killed; then nobody else is left to tidy up. Ctrl-C is for the test process. (An ignored
/// signal would be ignored by Java too, so these are caught.)
const WRAPPER: &str = r#"
trap : INT TERM HUP
folder=$1; shift
"$@" >>"$folder/log" 2>&1 &
broker=$!
read -r how
case $how in stop) kill -TERM $broker;; *) kill -KILL $broker;; esac
wait $broker
[ -n "$how" ] || rm -rf "$folder"
"#;

const LOGGING: &str = "\
rootLogger.level=INFO
rootLogger.appenderRef.stdout.ref=STDOUT
appender.stdout.type=Console
appender.stdout.name=STDOUT
appender.stdout.layout.type=PatternLayout
appender.stdout.layout.pattern=%d{HH:mm:ss.SSS} %p %c{1} %m%n
";

/// What stays the same when a broker is started again.
#[derive(Debug)]
pub(super) struct Settings {
    installed: Installed,
    folder: TempDir,
    port: u16,
    secured: Option<Secured>,
}

/// A process that runs.
#[derive(Debug)]
pub(super) struct Broker {
    wrapper: Child,
}

impl Settings {
    pub(super) fn new(installed: Installed, options: &KafkaOptions) -> Result<Self, Skip> {
        let folder = tempfile::Builder::new().prefix("driftd-kafka-").tempdir().expect("a temporary folder");
        let [port, controller, sasl, tls] = free_ports();
        let secured = if options.is_secured { Some(Secured::new(folder.path(), [sasl, tls])?) } else { None };
        let settings = Self { installed, folder, port, secured };
        fs::write(settings.file("server.properties"), settings.properties(controller, options)).expect("a file");
        fs::write(settings.file("log4j2.properties"), LOGGING).expect("a file");
        Ok(settings)
    }

    pub(super) const fn secured(&self) -> Option<&Secured> {
        self.secured.as_ref()
    }

    pub(super) fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(super) fn log(&self) -> PathBuf {
        self.file("log")
    }

    /// Lays out the folder of a new cluster.
    pub(super) fn format(&self) {
        let mut tool = Command::new(&self.installed.java);
        tool.arg("-cp").arg(&self.installed.classes).args(["-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool"]);
        tool.args(["format", "--standalone", "-t", CLUSTER, "-c"]).arg(self.file("server.properties"));
        if self.secured.is_some() {
            tool.args(["--add-scram", &Secured::scram()]);
        }
        let output = tool.stdin(Stdio::null()).output().expect("java runs");
        assert!(output.status.success(), "kafka storage format: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Starts the broker and waits until it serves.
    pub(super) fn run(&self, patience: Duration) -> Broker {
        let before = self.lines().len();
        let mut wrapper = Command::new("sh");
        wrapper.arg("-c").arg(WRAPPER).arg("sh").arg(self.folder.path()).arg(&self.installed.java);
        wrapper.arg("-Xmx512m").arg("-cp").arg(&self.installed.classes);
        wrapper.arg(format!("-Dlog4j2.configurationFile={}", self.file("log4j2.properties").display()));
        wrapper.arg("kafka.Kafka").arg(self.file("server.properties"));
        let wrapper =
            wrapper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sh runs");
        let broker = Broker { wrapper };
        let deadline = Instant::now() + patience;
        let says = |part: &str| self.lines().iter().skip(before).any(|line| line.contains(part));
        let is_up = || {
            assert!(!says("Exiting Kafka due to fatal exception"), "kafka does not start:\n{}", self.last_words());
            says("Kafka Server started") && wire::serves(&self.bootstrap(), deadline)
        };
        assert!(wait_until(deadline, is_up), "kafka is not up after {patience:?}:\n{}", self.last_words());
        broker
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn lines(&self) -> Vec<String> {
        fs::read_to_string(self.log()).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    fn last_words(&self) -> String {
        let lines = self.lines();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    fn properties(&self, controller: u16, options: &KafkaOptions) -> String {
        let secured = self.secured.iter().map(Secured::listeners);
        let clients =
            [format!("BROKER://{}", self.bootstrap())].into_iter().chain(secured).collect::<Vec<_>>().join(",");
        let given = |name: &str, value: String| (name.to_owned(), value);
        let mut lines = vec![
            given("process.roles", "broker,controller".to_owned()),
            given("node.id", "1".to_owned()),
            given("listeners", format!("{clients},CONTROLLER://127.0.0.1:{controller}")),
            given("advertised.listeners", clients),
            given("listener.security.protocol.map", PROTOCOLS.to_owned()),
            given("inter.broker.listener.name", "BROKER".to_owned()),
            given("controller.listener.names", "CONTROLLER".to_owned()),
            given("controller.quorum.bootstrap.servers", format!("127.0.0.1:{controller}")),
            given("log.dirs", self.file("data").display().to_string()),
            given("num.partitions", options.partitions.to_string()),
            given("auto.create.topics.enable", options.creates_topics.to_string()),
        ];
        lines.extend(ALWAYS.iter().map(|(name, value)| given(name, (*value).to_owned())));
        lines.extend(self.secured.iter().flat_map(Secured::properties));
        lines.extend(options.properties.iter().cloned());
        lines.iter().fold(String::new(), |mut text, (name, value)| {
            writeln!(text, "{name}={value}").expect("text grows");
            text
        })
    }
}

/// Of those listeners that there are.
const PROTOCOLS: &str = "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,TLS:SSL";

/// One broker is the whole cluster, tests wait for nothing twice, and event times may be years old. A broker that was
/// killed is taken back as soon as its old session has run out, and a consumer that was killed is missed as soon.
const ALWAYS: [(&str, &str); 13] = [
    ("offsets.topic.replication.factor", "1"),
    ("offsets.topic.num.partitions", "4"),
    ("transaction.state.log.replication.factor", "1"),
    ("transaction.state.log.min.isr", "1"),
    ("transaction.state.log.num.partitions", "4"),
    ("share.coordinator.state.topic.replication.factor", "1"),
    ("share.coordinator.state.topic.min.isr", "1"),
    ("group.initial.rebalance.delay.ms", "0"),
    ("group.min.session.timeout.ms", "1000"),
    ("log.retention.ms", "-1"),
    ("broker.session.timeout.ms", "4000"),
    ("broker.heartbeat.interval.ms", "500"),
    ("log.message.timestamp.after.max.ms", "9223372036854775807"),
];

impl Broker {
    /// Tells the wrapper how to end, and waits for it.
    pub(super) fn end(mut self, how: &str, patience: Duration) {
        let mut input = self.wrapper.stdin.take().expect("a pipe");
        writeln!(input, "{how}").expect("the wrapper reads");
        let has_ended = || self.wrapper.try_wait().expect("a child of ours").is_some();
        assert!(wait_until(Instant::now() + patience, has_ended), "kafka has not ended after {patience:?}");
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Whoever ended it in words has waited already; else the closed pipe ends it.
        drop(self.wrapper.stdin.take());
        let _ = self.wrapper.wait();
    }
}
