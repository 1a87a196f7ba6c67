//! What was read of one record, whatever its format.

use crate::cell::{Cell, Span, Texts};
use crate::csv_lines::CsvLines;
use crate::fields::{ColumnIndex, FieldTree, NodeId};

/// The cells of one record, and room for it that serves every record.
#[derive(Debug, Default)]
pub struct ParsedRecord {
    /// One cell a wanted column.
    pub(crate) cells: Vec<Cell>,
    /// Texts that had escapes.
    pub(crate) scratch: String,
    /// Arrays at places whose elements are wanted, that were not read yet.
    pub(crate) arrays: Vec<Array>,
    /// Arrays that say something of another one, its shape or the names of its elements, that were not read yet.
    pub(crate) lists: Vec<Array>,
    /// Texts that pointers go on into, that were not read yet.
    pub(crate) within: Vec<TextWithin>,
    /// A part of the scratch text while it is parsed.
    pub(crate) copy: String,
    /// What stands for columns in which the record has nothing.
    filling: Vec<(ColumnIndex, Cell)>,
    /// Reads texts of lines; nothing until there is one, and while one is read.
    pub(crate) csv: Option<Box<CsvLines>>,
    /// When each node was last entered: a second time in one record means that a name stood twice.
    entered: Vec<u64>,
    /// Number of parsed values, which tells one from the next.
    round: u64,
    /// What a survey wants to know besides.
    pub(crate) seen: Option<Seen>,
}

/// What the range of a value is one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The record.
    Record,
    /// The scratch text, which holds the texts within a record that pointers go on into.
    Scratch,
}

/// An array at a place whose elements are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Array {
    pub(crate) node: NodeId,
    pub(crate) source: Source,
    /// From its first element to its last.
    pub(crate) content: Span,
    /// Number of its elements.
    pub(crate) len: usize,
}

/// A text that pointers go on into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextWithin {
    pub(crate) node: NodeId,
    pub(crate) cell: Cell,
}

/// What a survey learns of a record.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Nodes that got a value, in the order of the record.
    pub(crate) nodes: Vec<NodeId>,
    /// Names that the tree does not have, with the node of the object they stand in.
    pub(crate) unknown: Vec<(NodeId, Box<str>)>,
    /// Bytes of these names.
    unknown_bytes: usize,
}

/// Unknown names, and bytes of them, that are noted while a record is read once. The others are left for the next time:
/// whether there are too many is known by then.
const MAX_UNKNOWN: usize = 1 << 16;
const MAX_UNKNOWN_BYTES: usize = 16 << 20;

impl Seen {
    /// Notes a name that the tree does not have.
    pub(crate) fn note_unknown(&mut self, parent: NodeId, name: &str) {
        let fits = self.unknown.len() < MAX_UNKNOWN && self.unknown_bytes < MAX_UNKNOWN_BYTES;
        if fits {
            self.unknown_bytes += name.len();
            self.unknown.push((parent, name.into()));
        }
    }

    /// The names that were noted.
    pub(crate) fn take_unknown(&mut self) -> Vec<(NodeId, Box<str>)> {
        self.unknown_bytes = 0;
        std::mem::take(&mut self.unknown)
    }
}

impl ParsedRecord {
    /// Room for records of which `fields` are wanted.
    #[must_use]
    pub fn new(fields: &FieldTree) -> Self {
        Self { cells: vec![Cell::Absent; fields.columns()], entered: vec![0; fields.len()], ..Self::default() }
    }

    /// Room for the records of a survey, whose fields become more.
    pub(crate) fn of_survey() -> Self {
        Self { seen: Some(Seen::default()), ..Self::default() }
    }

    /// Makes room for fields that were added.
    pub(crate) fn grow(&mut self, fields: &FieldTree) {
        self.cells.resize(fields.columns(), Cell::Absent);
        self.entered.resize(fields.len(), 0);
    }

    /// What stands in a column.
    #[must_use]
    #[inline]
    pub fn cell(&self, column: ColumnIndex) -> Cell {
        cell(&self.cells, column)
    }

    /// What the texts of the cells are ranges of; `record` is the text the record was read from.
    #[must_use]
    pub fn texts<'a>(&'a self, record: &'a str) -> Texts<'a> {
        Texts { record, scratch: &self.scratch }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        match &mut self.seen {
            None => self.cells.fill(Cell::Absent),
            // A survey has a column for every name of a file, of which a record may have few. All cells are those of
            // nodes, each made with its node.
            Some(seen) => {
                for node in seen.nodes.drain(..) {
                    self.cells.get_mut(node.index()).into_iter().for_each(|cell| *cell = Cell::Absent);
                }
                seen.take_unknown();
            }
        }
        self.scratch.clear();
        self.close();
    }

    /// Has values stand for columns in which the record has nothing; no value is a null.
    pub(crate) fn fill_with(&mut self, values: &[(ColumnIndex, Option<String>)]) {
        self.filling.clear();
        for (column, value) in values {
            let start = self.scratch.len();
            self.scratch.push_str(value.as_deref().unwrap_or_default());
            let text = Cell::Resolved(Span::new(start, self.scratch.len()));
            self.filling.push((*column, if value.is_some() { text } else { Cell::Null }));
        }
        self.fill();
    }

    /// Fills the columns in which nothing stands any more.
    #[inline]
    pub(crate) fn fill(&mut self) {
        for (column, value) in &self.filling {
            if let Some(cell) = self.cells.get_mut(*column as usize).filter(|cell| **cell == Cell::Absent) {
                *cell = *value;
            }
        }
    }

    /// Whether nothing is left to be read of it: no array, no text within it.
    #[inline]
    pub(crate) fn is_read(&self) -> bool {
        self.arrays.is_empty() && self.within.is_empty()
    }

    /// Forgets what was not read yet.
    pub(crate) fn close(&mut self) {
        self.arrays.clear();
        self.lists.clear();
        self.within.clear();
    }

    /// Begins to read a value, the record's or an element's.
    pub(crate) fn begin(&mut self) {
        self.round += 1;
    }

    pub(crate) fn set(&mut self, fields: &FieldTree, node: NodeId, cell: Cell) {
        if let Some(place) = fields.column(node).and_then(|column| self.cells.get_mut(column as usize)) {
            *place = cell;
            if let Some(seen) = &mut self.seen {
                seen.nodes.push(node);
            }
        }
    }

    /// Forgets what stands below `node`.
    pub(crate) fn clear_below(&mut self, fields: &FieldTree, node: NodeId) {
        fields.below(node, &mut |below| {
            self.set(fields, below, Cell::Absent);
            self.close_at(below);
        });
    }

    fn close_at(&mut self, node: NodeId) {
        self.arrays.retain(|array| array.node != node);
        self.lists.retain(|list| list.node != node);
        self.within.retain(|text| text.node != node);
    }

    /// Notes that the value of `node` begins. Of a name that stands twice the last value counts, and nothing of the
    /// first may shine through.
    pub(crate) fn enter(&mut self, fields: &FieldTree, node: NodeId) {
        let round = self.round;
        let Some(entered) = self.entered.get_mut(node.index()) else {
            return;
        };
        if std::mem::replace(entered, round) == round {
            self.close_at(node);
            self.clear_below(fields, node);
        }
    }
}

/// The cell of a column.
#[inline]
pub(crate) fn cell(cells: &[Cell], column: ColumnIndex) -> Cell {
    cells.get(column as usize).copied().unwrap_or_default()
}
