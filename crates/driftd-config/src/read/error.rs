//! What is wrong with a value, in words that say what is allowed.

use std::fmt;

use serde::de::{Expected, Unexpected};
use serde_json::Value as Json;

use crate::place::Place;
use crate::tree::{Node, join};

/// A failure, and the way from the root to where it happened.
#[derive(Debug)]
pub(crate) struct Error {
    fault: Fault,
    /// Where it is, once a reader has said so.
    place: Option<Place>,
    /// Keys and items on the way, innermost first.
    trail: Vec<Step>,
}

#[derive(Debug)]
enum Fault {
    /// Said by the type.
    Said(String),
    /// A key is missing.
    Missing(&'static str),
    /// It follows from something that was passed over.
    Consequence,
    /// A text that is none of these.
    Choice(String, Vec<&'static str>),
    /// A key that is none of these, and whether a table stands under it.
    Key(String, Vec<&'static str>, bool),
    /// A table where there is a list of them.
    OneTable,
}

/// One step of the way.
#[derive(Debug)]
struct Step {
    place: Place,
    key: Option<String>,
    item: Option<String>,
}

impl Error {
    /// A table where a list was expected.
    pub(super) fn one_table() -> Self {
        Fault::OneTable.into()
    }

    /// Something that follows from what was passed over.
    pub(super) fn consequence() -> Self {
        Fault::Consequence.into()
    }

    /// The same at `place`, unless it is at a place already.
    pub(super) fn at(mut self, place: &Place) -> Self {
        self.place.get_or_insert_with(|| place.clone());
        self
    }

    /// The same, reached by `key`.
    pub(super) fn by_key(mut self, key: &str, place: &Place) -> Self {
        self.trail.push(Step { place: place.clone(), key: Some(key.to_owned()), item: None });
        self
    }

    /// The same, reached by an item.
    pub(super) fn by_item(mut self, name: String, place: &Place) -> Self {
        self.trail.push(Step { place: place.clone(), key: None, item: Some(name) });
        self
    }

    /// The same about the key of `value`: what would be a choice for a value is an unknown key.
    pub(super) fn of_key(mut self, others: &[&'static str], value: &Node) -> Self {
        if let Fault::Choice(text, known) | Fault::Key(text, known, _) = &mut self.fault {
            let known = others.iter().chain(known.iter()).filter(|key| **key != super::REST).copied().collect();
            self.fault = Fault::Key(std::mem::take(text), known, value.as_table().is_some());
        }
        self
    }

    /// The same, without blame for a key that is there and was passed over.
    pub(super) fn without_blame(mut self, is_there: impl Fn(&str) -> bool) -> Self {
        if matches!(self.fault, Fault::Missing(key) if is_there(key)) {
            self.fault = Fault::Consequence;
        }
        self
    }

    /// Whether it only follows from something else.
    pub(super) fn is_consequence(&self) -> bool {
        matches!(self.fault, Fault::Consequence)
    }

    /// Where it is.
    pub(super) fn place<'a>(&'a self, root: &'a Node) -> &'a Place {
        self.place.as_ref().unwrap_or(&root.place)
    }

    /// The innermost key or item it is about.
    pub(super) fn innermost(&self) -> Option<Place> {
        self.trail.first().map(|step| step.place.clone())
    }

    /// The path to it, such as `monitor[flights].pane`.
    pub(super) fn path(&self) -> String {
        self.trail.iter().rev().fold(String::new(), |path, step| match (&step.key, &step.item) {
            (Some(key), _) => join(&path, key),
            (None, Some(item)) => path + item,
            (None, None) => path,
        })
    }

    /// What is wrong and what to write instead.
    pub(super) fn message(&self) -> String {
        match &self.fault {
            Fault::Said(message) => message.clone(),
            Fault::Missing(key) => format!("{key} is missing"),
            Fault::Consequence => String::new(),
            Fault::Choice(text, known) => {
                format!("{text:?} is not a choice: {}", suggestion(text, known, "write one of"))
            }
            Fault::Key(key, known, _) => format!("unknown key; {}", suggestion(key, known, "known here:")),
            Fault::OneTable if self.trail.len() == 1 => {
                format!("expected a list of tables; found one table: write [[{}]] in double brackets", self.path())
            }
            Fault::OneTable => "expected a list; found a table".to_owned(),
        }
    }

    /// The message, what a missing key is, and what became of a name with a dot.
    pub(super) fn explained(&self, schema: &Json) -> String {
        let below = |schema, step: &Step| match &step.key {
            Some(key) => schema_of(schema, key),
            None => &schema["items"],
        };
        if let (Fault::Key(_, _, true), [Step { key: Some(rest), .. }, Step { key: Some(name), .. }, way @ ..]) =
            (&self.fault, self.trail.as_slice())
            && way.iter().rev().fold(schema, below)["properties"].get(name).is_none()
        {
            // Only where people give names can one of theirs have been taken apart.
            let whole = format!("{name}.{rest}");
            return format!("{}. A name with a dot stands in quotes: {whole:?} = {{ … }}", self.message());
        }
        let Fault::Missing(key) = self.fault else { return self.message() };
        let table = self.trail.iter().rev().fold(schema, below);
        let missing = table["properties"].get(key).unwrap_or(&Json::Null);
        let meaning =
            missing["description"].as_str().map(|said| format!(": {}", said.replace('\n', " "))).unwrap_or_default();
        let example = missing["examples"].get(0).and_then(Json::as_str);
        let example = example.map(|example| format!(" Such as {example:?}.")).unwrap_or_default();
        format!("{}{meaning}{example}", self.message())
    }

    /// The keys that are known where one is unknown, in the order in which they are declared.
    pub(crate) fn known_keys(self) -> Option<Vec<&'static str>> {
        match self.fault {
            Fault::Key(_, known, _) => Some(known),
            _ => None,
        }
    }
}

/// The schema of what stands under `key`.
fn schema_of<'a>(schema: &'a Json, key: &str) -> &'a Json {
    let patterns = schema["patternProperties"].as_object().and_then(|patterns| patterns.values().next());
    schema["properties"].get(key).or(patterns).unwrap_or(&schema["additionalProperties"])
}

/// What to write instead of `text`.
fn suggestion(text: &str, known: &[&'static str], all: &str) -> String {
    // Two slips of the finger, fewer in short words, are still the same word.
    let reach = (text.chars().count() / 3).clamp(1, 2);
    let distance = |candidate: &&str| strsim::damerau_levenshtein(&text.to_lowercase(), candidate);
    match known.iter().copied().min_by_key(distance).filter(|nearest| distance(nearest) <= reach) {
        Some(nearest) => format!("did you mean {nearest}?"),
        None => format!("{all} {}", known.join(", ")),
    }
}

/// What a visitor expects, in the words of a person.
fn expected(what: &dyn Expected) -> String {
    match what.to_string().as_str() {
        "a string" | "path string" => "text in quotes".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a table".to_owned(),
        "f64" => "a number, such as 0.1".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, such as 20".to_owned(),
        other if other.starts_with("struct ") => "a table".to_owned(),
        other => other.to_owned(),
    }
}

/// What there is instead, never its value: that may be a secret.
fn found(what: Unexpected<'_>) -> String {
    match what {
        Unexpected::Str(_) | Unexpected::Char(_) => "text".to_owned(),
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer".to_owned(),
        Unexpected::Float(_) => "a number with a fraction".to_owned(),
        Unexpected::Bool(_) => "true or false".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a table".to_owned(),
        Unexpected::Other(what) => what.to_owned(),
        _ => "something else".to_owned(),
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self { fault, place: None, trail: Vec::new() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Fault::Said(message.to_string()).into()
    }

    fn invalid_type(what: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Fault::Said(format!("expected {}; found {}", expected(wanted), found(what))).into()
    }

    fn invalid_value(what: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::invalid_type(what, wanted)
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        Fault::Choice(variant.to_owned(), known.to_vec()).into()
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Fault::Key(field.to_owned(), known.iter().filter(|key| **key != super::REST).copied().collect(), false).into()
    }

    fn missing_field(field: &'static str) -> Self {
        Fault::Missing(field).into()
    }
}
