//! Files that are made of the types, and files that are shipped.

use super::{env, loaded};
use crate::{Config, DEFAULT_TOML, Source, default_toml, reference, schema};

const FLIGHTS: &str = include_str!("../../../../examples/flights/driftd.toml");
const COMPOSE: &str = include_str!("../../../../deploy/compose/driftd.toml");

/// The default file with the keys of monitors, receivers and routes in use.
fn uncommented() -> String {
    DEFAULT_TOML
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.is_empty() && !rest.starts_with(' ')).unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn what_is_made_of_the_types_is_up_to_date() {
    const REFERENCE: &str = include_str!("../../../../docs/configuration.md");
    for (path, is, should) in
        [("config/driftd.toml", DEFAULT_TOML, default_toml()), ("docs/configuration.md", REFERENCE, reference())]
    {
        assert!(is == should, "{path} is not up to date: cargo run -p driftd-config --example generate");
    }
}

#[test]
fn the_default_file_says_the_defaults() {
    assert_eq!(loaded(DEFAULT_TOML), Config::default());
    assert_eq!(loaded(""), Config::default());
}

#[test]
fn the_default_file_says_the_defaults_of_a_monitor() {
    let allowed = env([("DRIFTD__NOTIFY__ALLOW_COMMANDS", "true")]);
    let annotated = Config::load(&[Source::new("d.toml", uncommented())], allowed).unwrap();
    let least =
        loaded("[[monitor]]\nname = 'flight-delay'\ntopic = 'flight-predictions'\nbaseline = 'flight-delay@v1'");
    assert_eq!((&annotated.monitor, &annotated.monitors), (&least.monitor, &least.monitors));
    assert_eq!(annotated.layout(&least.monitors[0].id), least.layout(&least.monitors[0].id));
    assert_eq!((annotated.receivers.len(), annotated.routes.len()), (7, 1));
}

/// Every line of the schema that explains a key, by the key's path.
fn explained(schema: &serde_json::Value, path: &str, found: &mut Vec<(String, String)>) {
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        found.push((path.clone(), property["description"].as_str().unwrap_or_default().to_owned()));
        explained(property, &path, found);
        explained(&property["items"], &path, found);
        explained(&property["additionalProperties"], &path, found);
    }
}

#[test]
fn every_key_is_in_the_default_file_and_on_the_reference_page() {
    let mut found = Vec::new();
    explained(&schema(), "", &mut found);
    assert!(found.len() > 130, "{}", found.len());
    let (file, page) = (default_toml(), reference());
    let is_word =
        |text: &str, key: &str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|w| w == key);
    for (path, description) in found {
        let key = path.rsplit('.').next().unwrap();
        let is_secret = matches!(key, "env" | "file");
        assert!(is_secret || page.contains(&format!("| `{key}` |")) || page.contains(&format!("[{key}]")), "{path}");
        assert!(file.lines().any(|line| is_word(line, key)), "{path} is not in the default file");
        assert!(!description.is_empty(), "{path} is not explained");
    }
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
      "description": "Labels that split the population, by their pointers; each combination of them is judged by itself.",
      "properties": {
        "by": {
          "description": "JSON Pointers to the labels.",
          "examples": [
            [
              "/features/carrier"
            ]
          ],
          "items": {
            "description": "Where a monitor's values stand in a record: JSON Pointers, or flat column names by their last token.",
            "pattern": "^/.",
            "type": "string"
          },
          "minItems": 1,
          "type": "array"
        },
        "max": {
          "default": 32,
          "description": "Segments kept apart, largest first; the rest overflow.",
          "format": "uint16",
          "maximum": 10000,
          "minimum": 1,
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
    assert_eq!(feature["properties"]["role"]["oneOf"][2]["const"], "label");
}

fn monitors(config: &Config) -> Vec<&str> {
    config.monitors.iter().map(|monitor| monitor.id.as_str()).collect()
}

#[test]
fn the_files_that_are_shipped_are_good() {
    for text in [FLIGHTS, COMPOSE] {
        assert_eq!(loaded(text).notes, []);
    }
}

#[test]
fn the_containers_watch_what_the_example_watches() {
    let (example, compose) = (loaded(FLIGHTS), loaded(COMPOSE));
    assert_eq!(monitors(&example), monitors(&compose));
    for (of_files, of_records) in example.monitors.iter().zip(&compose.monitors) {
        // Records have the event time where driftd's own shape has it, files in a column that is no feature.
        let column = of_files.shape.event_time.column();
        let mut features = of_records.features.clone();
        assert!(features.remove(&column.as_str().into()).is_some_and(|rules| rules.ignore), "{column}");
        assert_eq!(of_records.shape.event_time.as_str(), "/ts");
        assert_eq!(features, of_files.features);
        assert_eq!((&of_records.windows, of_records.pane), (&of_files.windows, of_files.pane));
        assert_eq!(of_records.baseline, of_files.baseline);
    }
}
