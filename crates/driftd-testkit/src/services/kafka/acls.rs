//! Who may do what at a broker, by Kafka's own tool: librdkafka's administrator has no safe binding for it.

use std::process::{Command, Stdio};

use super::install::installed;

/// Whoever does not prove who he is.
const EVERYBODY: &str = "User:ANONYMOUS";

/// Lets everybody look at the topic and nobody read it.
pub(super) fn deny_reads(bootstrap: &str, topic: &str) {
    acl(bootstrap, topic, &["--add", "--allow-principal", EVERYBODY, "--operation", "Describe"]);
    acl(bootstrap, topic, &["--add", "--deny-principal", EVERYBODY, "--operation", "Read"]);
}

/// Lets everybody read the topic again.
pub(super) fn allow_reads(bootstrap: &str, topic: &str) {
    acl(bootstrap, topic, &["--add", "--allow-principal", EVERYBODY, "--operation", "Read"]);
    acl(bootstrap, topic, &["--remove", "--force", "--deny-principal", EVERYBODY, "--operation", "Read"]);
}

fn acl(bootstrap: &str, topic: &str, arguments: &[&str]) {
    let installed = installed().expect("a broker runs");
    let mut tool = Command::new(&installed.java);
    tool.arg("-cp").arg(&installed.classes).args(["-XX:TieredStopAtLevel=1", "org.apache.kafka.tools.AclCommand"]);
    tool.args(["--bootstrap-server", bootstrap, "--topic", topic]).args(arguments);
    let output = tool.stdin(Stdio::null()).output().expect("java runs");
    assert!(output.status.success(), "kafka acls: {}", String::from_utf8_lossy(&output.stderr));
}
