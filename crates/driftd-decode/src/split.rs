//! Records that hold arrays: elements addressed by their index, and arrays of rows.
//!
//! A record that is split is as good as several records, each with one row in place of its array of rows. Which arrays
//! are rows depends on the monitor, so this is done once for every different answer.

use std::marker::PhantomData;

use driftd_model::{Offset, RejectReason};

use crate::cell::{Cell, Span};
use crate::feature::Splits;
use crate::fields::{FieldTree, NodeId};
use crate::format::{Format, RecordText};
use crate::parsed::{Array, ParsedRecord};
use crate::reject::Reject;
use crate::rows::{Row, Rows};

/// A parsed record with arrays whose elements are wanted.
pub(crate) struct Split<'a, F> {
    pub(crate) fields: &'a FieldTree,
    pub(crate) record: RecordText<'a>,
    pub(crate) parsed: &'a mut ParsedRecord,
    pub(crate) offset: Offset,
    pub(crate) format: PhantomData<F>,
}

/// The arrays of a record, by what they are to some monitors.
#[derive(Default)]
struct Sorted {
    rows: Vec<Array>,
    outputs: Vec<Array>,
}

impl<F: Format> Split<'_, F> {
    /// Gives the record's rows to all monitors; whether any wants one.
    pub(crate) fn add_to(mut self, rows: &mut Rows) -> Result<bool, Reject> {
        let arrays = std::mem::take(&mut self.parsed.arrays);
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
            self.parsed.clear_below(self.fields, array.node);
            self.parsed.set(self.fields, array.node, Cell::List);
            if splits.rows.contains(&array.node) && self.element(array, 0).is_some_and(|first| first.starts_with('{')) {
                sorted.rows.push(array);
            } else if splits.outputs.contains(&array.node) {
                sorted.outputs.push(array);
            } else {
                self.elements_by_index(array)?;
                queue.append(&mut self.parsed.arrays);
            }
        }
        Ok(())
    }

    /// Sets the places that are elements of an array, however deep.
    fn by_index(&mut self, array: Array) -> Result<(), Reject> {
        self.elements_by_index(array)?;
        while let Some(inner) = self.parsed.arrays.pop() {
            self.elements_by_index(inner)?;
        }
        Ok(())
    }

    fn elements_by_index(&mut self, array: Array) -> Result<(), Reject> {
        let fields = self.fields;
        for (index, child) in fields.elements(array.node, array.len) {
            self.parse_element(array, index, child)?;
        }
        Ok(())
    }

    fn each_row(&mut self, sorted: &Sorted, rows: &mut Rows, way: usize) -> Result<bool, Reject> {
        if let Some(what) = self.raggedness(sorted) {
            return Ok(rows.reject_for(way, Reject::new(RejectReason::RaggedRows, what), self.row(way)));
        }
        let (scratch, elements) = (self.parsed.scratch.len(), self.parsed.elements.len());
        let mut wanted = false;
        for row in 0..sorted.rows.first().map_or(0, |array| array.len) {
            for array in sorted.rows.iter().chain(&sorted.outputs) {
                self.parsed.clear_below(self.fields, array.node);
                self.parse_element(*array, row, array.node)?;
            }
            while let Some(inner) = self.parsed.arrays.pop() {
                self.elements_by_index(inner)?;
            }
            wanted |= self.add(rows, way)?;
            self.parsed.scratch.truncate(scratch);
            self.parsed.elements.truncate(elements);
        }
        Ok(wanted)
    }

    /// Why the arrays are no rows, if they are none.
    fn raggedness(&self, sorted: &Sorted) -> Option<String> {
        let pointer = |array: &Array| self.fields.pointer(array.node);
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
        let texts = self.parsed.texts(self.record.text);
        Row { offset: self.offset, cells: &self.parsed.cells, texts, splits: Some(way) }
    }

    fn element(&self, array: Array, index: usize) -> Option<&str> {
        Some(self.span(array, index)?.of(self.record.text))
    }

    fn span(&self, array: Array, index: usize) -> Option<Span> {
        self.parsed.elements.get(array.from..array.from + array.len)?.get(index).copied()
    }

    fn parse_element(&mut self, array: Array, index: usize, node: NodeId) -> Result<(), Reject> {
        let Some(span) = self.span(array, index) else {
            return Ok(());
        };
        F::read_element(self.record, span, self.fields, node, self.parsed)
    }
}
