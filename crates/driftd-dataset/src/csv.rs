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
use crate::positioned::PositionedReader;
use crate::{ColumnInfo, DatasetError, Schema};

/// A CSV file whose header was read.
#[derive(Clone, Debug)]
pub(crate) struct CsvFile {
    path: Arc<PathBuf>,
    file: Arc<File>,
    delimiter: u8,
}

impl CsvFile {
    /// Reads all of `file` once, to learn what its columns hold and how many rows there are.
    pub(crate) fn open(path: &Path, file: File) -> Result<(Self, Schema, u64), DatasetError> {
        let file = Arc::new(file);
        let delimiter = records::delimiter(path, &file)?;
        let this = Self { path: Arc::new(path.to_owned()), file, delimiter };
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
                batch.iter().filter_map(|r| r.get(column)).for_each(|field| guess.see_field(field));
            });
        }
        let info = |(name, guess): (String, Guess)| ColumnInfo { name, kind: guess.kind() };
        let schema = Schema::flat(names.into_iter().zip(guesses).map(info).collect());
        Ok((this, schema, rows))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn records(&self) -> Records {
        Records::new(&self.path, PositionedReader::new(Arc::clone(&self.file)), self.delimiter)
    }
}
