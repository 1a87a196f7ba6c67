//! Reading the tree into types: every failure is noted with its place, and reading goes on.

mod leaf;
mod record;
mod table;

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::problem::Problems;
use crate::tree::{Node, Place, Value, join};

pub(crate) use leaf::text_leaf;
pub(crate) use record::{Take, record};
pub(crate) use table::{Keys, TableReader};

/// A type that is read from a node of the tree.
pub(crate) trait Read: Sized {
    /// What is expected, with an example, for messages: "a duration, such as \"15m\"".
    const EXPECTED: &'static str;

    /// The same with more detail, where it depends on another type.
    fn expected() -> String {
        Self::EXPECTED.to_owned()
    }

    /// Reads `node`, which stands under `path`; what is wrong goes to `problems`.
    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self>;

    /// The JSON Schema of what is accepted.
    fn schema() -> Json;
}

/// A value, where it stands and under which key.
#[derive(Clone, Debug)]
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
    pub(crate) path: String,
}

impl<T> Located<T> {
    /// Notes a problem with this value.
    pub(crate) fn problem(&self, problems: &mut Problems, message: impl std::fmt::Display) {
        problems.add(&self.place, &self.path, message);
    }
}

/// A key that may be left out.
#[derive(Clone, Debug, Default)]
pub(crate) enum Field<T> {
    /// It was left out.
    #[default]
    Absent,
    /// It is there but wrong; the problem is noted.
    Broken,
    /// It is there.
    Given(Located<T>),
}

impl<T> Field<T> {
    /// The value, or `default`; after a problem any value will do.
    pub(crate) fn or(self, default: T) -> T {
        self.given().map_or(default, |given| given.value)
    }

    /// The value, if there is a good one.
    pub(crate) fn given(self) -> Option<Located<T>> {
        match self {
            Self::Given(given) => Some(given),
            Self::Absent | Self::Broken => None,
        }
    }

    /// The bare value, if there is a good one.
    pub(crate) fn value(self) -> Option<T> {
        self.given().map(|given| given.value)
    }
}

/// A key that must be there; absence is noted when its table is read.
#[derive(Clone, Debug)]
pub(crate) struct Required<T>(pub(crate) Option<Located<T>>);

impl<T> Default for Required<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Required<T> {
    /// The bare value, if there is a good one.
    pub(crate) fn value(self) -> Option<T> {
        self.0.map(|given| given.value)
    }
}

/// Reads `node` and remembers where it stood.
pub(crate) fn locate<T: Read>(node: &Node, path: String, problems: &mut Problems) -> Option<Located<T>> {
    let value = T::read(node, &path, problems)?;
    Some(Located { value, place: node.place.clone(), path })
}

/// Notes that `node` is not what was expected.
pub(crate) fn expected<T>(what: &str, node: &Node, path: &str, problems: &mut Problems) -> Option<T> {
    problems.add(&node.place, path, format!("expected {what}; found {}", node.what()));
    None
}

impl<T: Read> Read for Vec<Located<T>> {
    const EXPECTED: &'static str = "a list";

    fn expected() -> String {
        format!("a list, each item {}", T::expected())
    }

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        let items = match &node.value {
            Value::List(items) => items,
            Value::Loose(text) => {
                let item = |part: &str| Node { value: Value::Loose(part.trim().to_owned()), place: node.place.clone() };
                let items: Vec<Node> = text.split(',').filter(|part| !part.trim().is_empty()).map(item).collect();
                return Some(read_items(&items, path, problems));
            }
            Value::Table(_) if !path.contains('.') => {
                let hint = format!("expected a list of tables; found one table: write [[{path}]] in double brackets");
                problems.add(&node.place, path, hint);
                return None;
            }
            _ => return expected(&Self::expected(), node, path, problems),
        };
        Some(read_items(items, path, problems))
    }

    fn schema() -> Json {
        json!({ "type": "array", "items": T::schema() })
    }
}

/// All good items, so that the bad ones do not hide what else is wrong with the list.
fn read_items<T: Read>(items: &[Node], path: &str, problems: &mut Problems) -> Vec<Located<T>> {
    let name_of = |item: &Node| item.as_table()?.get("name")?.node.as_text().map(str::to_owned);
    let read = items.iter().enumerate().filter_map(|(i, item)| {
        let name = name_of(item).unwrap_or_else(|| format!("#{}", i + 1));
        locate(item, format!("{path}[{name}]"), problems)
    });
    read.collect()
}

impl<T: Read> Read for BTreeMap<String, Located<T>> {
    const EXPECTED: &'static str = "a table";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        let Some(table) = node.as_table() else { return expected(Self::EXPECTED, node, path, problems) };
        let read = table
            .iter()
            .filter_map(|(key, entry)| Some((key.clone(), locate(&entry.node, join(path, key), problems)?)));
        Some(read.collect())
    }

    fn schema() -> Json {
        json!({ "type": "object", "additionalProperties": T::schema() })
    }
}
