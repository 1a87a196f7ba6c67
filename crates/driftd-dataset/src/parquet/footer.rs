//! The footer of a Parquet file: what columns and row groups there are.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use polars_arrow::datatypes::{Field, TimeUnit};
use polars_parquet::parquet::metadata::FileMetadata;
use polars_parquet::parquet::read::deserialize_metadata;
use polars_parquet::parquet::schema::types::PrimitiveType;
use polars_parquet::read::schema::{SchemaInferenceOptions, infer_schema_with_options};

use super::announced::{self, MAX_FOOTER, Refusal};
use super::guard::guarded;
use super::leaf::{Leaf, leaves};
use super::vector;
use crate::blob::{Blob, Bytes};
use crate::{ColumnInfo, ColumnKind, DatasetError, Schema};

/// An open Parquet file and its footer.
#[derive(Clone, Debug)]
pub(crate) struct ParquetFile {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    blob: Blob,
    bytes: Bytes,
    length: u64,
    metadata: FileMetadata,
    leaves: Vec<Leaf>,
    schema: Schema,
}

impl ParquetFile {
    /// Reads the footer of `blob`, and as much of lists and of bytes as it takes to see what they hold.
    pub(crate) fn open(blob: &Blob) -> Result<Self, DatasetError> {
        let path = blob.path();
        let corrupt = |what| DatasetError::Corrupt { path: path.to_owned(), format: "Parquet", column: None, what };
        let bytes = blob.bytes()?;
        let length = bytes.length().map_err(|e| DatasetError::io(path, e))?;
        let footer = footer(path, &bytes, length)?;
        announced::check(&footer).map_err(|refusal| refused(path, None, refusal))?;
        let (metadata, leaves) = guarded(|| {
            let mut metadata = deserialize_metadata(footer.into()).map_err(|e| e.to_string())?;
            // Arrow's own schema says how a writer held the data in memory; Parquet's says what it is.
            metadata.key_value_metadata = None;
            // In nanoseconds, the dates by which many say "never" would be others.
            let options = Some(SchemaInferenceOptions { int96_coerce_to_timeunit: TimeUnit::Microsecond });
            let schema = infer_schema_with_options(&metadata, &options).map_err(|e| e.to_string())?;
            let types = types_by_field(&metadata);
            let types_of = |field: &Field| types.get(field.name.as_str()).map(Vec::as_slice).unwrap_or_default();
            let leaves: Vec<Leaf> = schema.iter_values().flat_map(|field| leaves(field, types_of(field))).collect();
            drop(types);
            Ok::<_, String>((metadata, leaves))
        })
        .map_err(corrupt)?;
        let rows = metadata.row_groups.iter().try_fold(0_usize, |sum, group| sum.checked_add(group.num_rows()));
        if rows != Some(metadata.num_rows) {
            return Err(corrupt(format!("its row groups do not add up to {} rows", metadata.num_rows)));
        }
        let inner = Inner { blob: blob.clone(), bytes, length, metadata, leaves, schema: Schema::default() };
        let mut file = Self { inner: Arc::new(inner) };
        let leaves = vector::resolved(&file)?;
        let is_nested = is_nested(&leaves);
        let columns = leaves
            .iter()
            .map(|leaf| {
                let info = ColumnInfo::new(leaf.name.clone(), leaf.kind.clone(), leaf.is_whole);
                // Elements are named after their lists.
                let list = leaf.element.and_then(|_| leaf.name.rsplit_once('/')).map(|(list, _)| list.to_owned());
                let is_text = leaf.kind == ColumnKind::Text && list.is_none();
                ColumnInfo { precision: leaf.precision(), is_text, list, ..info }
            })
            .collect();
        let schema = if is_nested { Schema::nested(columns) } else { Schema::flat(columns) };
        if let Some(inner) = Arc::get_mut(&mut file.inner) {
            (inner.leaves, inner.schema) = (leaves, schema);
        }
        Ok(file)
    }

    pub(crate) fn schema(&self) -> &Schema {
        &self.inner.schema
    }

    /// The first values of a column of text, and whether there are no others; nothing where there are too many bytes to
    /// look at.
    pub(crate) fn first_texts(&self, column: usize) -> Result<Option<(Vec<String>, bool)>, DatasetError> {
        self.leaf(column).map_or(Ok(None), |leaf| vector::first_texts(self, leaf))
    }

    /// Whether columns stand within others, so that their short names are names too.
    pub(crate) fn is_nested(&self) -> bool {
        is_nested(&self.inner.leaves)
    }

    pub(crate) fn rows(&self) -> u64 {
        self.inner.metadata.num_rows as u64
    }

    pub(super) fn path(&self) -> &Path {
        self.inner.blob.path()
    }

    pub(super) fn bytes(&self) -> &Bytes {
        &self.inner.bytes
    }

    pub(super) fn length(&self) -> u64 {
        self.inner.length
    }

    pub(super) fn metadata(&self) -> &FileMetadata {
        &self.inner.metadata
    }

    pub(super) fn leaves(&self) -> &[Leaf] {
        &self.inner.leaves
    }

    pub(super) fn leaf(&self, column: usize) -> Option<&Leaf> {
        self.inner.leaves.get(column)
    }

    /// Why the column `name` is not read.
    pub(super) fn refused(&self, name: Option<&str>, refusal: Refusal) -> DatasetError {
        refused(self.path(), name, refusal)
    }

    /// A contradiction found while reading the column `name`, or something that the decoder does not know.
    pub(super) fn corrupt(&self, name: Option<&str>, what: String) -> DatasetError {
        let column = name.map(str::to_owned);
        if what.to_lowercase().contains("not yet supported") || what.contains("not implemented") {
            return DatasetError::UnknownEncoding { path: self.path().to_owned(), column, what };
        }
        DatasetError::Corrupt { path: self.path().to_owned(), format: "Parquet", column, what }
    }
}

fn refused(path: &Path, column: Option<&str>, refusal: Refusal) -> DatasetError {
    let (path, column) = (path.to_owned(), column.map(str::to_owned));
    match refusal {
        Refusal::Damaged(what) => DatasetError::Corrupt { path, format: "Parquet", column, what },
        Refusal::TooManyColumns => DatasetError::TooManyColumns { path, line: None },
        Refusal::LongNames => DatasetError::LongNames { path, line: None },
        Refusal::TooMuch { what, remedy } => DatasetError::TooMuch { path, column, what, remedy },
    }
}

/// The bytes of the footer, which ends before its length and the four letters by which Parquet is known.
fn footer(path: &Path, bytes: &Bytes, length: u64) -> Result<Vec<u8>, DatasetError> {
    let truncated = || DatasetError::Truncated { path: path.to_owned() };
    let mut tail = [0; 8];
    let ends = length.checked_sub(8).filter(|ends| *ends >= 4).ok_or_else(truncated)?;
    bytes.read_exact_at(&mut tail, ends).map_err(|_| truncated())?;
    let [a, b, c, d, magic @ ..] = tail;
    if magic != *b"PAR1" {
        return Err(truncated());
    }
    let size = u64::from(u32::from_le_bytes([a, b, c, d]));
    let corrupt = |what| DatasetError::Corrupt { path: path.to_owned(), format: "Parquet", column: None, what };
    let begins =
        ends.checked_sub(size).ok_or_else(|| corrupt("its footer would be larger than the file".to_owned()))?;
    if size > MAX_FOOTER {
        let what = format!("a footer of {} MiB, more than {}", size >> 20, MAX_FOOTER >> 20);
        let remedy = "write fewer and larger row groups";
        return Err(refused(path, None, Refusal::TooMuch { what, remedy }));
    }
    let mut footer = vec![0; size as usize];
    bytes.read_exact_at(&mut footer, begins).map_err(|e| DatasetError::io(path, e))?;
    Ok(footer)
}

fn is_nested(leaves: &[Leaf]) -> bool {
    leaves.iter().any(|leaf| leaf.name.contains('/') && leaf.field.dtype().is_nested())
}

/// The types of the columns below each top-level field, in order.
fn types_by_field(metadata: &FileMetadata) -> HashMap<&str, Vec<PrimitiveType>> {
    let mut types: HashMap<&str, Vec<PrimitiveType>> = HashMap::new();
    for column in metadata.schema().columns() {
        if let Some(field) = column.path_in_schema.first() {
            types.entry(field.as_str()).or_default().push(column.descriptor.primitive_type.clone());
        }
    }
    types
}
