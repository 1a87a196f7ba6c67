//! The effective configuration as TOML, in the words it would be written in.

use std::fmt::Write;

use serde::Serialize;
use toml::{Table, Value};

use crate::read::REST;

/// Keys that a table may have to stand in one line.
const INLINE: usize = 3;

/// What a baseline without a version means; only the store knows which one that is.
const NEWEST: &str = " # its newest version when driftd starts";

/// See [`Config::effective_toml`].
pub(crate) fn effective(config: &impl Serialize) -> String {
    // What is written are text, numbers, lists and string-keyed maps, all of which TOML has; should that change, the text
    // does not load and the round-trip tests say so.
    let table = match Table::try_from(config) {
        Ok(table) => table,
        Err(error) => return format!("!{error}\n"),
    };
    let mut text = String::new();
    for (key, section) in table {
        match section {
            Value::Table(table) => section_of(&mut text, &format!("[{key}]"), &key, spliced(table)),
            Value::Array(items) => {
                for item in items.into_iter().filter_map(|item| item.try_into().ok()) {
                    section_of(&mut text, &format!("[[{key}]]"), &key, spliced(item));
                }
            }
            other => line(&mut text, &key, &other, ""),
        }
    }
    text
}

/// Writes a section: its own keys, then its larger tables one by one. What is small or stands below those is inline, so that
/// a threshold takes one line and not three.
fn section_of(text: &mut String, header: &str, path: &str, table: Table) {
    // Writing to a text does not fail.
    let separator = if text.is_empty() { "" } else { "\n" };
    let _ = writeln!(text, "{separator}{header}");
    let is_large = |table: &Table| table.len() > INLINE || table.values().any(Value::is_table);
    let (tables, keys): (Vec<_>, Vec<_>) =
        table.into_iter().partition(|(_, value)| value.as_table().is_some_and(is_large));
    for (key, value) in keys {
        let is_newest = (path, key.as_str()) == ("monitor", "baseline") && !value.to_string().contains('@');
        line(text, &key, &value, if is_newest { NEWEST } else { "" });
    }
    for (key, table) in tables {
        let _ = writeln!(text, "\n[{path}.{}]", quoted(&key));
        for (key, value) in table.as_table().into_iter().flatten() {
            line(text, key, value, "");
        }
    }
}

/// The table and all below it with the rest of its keys among them.
fn spliced(table: Table) -> Table {
    let mut whole = Table::new();
    for (key, value) in table {
        match value {
            Value::Table(rest) if key == REST => whole.extend(spliced(rest)),
            Value::String(kind) if key == REST => _ = whole.insert(kind, Value::Table(Table::new())),
            Value::Table(inner) => _ = whole.insert(key, Value::Table(spliced(inner))),
            other => _ = whole.insert(key, other),
        }
    }
    whole
}

fn line(text: &mut String, key: &str, value: &Value, remark: &str) {
    let _ = writeln!(text, "{} = {value}{remark}", quoted(key));
}

/// The key, quoted unless it is a bare one.
fn quoted(key: &str) -> String {
    let inline = Value::Table(Table::from_iter([(key.to_owned(), Value::Boolean(true))])).to_string();
    inline.trim_start_matches("{ ").trim_end_matches(" = true }").to_owned()
}
