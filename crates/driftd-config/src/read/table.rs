//! Tables with known keys.

use serde_json::{Map, Value as Json, json};

use super::{Field, Read, Required, locate};
use crate::problem::Problems;
use crate::tree::{Node, Place, Table, join};

/// Hands out the keys of one table and remembers which were asked for.
pub(crate) struct TableReader<'a> {
    table: &'a Table,
    place: &'a Place,
    path: &'a str,
    known: Vec<&'static str>,
}

impl<'a> TableReader<'a> {
    /// Opens `node`, which must be a table.
    pub(crate) fn open(node: &'a Node, path: &'a str, problems: &mut Problems) -> Option<Self> {
        match node.as_table() {
            Some(table) => Some(Self { table, place: &node.place, path, known: Vec::new() }),
            None => super::expected("a table", node, path, problems),
        }
    }

    /// The value of `key`, if it is there.
    pub(crate) fn optional<T: Read>(&mut self, key: &'static str, problems: &mut Problems) -> Field<T> {
        self.known.push(key);
        let Some(entry) = self.table.get(key) else { return Field::Absent };
        locate(&entry.node, join(self.path, key), problems).map_or(Field::Broken, Field::Given)
    }

    /// The value of `key`, which must be there.
    pub(crate) fn required<T: Read>(&mut self, key: &'static str, problems: &mut Problems) -> Required<T> {
        match self.optional(key, problems) {
            Field::Given(given) => Required(Some(given)),
            Field::Broken => Required(None),
            Field::Absent => {
                problems.add(self.place, self.path, format!("{key} is missing: it is {}", T::expected()));
                Required(None)
            }
        }
    }

    /// Notes every key that was not asked for.
    pub(crate) fn finish(self, problems: &mut Problems) {
        for (key, entry) in self.table {
            if !self.known.contains(&key.as_str()) {
                let message = format!("unknown key; {}", suggestion(key, &self.known));
                problems.add(&entry.key_place, &join(self.path, key), message);
            }
        }
    }
}

/// What to write instead of `key`.
fn suggestion(key: &str, known: &[&'static str]) -> String {
    // Two slips of the finger, fewer in short words, are still the same word.
    let reach = (key.chars().count() / 3).clamp(1, 2);
    let nearest = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&key.to_lowercase(), candidate), candidate))
        .min()
        .filter(|(distance, _)| *distance <= reach);
    match nearest {
        Some((_, candidate)) => format!("did you mean {candidate}?"),
        None => format!("known here: {}", known.join(", ")),
    }
}

/// The keys of a table as its JSON Schema lists them.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    properties: Map<String, Json>,
    required: Vec<&'static str>,
}

impl Keys {
    /// Adds a key with the schema of its value.
    pub(crate) fn add(&mut self, key: &'static str, doc: &str, mut schema: Json, required: bool) {
        if let Some(object) = schema.as_object_mut() {
            object.insert("description".to_owned(), doc.trim().into());
        }
        self.properties.insert(key.to_owned(), schema);
        if required {
            self.required.push(key);
        }
    }

    /// The schema of the table.
    pub(crate) fn into_schema(self) -> Json {
        let mut schema = json!({ "type": "object", "properties": self.properties, "additionalProperties": false });
        if let (Some(object), false) = (schema.as_object_mut(), self.required.is_empty()) {
            object.insert("required".to_owned(), json!(self.required));
        }
        schema
    }
}
