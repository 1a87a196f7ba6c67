//! The files of a table, looked at one after the other.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use driftd_decode::FieldPaths;
use driftd_model::DefaultValue;
use driftd_window::TimeReader;

use crate::blob::Blob;
use crate::columns::{TextColumns, TypedColumns};
use crate::csv::{Cells, CsvBatches, CsvFile, Spelling};
use crate::format::Format;
use crate::input::{Input, InputFile, is_of_time};
use crate::ndjson::{Members, NdjsonBatches, NdjsonFile};
use crate::options::ReadOptions;
use crate::parquet::{ParquetBatches, ParquetFile};
use crate::values::{Chunk, Values, Wanted};
use crate::{DatasetError, NullWords, Schema};

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
    pub(crate) notes: Vec<String>,
}

impl Parts {
    /// Looks at every file of `input`.
    pub(crate) fn open(input: &Input, options: &ReadOptions) -> Result<Self, DatasetError> {
        let held = input.files.len() == 1;
        let (mut rows, mut notes) = (Vec::with_capacity(input.files.len()), input.notes.clone());
        let mut sources = Vec::with_capacity(input.files.len());
        let blob = |file: &InputFile| {
            let blob = file.open(held, options)?;
            let raw = blob.raw_head()?;
            input.format.check_head(&file.path, &raw)?;
            Ok::<_, DatasetError>(blob)
        };
        let (columns, is_nested) = match input.format {
            Format::Parquet => {
                let mut found = TypedColumns::default();
                let mut is_nested = false;
                for file in &input.files {
                    let blob = blob(file)?;
                    let open = ParquetFile::open(&blob)?;
                    let columns = found.add(&file.path, open.schema());
                    is_nested |= open.is_nested();
                    rows.push(open.rows());
                    sources.push(Source::Parquet { blob, open: held.then_some(open), columns });
                }
                (found.into_columns(), is_nested)
            }
            Format::Csv => {
                let mut found = TextColumns::default();
                for file in &input.files {
                    let (file, counted) = CsvFile::open(blob(file)?, &options.csv, &mut found, &mut notes)?;
                    rows.push(counted);
                    sources.push(Source::Csv(file));
                }
                (found.into_columns(), false)
            }
            Format::Ndjson => {
                let (mut members, mut files) = (Members::default(), Vec::with_capacity(input.files.len()));
                for file in &input.files {
                    let (file, counted) = NdjsonFile::open(blob(file)?, &mut members)?;
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
        let (further, filed_by_time) = filed.into_columns();
        let columns: Vec<_> = columns.into_iter().chain(further).collect();
        let schema = if is_nested { Schema::nested(columns) } else { Schema::flat(columns) };
        let schema = if input.format == Format::Parquet { schema.with_elements() } else { schema };
        let part = |((source, rows), constants)| Part { source, rows, constants };
        let parts = sources.into_iter().zip(rows).zip(constants).map(part).collect();
        Ok(Self { parts, schema, filed_by_time, notes })
    }
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

    /// The wanted columns of the file, row by row.
    pub(crate) fn batches(
        &self,
        schema: &Schema,
        wanted: &[Wanted],
        times: &TimeReader,
        defaults: &HashMap<usize, DefaultValue>,
    ) -> Result<PartBatches, DatasetError> {
        let batches = match &self.source {
            Source::Parquet { blob, open, columns } => {
                let file = match open {
                    Some(file) => file.clone(),
                    None => ParquetFile::open(blob)?,
                };
                let of_file = |wanted: &Wanted| Wanted {
                    column: wanted.column.and_then(|column| columns.get(column).copied().flatten()),
                    ..*wanted
                };
                Kind::Parquet(ParquetBatches::new(file, wanted.iter().map(of_file).collect(), times))
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
