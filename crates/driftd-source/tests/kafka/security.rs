//! Brokers that speak TLS and ask clients who they are.

use driftd_config::{KafkaConfig, KafkaProperty, SecretRef};
use driftd_testkit::services::kafka::{Kafka, KafkaOptions, Secured};

use crate::broker;
use crate::reader::{Book, Reader};
use crate::records::{config, fill_as};

const OPTIONS: KafkaOptions =
    KafkaOptions { partitions: 1, creates_topics: false, is_secured: true, properties: Vec::new() };

fn with(bootstrap: &str, group: &str, properties: &[(&str, &str)]) -> KafkaConfig {
    let mut config = config(bootstrap, group);
    let text = |(name, value): &(&str, &str)| ((*name).to_owned(), KafkaProperty::Text((*value).to_owned()));
    config.properties.extend(properties.iter().map(text));
    config
}

fn with_password(kafka: &Kafka, mechanism: &str, user: &str) -> KafkaConfig {
    let secured = kafka.secured();
    let properties = [
        ("security.protocol", "SASL_SSL"),
        ("ssl.ca.location", secured.certificate.to_str().unwrap()),
        ("sasl.mechanism", mechanism),
        ("sasl.username", user),
    ];
    let mut config = with(&secured.sasl, mechanism, &properties);
    config.properties.insert("sasl.password".into(), KafkaProperty::Secret(SecretRef::Env("PASSWORD".into())));
    config
}

fn with_certificate(kafka: &Kafka, group: &str) -> KafkaConfig {
    let Secured { tls, certificate, key, .. } = kafka.secured();
    let properties = [
        ("security.protocol", "SSL"),
        ("ssl.ca.location", certificate.to_str().unwrap()),
        ("ssl.certificate.location", certificate.to_str().unwrap()),
        ("ssl.key.location", key.to_str().unwrap()),
    ];
    with(tls, group, &properties)
}

/// Writes and reads records of a new topic as that client.
fn round_trip(kafka: &Kafka, topic: &str, config: &KafkaConfig) {
    kafka.create_topic(topic, 2);
    fill_as(config, topic, 2, 100);
    let mut reader = Reader::new(config, topic, &Book::default());
    reader.read_to_end(2, 200);
    assert_eq!(reader.ends(topic, 2), [Some(100); 2]);
    assert_eq!((reader.troubles.as_slice(), &reader.failed), (&[] as &[_], &None));
    reader.close();
}

#[test]
fn clients_prove_who_they_are() {
    let kafka = broker!("clients_prove_who_they_are", OPTIONS);
    for mechanism in ["PLAIN", "SCRAM-SHA-512"] {
        round_trip(&kafka, &format!("by-{mechanism}"), &with_password(&kafka, mechanism, Secured::USER));
    }
    round_trip(&kafka, "by-certificate", &with_certificate(&kafka, "certified"));

    // A user the broker does not know: nothing but people can help.
    for mechanism in ["PLAIN", "SCRAM-SHA-512"] {
        let mut reader = Reader::new(&with_password(&kafka, mechanism, "nobody"), "by-PLAIN", &Book::default());
        reader.until("the refusal", |reader| reader.failed.is_some());
        let why = reader.failed.take().unwrap();
        assert!(why.starts_with("Kafka refuses this client: "), "{why}");
        assert!(why.ends_with("look at security.protocol and the sasl.* settings in kafka.properties"), "{why}");
        assert!(!why.contains(Secured::PASSWORD), "{why}");
    }

    // A certificate that nobody has vouched for, and none at all: what is wrong is said, and it may pass.
    let mut distrustful = with_password(&kafka, "PLAIN", Secured::USER);
    distrustful.properties.remove("ssl.ca.location");
    let mut nameless = with_certificate(&kafka, "nameless");
    nameless.properties.retain(|name, _| !matches!(name.as_str(), "ssl.certificate.location" | "ssl.key.location"));
    for (config, part) in [(distrustful, "certificate verify failed"), (nameless, "bad certificate")] {
        let mut reader = Reader::new(&config, "by-PLAIN", &Book::default());
        let says = |trouble: &Option<String>| trouble.as_ref().is_some_and(|text| text.contains(part));
        reader.until(part, |reader| reader.troubles.iter().any(says));
        assert_eq!(reader.failed, None);
    }
}
