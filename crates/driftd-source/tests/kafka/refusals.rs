//! Configurations that cannot work, and secrets that stay secret.

use std::collections::BTreeSet;
use std::convert::Infallible;

use driftd_config::{KafkaConfig, KafkaProperty, SecretRef};
use driftd_model::{Source as _, SourceEvent, Topic};
use driftd_source::kafka::KafkaSource;

use crate::broker;
use crate::reader::{TEST_TIMEOUT, rejecting};
use crate::records::config;

const SECRET: &str = "open-sesame-42";

fn start(config: &KafkaConfig) -> Result<KafkaSource, String> {
    let secret = |_: &SecretRef| Ok::<_, Infallible>(SECRET.to_owned());
    let topics = BTreeSet::from([Topic::from("refused")]);
    let error = |error: driftd_model::SourceError| {
        assert!(!format!("{error:?}").contains(SECRET), "{error:?}");
        error.to_string()
    };
    KafkaSource::start(config, secret, &topics, rejecting(), None).map_err(error)
}

fn with(properties: &[(&str, Option<&str>)]) -> KafkaConfig {
    let mut config = config("127.0.0.1:1", "refused");
    let secret = || KafkaProperty::Secret(SecretRef::Env("SECRET".to_owned()));
    let property = |value: Option<&str>| value.map_or_else(secret, |value| KafkaProperty::Text(value.to_owned()));
    config.properties.extend(properties.iter().map(|(name, value)| ((*name).to_owned(), property(*value))));
    config
}

#[test]
fn what_librdkafka_does_not_know_is_named() {
    let refusal = |properties: &[_]| start(&with(properties)).unwrap_err();
    insta::assert_snapshot!(
        refusal(&[("sesion.timeout.ms", Some("6000"))]),
        @r#"kafka.properties."sesion.timeout.ms": librdkafka knows no such property: see its CONFIGURATION.md"#
    );
    insta::assert_snapshot!(
        refusal(&[("session.timeout.ms", Some("soon"))]),
        @r#"kafka.properties."session.timeout.ms": Invalid value for configuration property "session.timeout.ms""#
    );
    insta::assert_snapshot!(
        refusal(&[("auto.offset.reset", Some("earliest"))]),
        @r#"kafka.properties."auto.offset.reset" is set by driftd: leave it out"#
    );
    insta::assert_snapshot!(
        refusal(&[("security.protocol", None)]),
        @r#"kafka.properties."security.protocol": Invalid value "***" for configuration property "security.protocol""#
    );
    // The rest of these is OpenSSL's.
    let missing = refusal(&[("security.protocol", Some("ssl")), ("ssl.ca.location", Some("nowhere.pem"))]);
    assert!(missing.starts_with("kafka: Client creation error: ssl.ca.location failed:"), "{missing}");
    let broken = refusal(&[("security.protocol", Some("ssl")), ("ssl.key.pem", None)]);
    assert!(broken.starts_with("kafka: Client creation error: ssl.key.pem failed:"), "{broken}");
}

#[test]
fn a_client_that_is_refused_fails_without_telling_its_password() {
    let kafka = broker!("a_client_that_is_refused_fails_without_telling_its_password");
    kafka.create_topic("refused", 1);
    // The broker's listener has no authentication: it refuses to be told a password.
    let mut config = with(&[
        ("security.protocol", Some("sasl_plaintext")),
        ("sasl.mechanism", Some("PLAIN")),
        ("sasl.username", Some("me")),
        ("sasl.password", None),
    ]);
    config.brokers = vec![kafka.bootstrap().parse().unwrap()];
    let source = start(&config).unwrap();
    assert!(!format!("{source:?}").contains(SECRET));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut failures = Vec::new();
    let events = async {
        while let Some(event) = source.next_event().await {
            assert!(!format!("{event:?}").contains(SECRET), "{event:?}");
            if let SourceEvent::Failed(error) = event {
                failures.push(error.to_string());
            }
        }
    };
    runtime.block_on(async { tokio::time::timeout(TEST_TIMEOUT, events).await }).expect("the source ends by itself");
    assert_eq!(failures.len(), 1, "{failures:?}");
    let words = failures[0].replace(&kafka.bootstrap(), "BROKER");
    insta::with_settings!({ filters => vec![(r"after \d+ms", "after [TIME]")] }, {
        insta::assert_snapshot!(words, @"Kafka refuses this client: sasl_plaintext://BROKER/bootstrap: SASL PLAIN mechanism handshake failed: Broker: Request not valid in current SASL state: broker's supported mechanisms:  (after [TIME] in state AUTH_HANDSHAKE): look at security.protocol and the sasl.* settings in kafka.properties");
    });
}
