//! The footer of a Parquet file: what columns and row groups there are.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use driftd_stats::Precision;
use polars_arrow::datatypes::{ArrowDataType, Field};
use polars_parquet::parquet::metadata::FileMetadata;
use polars_parquet::read::{infer_schema, read_metadata};

use super::guard::guarded;
use crate::{ColumnInfo, ColumnKind, DatasetError, Schema};

/// An open Parquet file and its footer.
#[derive(Clone, Debug)]
pub(crate) struct ParquetFile {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    file: File,
    bytes: u64,
    metadata: FileMetadata,
    fields: Vec<Field>,
}

impl ParquetFile {
    /// Reads the footer of `file`.
    pub(crate) fn open(path: &Path, mut file: File) -> Result<Self, DatasetError> {
        let corrupt = |what| DatasetError::Corrupt { path: path.to_owned(), format: "Parquet", column: None, what };
        let bytes = file.metadata().map_err(|e| DatasetError::io(path, e))?.len();
        let mut tail = [0; 4];
        if bytes < 12 || file.read_exact_at(&mut tail, bytes - 4).is_err() || tail != *b"PAR1" {
            return Err(DatasetError::Truncated { path: path.to_owned() });
        }
        let (metadata, fields) = guarded(|| {
            let mut metadata = read_metadata(&mut file).map_err(|e| e.to_string())?;
            // Arrow's own schema says how a writer held the data in memory; Parquet's says what it is.
            metadata.key_value_metadata = None;
            let fields: Vec<Field> =
                infer_schema(&metadata).map_err(|e| e.to_string())?.iter_values().cloned().collect();
            Ok::<_, String>((metadata, fields))
        })
        .map_err(corrupt)?;
        let rows = metadata.row_groups.iter().try_fold(0_usize, |sum, group| sum.checked_add(group.num_rows()));
        if rows != Some(metadata.num_rows) {
            return Err(corrupt(format!("its row groups do not add up to {} rows", metadata.num_rows)));
        }
        Ok(Self { inner: Arc::new(Inner { path: path.to_owned(), file, bytes, metadata, fields }) })
    }

    pub(crate) fn schema(&self) -> Schema {
        let info =
            |field: &Field| ColumnInfo::new(field.name.to_string(), kind_of(field.dtype()), is_whole(field.dtype()));
        Schema::flat(self.inner.fields.iter().map(info).collect())
    }

    pub(crate) fn rows(&self) -> u64 {
        self.inner.metadata.num_rows as u64
    }

    pub(crate) fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Width of the floats in a column.
    pub(crate) fn precision(&self, column: usize) -> Precision {
        match self.field(column).map(Field::dtype) {
            Some(ArrowDataType::Float16) => Precision::Half,
            Some(ArrowDataType::Float32) => Precision::Single,
            _ => Precision::Double,
        }
    }

    pub(super) fn file(&self) -> &File {
        &self.inner.file
    }

    pub(super) fn bytes(&self) -> u64 {
        self.inner.bytes
    }

    pub(super) fn metadata(&self) -> &FileMetadata {
        &self.inner.metadata
    }

    pub(super) fn field(&self, column: usize) -> Option<&Field> {
        self.inner.fields.get(column)
    }

    /// A contradiction found while reading `column`.
    pub(super) fn corrupt(&self, column: Option<usize>, what: String) -> DatasetError {
        let column = column.and_then(|c| self.field(c)).map(|f| f.name.to_string());
        DatasetError::Corrupt { path: self.inner.path.clone(), format: "Parquet", column, what }
    }
}

/// Whether a column is of whole numbers.
fn is_whole(dtype: &ArrowDataType) -> bool {
    use ArrowDataType as D;
    matches!(dtype, D::Int8 | D::Int16 | D::Int32 | D::Int64 | D::UInt8 | D::UInt16 | D::UInt32 | D::UInt64)
}

fn kind_of(dtype: &ArrowDataType) -> ColumnKind {
    use ArrowDataType as D;
    match dtype {
        D::Int8 | D::Int16 | D::Int32 | D::Int64 | D::UInt8 | D::UInt16 | D::UInt32 | D::UInt64 => ColumnKind::Number,
        D::Float16 | D::Float32 | D::Float64 | D::Decimal(..) | D::Decimal32(..) | D::Decimal64(..) => {
            ColumnKind::Number
        }
        // A time of day is a number of the day's clock, with no date to be an instant of.
        D::Time32(_) | D::Time64(_) | D::Duration(_) => ColumnKind::Number,
        D::Boolean => ColumnKind::Bool,
        D::Utf8 | D::LargeUtf8 | D::Utf8View => ColumnKind::Text,
        D::Timestamp(..) | D::Date32 | D::Date64 => ColumnKind::Time,
        D::Null => ColumnKind::Empty,
        D::List(_) | D::LargeList(_) | D::FixedSizeList(..) => ColumnKind::Unsupported("lists".to_owned()),
        D::Struct(_) | D::Map(..) => ColumnKind::Unsupported("nested records".to_owned()),
        D::Binary | D::LargeBinary | D::BinaryView | D::FixedSizeBinary(_) => {
            ColumnKind::Unsupported("bytes".to_owned())
        }
        other => ColumnKind::Unsupported(format!("values of type {other:?}").to_lowercase()),
    }
}
