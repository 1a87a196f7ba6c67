//! Some columns of a CSV file, chunk by chunk.

use rayon::prelude::*;

use super::CsvFile;
use super::cells::Cells;
use super::records::Records;
use crate::values::{Chunk, Values, Wanted};
use crate::{ColumnKind, DatasetError, Schema};

/// Reads some columns of a CSV file.
pub(crate) struct CsvBatches {
    records: Records,
    wanted: Vec<(Wanted, bool)>,
}

impl CsvBatches {
    pub(crate) fn new(file: &CsvFile, schema: &Schema, wanted: Vec<Wanted>) -> Result<Self, DatasetError> {
        let mut records = file.records();
        records.names()?;
        let is_bool =
            |w: &Wanted| w.column.and_then(|c| schema.columns().get(c)).is_some_and(|c| c.kind == ColumnKind::Bool);
        let wanted = wanted.into_iter().map(|w| (w, is_bool(&w))).collect();
        Ok(Self { records, wanted })
    }

    /// The next rows, `most` of them at most; nothing at the end of the file.
    pub(crate) fn next(&mut self, most: usize) -> Result<Option<Chunk>, DatasetError> {
        let batch = self.records.fill(most)?;
        let rows = batch.len();
        if rows == 0 {
            return Ok(None);
        }
        let read = |(wanted, is_bool): &mut (Wanted, bool)| {
            let Some(column) = wanted.column else {
                return Values::missing(wanted.reading, rows);
            };
            let mut cells = Cells::new(*wanted, *is_bool, rows);
            for record in batch {
                // Records are as long as the header and all UTF-8; anything else would be a missing value.
                match record.get(column).and_then(|field| std::str::from_utf8(field).ok()) {
                    None | Some("") => cells.missing(),
                    Some(field) => cells.field(field),
                }
            }
            let (values, unit) = cells.finish();
            wanted.unit = unit;
            values
        };
        let values = self.wanted.par_iter_mut().map(read).collect();
        Ok(Some(Chunk { rows, values }))
    }
}
