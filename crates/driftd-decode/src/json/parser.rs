//! The complete parser: any JSON object into cells, by `serde_json`. What the fast path reads, this reads alike.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::cell::{Cell, Span};
use crate::fields::{FieldTree, NodeId};
use crate::parsed::{Array, ParsedRecord, Seen};

/// Parses `json`, a part of `record` or all of it, as the value at `node`. What stood there must have been cleared.
pub(crate) fn parse(
    fields: &FieldTree,
    record: &str,
    json: &str,
    node: NodeId,
    parsed: &mut ParsedRecord,
) -> serde_json::Result<()> {
    parsed.begin();
    let mut input = serde_json::Deserializer::from_str(json);
    Value { fields, parsed, record, node }.deserialize(&mut input)?;
    input.end()
}

/// The value at a node.
struct Value<'a, 'de> {
    fields: &'a FieldTree,
    parsed: &'a mut ParsedRecord,
    record: &'de str,
    node: NodeId,
}

impl Value<'_, '_> {
    #[expect(clippy::unnecessary_wraps, reason = "every visit of a single value ends with it")]
    fn set<E>(self, cell: Cell) -> Result<(), E> {
        self.parsed.set(self.fields, self.node, cell);
        Ok(())
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
        let cell = Cell::Text(span_in(self.record, text));
        self.set(cell)
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        let start = self.parsed.scratch.len();
        self.parsed.scratch.push_str(text);
        let cell = Cell::Resolved(Span::new(start, self.parsed.scratch.len()));
        self.set(cell)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if self.fields.wants_elements(self.node) {
            let from = self.parsed.elements.len();
            while let Some(element) = list.next_element::<&RawValue>()? {
                self.parsed.elements.push(span_in(self.record, element.get()));
            }
            let len = self.parsed.elements.len() - from;
            self.parsed.arrays.push(Array { node: self.node, from, len });
        } else {
            while list.next_element::<IgnoredAny>()?.is_some() {}
        }
        self.set(Cell::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self { fields, parsed, record, node } = self;
        while let Some(child) = object.next_key_seed(Name { fields, node, seen: parsed.seen.as_mut() })? {
            match child {
                Some(child) => {
                    parsed.enter(fields, child);
                    object.next_value_seed(Value { fields, parsed, record, node: child })?;
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
            seen.unknown.push((self.node, name.into()));
        }
        Ok(child)
    }
}

/// Where `part`, which is a part of `whole`, stands in it.
fn span_in(whole: &str, part: &str) -> Span {
    let start = part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
    Span::new(start, start + part.len())
}
