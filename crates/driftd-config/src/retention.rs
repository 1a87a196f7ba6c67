//! How long what was counted and judged is kept.

use driftd_window::Span;
use serde_json::{Value as Json, json};

use crate::problem::Problems;
use crate::read::{Read, expected};
use crate::tree::{Node, Value};

/// The `[retention]` section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionConfig {
    /// How long counts of sealed panes are kept after they landed, so that late records can be told from counted ones;
    /// at least an hour.
    pub partials: Span,
    /// How long windows, verdicts, resolved incidents and deliveries are kept; nothing for ever. At least a day, and
    /// no shorter than the longest window.
    pub history: Option<Span>,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { partials: Span::from_hours(48), history: None }
    }
}

/// A span after which something is dropped, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expiry(pub(crate) Option<Span>);

/// How "for ever" is written.
pub(crate) const NEVER: &str = "never";

impl Read for Expiry {
    const EXPECTED: &'static str = "a duration such as \"90d\", or \"never\"";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Text(text) | Value::Loose(text) if text.trim() == NEVER => Some(Self(None)),
            Value::Text(_) | Value::Loose(_) => Span::read(node, path, problems).map(|span| Self(Some(span))),
            _ => expected(Self::EXPECTED, node, path, problems),
        }
    }

    fn schema() -> Json {
        json!({ "type": "string", "examples": [NEVER, "90d"] })
    }
}
