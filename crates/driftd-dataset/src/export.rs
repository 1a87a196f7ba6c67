//! Tables written as Parquet.

use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::Arc;

use polars_arrow::array::{Array, PrimitiveArray, Utf8ViewArray};
use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, Field, TimeUnit};
use polars_arrow::record_batch::RecordBatchT;
use polars_parquet::write::{
    CompressionOptions, Encoding, FileWriter, StatisticsOptions, Version, WriteOptions, get_dtype_encoding,
    row_group_iter,
};

use crate::DatasetError;

/// Rows of a row group, which are in memory as arrays at one time.
const GROUP_ROWS: usize = 1 << 17;

/// One column of a table that is written.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportColumn {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: ExportValues,
}

/// The values of a column, `None` for null.
#[derive(Clone, Debug, PartialEq)]
pub enum ExportValues {
    /// Whole numbers.
    Int64(Vec<Option<i64>>),
    /// Floats.
    Float64(Vec<Option<f64>>),
    /// Text.
    Text(Vec<Option<String>>),
    /// Instants, in microseconds since 1970-01-01T00:00:00Z; written as timestamps without a zone, which are UTC.
    Time(Vec<Option<i64>>),
}

/// Writes columns of equal length as one Parquet file, compressed with zstd, in row groups of 131,072 rows, and
/// returns its size in bytes. Row groups and pages carry statistics unless a float is NaN. `target` names it in errors.
///
/// # Errors
/// Columns of different lengths or of one name, or a target that cannot be written to. The first two are found before
/// anything is written.
pub fn write_parquet(target: &str, out: impl Write, columns: &[ExportColumn]) -> Result<u64, DatasetError> {
    let mut out = Target { out, failure: None };
    let written = rows_of(columns).and_then(|rows| write(&mut out, columns, rows));
    written.map_err(|what| DatasetError::Write { target: target.to_owned(), what: out.failure.unwrap_or(what) })
}

/// Remembers what the operating system said: the encoder turns some of its failures into errors of the format.
struct Target<W> {
    out: W,
    failure: Option<String>,
}

impl<W: Write> Write for Target<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.failure = written.as_ref().err().map(io::Error::to_string);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.failure = flushed.as_ref().err().map(io::Error::to_string);
        flushed
    }
}

/// The number of rows, if the columns are one table.
fn rows_of(columns: &[ExportColumn]) -> Result<usize, String> {
    let Some(first) = columns.first() else { return Ok(0) };
    let rows = first.values.len();
    let mut names = HashSet::new();
    for column in columns {
        let (name, found) = (&column.name, column.values.len());
        if !names.insert(name) {
            return Err(format!("column {name:?} occurs twice; rename one of the two"));
        }
        if found != rows {
            return Err(format!(
                "column {name:?} has {found} values and column {:?} has {rows}; give every column one value a row",
                first.name
            ));
        }
    }
    Ok(rows)
}

fn write(out: impl Write, columns: &[ExportColumn], rows: usize) -> Result<u64, String> {
    let options = WriteOptions {
        statistics: statistics(columns),
        version: Version::V1,
        compression: CompressionOptions::Zstd(None),
        data_page_size: None,
    };
    let fields = columns.iter().map(|c| Field::new(c.name.as_str().into(), c.values.dtype(), true));
    let schema: ArrowSchema = fields.collect();
    let encodings: Vec<Vec<Encoding>> = schema.iter_values().map(|f| get_dtype_encoding(&f.dtype)).collect();
    let mut writer = FileWriter::try_new(out, schema.clone(), options).map_err(|e| e.to_string())?;
    let types = writer.parquet_schema().fields().to_vec();
    let schema = Arc::new(schema);
    for start in (0..rows).step_by(GROUP_ROWS) {
        let end = rows.min(start + GROUP_ROWS);
        let arrays = columns.iter().map(|c| c.values.array(start, end)).collect();
        let batch = RecordBatchT::try_new(end - start, schema.clone(), arrays).map_err(|e| e.to_string())?;
        let group = row_group_iter(batch, encodings.clone().into(), types.clone(), options);
        writer.write((end - start) as u64, group).map_err(|e| e.to_string())?;
    }
    writer.end(None).map_err(|e| e.to_string())
}

/// What the file says about the values in a row group or page, by which readers skip them.
///
/// The encoder's bounds are wrong beside a NaN (a page that holds one has none, and is then marked as all null), and a
/// reader that trusts them loses rows: such a table is written without any.
fn statistics(columns: &[ExportColumn]) -> StatisticsOptions {
    let has_nan = |values: &ExportValues| match values {
        ExportValues::Float64(values) => values.iter().flatten().any(|value| value.is_nan()),
        _ => false,
    };
    if columns.iter().any(|column| has_nan(&column.values)) {
        StatisticsOptions::empty()
    } else {
        StatisticsOptions::default()
    }
}

impl ExportValues {
    fn len(&self) -> usize {
        match self {
            Self::Int64(values) | Self::Time(values) => values.len(),
            Self::Float64(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    fn dtype(&self) -> ArrowDataType {
        match self {
            Self::Int64(_) => ArrowDataType::Int64,
            Self::Float64(_) => ArrowDataType::Float64,
            Self::Text(_) => ArrowDataType::Utf8View,
            Self::Time(_) => ArrowDataType::Timestamp(TimeUnit::Microsecond, None),
        }
    }

    /// Rows `start..end`, which the caller knows to exist; fewer if they do not.
    fn array(&self, start: usize, end: usize) -> Box<dyn Array> {
        fn part<T>(values: &[T], start: usize, end: usize) -> &[T] {
            values.get(start..end).unwrap_or_default()
        }
        match self {
            Self::Int64(values) => PrimitiveArray::<i64>::from(part(values, start, end)).boxed(),
            Self::Float64(values) => PrimitiveArray::<f64>::from(part(values, start, end)).boxed(),
            Self::Text(values) => Utf8ViewArray::from_slice(part(values, start, end)).boxed(),
            Self::Time(values) => PrimitiveArray::<i64>::from(part(values, start, end)).to(self.dtype()).boxed(),
        }
    }
}
