use super::{LEAST, loaded};
use crate::{Config, DEFAULT_TOML, Source, schema};

/// The default file with the keys of monitors, receivers and routes in use.
fn uncommented() -> String {
    DEFAULT_TOML
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.is_empty() && !rest.starts_with(' ')).unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_default_file_says_the_defaults() {
    assert_eq!(loaded(DEFAULT_TOML), Config::default());
    assert_eq!(loaded(""), Config::default());
}

#[test]
fn the_default_file_says_the_defaults_of_a_monitor() {
    let annotated = loaded(&uncommented());
    let least =
        loaded("[[monitor]]\nname = 'flight-delay'\ntopic = 'flight-predictions'\nbaseline = 'flight-delay@v1'");
    assert_eq!(annotated.monitors, least.monitors);
    assert_eq!(annotated.layouts, least.layouts);
    assert_eq!(annotated.notes, []);
    assert_eq!((annotated.receivers.len(), annotated.routes.len()), (6, 2));
}

#[test]
fn the_default_file_names_every_key() {
    /// Every key of every `properties`, at any depth.
    fn keys(schema: &serde_json::Value, found: &mut Vec<String>) {
        for (word, inner) in schema.as_object().into_iter().flatten() {
            match word.as_str() {
                "properties" => {
                    for (key, property) in inner.as_object().into_iter().flatten() {
                        found.push(key.clone());
                        keys(property, found);
                    }
                }
                _ => keys(inner, found),
            }
        }
        schema.as_array().into_iter().flatten().for_each(|inner| keys(inner, found));
    }
    let mut found = Vec::new();
    keys(&schema(), &mut found);
    assert!(found.len() > 80, "{found:?}");
    for key in found {
        assert!(DEFAULT_TOML.contains(&key), "{key} does not occur in config/driftd.toml");
    }
}

#[test]
fn defaults_are_those_of_the_documentation() {
    insta::assert_snapshot!(loaded(LEAST).effective_toml(), @r#"
    [store]
    url = "sqlite://driftd.db"
    max_connections = 10

    [kafka]
    brokers = ["localhost:9092"]
    group = "driftd"
    start = "earliest"
    fetch_bytes = "64MiB"
    drain_timeout = "20s"

    [kafka.properties]

    [http]
    enabled = true
    listen = "127.0.0.1:8080"

    [retention]
    partials = "2d"
    history = "never"

    [engine]
    threads = 0
    checkpoint_bytes = "64MiB"
    checkpoint_interval = "10s"
    shutdown_timeout = "30s"

    [notify]
    allow_commands = false
    allow_link_local = false
    environment = ""
    external_url = ""

    [[monitor]]
    name = "flights"
    topics = ["flights"]
    format = "json"
    event_time = "/ts"
    model = {}
    filter = {}
    labels = {}
    baseline = "flights@v1"
    pane = "1h"
    out_of_orderness = "1m"
    allowed_lateness = "5m"
    idle_timeout = "1m"
    max_future_skew = "1h"
    windows = [{ name = "day", size = "1d", slide = "1d" }]
    min_samples = 50
    q = 0.01
    smoothing = { pseudo_count = 0.5 }
    statistics = ["psi", "ks", "missing", "unseen", "non_finite"]

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

    [monitor.pipeline]
    lag = "1h"
    stall = "30m"
    rejected = 0.05

    [monitor.baseline_options]
    bins = 10
    cells = 256
    categories = 100
    "#);
}

#[test]
fn a_source_keeps_its_name_and_text() {
    let source = Source::new("a.toml", "x = 1");
    assert_eq!((source.name(), source.text()), ("a.toml", "x = 1"));
}

#[test]
fn the_schema_explains_keys_to_editors() {
    let schema = schema();
    assert_eq!(schema["additionalProperties"], false);
    let monitor = &schema["properties"]["monitor"]["items"];
    assert_eq!(monitor["required"], serde_json::json!(["name", "baseline"]));
    insta::assert_snapshot!(
        serde_json::to_string_pretty(&monitor["properties"]["segments"]).unwrap(), @r#"
    {
      "additionalProperties": false,
      "description": "Labels that split the population. Not split by default.",
      "properties": {
        "by": {
          "description": "JSON Pointers to the labels.",
          "items": {
            "pattern": "^/.",
            "type": "string"
          },
          "type": "array"
        },
        "max": {
          "description": "Segments kept apart, largest first; the rest overflow. Default 32.",
          "minimum": 0,
          "type": "integer"
        }
      },
      "required": [
        "by"
      ],
      "type": "object"
    }
    "#);
    let feature = &monitor["properties"]["features"]["additionalProperties"];
    assert_eq!(feature["properties"]["psi"]["required"], serde_json::json!(["warn", "critical"]));
    assert_eq!(feature["properties"]["role"]["enum"], serde_json::json!(["feature", "prediction", "label"]));
}
