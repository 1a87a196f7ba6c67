//! From what is written to what it means: relations between keys, defaults for what was left out.

mod judge;
mod kafka;
pub(crate) mod labels;
mod monitor;
mod receiver;
mod route;
mod section;

use std::collections::HashMap;

use driftd_window::Span;

use crate::Config;
use crate::problem::Problems;
use crate::raw::{RawConfig, RawKafka};
use crate::read::{Field, Located, Required};
use crate::tree::Place;

/// What `raw` means. What it returns is only a configuration when `problems` stays empty.
pub(crate) fn check(raw: RawConfig, problems: &mut Problems) -> Config {
    let raw_kafka = raw.kafka.or(RawKafka::default());
    let dead_letter_topic = raw_kafka.dead_letter_topic.clone().given();
    let mut config = Config {
        store: section::store(raw.store, problems),
        kafka: kafka::kafka(raw_kafka, problems),
        http: section::http(raw.http, problems),
        engine: section::engine(raw.engine, problems),
        notify: section::notify(raw.notify, problems),
        ..Config::default()
    };
    let monitors = raw.monitor.or(Vec::new());
    unique(monitors.iter().map(|m| &m.value.name), "monitor", problems);
    for monitor in monitors {
        if let Some((monitor, layout)) = monitor::monitor(monitor, &config.notify, problems) {
            config.layouts.insert(monitor.id.clone(), layout);
            config.monitors.push(monitor);
        }
    }
    kafka::dead_letters(dead_letter_topic.as_ref(), &config.monitors, problems);
    config.retention = section::retention(raw.retention, &config.monitors, problems);
    let receivers = raw.receiver.or(Vec::new());
    unique(receivers.iter().map(|r| &r.value.name), "receiver", problems);
    route::default_route(&raw.route, &receivers, problems);
    let routes = raw.route.or(Vec::new());
    route::references(&routes, &receivers, problems);
    config.notes = route::notes(&routes, &receivers, &config.monitors);
    config.routes = routes.into_iter().filter_map(|r| route::route(r, problems)).collect();
    let receivers = receivers.into_iter().filter_map(|r| receiver::receiver(r, &config.notify, problems));
    config.receivers = receivers.collect();
    config
}

/// Notes every name that was used before, with both places.
fn unique<'a, T: AsName + 'a>(names: impl Iterator<Item = &'a Required<T>>, what: &str, problems: &mut Problems) {
    let mut first: HashMap<&str, &Place> = HashMap::new();
    for name in names.filter_map(|name| name.0.as_ref()) {
        match first.get(name.value.as_name()) {
            Some(place) => {
                let text = name.value.as_name();
                let message = format!("{what} {text:?} is already defined at {}: rename one of them", place.shown());
                name.problem(problems, message);
            }
            None => {
                first.insert(name.value.as_name(), &name.place);
            }
        }
    }
}

/// Something that is a name.
trait AsName {
    fn as_name(&self) -> &str;
}

impl AsName for driftd_model::MonitorId {
    fn as_name(&self) -> &str {
        self.as_str()
    }
}

impl AsName for driftd_model::ReceiverName {
    fn as_name(&self) -> &str {
        self.as_str()
    }
}

impl AsName for String {
    fn as_name(&self) -> &str {
        self
    }
}

/// The items of a list that must not be empty.
fn some_of<T>(list: Located<Vec<Located<T>>>, what: &str, problems: &mut Problems) -> Vec<T> {
    if list.value.is_empty() {
        list.problem(problems, format!("is empty: name at least one {what}"));
    }
    list.value.into_iter().map(|item| item.value).collect()
}

/// A span that must not be zero.
fn positive(field: Field<Span>, default: Span, problems: &mut Problems) -> Span {
    positive_if_given(field, problems).unwrap_or(default)
}

/// A span that must not be zero where there is one.
fn positive_if_given(field: Field<Span>, problems: &mut Problems) -> Option<Span> {
    let given = field.given()?;
    if given.value.is_zero() {
        given.problem(problems, "must be longer than zero");
    }
    Some(given.value)
}
