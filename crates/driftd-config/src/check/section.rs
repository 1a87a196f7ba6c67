//! The small sections.

use std::collections::BTreeMap;

use super::{positive, some_of};
use crate::kafka::{KafkaProperty, refusal};
use crate::problem::Problems;
use crate::raw::{RawEngine, RawHttp, RawKafka, RawNotify, RawStore};
use crate::read::{Field, Located};
use crate::section::ByteSize;
use crate::{EngineConfig, HttpConfig, KafkaConfig, NotifyConfig, SecretRef, StoreConfig};

/// Least memory worth a checkpoint.
const LEAST_CHECKPOINT: ByteSize = ByteSize::from_mebibytes(1);

pub(super) fn store(raw: Field<RawStore>) -> StoreConfig {
    let default = StoreConfig::default();
    StoreConfig { url: raw.or(RawStore::default()).url.or(default.url) }
}

pub(super) fn kafka(raw: Field<RawKafka>, problems: &mut Problems) -> KafkaConfig {
    let raw = raw.or(RawKafka::default());
    let default = KafkaConfig::default();
    KafkaConfig {
        brokers: raw.brokers.given().map_or(default.brokers, |brokers| some_of(brokers, "broker", problems)),
        group: raw.group.or(default.group),
        properties: properties(raw.properties.or(BTreeMap::new()), problems),
    }
}

fn properties(
    raw: BTreeMap<String, Located<KafkaProperty>>,
    problems: &mut Problems,
) -> BTreeMap<String, KafkaProperty> {
    let read = raw.into_iter().map(|(name, mut property)| {
        if let Some(why) = refusal(&name, &property.value) {
            match property.place.variable() {
                // A secret that came by a variable is where a reference would find it.
                Some(variable) if is_text(&property.value) => {
                    property.value = KafkaProperty::Secret(SecretRef::Env(variable.to_owned()));
                    if let Some(why) = refusal(&name, &property.value) {
                        property.problem(problems, why);
                    }
                }
                _ => property.problem(problems, why),
            }
        }
        (name, property.value)
    });
    read.collect()
}

fn is_text(property: &KafkaProperty) -> bool {
    matches!(property, KafkaProperty::Text(_))
}

pub(super) fn http(raw: Field<RawHttp>, problems: &mut Problems) -> HttpConfig {
    let listen = raw.or(RawHttp::default()).listen;
    if let Field::Given(given) = &listen
        && !given.value.ip().is_loopback()
    {
        let message = format!(
            "{} would let the network in without authentication: listen on 127.0.0.1 or [::1], behind a proxy that \
             authenticates",
            given.value
        );
        given.problem(problems, message);
    }
    HttpConfig { listen: listen.or(HttpConfig::default().listen) }
}

pub(super) fn engine(raw: Field<RawEngine>, problems: &mut Problems) -> EngineConfig {
    let raw = raw.or(RawEngine::default());
    let default = EngineConfig::default();
    if let Field::Given(given) = &raw.checkpoint_bytes
        && given.value < LEAST_CHECKPOINT
    {
        given.problem(problems, format!("{} is too little: give at least {LEAST_CHECKPOINT}", given.value));
    }
    EngineConfig {
        checkpoint_bytes: raw.checkpoint_bytes.or(default.checkpoint_bytes),
        checkpoint_interval: positive(raw.checkpoint_interval, default.checkpoint_interval, problems),
    }
}

pub(super) fn notify(raw: Field<RawNotify>) -> NotifyConfig {
    NotifyConfig { allow_commands: raw.or(RawNotify::default()).allow_commands.or(false) }
}
