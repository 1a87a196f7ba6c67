use driftd_stats::Binning;

use super::{EXAMPLE, LEAST, env, loaded};
use crate::Config;

/// Loads what a configuration shows of itself.
fn reloaded(config: &Config) -> Config {
    loaded(&config.effective_toml())
}

#[test]
fn what_is_shown_loads_to_the_same() {
    let odd = format!("{LEAST}[monitor.features.\"a\\\"b\\\\c\\n\\u007f é\"]\nignore = true");
    for text in ["", LEAST, EXAMPLE, &odd] {
        let config = loaded(text);
        assert_eq!(reloaded(&config), config, "{}", config.effective_toml());
    }
}

#[test]
fn the_example_is_shown_with_every_default() {
    let config = loaded(EXAMPLE);
    assert_eq!(config.notes, []);
    insta::assert_snapshot!(config.effective_toml(), @r#"
    [store]
    url = "sqlite://driftd.db"
    max_connections = 20

    [kafka]
    brokers = ["localhost:9092"]
    group = "driftd"
    start = "2026-07-01T00:00:00Z"
    dead_letter_topic = "flight-rejects"
    fetch_bytes = "16MiB"
    drain_timeout = "5s"

    [kafka.properties]
    "fetch.min.bytes" = "1"
    "sasl.password" = { env = "KAFKA_PASSWORD" }
    "security.protocol" = "SASL_SSL"

    [http]
    enabled = false
    listen = "127.0.0.1:8080"

    [retention]
    partials = "6h"
    history = "365d"

    [engine]
    threads = 3
    checkpoint_bytes = "64MiB"
    checkpoint_interval = "10s"
    shutdown_timeout = "10s"

    [notify]
    allow_commands = true
    allow_link_local = true
    environment = "production"
    external_url = "https://drift.example.com/driftd"

    [[monitor]]
    name = "flight-delay"
    topics = ["flight-predictions"]
    baseline = "flight-delay@v1"
    format = "json"
    event_time = "/ts"
    id = "/id"
    model = { name = "/model", version = "/version" }
    filter = { model = ["flight-delay"], version = ["3", "4"] }
    labels = { on_call = 'Anna "B"', team = "ml" }
    runbook = "https://wiki.example.com/flight-delay#what-to-do"
    pane = "15m"
    out_of_orderness = "1m"
    allowed_lateness = "5m"
    idle_timeout = "1m"
    max_future_skew = "1h"
    windows = [{ name = "day", size = "1d", slide = "6h" }, { name = "hour", size = "1h", slide = "1h" }]
    segments = { by = ["/features/carrier"], max = 16 }
    min_samples = 100
    q = 0.05
    smoothing = { epsilon = 0.0001 }
    statistics = ["psi", "js"]
    pipeline = { lag = "2h", stall = "never", rejected = 1.0 }

    [monitor.thresholds]
    psi = { warn = 0.1, critical = 0.25 }
    ks = { warn = 0.1, critical = 0.2 }
    js = { warn = 0.15, critical = 0.3 }
    tv = { warn = 0.0, critical = 1.0 }

    [monitor.incidents]
    open_after = 3
    resolve_after = 2
    group_interval = "5m"
    repeat_interval = "1h 30m"
    least_volume = "never"

    [monitor.baseline_options]
    bins = { equal_width = 30 }
    cells = 512
    categories = 20

    [monitor.features]
    "air time" = { role = "feature", ignore = false, statistics = ["out_of_range"], bins = { edges = [0.0, 60.5, 120.0] }, out_of_range = { warn = 0.01, critical = 0.1 } }
    dep_delay = { path = "/features/dep_delay", role = "feature", ignore = false, statistics = ["psi", "ks"], psi = { warn = 0.1, critical = 0.25 } }
    origin = { role = "feature", kind = "categorical", ignore = false, statistics = ["tv"] }
    predicted_late = { path = "/prediction", role = "prediction", ignore = false }
    tailnum = { role = "feature", ignore = true }

    [[monitor]]
    name = "other"
    topics = ["a", "b"]
    baseline = "other@v12"
    format = "json"
    event_time = "/ts"
    model = {}
    filter = {}
    labels = {}
    pane = "1h"
    out_of_orderness = "1m"
    allowed_lateness = "5m"
    idle_timeout = "1m"
    max_future_skew = "1h"
    windows = [{ name = "day", size = "1d", slide = "1d" }]
    min_samples = 50
    q = 0.01
    smoothing = "none"
    statistics = ["psi", "ks", "missing", "unseen", "non_finite"]
    pipeline = { lag = "1h", stall = "30m", rejected = 0.05 }
    baseline_options = { bins = 10, cells = 256, categories = 100 }
    features = {}

    [monitor.thresholds]
    psi = { warn = 0.1, critical = 0.25 }
    ks = { warn = 0.1, critical = 0.2 }
    missing = { warn = 0.05, critical = 0.2 }
    unseen = { warn = 0.01, critical = 0.1 }
    non_finite = { warn = 0.05, critical = 0.2 }

    [monitor.incidents]
    open_after = 2
    resolve_after = 2
    group_interval = "5m"
    repeat_interval = "4h"
    least_volume = 0.1

    [[receiver]]
    name = "ml-oncall"

    [receiver.email]
    to = ["oncall@example.com"]
    from = "driftd <driftd@example.com>"
    smtp = "smtp://mail.example.com:587"
    tls = "starttls"
    username = "driftd"
    password = { env = "SMTP_PASSWORD" }

    [[receiver]]
    name = "bus"

    [receiver.webhook]
    url = "https://example.com/hook"
    secret = { env = "WEBHOOK_SECRET" }
    heartbeat = "5m"

    [[receiver]]
    name = "teams"

    [receiver.webhook]
    url = { env = "TEAMS_URL" }
    template = "teams"

    [[receiver]]
    name = "own"

    [receiver.webhook]
    url = "http://169.254.1.1/hook"
    token = { file = "/run/secrets/hook" }
    template = { file = "/etc/driftd/card.json" }

    [[receiver]]
    name = "chat"

    [receiver.slack]
    webhook = { env = "SLACK_URL" }

    [[receiver]]
    name = "bot"

    [receiver.slack]
    token = { file = "/run/secrets/slack" }
    channel = "ml-alerts"

    [[receiver]]
    name = "pager"

    [receiver.pagerduty]
    routing_key = { file = "/run/secrets/pagerduty" }
    url = "https://events.pagerduty.com"

    [[receiver]]
    name = "prometheus"

    [receiver.alertmanager]
    urls = ["http://am-0:9093", "http://am-1:9093"]
    token = { env = "AM_TOKEN" }
    interval = "30s"

    [[receiver]]
    name = "retrain"
    command = { program = "/usr/local/bin/retrain", args = ["--model", "flights"], timeout = "10s" }

    [[receiver]]
    name = "log"
    log = {}

    [[route]]
    match = { segment = "!=UA", severity = "critical" }
    receivers = ["ml-oncall", "bus", "pager"]
    continue = true
    group_interval = "10m"
    mute_times = ["22:00-06:00", "sat,sun 00:00-24:00"]

    [[route]]
    receivers = ["teams", "own"]
    continue = false
    mute_times = []

    [route.match]
    environment = "!~test.*"
    model = "flight-delay"
    on_call = ""
    team = "=~ml|data"

    [[route]]
    match = {}
    receivers = ["chat", "bot", "prometheus", "retrain", "log"]
    continue = false
    mute_times = []
    "#);
}

#[test]
fn a_masked_password_does_not_pass_for_a_password() {
    let config = Config::load(&[], env([("DRIFTD__STORE__URL", "postgres://me:s3cret@db/drift")])).unwrap();
    let shown = config.effective_toml();
    assert!(shown.contains("postgres://me:***@db/drift"), "{shown}");
    insta::assert_snapshot!(super::errors(&shown), @"d.toml:2:7: store.url: has the masked password ***: write the real address, or set it by DRIFTD__STORE__URL");
}

#[test]
fn layouts_are_by_monitor_and_feature() {
    let config = loaded(EXAMPLE);
    let id = &config.monitors[0].id;
    assert_eq!(config.layout_for(id).binning, Binning::EqualWidth(30));
    let layout = config.layout(id).unwrap();
    assert_eq!(layout.for_feature(&"air time".into()).binning, Binning::Edges(vec![0.0, 60.5, 120.0]));
    assert_eq!(layout.for_feature(&"distance".into()).cells, 512);
    let name = "other".parse().unwrap();
    assert_eq!(config.monitors_of_baseline(&name).map(|m| m.id.as_str()).collect::<Vec<_>>(), ["other"]);
    assert_eq!(config.monitor(id).map(|m| m.topics.len()), Some(1));
    assert!(config.receiver(&"pager".parse().unwrap()).is_some());
}

#[test]
fn monitors_share_topics_and_topics_share_monitors() {
    let other =
        LEAST.replace("name = 'flights'", "name = 'other'").replace("topic = 'flights'", "topics = ['b', 'flights']");
    let config = loaded(&format!("{LEAST}filter = {{ version = '3' }}\n{other}"));
    let topics = |i: usize| config.monitors[i].topics.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!((topics(0), topics(1)), (vec!["flights".to_owned()], vec!["b".to_owned(), "flights".to_owned()]));
    assert_eq!(config.monitors[0].filter.versions, ["3"]);
    assert!(config.monitors[1].filter.is_open());
    assert_eq!(reloaded(&config), config);
}
