//! The tree of a configuration before it has meaning: TOML in which every key and value knows where it was written.

mod at;
mod layers;
mod parse;

use std::collections::BTreeMap;

pub(crate) use at::At;
pub(crate) use layers::{merge, overrides};
pub use parse::Source;
pub(crate) use parse::parse;

use crate::place::Place;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) place: Place,
}

/// A value of the tree.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    /// Wider than any integer that is asked for, so that range checks can name the number.
    Integer(i128),
    Float(f64),
    Bool(bool),
    /// As it is written.
    Datetime(String),
    List(Vec<Node>),
    Table(Table),
    /// Text of an environment variable: it becomes what its key asks for.
    Loose(String),
}

/// The keys of a table.
pub(crate) type Table = BTreeMap<String, Entry>;

/// A key's place and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key_place: Place,
    pub(crate) node: Node,
}

impl Node {
    /// What the value is, in words.
    pub(crate) fn what(&self) -> &'static str {
        match self.value {
            Value::Text(_) | Value::Loose(_) => "text",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a number with a fraction",
            Value::Bool(_) => "true or false",
            Value::Datetime(_) => "a date or time",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    /// The value as text.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Loose(text) => Some(text),
            _ => None,
        }
    }

    /// The value as a number; integers are numbers.
    pub(crate) fn as_number(&self) -> Option<f64> {
        match &self.value {
            Value::Float(number) => Some(*number),
            Value::Integer(number) => Some(*number as f64),
            Value::Loose(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The value as a table.
    pub(crate) fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The value as a list.
    pub(crate) fn as_list(&self) -> Option<&[Self]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// How the node is called as item number `index` of a list: by its name, or by that number.
    pub(crate) fn item_name(&self, index: usize) -> String {
        let name = self.as_table().and_then(|table| table.get("name")).and_then(|entry| entry.node.as_text());
        name.map_or_else(|| format!("[#{}]", index + 1), |name| format!("[{name}]"))
    }
}

/// Whether TOML lets the key stand without quotes.
pub(crate) fn is_bare(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// `path.key`, quoted when the key is not a bare one.
pub(crate) fn join(path: &str, key: &str) -> String {
    let separator = if path.is_empty() { "" } else { "." };
    if is_bare(key) { format!("{path}{separator}{key}") } else { format!("{path}{separator}{key:?}") }
}
