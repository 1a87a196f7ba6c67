//! The complete parser: any JSON object into cells.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::cell::{Cell, Span};
use super::tree::{NodeId, Tree};

/// What is found in one record, and room for it that serves every record.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// One cell a slot.
    pub(super) cells: Vec<Cell>,
    /// Texts that had escapes.
    pub(super) scratch: String,
    /// Arrays at places whose elements are wanted.
    pub(super) arrays: Vec<Array>,
    /// Their elements, each a JSON value within the record.
    pub(super) elements: Vec<Span>,
    /// When each node was last entered: a second time in one record means that a name stood twice.
    entered: Vec<u64>,
    /// Number of parsed values, which tells one from the next.
    round: u64,
}

/// An array at a place whose elements are wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Array {
    pub(super) node: NodeId,
    /// First of its elements.
    pub(super) from: usize,
    /// Number of its elements.
    pub(super) len: usize,
}

impl Found {
    pub(super) fn new(tree: &Tree) -> Self {
        Self { cells: vec![Cell::Absent; tree.slots()], entered: vec![0; tree.len()], ..Self::default() }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.cells.fill(Cell::Absent);
        self.scratch.clear();
        self.arrays.clear();
        self.elements.clear();
    }

    /// Parses `json`, a part of `record` or all of it, as the value at `node`. What stood there must have been cleared.
    pub(super) fn parse(&mut self, tree: &Tree, record: &str, json: &str, node: NodeId) -> serde_json::Result<()> {
        self.round += 1;
        let mut input = serde_json::Deserializer::from_str(json);
        Value { tree, found: self, record, node }.deserialize(&mut input)?;
        input.end()
    }

    pub(super) fn set(&mut self, tree: &Tree, node: NodeId, cell: Cell) {
        if let Some(place) = tree.slot(node).and_then(|slot| self.cells.get_mut(slot as usize)) {
            *place = cell;
        }
    }

    /// Forgets what stands below `node`.
    pub(super) fn clear_below(&mut self, tree: &Tree, node: NodeId) {
        tree.below(node, &mut |below| {
            self.set(tree, below, Cell::Absent);
            self.arrays.retain(|array| array.node != below);
        });
    }

    /// Notes that the value of `node` begins. Of a name that stands twice the last value counts, and nothing of the
    /// first may shine through.
    fn enter(&mut self, tree: &Tree, node: NodeId) {
        let round = self.round;
        let Some(entered) = self.entered.get_mut(node.index()) else {
            return;
        };
        if std::mem::replace(entered, round) == round {
            self.arrays.retain(|array| array.node != node);
            self.clear_below(tree, node);
        }
    }
}

/// The value at a node.
struct Value<'a, 'de> {
    tree: &'a Tree,
    found: &'a mut Found,
    record: &'de str,
    node: NodeId,
}

impl Value<'_, '_> {
    #[expect(clippy::unnecessary_wraps, reason = "every visit of a single value ends with it")]
    fn set<E>(self, cell: Cell) -> Result<(), E> {
        self.found.set(self.tree, self.node, cell);
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
        let start = self.found.scratch.len();
        self.found.scratch.push_str(text);
        let cell = Cell::Resolved(Span::new(start, self.found.scratch.len()));
        self.set(cell)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if self.tree.wants_elements(self.node) {
            let from = self.found.elements.len();
            while let Some(element) = list.next_element::<&RawValue>()? {
                self.found.elements.push(span_in(self.record, element.get()));
            }
            let len = self.found.elements.len() - from;
            self.found.arrays.push(Array { node: self.node, from, len });
        } else {
            while list.next_element::<IgnoredAny>()?.is_some() {}
        }
        self.set(Cell::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self { tree, found, record, node } = self;
        while let Some(child) = object.next_key_seed(Name { tree, node })? {
            match child {
                Some(child) => {
                    found.enter(tree, child);
                    object.next_value_seed(Value { tree, found, record, node: child })?;
                }
                // Never descended into, so it may be as deep as it likes.
                None => {
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        found.set(tree, node, Cell::Object);
        Ok(())
    }
}

/// The child of a node that a name leads to.
struct Name<'a> {
    tree: &'a Tree,
    node: NodeId,
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
        Ok(self.tree.child(self.node, name))
    }
}

/// Where `part`, which is a part of `whole`, stands in it.
fn span_in(whole: &str, part: &str) -> Span {
    let start = part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
    Span::new(start, start + part.len())
}
