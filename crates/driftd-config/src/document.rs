//! The annotated default file and the reference page, made of the types that read a configuration.

#![expect(clippy::indexing_slicing, reason = "what JSON has not got is null")]

use std::fmt::Write;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::Config;
use crate::place::Place;
use crate::read::{Reader, Skipped};
use crate::tree::{Entry, Node, Table, Value};

/// What the default file begins with.
const HEADER: &str = r##"# driftd.toml: every key, what it means, and its default.
#
# Made of the types that read it: `cargo run -p driftd-config --example generate` writes it anew.
#
# A line that begins with "# " is explanation. Keys that have a default stand as they are; a line that begins with "#"
# and no space is a key of something there is none of by default: take the "#" away to use it. A key that is indented
# behind "#" may be left out and has no default; its value is an example.
#
# Durations are a number and a unit: "90s", "15m", "6h", "1d". Sizes likewise: "64MiB". Several files may be given with
# --config: a later one wins, and monitors, receivers and routes add up. An environment variable wins over all files:
# DRIFTD__STORE__URL sets url under [store]. Secrets are never written here, only where they are: { env = "VARIABLE" }
# or { file = "/path" }.
"##;

/// What the reference page begins with.
const PAGE: &str = "# Configuration

<!-- Made of the types that read it: `cargo run -p driftd-config --example generate` writes it anew. -->

driftd reads TOML: the files given with `--config`, a later one over an earlier one, and `driftd.toml` where none is
given. Monitors, receivers and routes of all files add up. An environment variable `DRIFTD__SECTION__KEY` wins over all
files: `DRIFTD__STORE__URL` sets `url` under `[store]`. A secret is never written down, only where it is: `{ env =
\"VARIABLE\" }` or `{ file = \"/path\" }`. `driftd config check` says everything that is wrong at once, `driftd config show`
what is in force, and `driftd config schema` prints a JSON Schema for editors. An annotated file with every default is
[`config/driftd.toml`](../config/driftd.toml).
";

/// The annotated default file.
#[must_use]
pub fn default_toml() -> String {
    let schema = crate::schema();
    let mut out = HEADER.to_owned();
    for Property { key, schema, .. } in properties(&schema, &[]) {
        out.push('\n');
        comment(&mut out, schema, None);
        if schema["type"] == "array" {
            list(&mut out, &key, &schema["items"]);
        } else {
            let _ = writeln!(out, "[{key}]");
            table_keys(&mut out, schema, &[Step::Key(&key)], "");
        }
    }
    out
}

/// The reference page, in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut out = PAGE.to_owned();
    page(&mut out, "", &crate::schema(), &mut Vec::new());
    out
}

/// One step from the root to a table.
#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Item,
}

/// A key of a table.
struct Property<'a> {
    key: String,
    schema: &'a Json,
    is_required: bool,
}

/// The keys of the table at `path` in the order in which they are declared.
///
/// A schema has them by name; what reads the table knows their order, and says it when it is asked for a key that is none.
fn properties<'a>(schema: &'a Json, path: &[Step<'_>]) -> Vec<Property<'a>> {
    let place = Place::environment("");
    let table =
        |key: &str, node: Node| Value::Table(Table::from([(key.to_owned(), Entry { key_place: place.clone(), node })]));
    let node = |value: Value| Node { value, place: place.clone() };
    let innermost = node(table("?", node(Value::Bool(true))));
    let root = path.iter().rev().fold(innermost, |inner, step| match step {
        Step::Key(key) => node(table(key, inner)),
        Step::Item => node(Value::List(vec![inner])),
    });
    let asked = Config::deserialize(Reader::new(&root, &Skipped::new())).err().and_then(crate::read::Error::known_keys);
    let required = schema["required"].as_array();
    let property = |key: &str| {
        let schema = schema["properties"].get(key)?;
        let is_required = required.is_some_and(|required| required.iter().any(|required| required == key));
        Some(Property { key: key.to_owned(), schema, is_required })
    };
    asked.unwrap_or_default().into_iter().filter_map(property).collect()
}

/// A list of tables, of which there is none by default.
fn list(out: &mut String, key: &str, schema: &Json) {
    let path = [Step::Key(key), Step::Item];
    let kinds: Vec<Property<'_>> = properties(schema, &path)
        .into_iter()
        .filter(|property| schema["oneOf"].is_array() && !property.is_required)
        .collect();
    if kinds.is_empty() {
        let _ = writeln!(out, "#[[{key}]]");
        table_keys(out, schema, &path, "#");
    }
    for kind in &kinds {
        out.push('\n');
        comment(out, kind.schema, None);
        let name = &kind.key;
        let _ = writeln!(out, "#[[{key}]]\n#name = {name:?}\n#[{key}.{name}]");
        table_keys(out, kind.schema, &[Step::Key(key), Step::Item, Step::Key(name)], "#");
    }
}

/// The keys of a table: those of its own, then its tables.
fn table_keys(out: &mut String, schema: &Json, path: &[Step<'_>], prefix: &str) {
    let is_table = |schema: &Json| {
        let holds = schema["properties"].as_object().into_iter().flatten();
        let has_defaults = holds.into_iter().any(|(_, key)| key.get("default").is_some());
        has_defaults && schema.get("default").is_some() || schema["additionalProperties"]["properties"].is_object()
    };
    let (tables, own): (Vec<_>, Vec<_>) = properties(schema, path).into_iter().partition(|key| is_table(key.schema));
    for Property { key, schema, is_required } in own {
        comment(out, schema, None);
        let is_usual = is_required || schema["x-usual"] == true;
        let once = schema.get("x-default-once-judged");
        match schema.get("default") {
            Some(default) => _ = writeln!(out, "{prefix}{key} = {}", toml(default)),
            None if is_usual => _ = writeln!(out, "{prefix}{key} = {}", toml(&example(schema))),
            None => _ = writeln!(out, "#   {key} = {}", toml(once.unwrap_or(&example(schema)))),
        }
        if schema.get("default") == Some(&Json::Object(Map::new())) && schema["properties"].is_object() {
            let _ = writeln!(out, "#   {key} = {}", toml(&example(schema)));
        }
    }
    for Property { key, schema, .. } in tables {
        let names: Vec<&str> =
            path.iter().filter_map(|step| if let Step::Key(key) = step { Some(*key) } else { None }).collect();
        out.push('\n');
        comment(out, schema, None);
        let _ = writeln!(out, "{prefix}[{}.{key}]", names.join("."));
        let below: Vec<Step<'_>> = path.iter().copied().chain([Step::Key(&key)]).collect();
        let each = &schema["additionalProperties"];
        if each["properties"].is_object() {
            let below: Vec<Step<'_>> = below.into_iter().chain([Step::Key("NAME")]).collect();
            let mut keys = properties(each, &below);
            // One statistic stands for all: they are listed above.
            let first = keys.iter().position(|key| key.schema["x-statistic"] == true);
            keys.truncate(first.map_or(usize::MAX, |first| first + 1));
            for Property { key, schema, .. } in keys {
                comment(out, schema, Some(&key));
                let _ = writeln!(out, "#   dep_delay = {{ {key} = {} }}", toml(&example(schema)));
            }
        } else {
            table_keys(out, schema, &below, prefix);
        }
    }
}

/// What a key means and which values it takes, in lines of comment.
fn comment(out: &mut String, schema: &Json, key: Option<&str>) {
    let text = key.map_or_else(|| meaning(schema), |key| format!("{key}: {}", meaning(schema)));
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > 120 {
            let _ = writeln!(out, "{line}");
            "#".clone_into(&mut line);
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(out, "{line}");
}

/// What a key means, with its bounds.
fn meaning(schema: &Json) -> String {
    let said = schema["description"].as_str().unwrap_or_default().replace('\n', " ");
    let bounded = if schema["anyOf"].is_array() { &schema["anyOf"][0] } else { schema };
    let text = |word: &str| schema[word].as_str();
    let number = |word: &str| bounded[word].as_f64();
    let bounds = match (number("minimum").filter(|least| *least > 0.0), number("exclusiveMinimum"), number("maximum")) {
        // What a type can hold is no bound to speak of.
        (.., Some(most)) if most > 1e9 || most == 65_535.0 => String::new(),
        (Some(least), _, Some(most)) => format!(" From {least} to {most}."),
        (_, Some(above), Some(most)) => format!(" Above {above} and at most {most}."),
        (_, _, Some(most)) => format!(" At most {most}."),
        _ => match (text("x-at-least"), text("x-at-most")) {
            (Some(least), _) => format!(" At least {least:?}."),
            (_, Some(most)) => format!(" At most {most:?}."),
            _ => String::new(),
        },
    };
    let choices = choices(schema);
    let choices = if choices.len() > 1 { format!(" One of {}.", choices.join(", ")) } else { String::new() };
    format!("{said}{bounds}{choices}")
}

/// The words that a key takes.
fn choices(schema: &Json) -> Vec<String> {
    let words = schema["enum"].as_array().into_iter().flatten();
    let described = schema["oneOf"].as_array().into_iter().flatten().filter_map(|one| one.get("const"));
    words.chain(described).map(toml).collect()
}

/// A value to show what a key takes.
fn example(schema: &Json) -> Json {
    if let Some(given) =
        schema["examples"].get(0).or_else(|| schema.get("default")).filter(|given| **given != Json::Object(Map::new()))
    {
        return given.clone();
    }
    if schema["x-statistic"] == true {
        return serde_json::json!({ "warn": 0.1, "critical": 0.2 });
    }
    let keys = schema["properties"].as_object().into_iter().flatten();
    Json::Object(keys.map(|(key, schema)| (key.clone(), example(schema))).collect())
}

/// A value as TOML writes it.
fn toml(value: &Json) -> String {
    let mut value = match toml::Value::try_from(value) {
        Ok(value) => value,
        Err(error) => return format!("!{error}"),
    };
    // JSON has keys by name; a warning comes before what is critical.
    if let Some(keys) = value.as_table_mut()
        && let Some(critical) = keys.remove("critical")
    {
        keys.insert("critical".to_owned(), critical);
    }
    value.to_string()
}

/// A table with its keys, and then the tables below it.
fn page(out: &mut String, name: &str, schema: &Json, path: &mut Vec<Step<'_>>) {
    let keys = properties(schema, path);
    let inner = |schema: &'_ Json| -> Option<(&'static str, Json)> {
        let with = |shape: &Json, how| shape["properties"].is_object().then(|| (how, shape.clone()));
        if schema["format"] == "secret" {
            return None;
        }
        with(schema, "")
            .or_else(|| with(&schema["items"], "[]"))
            .or_else(|| with(&schema["additionalProperties"], ".NAME"))
    };
    if !name.is_empty() {
        let _ = writeln!(
            out,
            "\n{} `{name}`\n\n{}\n",
            "#".repeat(if name.contains('.') { 3 } else { 2 }),
            schema["description"].as_str().unwrap_or_default().replace('\n', " ")
        );
        if !keys.is_empty() {
            out.push_str("| Key | Takes | Default | Meaning |\n|---|---|---|---|\n");
        }
        for Property { key, schema, is_required } in &keys {
            let default = match schema.get("default").or_else(|| schema.get("x-default-once-judged")) {
                Some(default) => format!("`{}`", toml(default)),
                None if *is_required => "required".to_owned(),
                None => String::new(),
            };
            let cell = |text: &str| text.replace('|', "\\|");
            let _ = writeln!(
                out,
                "| `{key}` | {} | {} | {} |",
                cell(&takes(schema)),
                cell(&default),
                cell(&meaning(schema))
            );
        }
    }
    for Property { key, schema, .. } in &keys {
        let Some((how, mut table)) = inner(schema) else { continue };
        // One statistic stands for all.
        let is_statistic = schema["x-statistic"] == true;
        if is_statistic && *key != keys.iter().find(|key| key.schema["x-statistic"] == true).map_or("", |key| &key.key)
        {
            continue;
        }
        let shown = if is_statistic { "STATISTIC" } else { key.as_str() };
        let name = match (name, how) {
            ("", "[]") => format!("[[{key}]]"),
            ("", _) => format!("[{key}]"),
            (name, how) => {
                let bare = name.trim_matches(['[', ']']);
                format!("[{bare}.{shown}{}]", how.trim_start_matches("[]"))
            }
        };
        if let Some(description) = schema.get("description") {
            table["description"] = description.clone();
        }
        let below = path.clone().into_iter().chain([Step::Key(key)]);
        let mut below: Vec<Step<'_>> = match how {
            "[]" => below.chain([Step::Item]).collect(),
            ".NAME" => below.chain([Step::Key("NAME")]).collect(),
            _ => below.collect(),
        };
        page(out, &name, &table, &mut below);
    }
}

/// What a key takes, in a word or two.
fn takes(schema: &Json) -> String {
    if let Some(format) = schema["format"].as_str().filter(|format| matches!(*format, "duration" | "size" | "secret")) {
        return if format == "secret" { "reference to a secret".to_owned() } else { format.to_owned() };
    }
    if !choices(schema).is_empty() {
        return "word".to_owned();
    }
    if let Some(shapes) = schema["anyOf"].as_array() {
        let shapes: Vec<String> = shapes.iter().map(takes).collect();
        return shapes.join(" or ");
    }
    if let Some(only) = schema.get("const") {
        return toml(only);
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"].get(0)?.as_str());
    match kind.unwrap_or_default() {
        "string" => "text".to_owned(),
        "boolean" => "true or false".to_owned(),
        "integer" => "whole number".to_owned(),
        "array" => format!("list, each {}", takes(&schema["items"])),
        "object" => "table".to_owned(),
        other => other.to_owned(),
    }
}
