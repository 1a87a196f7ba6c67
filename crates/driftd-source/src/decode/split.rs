//! Records that hold arrays: elements addressed by their index, and arrays of rows.
//!
//! A record that is split is as good as several records, each with one row in place of its array of rows. Which arrays
//! are rows depends on the monitor, so this is done once for every different answer.

use driftd_model::{Offset, RejectReason};

use super::cell::{Cell, Span, Texts};
use super::parse::{Array, Found};
use super::places::Splits;
use super::reject::Reject;
use super::rows::{Row, Rows};
use super::tree::{NodeId, Tree};

/// A parsed record with arrays whose elements are wanted.
pub(super) struct Split<'a> {
    pub(super) tree: &'a Tree,
    pub(super) record: &'a str,
    /// Where the record begins in its message.
    pub(super) start: usize,
    pub(super) found: &'a mut Found,
    pub(super) offset: Offset,
}

/// The arrays of a record, by what they are to some monitors.
#[derive(Default)]
struct Sorted {
    rows: Vec<Array>,
    outputs: Vec<Array>,
}

impl Split<'_> {
    /// Gives the record's rows to all monitors; whether any wants one.
    pub(super) fn add_to(&mut self, rows: &mut Rows) -> Result<bool, Reject> {
        let arrays = std::mem::take(&mut self.found.arrays);
        let mut wanted = false;
        for way in 0..rows.splits.len() {
            let mut sorted = Sorted::default();
            if let Some(splits) = rows.splits.get(way) {
                for array in &arrays {
                    self.reach(*array, splits, &mut sorted)?;
                }
            }
            wanted |= if sorted.rows.is_empty() {
                // Without rows, predictions and labels are what any array is.
                for array in sorted.outputs {
                    self.by_index(array)?;
                }
                self.add(rows, way)?
            } else {
                self.each_row(&sorted, rows, way)?
            };
        }
        Ok(wanted)
    }

    /// Sorts an array in, and those in its elements.
    fn reach(&mut self, array: Array, splits: &Splits, sorted: &mut Sorted) -> Result<(), Reject> {
        let mut queue = vec![array];
        while let Some(array) = queue.pop() {
            self.found.clear_below(self.tree, array.node);
            self.found.set(self.tree, array.node, Cell::List);
            if splits.rows.contains(&array.node) && self.element(array, 0).is_some_and(|first| first.starts_with('{')) {
                sorted.rows.push(array);
            } else if splits.outputs.contains(&array.node) {
                sorted.outputs.push(array);
            } else {
                self.elements_by_index(array)?;
                queue.append(&mut self.found.arrays);
            }
        }
        Ok(())
    }

    /// Sets the places that are elements of an array, however deep.
    fn by_index(&mut self, array: Array) -> Result<(), Reject> {
        self.elements_by_index(array)?;
        while let Some(inner) = self.found.arrays.pop() {
            self.elements_by_index(inner)?;
        }
        Ok(())
    }

    fn elements_by_index(&mut self, array: Array) -> Result<(), Reject> {
        let tree = self.tree;
        for (index, child) in tree.elements(array.node, array.len) {
            self.parse_element(array, index, child)?;
        }
        Ok(())
    }

    fn each_row(&mut self, sorted: &Sorted, rows: &mut Rows, way: usize) -> Result<bool, Reject> {
        if let Some(what) = self.raggedness(sorted) {
            return Ok(rows.reject_for(way, Reject::new(RejectReason::RaggedRows, what), self.row(way)));
        }
        let (scratch, elements) = (self.found.scratch.len(), self.found.elements.len());
        let mut wanted = false;
        for row in 0..sorted.rows.first().map_or(0, |array| array.len) {
            for array in sorted.rows.iter().chain(&sorted.outputs) {
                self.found.clear_below(self.tree, array.node);
                self.parse_element(*array, row, array.node)?;
            }
            while let Some(inner) = self.found.arrays.pop() {
                self.elements_by_index(inner)?;
            }
            wanted |= self.add(rows, way)?;
            self.found.scratch.truncate(scratch);
            self.found.elements.truncate(elements);
        }
        Ok(wanted)
    }

    /// Why the arrays are no rows, if they are none.
    fn raggedness(&self, sorted: &Sorted) -> Option<String> {
        let pointer = |array: &Array| self.tree.pointer(array.node);
        let first = sorted.rows.first()?;
        if let Some(other) = sorted.rows.iter().chain(&sorted.outputs).find(|array| array.len != first.len) {
            let (a, b) = (pointer(first), pointer(other));
            return Some(format!("{a} has {} rows and {b} has {}", first.len, other.len));
        }
        sorted.rows.iter().find_map(|array| {
            let is_object = |row| self.element(*array, row).is_some_and(|element| element.starts_with('{'));
            let bad = (0..array.len).find(|row| !is_object(*row))?;
            Some(format!("{}/{bad} is no object, unlike the row before it", pointer(array)))
        })
    }

    fn add(&self, rows: &mut Rows, way: usize) -> Result<bool, Reject> {
        rows.add(self.row(way))
    }

    /// The row that the cells hold now.
    fn row(&self, way: usize) -> Row<'_> {
        let texts = Texts { record: self.record, scratch: &self.found.scratch };
        Row { offset: self.offset, cells: &self.found.cells, texts, splits: Some(way) }
    }

    fn element(&self, array: Array, index: usize) -> Option<&str> {
        Some(self.span(array, index)?.of(self.record))
    }

    fn span(&self, array: Array, index: usize) -> Option<Span> {
        self.found.elements.get(array.from..array.from + array.len)?.get(index).copied()
    }

    fn parse_element(&mut self, array: Array, index: usize, node: NodeId) -> Result<(), Reject> {
        let Some(span) = self.span(array, index) else {
            return Ok(());
        };
        let (record, json) = (self.record, span.of(self.record));
        let parsed = self.found.parse(self.tree, record, json, node);
        parsed.map_err(|error| Reject::from_parser(&error, json, self.start + span.start as usize))
    }
}
