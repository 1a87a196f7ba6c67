//! The effective configuration as TOML, in the words it would be written in.

mod monitor;
mod receiver;
mod writer;

use crate::Config;
use writer::Writer;

/// See [`Config::effective_toml`].
pub(crate) fn effective(config: &Config) -> String {
    let mut out = Writer::default();
    out.section("[store]");
    out.key("url", &config.store.url.to_string());
    out.section("[kafka]");
    out.key("brokers", &config.kafka.brokers);
    out.key("group", &config.kafka.group);
    out.section("[kafka.properties]");
    for (name, property) in &config.kafka.properties {
        out.key(name, property);
    }
    out.section("[http]");
    out.key("listen", &config.http.listen.to_string());
    out.section("[engine]");
    out.key("checkpoint_bytes", &config.engine.checkpoint_bytes.to_string());
    out.key("checkpoint_interval", &config.engine.checkpoint_interval);
    out.section("[notify]");
    out.key("allow_commands", &config.notify.allow_commands);
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
