//! What the whole crate does with texts and variables.

mod alerting;
mod defaults;
mod errors;
mod garbage;
mod labels;
mod layers;
mod receivers;
mod round_trip;
mod routes;
mod shipped;

use crate::{Config, ConfigErrors, Source};

/// Keys no monitor can be without.
const LEAST: &str = "[[monitor]]\nname = 'flights'\ntopic = 'flights'\nbaseline = 'flights@v1'\n";

fn load(text: &str) -> Result<Config, ConfigErrors> {
    Config::load(&[Source::new("d.toml", text)], [])
}

fn loaded(text: &str) -> Config {
    load(text).unwrap_or_else(|errors| panic!("{errors}\nin\n{text}"))
}

fn errors(text: &str) -> String {
    load(text).unwrap_err().to_string()
}

/// Errors of a monitor that has `keys` besides the least ones.
fn monitor_errors(keys: &str) -> String {
    errors(&format!("{LEAST}{keys}"))
}

fn env<const N: usize>(variables: [(&str, &str); N]) -> Vec<(String, String)> {
    variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The example of the documentation, every kind of thing in it.
const EXAMPLE: &str = r#"
[store]
url = "sqlite://driftd.db"
max_connections = 20
[kafka]
brokers = ["localhost:9092"]
group = "driftd"
start = 2026-07-01T02:00:00+02:00
dead_letter_topic = "flight-rejects"
fetch_bytes = "16MiB"
drain_timeout = "5s"
properties = { "security.protocol" = "SASL_SSL", "sasl.password" = { env = "KAFKA_PASSWORD" }, "fetch.min.bytes" = 1 }
[http]
enabled = false
listen = "127.0.0.1:8080"
[retention]
partials = "6h"
history = "365d"
[engine]
threads = 3
shutdown_timeout = "10s"
[notify]
allow_commands = true
allow_link_local = true
environment = "production"
external_url = "https://drift.example.com/driftd/"

[[monitor]]
name = "flight-delay"
topic = "flight-predictions"
format = "json"
event_time = "/ts"
id = "/id"
model = { name = "/model", version = "/version" }
filter = { model = "flight-delay", version = ["4", "3", "4"] }
labels = { team = "ml", on_call = "Anna \"B\"" }
runbook = "https://wiki.example.com/flight-delay#what-to-do"
pipeline = { lag = "2h", stall = "never", rejected = 1 }
baseline = "flight-delay@v1"
pane = "15m"
out_of_orderness = "1m"
allowed_lateness = "5m"
idle_timeout = "1m"
windows = [{ name = "day", size = "1d", slide = "6h" }, { name = "hour", size = "1h" }]
segments = { by = ["/features/carrier"], max = 16 }
min_samples = 100
q = 0.05
smoothing = { epsilon = 1e-4 }
statistics = ["psi", "js"]
thresholds = { js = { warn = 0.15, critical = 0.3 }, tv = { warn = 0, critical = 1 } }
incidents = { open_after = 3, repeat_interval = "90m", least_volume = "never" }
baseline_options = { bins = { equal_width = 30 }, cells = 512, categories = 20 }
[monitor.features]
dep_delay = { path = "/features/dep_delay", statistics = ["psi", "ks"], psi = { warn = 0.1, critical = 0.25 } }
tailnum = { ignore = true }
predicted_late = { role = "prediction", path = "/prediction" }
origin = { kind = "categorical", statistics = ["tv"] }
"air time" = { bins = { edges = [0, 60.5, 120] }, statistics = ["out_of_range"], out_of_range = { warn = 0.01, critical = 0.1 } }

[[monitor]]
name = "other"
topics = ["b", "a", "b"]
baseline = "other@v12"
smoothing = "none"

[[receiver]]
name = "ml-oncall"
email = { to = ["oncall@example.com"], from = "driftd <driftd@example.com>", tls = "starttls", smtp = "smtp://mail.example.com:587", username = "driftd", password = { env = "SMTP_PASSWORD" } }
[[receiver]]
name = "bus"
webhook = { url = "https://example.com/hook", secret = { env = "WEBHOOK_SECRET" }, heartbeat = "5m" }
[[receiver]]
name = "teams"
webhook = { url = { env = "TEAMS_URL" }, template = "teams" }
[[receiver]]
name = "own"
webhook = { url = "http://169.254.1.1/hook", token = { file = "/run/secrets/hook" }, template = { file = "/etc/driftd/card.json" } }
[[receiver]]
name = "chat"
slack = { webhook = { env = "SLACK_URL" } }
[[receiver]]
name = "bot"
slack = { token = { file = "/run/secrets/slack" }, channel = "ml-alerts" }
[[receiver]]
name = "pager"
pagerduty = { routing_key = { file = "/run/secrets/pagerduty" } }
[[receiver]]
name = "prometheus"
alertmanager = { urls = ["http://am-0:9093", "http://am-1:9093"], token = { env = "AM_TOKEN" }, interval = "30s" }
[[receiver]]
name = "retrain"
command = { program = "/usr/local/bin/retrain", args = ["--model", "flights"], timeout = "10s" }
[[receiver]]
name = "log"
log = {}

[[route]]
match = { severity = "critical", segment = "!=UA" }
receivers = ["ml-oncall", "bus", "pager"]
continue = true
group_interval = "10m"
mute_times = ["22:00-06:00", "sat,sun 00:00-24:00"]
[[route]]
match = { team = "=~ml|data", environment = "!~test.*", model = "flight-delay", on_call = "" }
receivers = ["teams", "own"]
[[route]]
receivers = ["chat", "bot", "prometheus", "retrain", "log"]
"#;
