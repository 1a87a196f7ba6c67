//! The complete parser: any JSON object into cells, by `serde_json`. What the fast path reads, this reads alike.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::cell::{Cell, Span};
use crate::fields::{FieldTree, NodeId};
use crate::parsed::{Array, ParsedRecord, Seen, Source, TextWithin};

/// What a value is parsed out of, and which ranges its texts and elements have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'de> {
    /// A text that holds the value.
    pub(crate) whole: &'de str,
    /// Where that begins in its source.
    pub(crate) start: usize,
    pub(crate) source: Source,
}

/// Parses `json`, a part of the origin's text or all of it, as the value at `node`. What stood there must have been
/// cleared.
pub(crate) fn parse(
    fields: &FieldTree,
    origin: Origin<'_>,
    json: &str,
    node: NodeId,
    parsed: &mut ParsedRecord,
) -> serde_json::Result<()> {
    parsed.begin();
    let mut input = serde_json::Deserializer::from_str(json);
    Value { fields, parsed, origin, node }.deserialize(&mut input)?;
    input.end()
}

impl<'de> Origin<'de> {
    /// A record, or a part of one.
    pub(crate) const fn record(text: &'de str) -> Self {
        Self { whole: text, start: 0, source: Source::Record }
    }

    /// Where `part`, which is a part of the text, stands in the source.
    fn span(&self, part: &str) -> Span {
        let start = self.start + part.as_ptr().addr().wrapping_sub(self.whole.as_ptr().addr());
        Span::new(start, start + part.len())
    }
}

/// The value at a node.
struct Value<'a, 'de> {
    fields: &'a FieldTree,
    parsed: &'a mut ParsedRecord,
    origin: Origin<'de>,
    node: NodeId,
}

impl Value<'_, '_> {
    #[expect(clippy::unnecessary_wraps, reason = "every visit of a single value ends with it")]
    fn set<E>(self, cell: Cell) -> Result<(), E> {
        self.parsed.set(self.fields, self.node, cell);
        Ok(())
    }

    fn set_text<E>(self, cell: Cell, text: &str) -> Result<(), E> {
        if self.fields.goes_into(self.node, text) {
            self.parsed.within.push(TextWithin { node: self.node, cell });
        }
        self.set(cell)
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.set(Cell::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.set(Cell::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.set(Cell::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.set(i64::try_from(value).map_or(Cell::Large(value), Cell::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.set(Cell::Float(value))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        let span = self.origin.span(text);
        let cell = match self.origin.source {
            Source::Record => Cell::Text(span),
            Source::Scratch => Cell::Resolved(span),
        };
        self.set_text(cell, text)
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        let start = self.parsed.scratch.len();
        self.parsed.scratch.push_str(text);
        let cell = Cell::Resolved(Span::new(start, self.parsed.scratch.len()));
        self.set_text(cell, text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { fields, node, origin, .. } = self;
        let (wanted, is_list) = (fields.wants_elements(node), fields.is_list(node));
        if wanted || is_list {
            let (mut content, mut len) = (None, 0);
            while let Some(element) = list.next_element::<&RawValue>()? {
                let Span { start, end } = origin.span(element.get());
                content = Some(Span { start: content.map_or(start, |all: Span| all.start), end });
                len += 1;
            }
            let content = content.unwrap_or(Span { start: 0, end: 0 });
            let array = Array { node, source: origin.source, content, len };
            self.parsed.arrays.extend(wanted.then_some(array));
            self.parsed.lists.extend(is_list.then_some(array));
        } else {
            while list.next_element::<IgnoredAny>()?.is_some() {}
        }
        self.set(Cell::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self { fields, parsed, origin, node } = self;
        while let Some(child) = object.next_key_seed(Name { fields, node, seen: parsed.seen.as_mut() })? {
            match child {
                Some(child) => {
                    parsed.enter(fields, child);
                    object.next_value_seed(Value { fields, parsed, origin, node: child })?;
                }
                // Never descended into, so it may be as deep as it likes.
                None => {
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        parsed.set(fields, node, Cell::Object);
        Ok(())
    }
}

/// The child of a node that a name leads to.
struct Name<'a> {
    fields: &'a FieldTree,
    node: NodeId,
    seen: Option<&'a mut Seen>,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<NodeId>;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Self::Value, D::Error> {
        input.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<NodeId>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        let child = self.fields.child(self.node, name);
        if let (None, Some(seen)) = (child, self.seen) {
            seen.note_unknown(self.node, name);
        }
        Ok(child)
    }
}
