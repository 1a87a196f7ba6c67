//! A table in one or several files, opened but not read.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use driftd_model::{DefaultValue, Monitor};
use driftd_stats::Precision;
use driftd_window::TimeReader;
use rayon::prelude::*;

use crate::format::Format;
use crate::input::Input;
use crate::notes::Notes;
use crate::options::ReadOptions;
use crate::parts::{Part, PartBatches, Parts};
use crate::values::{Chunk, Values, Wanted};
use crate::{ColumnInfo, ColumnKind, DatasetError, Schema};

/// Rows handed on at a time when columns are read independently of each other: a whole decoded block.
const SCAN_ROWS: usize = 1 << 18;
/// Rows handed on at a time when the columns of a row are read together.
const STREAM_ROWS: usize = 1 << 15;

/// A table in Parquet, CSV or JSON files.
///
/// A name may be a file, a directory (all files below it are one table, and directories named `column=value` are columns
/// of it), a pattern with `*`, `?` or `[…]`, or `-` for standard input. CSV and JSON may be compressed with gzip or zstd.
/// The columns of several files are put together by name: one that a file lacks has missing values there.
///
/// Opening a Parquet file reads its footer. Opening a CSV or JSON file reads all of it once, in constant memory,
/// because only the last row can say what a column holds: a column is numeric, boolean or a point in time when its values
/// read as such, but for an odd one in a hundred, and text otherwise; [`Table::notes`] says what was odd. In CSV an empty
/// field is a missing value, and so is a word for no value ([`NullWords`](crate::NullWords)) in a column that is not text; `NaN`, `inf` and
/// `-inf` (in any case) are numbers, numbers with decimal commas, thousands, a currency or a percent sign are read where a
/// whole column is written alike, and digits with leading zeros are text; the delimiter is whichever of `,` `;` tab and
/// `|` is most frequent in the header. JSON objects stand
/// one a line, one after the other, in one array, or taken apart in a data frame's columns. They are read as records of a
/// topic are: `null` and an absent member are missing values; `NaN`, `Infinity` and `-Infinity`, bare or quoted, are
/// numbers in a column that also has other numbers, which may stand in quotes too; of a member that stands twice the last counts.
#[derive(Clone, Debug)]
pub struct Table {
    inner: Arc<Inner>,
    times: TimeReader,
}

#[derive(Clone, Debug)]
struct Inner {
    name: PathBuf,
    format: Format,
    parts: Vec<Part>,
    schema: Schema,
    filed_by_time: BTreeSet<usize>,
    rows: u64,
    noted: Notes,
    notes: Vec<String>,
    /// What stands for columns that records may leave out.
    defaults: HashMap<usize, DefaultValue>,
}

/// What takes the values of a wanted column when the table is scanned.
struct Sink<S> {
    /// Which of the wanted columns it is.
    place: usize,
    wanted: Wanted,
    sink: S,
}

/// Some columns of a table, chunk by chunk.
pub(crate) struct Batches {
    table: Arc<Inner>,
    times: TimeReader,
    wanted: Vec<Wanted>,
    next: usize,
    part: Option<PartBatches>,
}

impl Table {
    /// Opens what `path` names, as its files say themselves that they are to be read.
    ///
    /// # Errors
    /// As [`Table::open_all`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, DatasetError> {
        Self::open_all(&[path.as_ref().to_owned()], &ReadOptions::default())
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
        if !self.is_typed_by_value() {
            return Ok(self);
        }
        let inner = Arc::make_mut(&mut self.inner);
        for (name, value) in defaults {
            let column = match inner.schema.find(name, &inner.name)? {
                Some(column) => column,
                None => inner.schema.push_nested(ColumnInfo::new(name.to_owned(), ColumnKind::Empty, false)),
            };
            inner.schema.give_kind(column, value);
            inner.defaults.insert(column, value.clone());
        }
        Ok(self)
    }

    /// Opens everything that `named` names as one table; the files' extensions say the format.
    ///
    /// # Errors
    /// A file that is missing, unreadable, empty, damaged or of another format than its name says, files of several
    /// formats, a table without columns or rows, and everything a CSV or JSON file can have wrong in any of its lines.
    pub fn open_all(named: &[PathBuf], options: &ReadOptions) -> Result<Self, DatasetError> {
        Self::open_for(named, options, None)
    }

    /// Opens everything that `named` names as one table, as `monitor` looks at it: where its configuration says by pointers
    /// where features stand, records of JSON become the rows and values that the monitor's traffic would.
    ///
    /// # Errors
    /// As [`Table::open_all`].
    pub fn open_for(named: &[PathBuf], options: &ReadOptions, monitor: Option<&Monitor>) -> Result<Self, DatasetError> {
        let input = Input::find(named, options)?;
        let Parts { parts, schema, filed_by_time, notes: mut noted } = Parts::open(&input, options, monitor)?;
        schema.note(&input.name, &mut noted);
        let path = || input.name.clone();
        if schema.columns().is_empty() {
            return Err(DatasetError::NoColumns { path: path() });
        }
        let rows = parts.iter().map(Part::rows).sum();
        if rows == 0 {
            return Err(DatasetError::NoRows { path: path() });
        }
        let Input { name, format, .. } = input;
        let (notes, defaults) = (noted.sentences(), HashMap::new());
        let inner = Inner { name, format, parts, schema, filed_by_time, rows, noted, notes, defaults };
        Ok(Self { inner: Arc::new(inner), times: TimeReader::default() })
    }

    /// What was named; of several names, the first and how many more.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.name
    }

    /// Its columns.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.inner.schema
    }

    /// Its rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.inner.rows
    }

    /// What a person should know of how the files were read, one sentence each.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.inner.notes
    }

    /// The same, to be said together with what is to be said of other tables.
    pub(crate) fn noted(&self) -> &Notes {
        &self.inner.noted
    }

    /// Whether the file itself says what its columns hold.
    pub(crate) fn is_typed(&self) -> bool {
        self.inner.format == Format::Parquet
    }

    /// Whether every value says its own type, so that a column of several is counted value by value.
    pub(crate) fn is_typed_by_value(&self) -> bool {
        self.inner.format == Format::Ndjson
    }

    /// Whether a column only says how the files are filed, by the time their rows are of.
    pub(crate) fn is_filed_by_time(&self, column: usize) -> bool {
        self.inner.filed_by_time.contains(&column)
    }

    /// Columns of which all values are collected at the same time when the table is scanned: of the columns of a single
    /// typed file one a thread, or one list of them, of all others every one.
    pub(crate) fn at_once(&self, columns: usize) -> usize {
        if !self.is_typed() || self.inner.parts.len() > 1 {
            return columns;
        }
        let mut of_list = HashMap::<&str, usize>::new();
        for list in self.schema().columns().iter().filter_map(|info| info.list.as_deref()) {
            *of_list.entry(list).or_default() += 1;
        }
        rayon::current_num_threads() * of_list.into_values().max().unwrap_or(1)
    }

    /// Width of the floats in a column.
    pub(crate) fn precision(&self, column: usize) -> Precision {
        self.schema().columns().get(column).map_or(Precision::Double, |info| info.precision)
    }

    /// Index of a column, by name.
    pub(crate) fn find(&self, name: &str) -> Result<Option<usize>, DatasetError> {
        self.inner.schema.find(name, self.path())
    }

    /// The wanted columns, row by row.
    pub(crate) fn batches(&self, mut wanted: Vec<Wanted>) -> Result<Batches, DatasetError> {
        for wanted in &mut wanted {
            self.drop_unsupported(wanted);
        }
        let (table, times) = (Arc::clone(&self.inner), self.times.clone());
        let mut batches = Batches { table, times, wanted, next: 0, part: None };
        // What is wrong with the first file is said before anything is made of it.
        batches.advance()?;
        Ok(batches)
    }

    fn drop_unsupported(&self, wanted: &mut Wanted) {
        let kind = wanted.column.and_then(|c| self.schema().columns().get(c)).map(|c| &c.kind);
        if matches!(kind, Some(ColumnKind::Unsupported(_))) && !self.is_typed_by_value() {
            wanted.column = None;
        }
    }

    /// The columns in groups: elements of the same lists are stored together and have to be decoded together.
    fn stored_together<S>(&self, columns: Vec<(Wanted, S)>) -> Vec<Vec<Sink<S>>> {
        let (mut groups, mut of_list) = (Vec::<Vec<Sink<S>>>::new(), HashMap::new());
        for (place, (wanted, sink)) in columns.into_iter().enumerate() {
            let info = wanted.column.and_then(|column| self.schema().columns().get(column));
            let list = info.and_then(|info| info.list.as_deref());
            let group = list.map_or(groups.len(), |list| *of_list.entry(list).or_insert(groups.len()));
            let sink = Sink { place, wanted, sink };
            match groups.get_mut(group) {
                Some(group) => group.push(sink),
                None => groups.push(vec![sink]),
            }
        }
        groups
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
            for (wanted, _) in &mut columns {
                self.drop_unsupported(wanted);
            }
            let done = Progress::new(columns.len(), progress);
            let mut groups = self.stored_together(columns);
            let read = |part: &Part, group: &mut [Sink<S>]| {
                let wanted: Vec<Wanted> = group.iter().map(|sink| sink.wanted).collect();
                let mut batches = part.batches(self.schema(), &wanted, &self.times, &self.inner.defaults)?;
                while let Some(chunk) = batches.next(SCAN_ROWS)? {
                    done.add(chunk.rows * wanted.len());
                    let values = group.iter_mut().zip(chunk.values);
                    values.into_iter().try_for_each(|(sink, values)| absorb(&mut sink.sink, values))?;
                }
                Ok::<_, DatasetError>(())
            };
            let finished = |group: Vec<Sink<S>>| {
                let finished = group.into_iter().map(|Sink { place, sink, .. }| Ok((place, finish(sink)?)));
                finished.collect::<Result<Vec<_>, DatasetError>>()
            };
            let made: Vec<Vec<(usize, R)>> = if let [only] = self.inner.parts.as_slice() {
                let whole = |mut group: Vec<Sink<S>>| {
                    read(only, &mut group)?;
                    finished(group)
                };
                groups.into_par_iter().with_max_len(1).map(whole).collect::<Result<_, _>>()?
            } else {
                for part in &self.inner.parts {
                    let part = part.opened()?;
                    groups.par_iter_mut().with_max_len(1).try_for_each(|group| read(&part, group))?;
                }
                groups.into_par_iter().with_max_len(1).map(finished).collect::<Result<_, _>>()?
            };
            let mut made: Vec<(usize, R)> = made.into_iter().flatten().collect();
            made.sort_unstable_by_key(|(place, _)| *place);
            return Ok(made.into_iter().map(|(_, made)| made).collect());
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
        while let Some(part) = &mut self.part {
            if let Some(chunk) = part.next(most)? {
                return Ok(Some(chunk));
            }
            self.advance()?;
        }
        Ok(None)
    }

    /// Goes on to the next file.
    fn advance(&mut self) -> Result<(), DatasetError> {
        self.part = None;
        if let Some(part) = self.table.parts.get(self.next) {
            self.part = Some(part.batches(&self.table.schema, &self.wanted, &self.times, &self.table.defaults)?);
            self.next += 1;
        }
        Ok(())
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
