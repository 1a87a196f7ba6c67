//! Some columns of a CSV file, chunk by chunk.

use std::sync::Arc;

use driftd_window::TimeReader;
use rayon::prelude::*;

use super::CsvFile;
use super::cells::{Cells, Spelling};
use super::records::Records;
use crate::values::{Chunk, Values, Wanted};
use crate::{DatasetError, NullWords, Schema};

/// Reads some columns of a CSV file.
pub(crate) struct CsvBatches {
    records: Records,
    wanted: Vec<CsvColumn>,
    null_words: Arc<NullWords>,
    times: TimeReader,
}

/// A wanted column, and the field of a record that it stands in.
struct CsvColumn {
    wanted: Wanted,
    field: Option<usize>,
    spelling: Spelling,
}

impl CsvBatches {
    pub(crate) fn new(
        file: &CsvFile,
        schema: &Schema,
        wanted: Vec<Wanted>,
        times: &TimeReader,
    ) -> Result<Self, DatasetError> {
        let mut records = file.records()?;
        records.header()?;
        let column = |wanted: Wanted| {
            let info = wanted.column.and_then(|c| schema.columns().get(c));
            let field = wanted.column.and_then(|column| file.fields.get(column).copied().flatten());
            CsvColumn { wanted, field, spelling: info.map_or_else(Spelling::default, Spelling::of) }
        };
        let wanted = wanted.into_iter().map(column).collect();
        Ok(Self { records, wanted, null_words: Arc::clone(&file.null_words), times: times.clone() })
    }

    /// The next rows, `most` of them at most; nothing at the end of the file.
    pub(crate) fn next(&mut self, most: usize) -> Result<Option<Chunk>, DatasetError> {
        let Self { records, wanted, null_words, times } = self;
        let null_words: &NullWords = null_words;
        let batch = records.fill(most)?;
        let rows = batch.len();
        if rows == 0 {
            return Ok(None);
        }
        let times: &TimeReader = times;
        let read = |CsvColumn { wanted, field, spelling }: &CsvColumn| {
            let Some(column) = *field else {
                return Values::missing(wanted.reading, rows);
            };
            let mut cells = Cells::new(*wanted, *spelling, null_words, times, rows);
            for record in batch {
                // Records are as long as the header and all UTF-8; anything else would be a missing value.
                match record.get(column).and_then(|field| std::str::from_utf8(field).ok()) {
                    None | Some("") => cells.missing(),
                    Some(field) => cells.field(field),
                }
            }
            cells.finish()
        };
        let values = wanted.par_iter().map(read).collect();
        Ok(Some(Chunk { rows, values }))
    }
}
