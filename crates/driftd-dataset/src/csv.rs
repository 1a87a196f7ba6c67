//! CSV: records in batches, columns of a batch in parallel.

mod batches;
mod cells;
mod dialect;
mod layers;
mod lines;
mod quotes;
mod records;

use std::sync::Arc;

use rayon::prelude::*;

pub(crate) use self::batches::CsvBatches;
pub(crate) use self::cells::{Cells, Spelling};
use self::dialect::Dialect;
use self::quotes::Quotes;
use self::records::{Header, Oddity, Records};
use crate::blob::{Blob, Stream};
use crate::columns::{TextColumns, signs_of};
use crate::guess::{Guess, parse_number};
use crate::notes::Notes;
use crate::options::CsvOptions;
use crate::{ColumnKind, DatasetError, NullWords};

/// A CSV file whose header was read.
#[derive(Clone, Debug)]
pub(crate) struct CsvFile {
    blob: Blob,
    dialect: Dialect,
    null_words: Arc<NullWords>,
    /// By column of the table, the field of a record that it stands in, if the file has it.
    fields: Arc<[Option<usize>]>,
}

impl CsvFile {
    /// Reads all of the file once, to learn what its columns hold and how many rows there are; what it learns is added
    /// to `columns`, which other files of the same table may have filled before, and what it found to `notes`.
    pub(crate) fn open(
        blob: Blob,
        options: &CsvOptions,
        columns: &mut TextColumns,
        notes: &mut Notes,
    ) -> Result<(Self, u64), DatasetError> {
        let (head, whole) = blob.head()?;
        let dialect = dialect::of_head(blob.path(), &head, whole, options, notes)?;
        let null_words = Arc::clone(&options.null_words);
        let mut this = Self { blob, dialect, null_words, fields: Arc::default() };
        let (header, guesses, rows) = this.survey(columns)?;
        for remark in this.remarks(&header, &guesses, &head, options) {
            notes.add(this.blob.path(), remark);
        }
        columns.put(&header.names, guesses, this.dialect.delimiter);
        this.fields = columns.places_of(&header.names, &header.fields);
        Ok((this, rows))
    }

    /// Reads all records. What the parser forgives and should not is found on the way, and read again by another dialect.
    fn survey(&mut self, columns: &TextColumns) -> Result<(Header, Vec<Guess>, u64), DatasetError> {
        loop {
            let mut records = self.records()?.watching();
            let header = records.header()?;
            let mut guesses = columns.guesses_of(&header.names);
            let counted = self.count(&mut records, &header, &mut guesses);
            let Oddity { breaks, backslashes } = records.oddity();
            if breaks && header.width == 1 && !self.dialect.single {
                self.dialect.single = true;
                continue;
            }
            if breaks || backslashes {
                let Dialect { delimiter, escaped, .. } = self.dialect;
                let check = |escaped| {
                    let checked = quotes::check(self.stream()?, delimiter, escaped);
                    checked.map_err(|error| DatasetError::io(self.blob.path(), error))
                };
                if let Quotes::Stray(line) = check(escaped)? {
                    if !escaped && backslashes && check(true)? == Quotes::Sound {
                        self.dialect.escaped = true;
                        continue;
                    }
                    let (path, line) = (self.blob.path().to_owned(), line + self.dialect.skipped as u64);
                    return Err(DatasetError::OpenQuote { path, line });
                }
            }
            return Ok((header, guesses, counted?));
        }
    }

    /// What a person should know of how the file was read.
    fn remarks(&self, header: &Header, guesses: &[Guess], head: &[u8], options: &CsvOptions) -> Vec<String> {
        let mut remarks = Vec::new();
        for place in &header.unnamed {
            remarks.push(format!("column number {} has no name and is left out", place + 1));
        }
        let signs = signs_of(guesses, Some(self.dialect.delimiter));
        let kinds: Vec<ColumnKind> = guesses.iter().map(|guess| guess.clone().settle(signs).kind).collect();
        let numbers = header.names.iter().zip(&kinds).filter(|(_, kind)| **kind == ColumnKind::Number);
        let mut numbers = numbers.map(|(name, _)| parse_number(name).is_some()).peekable();
        if options.header.is_none() && numbers.peek().is_some() && numbers.all(|named_by_one| named_by_one) {
            let remark = "the first line looks like a row; if the file has no header, say --no-header (header = false)";
            remarks.push(remark.to_owned());
        }
        if header.width == 1 && options.delimiter.is_none() && kinds.iter().all(|kind| *kind == ColumnKind::Text) {
            let lines = lines::lines(head, false);
            let values = lines.get(self.dialect.skipped + 1..).unwrap_or_default();
            let has = |byte: u8| values.len() > 2 && values.iter().all(|line| lines::occurrences(line.text, byte) > 0);
            if let Some(byte) = b" :^~".iter().find(|byte| has(**byte)) {
                remarks.push(format!(
                    "is read as one column of text, and {:?} stands in every line; if that is the delimiter, say \
                     --delimiter",
                    char::from(*byte)
                ));
            }
        }
        remarks
    }

    /// The text below what stands above the header.
    fn stream(&self) -> Result<Stream, DatasetError> {
        let io = |error| DatasetError::io(self.blob.path(), error);
        let mut stream = layers::without_first(self.blob.text()?, self.dialect.skipped).map_err(io)?;
        if self.dialect.spaced {
            stream = layers::without_spaces(stream, self.dialect.delimiter);
        }
        Ok(if self.dialect.single { layers::with_blank_rows(stream) } else { stream })
    }

    fn records(&self) -> Result<Records, DatasetError> {
        Ok(Records::new(self.blob.path(), self.stream()?, self.dialect))
    }

    /// Counts the rows, and narrows down what the named columns hold.
    fn count(&self, records: &mut Records, header: &Header, guesses: &mut [Guess]) -> Result<u64, DatasetError> {
        let (mut rows, above) = (0, self.dialect.skipped as u64);
        loop {
            let batch = records.fill(usize::MAX)?;
            if batch.is_empty() {
                return Ok(rows);
            }
            rows += batch.len() as u64;
            guesses.par_iter_mut().zip(&header.fields).for_each(|(guess, field)| {
                for record in batch {
                    let line = above + record.position().map_or(0, csv::Position::line);
                    record.get(*field).into_iter().for_each(|field| guess.see_field(field, line, &self.null_words));
                }
            });
        }
    }
}
