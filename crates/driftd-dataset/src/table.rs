//! A table in a file, opened but not read.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use driftd_window::TimeReader;
use rayon::prelude::*;

use driftd_model::DefaultValue;
use driftd_stats::Precision;

use crate::csv::{CsvBatches, CsvFile};
use crate::format::Format;
use crate::ndjson::{NdjsonBatches, NdjsonFile};
use crate::parquet::{ParquetBatches, ParquetFile};
use crate::values::{Chunk, Values, Wanted};
use crate::{ColumnInfo, ColumnKind, DatasetError, NullWords, Schema};

/// Rows handed on at a time when columns are read independently of each other: a whole decoded block.
const SCAN_ROWS: usize = 1 << 18;
/// Rows handed on at a time when the columns of a row are read together.
const STREAM_ROWS: usize = 1 << 15;

/// A table in a Parquet, CSV or NDJSON file.
///
/// Opening a Parquet file reads its footer. Opening a CSV or NDJSON file reads all of it once, in constant memory,
/// because only the last row can say what a column holds: a column is numeric, boolean or a point in time when its values
/// read as such, but for an odd one in a hundred, and text otherwise; [`Table::notes`] says what was odd. In CSV an empty
/// field is a missing value, and so is a word for no value ([`NullWords`]) in a column that is not text; `NaN`, `inf` and
/// `-inf` (in any case) are numbers, numbers with decimal commas, thousands, a currency or a percent sign are read where a
/// whole column is written alike, and digits with leading zeros are text; the delimiter is whichever of `,` `;` tab and
/// `|` is most frequent in the header. In NDJSON lines are read as records of a topic are: `null` and an absent member are
/// missing values; `NaN`, `Infinity` and `-Infinity`, bare or quoted, are numbers in a column that also has other numbers,
/// which may stand in quotes too; of a member that stands twice the last counts.
#[derive(Clone, Debug)]
pub struct Table {
    source: Source,
    schema: Schema,
    rows: u64,
    notes: Vec<String>,
    times: TimeReader,
}

#[derive(Clone, Debug)]
enum Source {
    Parquet(ParquetFile),
    Csv(CsvFile),
    Ndjson(NdjsonFile),
}

/// Some columns of a table, chunk by chunk.
pub(crate) enum Batches {
    Parquet(ParquetBatches),
    Csv(CsvBatches),
    Ndjson(Box<NdjsonBatches>),
}

impl Table {
    /// Opens the table in `path`; its extension says the format.
    ///
    /// # Errors
    /// A file that is missing, unreadable, empty, damaged or of another format than its name says, a table without
    /// columns or rows, and everything a CSV or NDJSON file can have wrong in any of its lines.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, DatasetError> {
        let path = path.as_ref();
        let (format, file) = Format::open(path)?;
        let (source, schema, rows) = match format {
            Format::Parquet => {
                let file = ParquetFile::open(path, file)?;
                (Source::Parquet(file.clone()), file.schema(), file.rows())
            }
            Format::Csv => {
                let (file, schema, rows) = CsvFile::open(path, file, Arc::new(NullWords::default()))?;
                (Source::Csv(file), schema, rows)
            }
            Format::Ndjson => {
                let (file, schema, rows) = NdjsonFile::open(path, file)?;
                (Source::Ndjson(file), schema, rows)
            }
        };
        if schema.columns().is_empty() {
            return Err(DatasetError::NoColumns { path: path.to_owned() });
        }
        if rows == 0 {
            return Err(DatasetError::NoRows { path: path.to_owned() });
        }
        let notes = schema.notes(path);
        Ok(Self { source, schema, rows, notes, times: TimeReader::default() })
    }

    /// The same table, whose event times are read as `times` says.
    #[must_use]
    pub fn with_times(self, times: TimeReader) -> Self {
        Self { times, ..self }
    }

    /// How its event times are read.
    pub(crate) const fn times(&self) -> &TimeReader {
        &self.times
    }

    /// The table with values that stand for members which its records leave out, by column. Only files of records leave
    /// anything out: in the others nothing changes. A column that no record has becomes one of the table's.
    ///
    /// # Errors
    /// A name that fits several nested columns.
    pub fn with_defaults<'a>(
        mut self,
        defaults: impl IntoIterator<Item = (&'a str, &'a DefaultValue)>,
    ) -> Result<Self, DatasetError> {
        for (name, value) in defaults {
            let Source::Ndjson(file) = &mut self.source else { break };
            let column = match self.schema.find(name, file.path())? {
                Some(column) => column,
                None => self.schema.push_nested(ColumnInfo::new(name.to_owned(), ColumnKind::Empty, false)),
            };
            self.schema.give_kind(column, value);
            file.set_default(column, value.clone());
        }
        Ok(self)
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        match &self.source {
            Source::Parquet(file) => file.path(),
            Source::Csv(file) => file.path(),
            Source::Ndjson(file) => file.path(),
        }
    }

    /// Its columns.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Its rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// What a person should know of how the file was read, one sentence each.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether the file itself says what its columns hold.
    pub(crate) fn is_typed(&self) -> bool {
        matches!(self.source, Source::Parquet(_))
    }

    /// Whether every value says its own type, so that a column of several is counted value by value.
    pub(crate) fn is_typed_by_value(&self) -> bool {
        matches!(self.source, Source::Ndjson(_))
    }

    /// Width of the floats in a column.
    pub(crate) fn precision(&self, column: usize) -> Precision {
        match &self.source {
            Source::Parquet(file) => file.precision(column),
            Source::Csv(_) | Source::Ndjson(_) => Precision::Double,
        }
    }

    /// Index of a column, by name.
    pub(crate) fn find(&self, name: &str) -> Result<Option<usize>, DatasetError> {
        self.schema.find(name, self.path())
    }

    /// The wanted columns, row by row.
    pub(crate) fn batches(&self, mut wanted: Vec<Wanted>) -> Result<Batches, DatasetError> {
        for wanted in &mut wanted {
            let kind = wanted.column.and_then(|c| self.schema.columns().get(c)).map(|c| &c.kind);
            if matches!(kind, Some(ColumnKind::Unsupported(_))) && !self.is_typed_by_value() {
                wanted.column = None;
            }
        }
        Ok(match &self.source {
            Source::Parquet(file) => Batches::Parquet(ParquetBatches::new(file.clone(), wanted, &self.times)),
            Source::Csv(file) => Batches::Csv(CsvBatches::new(file, &self.schema, wanted, &self.times)?),
            Source::Ndjson(file) => Batches::Ndjson(Box::new(NdjsonBatches::new(file, &wanted, &self.times))),
        })
    }

    /// Hands every value of every wanted column to that column's sink, then lets `finish` make of each sink what it
    /// will; columns in parallel and in no particular order, the rows of one column in the file's order. `progress`
    /// is told how many rows of the table are done.
    pub(crate) fn scan<S: Send, R: Send>(
        &self,
        mut columns: Vec<(Wanted, S)>,
        absorb: &(impl Fn(&mut S, Values) -> Result<(), DatasetError> + Sync),
        finish: &(impl Fn(S) -> Result<R, DatasetError> + Sync),
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Vec<R>, DatasetError> {
        if self.is_typed() {
            let done = Progress::new(columns.len(), progress);
            let whole = |(wanted, mut sink): (Wanted, S)| {
                let mut batches = self.batches(vec![wanted])?;
                while let Some(chunk) = batches.next(SCAN_ROWS)? {
                    done.add(chunk.rows);
                    chunk.values.into_iter().try_for_each(|values| absorb(&mut sink, values))?;
                }
                finish(sink)
            };
            return columns.into_par_iter().with_max_len(1).map(whole).collect();
        }
        let mut batches = self.batches(columns.iter().map(|(wanted, _)| *wanted).collect())?;
        let done = Progress::new(1, progress);
        while let Some(chunk) = batches.next(STREAM_ROWS)? {
            done.add(chunk.rows);
            columns.par_iter_mut().zip(chunk.values).try_for_each(|((_, sink), values)| absorb(sink, values))?;
        }
        columns.into_par_iter().with_max_len(1).map(|(_, sink)| finish(sink)).collect()
    }
}

impl Batches {
    /// The next rows, at least one and at most `most`; nothing at the end.
    pub(crate) fn next(&mut self, most: usize) -> Result<Option<Chunk>, DatasetError> {
        match self {
            Self::Parquet(batches) => batches.next(most),
            Self::Csv(batches) => batches.next(most),
            Self::Ndjson(batches) => batches.next(most),
        }
    }
}

/// Rows done, summed over columns that advance independently.
struct Progress<'a> {
    values: AtomicU64,
    columns: u64,
    /// Reports come one at a time, so they never run backwards.
    report: Mutex<&'a (dyn Fn(u64) + Sync)>,
}

impl<'a> Progress<'a> {
    fn new(columns: usize, report: &'a (dyn Fn(u64) + Sync)) -> Self {
        Self { values: AtomicU64::new(0), columns: columns.max(1) as u64, report: Mutex::new(report) }
    }

    fn add(&self, rows: usize) {
        // A poisoned lock means that a report panicked; the rows are counted all the same.
        let report = self.report.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let values = self.values.fetch_add(rows as u64, Ordering::Relaxed) + rows as u64;
        report(values / self.columns);
    }
}
