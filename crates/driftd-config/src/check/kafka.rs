//! `[kafka]`, and what it has to do with monitors.

use std::collections::BTreeMap;

use driftd_model::{Monitor, Topic};
use driftd_window::Span;

use super::section::at_least;
use super::{positive, some_of};
use crate::kafka::{KafkaProperty, refusal};
use crate::problem::Problems;
use crate::raw::RawKafka;
use crate::read::{Field, Located};
use crate::section::ByteSize;
use crate::{KafkaConfig, SecretRef};

/// Least memory that keeps a consumer busy.
const LEAST_FETCH: ByteSize = ByteSize::from_mebibytes(1);
/// The property that says after how much silence a consumer counts as gone.
const SESSION_TIMEOUT: &str = "session.timeout.ms";
/// What librdkafka takes when the property is left out.
const DEFAULT_SESSION_TIMEOUT: Span = Span::from_secs(45);

pub(super) fn kafka(raw: RawKafka, problems: &mut Problems) -> KafkaConfig {
    let default = KafkaConfig::default();
    let raw_properties = raw.properties.or(BTreeMap::new());
    drain_timeout(&raw.drain_timeout, &raw_properties, problems);
    KafkaConfig {
        brokers: raw.brokers.given().map_or(default.brokers, |brokers| some_of(brokers, "broker", problems)),
        group: raw.group.or(default.group),
        start: raw.start.or(default.start),
        dead_letter_topic: raw.dead_letter_topic.value(),
        fetch_bytes: at_least(raw.fetch_bytes, LEAST_FETCH, default.fetch_bytes, problems),
        drain_timeout: positive(raw.drain_timeout, default.drain_timeout, problems),
        properties: properties(raw_properties, problems),
    }
}

/// A partition must have been given away before the group takes its reader for dead.
fn drain_timeout(drain: &Field<Span>, properties: &BTreeMap<String, Located<KafkaProperty>>, problems: &mut Problems) {
    let property = properties.get(SESSION_TIMEOUT);
    let session = match property.map(|property| &property.value) {
        None => Some(DEFAULT_SESSION_TIMEOUT),
        // What is no number is for librdkafka to refuse, and what a secret says is not known here.
        Some(KafkaProperty::Text(text)) => text.trim().parse().ok().and_then(milliseconds),
        Some(KafkaProperty::Secret(_)) => None,
    };
    let Some(session) = session else { return };
    match (drain, property) {
        (Field::Given(drain), _) if drain.value >= session => {
            let message = format!("{} must be shorter than {SESSION_TIMEOUT}, which is {session}", drain.value);
            drain.problem(problems, message);
        }
        (Field::Absent, Some(property)) if KafkaConfig::default().drain_timeout >= session => {
            let drain = KafkaConfig::default().drain_timeout;
            let message = format!("{session} must be longer than kafka.drain_timeout, which is {drain} by default");
            property.problem(problems, message);
        }
        _ => {}
    }
}

fn milliseconds(number: i64) -> Option<Span> {
    number.checked_mul(1_000).and_then(Span::from_micros)
}

/// What is rejected must not come in again.
pub(super) fn dead_letters(topic: Option<&Located<Topic>>, monitors: &[Monitor], problems: &mut Problems) {
    let Some(topic) = topic else { return };
    if let Some(monitor) = monitors.iter().find(|monitor| monitor.topics.contains(&topic.value)) {
        let message = format!(
            "monitor {:?} reads topic {:?}: choose another, or rejected records would come back for ever",
            monitor.id.as_str(),
            topic.value.as_str(),
        );
        topic.problem(problems, message);
    }
}

/// Where properties are said, and that each may be set the way it was.
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
