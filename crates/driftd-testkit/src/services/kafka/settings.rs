//! The folder of a broker and the command that runs it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::install::Installed;
use super::{KafkaOptions, Secured};
use crate::services::Skip;
use crate::services::server::free_ports;

/// Of the cluster: 16 bytes in base64, as Kafka wants it.
const CLUSTER: &str = "ZHJpZnRkLXRlc3RraXQtMQ";

const LOGGING: &str = "\
rootLogger.level=INFO
rootLogger.appenderRef.stdout.ref=STDOUT
appender.stdout.type=Console
appender.stdout.name=STDOUT
appender.stdout.layout.type=PatternLayout
appender.stdout.layout.pattern=%d{HH:mm:ss.SSS} %p %c{1} %m%n
";

/// Writes settings and lays out the folder of a new cluster; gives it with where clients begin.
pub(super) fn lay_out(
    installed: &Installed,
    options: &KafkaOptions,
) -> Result<(TempDir, String, Option<Secured>), Skip> {
    let folder = tempfile::Builder::new().prefix("driftd-kafka-").tempdir().expect("a temporary folder");
    let [port, controller, sasl, tls] = free_ports();
    let bootstrap = format!("127.0.0.1:{port}");
    let secured = if options.is_secured { Some(Secured::new(folder.path(), [sasl, tls])?) } else { None };
    let properties = properties(folder.path(), &bootstrap, controller, secured.as_ref(), options);
    let file = folder.path().join("server.properties");
    fs::write(&file, properties).expect("a file");
    fs::write(folder.path().join("log4j2.properties"), LOGGING).expect("a file");
    let mut tool = Command::new(&installed.java);
    tool.arg("-cp").arg(&installed.classes).args(["-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool"]);
    tool.args(["format", "--standalone", "-t", CLUSTER, "-c"]).arg(file);
    if secured.is_some() {
        tool.args(["--add-scram", &Secured::scram()]);
    }
    let output = tool.stdin(Stdio::null()).output().expect("java runs");
    assert!(output.status.success(), "kafka storage format: {}", String::from_utf8_lossy(&output.stderr));
    Ok((folder, bootstrap, secured))
}

/// The broker in a folder that is laid out.
pub(super) fn command(installed: &Installed, folder: &Path) -> Command {
    let mut command = Command::new(&installed.java);
    command.arg("-Xmx512m").arg("-cp").arg(&installed.classes);
    command.arg(format!("-Dlog4j2.configurationFile={}", folder.join("log4j2.properties").display()));
    command.arg("kafka.Kafka").arg(folder.join("server.properties"));
    command
}

fn properties(
    folder: &Path,
    bootstrap: &str,
    controller: u16,
    secured: Option<&Secured>,
    options: &KafkaOptions,
) -> String {
    let listeners = secured.map(Secured::listeners);
    let clients = [format!("BROKER://{bootstrap}")].into_iter().chain(listeners).collect::<Vec<_>>().join(",");
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
        given("log.dirs", folder.join("data").display().to_string()),
        given("num.partitions", options.partitions.to_string()),
        given("auto.create.topics.enable", options.creates_topics.to_string()),
    ];
    lines.extend(ALWAYS.iter().map(|(name, value)| given(name, (*value).to_owned())));
    lines.extend(secured.into_iter().flat_map(Secured::properties));
    lines.extend(options.properties.iter().cloned());
    lines.iter().fold(String::new(), |mut text, (name, value)| {
        writeln!(text, "{name}={value}").expect("text grows");
        text
    })
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
