//! From TOML to the tree, with every syntax error at once.

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::{Entry, Node, Table, Value};
use crate::place::{Place, Places};
use crate::problem::Problems;

/// Syntax errors told of one text; what follows is mostly the parser losing its way.
const MOST_ERRORS: usize = 5;

/// A text to read, and what to call it in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
}

impl Source {
    /// The text of `name`, which is its path as the user wrote it.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }
}

/// The tree of `source`, the `order`-th text; syntax errors go to `problems`.
pub(crate) fn parse(source: &Source, order: u32, problems: &mut Problems) -> Table {
    let places = Places::new(order, &source.name, &source.text);
    let (document, errors) = DeTable::parse_recoverable(&source.text);
    let mut told: Vec<Place> = Vec::new();
    for error in errors {
        let place = places.at(error.span().map_or(0, |span| span.start));
        if told.len() < MOST_ERRORS && !told.contains(&place) {
            problems.add(&place, "", format!("not valid TOML: {}", error.message()));
            told.push(place);
        }
    }
    table(document.into_inner(), &|offset| places.at(offset))
}

/// The tree of a single value, all of it at `place`; `None` when `text` is not one.
pub(super) fn parse_value(text: &str, place: &Place) -> Option<Node> {
    let value = DeValue::parse(text).ok()?;
    Some(node(value, &|_| place.clone()))
}

fn table(entries: DeTable<'_>, place: &dyn Fn(usize) -> Place) -> Table {
    entries
        .into_iter()
        .map(|(key, value)| {
            let key_place = place(key.span().start);
            (key.into_inner().into_owned(), Entry { key_place, node: node(value, place) })
        })
        .collect()
}

fn node(value: Spanned<DeValue<'_>>, place: &dyn Fn(usize) -> Place) -> Node {
    let at = place(value.span().start);
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => Value::Integer(integer(&number)),
        // The grammar admits nothing that Rust does not read; a number is never silently another one.
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(yes) => Value::Bool(yes),
        DeValue::Datetime(at) => Value::Datetime(at.to_string()),
        DeValue::Array(items) => Value::List(items.into_iter().map(|item| node(item, place)).collect()),
        DeValue::Table(entries) => Value::Table(table(entries, place)),
    };
    Node { value, place: at }
}

/// The number, or the nearest end of the range: both are out of every range that is asked for.
fn integer(number: &DeInteger<'_>) -> i128 {
    let text = number.as_str();
    let end = if text.starts_with('-') { i128::MIN } else { i128::MAX };
    i128::from_str_radix(text, number.radix()).unwrap_or(end)
}
