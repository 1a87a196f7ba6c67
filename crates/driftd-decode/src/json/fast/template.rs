//! The text of a record without its values.
//!
//! A producer writes one record like the other: the same names in the same order, the same spaces. What stands between
//! two values is then the same text every time, and one comparison passes over a whole name. A template is that text
//! with gaps. A record that fits is JSON, because the template was and every gap holds a single value; it has the
//! template's members in the template's order, so every value's place is known without looking at a name. A record that
//! does not fit says nothing and is parsed completely.

use std::cmp::Ordering;

use super::learn;
use super::marks::is_mark;
use super::scan::{filling, single};
use crate::cell::{Cell, Span};
use crate::fields::{FieldTree, may_be_json};
use crate::parsed::{ParsedRecord, cell};
use crate::word;

/// A record with gaps in place of its values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Template {
    /// What stands between the values, without gaps.
    pub(super) text: String,
    pub(super) gaps: Vec<Gap>,
    /// What follows the last gap, in `text`.
    pub(super) tail: Span,
    /// How many commas and closing brackets there are, those of values left out.
    pub(super) marks: usize,
    /// The cells of places that are lists and objects, and of those without a value.
    pub(super) cells: Vec<Cell>,
    /// Gaps whose texts may be gone into, for which the complete parser is needed.
    pub(super) texts: Vec<GapText>,
}

/// A gap whose text may be gone into.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct GapText {
    /// Where the value belongs.
    pub(super) column: u32,
    /// Whether any text is gone into, or only what may be JSON.
    pub(super) any: bool,
}

/// A single value, and what stands before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Gap {
    /// The first sixteen bytes of the literal text, as many as there are, and a mask of them.
    head: u128,
    mask: u128,
    /// The literal text before it, in `text`.
    before: Span,
    /// Where the value belongs, or [`NOWHERE`].
    column: u32,
    /// Which of the template's marks is the first after it, and how many spaces stand before that.
    mark: u32,
    spaces: u32,
}

/// Bytes of a literal text that are compared at once.
const HEAD: usize = size_of::<u128>();
/// Column of a value nobody wants.
pub(super) const NOWHERE: u32 = u32::MAX;

impl Template {
    /// Reads `json`, whose commas and closing brackets are at `marks`, into `parsed`, if it fits. If it does not, some
    /// cells may have been written.
    pub(super) fn read(&self, json: &str, marks: &[u32], parsed: &mut ParsedRecord) -> bool {
        match marks.len().cmp(&self.marks) {
            // The literal text alone has more.
            Ordering::Less => false,
            // All are the template's, so each value ends before a mark that is known.
            Ordering::Equal => self.fit(json, parsed, |gap, from| {
                let mark = marks.get(gap.mark as usize)?;
                let to = mark.wrapping_sub(gap.spaces) as usize;
                Some((filling(json, from, to)?, to))
            }),
            // Texts hold marks of their own; the record is walked through.
            Ordering::Greater => self.fit(json, parsed, |_, from| single(json, from)),
        }
    }

    /// Reads a record, each value and where it ends by `value`, which is told its gap and where it begins.
    #[inline(always)]
    fn fit(&self, json: &str, parsed: &mut ParsedRecord, value: impl Fn(&Gap, usize) -> Option<(Cell, usize)>) -> bool {
        let bytes = json.as_bytes();
        parsed.cells.copy_from_slice(&self.cells);
        let mut at = 0;
        for gap in &self.gaps {
            let Some((cell, end)) = gap.follows(&self.text, bytes, at).and_then(|from| value(gap, from)) else {
                return false;
            };
            if let Some(place) = parsed.cells.get_mut(gap.column as usize) {
                *place = cell;
            }
            at = end;
        }
        let goes_on = |text: &GapText| text.goes_on(cell(&parsed.cells, text.column), json);
        bytes.get(at..) == Some(self.tail.of(&self.text).as_bytes()) && !self.texts.iter().any(goes_on)
    }

    pub(super) fn of(fields: &FieldTree, json: &str) -> Option<Self> {
        let mut template = learn::learn(fields, json)?;
        template.settle();
        Some(template)
    }

    /// Notes for every gap which mark comes after it.
    fn settle(&mut self) {
        let marks_in = |span: Span| span.of(&self.text).bytes().filter(|byte| is_mark(*byte)).count();
        let mut before = 0;
        for at in 0..self.gaps.len() {
            let after = self.gaps.get(at + 1).map_or(self.tail, |next| next.before);
            let spaces = after.of(&self.text).bytes().position(is_mark).unwrap_or_default();
            if let Some(gap) = self.gaps.get_mut(at) {
                before += marks_in(gap.before);
                (gap.mark, gap.spaces) = (before as u32, spaces as u32);
            }
        }
        self.marks = before + marks_in(self.tail);
    }
}

impl GapText {
    /// Whether what stands in the gap is a text that pointers go on into.
    pub(super) fn goes_on(self, cell: Cell, json: &str) -> bool {
        match cell {
            Cell::Text(span) => self.any || may_be_json(span.of(json)),
            _ => false,
        }
    }
}

impl Gap {
    pub(super) fn new(text: &str, before: Span, column: u32) -> Self {
        let bytes = before.of(text).as_bytes();
        let mut head = [0; HEAD];
        head.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Self { head: u128::from_le_bytes(head), mask: word::first(bytes.len()), before, column, mark: 0, spaces: 0 }
    }

    /// Where the value begins, if the literal text stands at `at`.
    #[inline]
    fn follows(&self, text: &str, bytes: &[u8], at: usize) -> Option<usize> {
        let rest = bytes.get(at..)?;
        let len = (self.before.end - self.before.start) as usize;
        let fits = match word::word(rest) {
            // Near the end of the record there are fewer.
            None => rest.starts_with(self.before.of(text).as_bytes()),
            Some(word) if (word ^ self.head) & self.mask != 0 => false,
            Some(_) => len <= HEAD || rest.starts_with(self.before.of(text).as_bytes()),
        };
        fits.then_some(at + len)
    }
}
