//! Tables written as Parquet.

use std::io::Write;

use polars::prelude::{Column, DataFrame, DataType, IntoColumn, NamedFrom, ParquetWriter, Series, TimeUnit};

use crate::DatasetError;

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

/// Writes columns of equal length as one Parquet file, compressed with zstd. `target` names it in errors.
///
/// # Errors
/// Columns of different lengths or of one name, or a target that cannot be written to.
pub fn write_parquet(target: &str, out: impl Write, columns: &[ExportColumn]) -> Result<u64, DatasetError> {
    let failed = |error: polars::prelude::PolarsError| DatasetError::Write {
        target: target.to_owned(),
        what: error.to_string(),
    };
    let columns = columns.iter().map(series).collect::<Result<Vec<Column>, _>>().map_err(failed)?;
    let mut frame = DataFrame::new_infer_height(columns).map_err(failed)?;
    ParquetWriter::new(out).finish(&mut frame).map_err(failed)
}

fn series(column: &ExportColumn) -> Result<Column, polars::prelude::PolarsError> {
    let name = column.name.as_str().into();
    let series = match &column.values {
        ExportValues::Int64(values) => Series::new(name, values),
        ExportValues::Float64(values) => Series::new(name, values),
        ExportValues::Text(values) => Series::new(name, values),
        ExportValues::Time(values) => {
            Series::new(name, values).cast(&DataType::Datetime(TimeUnit::Microseconds, None))?
        }
    };
    Ok(series.into_column())
}
