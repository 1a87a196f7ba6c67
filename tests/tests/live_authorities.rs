//! Whose certificates a broker is believed by: those of the machine, without a word in the configuration.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests assert")]

use std::fs;
use std::path::Path;
use std::process::Command;

use driftd_testkit::services::kafka::{Kafka, KafkaOptions, Secured};
use driftd_tests::live::{Apart, SmallDisk, driftd, write_numbers};

/// Where Debian keeps them.
const AUTHORITIES: &str = "/etc/ssl/certs";
/// Where other distributions do, and where librdkafka looks first.
const ELSEWHERE: &str = "/etc/pki";

#[test]
fn a_broker_is_believed_by_the_authorities_of_the_machine() {
    if let Err(skip) = Apart::Mounts.run("with_authorities_of_its_own") {
        skip.announce("a_broker_is_believed_by_the_authorities_of_the_machine");
    }
}

#[test]
#[ignore = "mounts other authorities, so the test above runs it where nobody else sees that"]
fn with_authorities_of_its_own() {
    let options = KafkaOptions { is_secured: true, ..KafkaOptions::default() };
    let mounted = || {
        // An empty folder hides what the machine believes in.
        let hidden = [AUTHORITIES, ELSEWHERE].into_iter().filter(|folder| Path::new(folder).is_dir());
        hidden.map(|folder| SmallDisk::mount(1, Path::new(folder))).collect::<Result<Vec<_>, _>>()
    };
    let kafka = match Kafka::start(&options).and_then(|kafka| Ok((kafka, mounted()?))) {
        Ok((kafka, _)) => kafka,
        Err(skip) => return skip.announce("a_broker_is_believed_by_the_authorities_of_the_machine"),
    };
    kafka.create_topic("t", 1);
    let folder = tempfile::tempdir().unwrap();
    let (config, training) = (folder.path().join("driftd.toml"), folder.path().join("simple.csv"));
    let store = folder.path().join("driftd.db");
    let text = format!(
        "[store]\nurl = \"sqlite://{}\"\n[kafka]\nbrokers = [{:?}]\n[kafka.properties]\n\
         \"security.protocol\" = \"SASL_SSL\"\n\"sasl.mechanism\" = \"PLAIN\"\n\"sasl.username\" = {:?}\n\
         \"sasl.password\" = {{ env = \"BROKER_PASSWORD\" }}\n\
         [[monitor]]\nname = \"m\"\ntopic = \"t\"\nbaseline = \"simple\"\nwindows = [{{ name = \"day\", size = \"1d\" }}]\n",
        store.display(),
        kafka.secured().sasl,
        Secured::USER,
    );
    fs::write(&config, text).unwrap();
    write_numbers(&training, 100);
    let run = |arguments: &[&str]| {
        let mut command = Command::new(driftd());
        command.args(arguments).arg("--config").arg(&config).env("BROKER_PASSWORD", Secured::PASSWORD);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(run(&["migrate"]).0, Some(0));
    assert_eq!(run(&["baseline", "build", "simple", training.to_str().unwrap()]).0, Some(0));

    let (code, said) = run(&["doctor"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("FAIL  kafka") && said.contains("certificate verify failed"), "{said}");

    let roots = Path::new(AUTHORITIES);
    fs::create_dir_all(roots).unwrap();
    fs::copy(&kafka.secured().certificate, roots.join("ca-certificates.crt")).unwrap();
    // A topic without records is worth a word and nothing worse.
    let (code, said) = run(&["doctor"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("ok    kafka          1 broker"), "{said}");
}
