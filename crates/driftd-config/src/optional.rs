//! Keys whose value may say that there is none.

use driftd_window::Span;
use serde_json::{Value as Json, json};

use crate::problem::Problems;
use crate::read::{Read, expected};
use crate::tree::{Node, Value};

/// How "not at all" is written where there is a limit by default.
pub(crate) const NEVER: &str = "never";

/// A limit, or [`NEVER`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct OrNever<T>(pub(crate) Option<T>);

fn is_never(node: &Node) -> bool {
    node.as_text().is_some_and(|text| text.trim() == NEVER)
}

impl Read for OrNever<Span> {
    const EXPECTED: &'static str = "a duration such as \"90d\", or \"never\"";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Text(_) | Value::Loose(_) if is_never(node) => Some(Self(None)),
            Value::Text(_) | Value::Loose(_) => Span::read(node, path, problems).map(|span| Self(Some(span))),
            _ => expected(Self::EXPECTED, node, path, problems),
        }
    }

    fn schema() -> Json {
        json!({ "type": "string", "examples": [NEVER, "90d"] })
    }
}

impl Read for OrNever<f64> {
    const EXPECTED: &'static str = "a number such as 0.05, or \"never\"";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            _ if is_never(node) => Some(Self(None)),
            Value::Integer(_) | Value::Float(_) => f64::read(node, path, problems).map(|number| Self(Some(number))),
            _ => expected(Self::EXPECTED, node, path, problems),
        }
    }

    fn schema() -> Json {
        json!({ "anyOf": [f64::schema(), { "const": NEVER }] })
    }
}

/// A text, or the empty one where there is none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OrEmpty<T>(pub(crate) Option<T>);

impl<T: Read> Read for OrEmpty<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        if node.as_text().is_some_and(str::is_empty) {
            return Some(Self(None));
        }
        T::read(node, path, problems).map(|value| Self(Some(value)))
    }

    fn schema() -> Json {
        json!({ "anyOf": [{ "const": "" }, T::schema()] })
    }
}
