//! The fast path: records that look like an earlier one, but for their values.
//!
//! A producer writes one record like the other: the same names in the same order, the same spaces. What stands between
//! two values is then the same text every time, and one comparison passes over a whole name. A template is that text
//! with gaps. A record that fits is JSON, because the template was and every gap holds a single value; it has the
//! template's members in the template's order, so every value's place is known without looking at a name. A record that
//! does not fit says nothing and is parsed completely.

use super::cell::{Cell, Span};
use super::parse::Found;
use super::scan::single;
use super::tree::Tree;

mod learn;
mod set;

pub(super) use set::Templates;

/// A record with gaps in place of its values.
#[derive(Clone, Debug, PartialEq)]
struct Template {
    /// What stands between the values, without gaps.
    text: String,
    gaps: Vec<Gap>,
    /// What follows the last gap, in `text`.
    tail: Span,
    /// The cells of places that are lists and objects, and of those without a value.
    cells: Vec<Cell>,
}

/// A single value, and what stands before it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Gap {
    /// The literal text before it, in `text`.
    before: Span,
    /// Where the value belongs, or [`NOWHERE`].
    slot: u32,
}

/// Slot of a value nobody wants.
const NOWHERE: u32 = u32::MAX;

impl Template {
    /// Reads `json` into `found`, if it fits. If it does not, some cells may have been written.
    fn read(&self, json: &str, found: &mut Found) -> bool {
        let bytes = json.as_bytes();
        found.cells.copy_from_slice(&self.cells);
        let mut at = 0;
        for gap in &self.gaps {
            let before = gap.before.of(&self.text).as_bytes();
            if !bytes.get(at..).is_some_and(|rest| rest.starts_with(before)) {
                return false;
            }
            let Some((cell, end)) = single(json, at + before.len()) else {
                return false;
            };
            if let Some(place) = found.cells.get_mut(gap.slot as usize) {
                *place = cell;
            }
            at = end;
        }
        bytes.get(at..) == Some(self.tail.of(&self.text).as_bytes())
    }

    fn of(tree: &Tree, json: &str) -> Option<Self> {
        learn::learn(tree, json)
    }
}
