//! The files of a table, looked at one after the other.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use driftd_decode::FieldPaths;
use driftd_model::{DefaultValue, Monitor};
use driftd_window::TimeReader;

use crate::blob::Blob;
use crate::columns::{TextColumns, TypedColumns};
use crate::csv::{Cells, CsvBatches, CsvFile, Spelling};
use crate::format::Format;
use crate::input::{Input, InputFile, is_of_time};
use crate::limits::MAX_COLUMNS;
use crate::ndjson::{Members, NdjsonBatches, NdjsonFile};
use crate::notes::Notes;
use crate::options::ReadOptions;
use crate::parquet::{ParquetBatches, ParquetFile};
use crate::values::{Chunk, Values, Wanted};
use crate::{DatasetError, NullWords, Schema, spelt, unfold};

/// One file of a table.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    source: Source,
    rows: u64,
    /// Columns that have one value in all rows, by the directories the file lies in.
    constants: Arc<[Constant]>,
}

/// A column, and the value that it has in all rows of a file.
type Constant = (usize, Option<String>);

#[derive(Clone, Debug)]
enum Source {
    /// By column of the table, the column of the file.
    Parquet {
        blob: Blob,
        /// The footer, where the file is the only one. There may be very many, and a footer may be large.
        open: Option<ParquetFile>,
        columns: Arc<[Option<usize>]>,
        null_words: Arc<NullWords>,
    },
    Csv(CsvFile),
    Ndjson(NdjsonFile, Arc<[FieldPaths]>),
}

/// What the files of a table have in common.
pub(crate) struct Parts {
    pub(crate) parts: Vec<Part>,
    pub(crate) schema: Schema,
    /// Columns that only directories name, and that say when rows were written.
    pub(crate) filed_by_time: BTreeSet<usize>,
    pub(crate) notes: Notes,
}

impl Parts {
    /// Looks at every file of `input`; at records as `monitor` does, if there is one that looks into them.
    pub(crate) fn open(input: &Input, options: &ReadOptions, monitor: Option<&Monitor>) -> Result<Self, DatasetError> {
        let held = input.files.len() == 1;
        let (mut rows, mut notes) = (Vec::with_capacity(input.files.len()), input.notes.clone());
        let mut sources = Vec::with_capacity(input.files.len());
        let blob = |file: &InputFile| {
            let blob = file.open(held, options)?;
            let raw = blob.raw_head()?;
            input.format.check_head(&file.path, &raw)?;
            Ok::<_, DatasetError>(blob)
        };
        let rows_of = |monitor| unfold::rows_of(input, options, monitor, &mut notes);
        let made = monitor.filter(|_| input.format == Format::Ndjson).map_or(Ok(None), rows_of)?;
        let is_made = made.is_some();
        let (columns, is_nested) = match input.format {
            Format::Parquet => {
                let mut found = TypedColumns::default();
                let mut is_nested = false;
                for file in &input.files {
                    let blob = blob(file)?;
                    let open = ParquetFile::open(&blob)?;
                    let columns = found.add(&file.path, open.schema());
                    not_too_many(found.len(), file)?;
                    is_nested |= open.is_nested();
                    rows.push(open.rows());
                    let (open, null_words) = (held.then_some(open), Arc::clone(&options.csv.null_words));
                    sources.push(Source::Parquet { blob, open, columns, null_words });
                }
                (found.into_columns(), is_nested)
            }
            Format::Csv => {
                let mut found = TextColumns::default();
                for file in &input.files {
                    let (opened, counted) = CsvFile::open(blob(file)?, &options.csv, &mut found, &mut notes)?;
                    not_too_many(found.len(), file)?;
                    rows.push(counted);
                    sources.push(Source::Csv(opened));
                }
                (found.into_columns(), false)
            }
            Format::Ndjson => {
                let (mut members, mut files) = (Members::default(), Vec::with_capacity(input.files.len()));
                members.are_made = is_made;
                let made = made.map(|rows| Ok(Blob::made_of(&input.name, rows)));
                let of_files = input.files.iter().filter(|_| !is_made).map(blob);
                for blob in made.into_iter().chain(of_files) {
                    let (file, counted) = NdjsonFile::open(blob?, &mut members)?;
                    rows.push(counted);
                    files.push(file);
                }
                let (columns, paths) = members.into_columns();
                sources.extend(files.into_iter().map(|file| Source::Ndjson(file, Arc::clone(&paths))));
                (columns, true)
            }
        };
        let mut filed = Filed::new(columns.iter().map(|column| column.name.as_str()));
        let constants: Vec<_> = input.files.iter().map(|file| filed.constants(file)).collect();
        let (further, mut filed_by_time) = filed.into_columns();
        let columns: Vec<_> = columns.into_iter().chain(further).collect();
        if is_made {
            // The rows have what the directories say; a feature of such a name is one that the directories do not have.
            let is_filed = |name: &str| input.files.iter().flat_map(|f| &f.partitions).any(|p| p.column == name);
            let of_time =
                columns.iter().enumerate().filter(|(_, column)| is_of_time(&column.name) && is_filed(&column.name));
            filed_by_time.extend(of_time.map(|(place, _)| place));
        }
        let schema = if is_nested { Schema::nested(columns) } else { Schema::flat(columns) };
        let mut schema = if input.format == Format::Parquet { schema.with_elements() } else { schema };
        let constants = constants.into_iter().map(|constants| if is_made { Arc::default() } else { constants });
        let part = |((source, rows), constants)| Part { source, rows, constants };
        let parts: Vec<Part> = sources.into_iter().zip(rows).zip(constants).map(part).collect();
        spelt::settle(&parts, &mut schema, &options.csv.null_words)?;
        Ok(Self { parts, schema, filed_by_time, notes })
    }
}

/// Files that have few columns each may have too many together.
fn not_too_many(columns: usize, file: &InputFile) -> Result<(), DatasetError> {
    if columns > MAX_COLUMNS {
        return Err(DatasetError::TooManyColumns { path: file.path.clone(), line: None });
    }
    Ok(())
}

/// Columns that directories name and the files do not have.
struct Filed<'a> {
    known: BTreeSet<&'a str>,
    columns: TextColumns,
    first: usize,
    last: Arc<[Constant]>,
}

impl<'a> Filed<'a> {
    fn new(known: impl Iterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.collect();
        let first = known.len();
        Self { known: known.into_iter().collect(), columns: TextColumns::default(), first, last: Arc::default() }
    }

    fn constants(&mut self, file: &InputFile) -> Arc<[Constant]> {
        let mut constants = Vec::new();
        for partition in file.partitions.iter().filter(|partition| !self.known.contains(partition.column.as_str())) {
            let names = std::slice::from_ref(&partition.column);
            let mut guesses = self.columns.guesses_of(names);
            if let (Some(guess), Some(value)) = (guesses.first_mut(), &partition.value) {
                guess.see_field(value.as_bytes(), 0, &NullWords::default());
            }
            self.columns.put(names, guesses, b',');
            constants.push((self.first + self.columns.column(&partition.column), partition.value.clone()));
        }
        if *self.last != *constants {
            self.last = constants.into();
        }
        Arc::clone(&self.last)
    }

    fn into_columns(self) -> (Vec<crate::ColumnInfo>, BTreeSet<usize>) {
        let columns = self.columns.into_columns();
        let of_time = columns.iter().enumerate().filter(|(_, column)| is_of_time(&column.name));
        let of_time = of_time.map(|(place, _)| self.first + place).collect();
        (columns, of_time)
    }
}

/// Some columns of one file, chunk by chunk.
pub(crate) struct PartBatches {
    batches: Kind,
    /// By wanted column, the value of all rows, if the file lies in a directory that says it.
    constants: Vec<Option<(Wanted, Spelling, Option<String>)>>,
    times: TimeReader,
}

enum Kind {
    Parquet(ParquetBatches),
    Csv(Box<CsvBatches>),
    Ndjson(Box<NdjsonBatches>),
}

impl Part {
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// The same file, with what has to be read of it only once.
    pub(crate) fn opened(&self) -> Result<Self, DatasetError> {
        let mut opened = self.clone();
        if let Source::Parquet { blob, open, .. } = &mut opened.source
            && open.is_none()
        {
            *open = Some(ParquetFile::open(blob)?);
        }
        Ok(opened)
    }

    /// The first values of a column of text, and whether there are no others in the file; nothing where the file does not
    /// have it, or where they cannot be looked at.
    pub(crate) fn first_texts(&self, column: usize) -> Result<Option<(Vec<String>, bool)>, DatasetError> {
        match &self.source {
            Source::Parquet { blob, open, columns, .. } => {
                let Some(column) = columns.get(column).copied().flatten() else { return Ok(None) };
                match open {
                    Some(file) => file.first_texts(column),
                    None => ParquetFile::open(blob)?.first_texts(column),
                }
            }
            Source::Csv(_) | Source::Ndjson(..) => Ok(None),
        }
    }

    /// The wanted columns of the file, row by row.
    pub(crate) fn batches(
        &self,
        schema: &Schema,
        wanted: &[Wanted],
        times: &TimeReader,
        defaults: &HashMap<usize, DefaultValue>,
    ) -> Result<PartBatches, DatasetError> {
        let batches = match &self.source {
            Source::Parquet { blob, open, columns, null_words } => {
                let file = match open {
                    Some(file) => file.clone(),
                    None => ParquetFile::open(blob)?,
                };
                let of_file = |wanted: &Wanted| {
                    let info = wanted.column.and_then(|column| schema.columns().get(column));
                    let spelling = info.map_or_else(Spelling::default, Spelling::of_text);
                    let column = wanted.column.and_then(|column| columns.get(column).copied().flatten());
                    (Wanted { column, ..*wanted }, spelling)
                };
                Kind::Parquet(ParquetBatches::new(file, wanted.iter().map(of_file).collect(), null_words, times))
            }
            Source::Csv(file) => Kind::Csv(Box::new(CsvBatches::new(file, schema, wanted.to_vec(), times)?)),
            Source::Ndjson(file, paths) => {
                Kind::Ndjson(Box::new(NdjsonBatches::new(file, paths, wanted, times, defaults)?))
            }
        };
        let constant = |wanted: &Wanted| {
            let (column, value) = self.constants.iter().find(|(column, _)| wanted.column == Some(*column))?;
            let spelling = schema.columns().get(*column).map_or_else(Spelling::default, Spelling::of);
            Some((*wanted, spelling, value.clone()))
        };
        let constants = wanted.iter().map(constant).collect();
        Ok(PartBatches { batches, constants, times: times.clone() })
    }
}

impl PartBatches {
    /// The next rows, at least one and at most `most`; nothing at the end of the file.
    pub(crate) fn next(&mut self, most: usize) -> Result<Option<Chunk>, DatasetError> {
        let chunk = match &mut self.batches {
            Kind::Parquet(batches) => batches.next(most),
            Kind::Csv(batches) => batches.next(most),
            Kind::Ndjson(batches) => batches.next(most),
        };
        let Some(mut chunk) = chunk? else { return Ok(None) };
        for (values, constant) in chunk.values.iter_mut().zip(&self.constants) {
            if let Some((wanted, spelling, value)) = constant {
                *values = repeated(*wanted, *spelling, &self.times, value.as_deref(), chunk.rows);
            }
        }
        Ok(Some(chunk))
    }
}

fn repeated(wanted: Wanted, spelling: Spelling, times: &TimeReader, value: Option<&str>, rows: usize) -> Values {
    let null_words = NullWords::default();
    let mut cells = Cells::new(wanted, spelling, &null_words, times, rows);
    for _ in 0..rows {
        match value {
            None | Some("") => cells.missing(),
            Some(text) => cells.field(text),
        }
    }
    cells.finish()
}
