//! Some columns of an NDJSON file, chunk by chunk.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::NdjsonFile;
use super::flatten::{Member, Members};
use super::lines::Lines;
use crate::cells::Cells;
use crate::values::{Chunk, Values, Wanted};
use crate::{DatasetError, Schema};

/// Cells of a chunk, roughly.
const CHUNK_CELLS: usize = 1 << 20;

/// Reads some columns of an NDJSON file.
pub(crate) struct NdjsonBatches {
    lines: Lines,
    wanted: Vec<Wanted>,
    /// Which of the wanted columns a member is; a column may be wanted more than once.
    places: HashMap<String, Vec<usize>, FixedState>,
}

impl NdjsonBatches {
    pub(crate) fn new(file: &NdjsonFile, schema: &Schema, wanted: Vec<Wanted>) -> Self {
        let mut places: HashMap<String, Vec<usize>, FixedState> = HashMap::default();
        for (place, wanted) in wanted.iter().enumerate() {
            if let Some(column) = wanted.column.and_then(|c| schema.columns().get(c)) {
                places.entry(column.name.clone()).or_default().push(place);
            }
        }
        Self { lines: file.lines(), wanted, places }
    }

    /// The next rows, `most` of them at most; nothing at the end of the file.
    pub(crate) fn next(&mut self, most: usize) -> Result<Option<Chunk>, DatasetError> {
        let most = most.min((CHUNK_CELLS / self.wanted.len().max(1)).max(1));
        let cells = self.wanted.iter().map(|w| Cells::new(*w, false, 0)).collect();
        let mut row = Row { places: &self.places, cells, rows: 0 };
        while row.rows < most && self.lines.next_object(&mut row)? {
            row.end();
        }
        let Row { cells, rows, .. } = row;
        if rows == 0 {
            return Ok(None);
        }
        let finish = |(cells, wanted): (Cells, &mut Wanted)| {
            let (values, unit) = cells.finish();
            wanted.unit = unit;
            values
        };
        let values: Vec<Values> = cells.into_iter().zip(&mut self.wanted).map(finish).collect();
        Ok(Some(Chunk { rows, values }))
    }
}

/// Takes the members of one line after the other.
struct Row<'a> {
    places: &'a HashMap<String, Vec<usize>, FixedState>,
    cells: Vec<Cells>,
    rows: usize,
}

impl Row<'_> {
    /// Ends a row: what had no member is missing.
    fn end(&mut self) {
        self.rows += 1;
        for cells in self.cells.iter_mut().filter(|c| c.len() < self.rows) {
            cells.missing();
        }
    }
}

impl Members for Row<'_> {
    fn member(&mut self, path: &str, value: Member<'_>) {
        for place in self.places.get(path).into_iter().flatten() {
            // Of a member that occurs twice in a line, the first counts.
            let Some(cells) = self.cells.get_mut(*place).filter(|c| c.len() == self.rows) else {
                continue;
            };
            match value {
                Member::Null => cells.missing(),
                Member::Bool(value) => cells.boolean(value),
                Member::Number(value, exact) => cells.number(value, exact),
                Member::Text(text) => cells.string(text),
                Member::List => cells.list(),
            }
        }
    }
}
