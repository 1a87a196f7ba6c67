//! CSV: records in batches, columns of a batch in parallel.

mod batches;
mod cells;
mod records;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

pub(crate) use self::batches::CsvBatches;
use self::records::Records;
use crate::guess::Guess;
use crate::notation::FileSigns;
use crate::positioned::PositionedReader;
use crate::{ColumnInfo, DatasetError, NullWords, Schema};

/// A CSV file whose header was read.
#[derive(Clone, Debug)]
pub(crate) struct CsvFile {
    path: Arc<PathBuf>,
    file: Arc<File>,
    delimiter: u8,
    null_words: Arc<NullWords>,
}

impl CsvFile {
    /// Reads all of `file` once, to learn what its columns hold and how many rows there are.
    pub(crate) fn open(
        path: &Path,
        file: File,
        null_words: Arc<NullWords>,
    ) -> Result<(Self, Schema, u64), DatasetError> {
        let file = Arc::new(file);
        let delimiter = records::delimiter(path, &file)?;
        let path = Arc::new(path.to_owned());
        let this = Self { path, file, delimiter, null_words };
        let mut records = this.records();
        let names = records.names()?;
        let mut guesses = vec![Guess::default(); names.len()];
        let mut rows = 0;
        loop {
            let batch = records.fill(usize::MAX)?;
            if batch.is_empty() {
                break;
            }
            rows += batch.len() as u64;
            guesses.par_iter_mut().enumerate().for_each(|(column, guess)| {
                for record in batch {
                    let line = record.position().map_or(0, csv::Position::line);
                    record.get(column).into_iter().for_each(|field| guess.see_field(field, line, &this.null_words));
                }
            });
        }
        let decimal_commas = guesses.iter().any(|guess| guess.has_decimal_commas(delimiter));
        let signs = FileSigns { delimiter, decimal_commas };
        let columns =
            names.into_iter().zip(guesses).map(|(name, guess)| ColumnInfo::settled(name, guess.settle(signs)));
        Ok((this, Schema::flat(columns.collect()), rows))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn records(&self) -> Records {
        Records::new(&self.path, PositionedReader::new(Arc::clone(&self.file)), self.delimiter)
    }
}
