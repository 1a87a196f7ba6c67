//! The effective configuration as TOML, in the words it would be written in.

mod monitor;
mod receiver;
mod writer;

use std::num::NonZeroU16;

use crate::optional::NEVER;
use crate::{Config, HttpUrl};
use writer::Writer;

/// See [`Config::effective_toml`].
pub(crate) fn effective(config: &Config) -> String {
    let mut out = Writer::default();
    out.section("[store]");
    out.key("url", &config.store.url.to_string());
    out.key("max_connections", &config.store.max_connections);
    out.section("[kafka]");
    out.key("brokers", &config.kafka.brokers);
    out.key("group", &config.kafka.group);
    out.key("start", &config.kafka.start.to_string());
    out.optional("dead_letter_topic", config.kafka.dead_letter_topic.as_ref());
    out.key("fetch_bytes", &config.kafka.fetch_bytes.to_string());
    out.key("drain_timeout", &config.kafka.drain_timeout);
    out.section("[kafka.properties]");
    for (name, property) in &config.kafka.properties {
        out.key(name, property);
    }
    out.section("[http]");
    out.key("enabled", &config.http.enabled);
    out.key("listen", &config.http.listen.to_string());
    out.section("[retention]");
    out.key("partials", &config.retention.partials);
    out.key("history", &config.retention.history.map_or_else(|| NEVER.to_owned(), |kept| kept.to_string()));
    out.section("[engine]");
    out.key("threads", &config.engine.threads.map_or(0, NonZeroU16::get));
    out.key("checkpoint_bytes", &config.engine.checkpoint_bytes.to_string());
    out.key("checkpoint_interval", &config.engine.checkpoint_interval);
    out.key("shutdown_timeout", &config.engine.shutdown_timeout);
    out.section("[notify]");
    out.key("allow_commands", &config.notify.allow_commands);
    out.key("allow_link_local", &config.notify.allow_link_local);
    out.key("environment", &config.notify.environment.as_deref().unwrap_or_default());
    out.key("external_url", &config.notify.external_url.as_ref().map_or("", HttpUrl::as_str));
    for monitor in &config.monitors {
        monitor::show(monitor, &config.layout(&monitor.id).cloned().unwrap_or_default(), &mut out);
    }
    for receiver in &config.receivers {
        receiver::show(receiver, &mut out);
    }
    for route in &config.routes {
        receiver::show_route(route, &mut out);
    }
    out.finish()
}
