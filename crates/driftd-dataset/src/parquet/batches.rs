//! Some columns of a Parquet file, chunk by chunk.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use driftd_window::TimeReader;
use polars_arrow::array::Array;
use polars_parquet::read::{ColumnChunkMetadata, Filter, RowGroupMetadata, column_iter_to_arrays};
use rayon::prelude::*;

use super::announced::Refusal;
use super::array::{Manner, values_of};
use super::cast::{cast, innermost};
use super::footer::ParquetFile;
use super::guard::guarded;
use super::leaf::{Leaf, Storage};
use super::pages::{self, Bytes, Outline};
use super::vector::Lists;
use crate::csv::Spelling;
use crate::values::{Chunk, Values, Wanted};
use crate::{DatasetError, NullWords};

/// Decoded bytes that one block may take over all columns.
const BLOCK_BYTES: usize = 48 << 20;
/// Bytes of texts, and of the elements of lists, that one block may take over all columns; of a block with more, a part
/// is decoded.
const BLOCK_TEXTS: u64 = 128 << 20;
/// Bytes of the dictionaries of all columns that are read together.
const DICTIONARIES: u64 = 128 << 20;
/// Rows of a block at most: a whole row group of most writers, so that no page is decompressed twice.
const BLOCK_ROWS: usize = 1 << 18;
/// Bytes of objects that are kept from one block to the next over all columns: what lies elsewhere is fetched once.
const KEPT_BYTES: u64 = 256 << 20;

/// Held while large pages are unpacked, which is done for one column at a time.
static UNPACKS_LARGE: Mutex<()> = Mutex::new(());

/// Reads some columns of a Parquet file.
pub(crate) struct ParquetBatches {
    file: ParquetFile,
    wanted: Vec<WantedColumn>,
    times: TimeReader,
    null_words: Arc<NullWords>,
    block_rows: usize,
    group: usize,
    /// Rows of the current group that were decoded.
    decoded: usize,
    sources: Vec<Source>,
    /// Decoded rows, and how many of them were handed out.
    rows: usize,
    taken: usize,
}

/// A wanted column of the file, and how it spells its values.
struct WantedColumn {
    wanted: Wanted,
    spelling: Spelling,
}

/// What is decoded: a leaf of the schema, which may be several columns.
struct Source {
    /// One of the columns, and which of the wanted ones it stands for.
    column: usize,
    of: Vec<usize>,
    arrays: Vec<Box<dyn Array>>,
    /// The bytes of a row group.
    kept: Option<(usize, Bytes)>,
    /// What they become, once they were checked.
    checked: Option<(usize, Outline)>,
}

impl ParquetBatches {
    /// Reads what is `wanted` from `file`, each column with how it spells its values where they are texts.
    pub(crate) fn new(
        file: ParquetFile,
        wanted: Vec<(Wanted, Spelling)>,
        null_words: &Arc<NullWords>,
        times: &TimeReader,
    ) -> Self {
        let wanted: Vec<WantedColumn> =
            wanted.into_iter().map(|(wanted, spelling)| WantedColumn { wanted, spelling }).collect();
        let mut sources: Vec<Source> = Vec::new();
        for (place, column) in wanted.iter().enumerate().filter_map(|(place, w)| Some((place, w.wanted.column?))) {
            let leaf = file.leaf(column);
            let is_same =
                |source: &&mut Source| file.leaf(source.column).zip(leaf).is_some_and(|(a, b)| a.is_stored_with(b));
            match sources.iter_mut().find(is_same) {
                Some(source) => source.of.push(place),
                None => {
                    sources.push(Source { column, of: vec![place], arrays: Vec::new(), kept: None, checked: None });
                }
            }
        }
        let width = |source: &Source| file.leaf(source.column).and_then(|leaf| leaf.element).map_or(1, |e| e.of);
        let values: usize = sources.iter().map(width).sum();
        let block_rows = (BLOCK_BYTES / (16 * values.max(1))).clamp(1 << 10, BLOCK_ROWS);
        let (times, null_words) = (times.clone(), Arc::clone(null_words));
        Self { file, wanted, times, null_words, block_rows, group: 0, decoded: 0, sources, rows: 0, taken: 0 }
    }

    /// The next rows, `most` of them at most; nothing at the end of the file.
    pub(crate) fn next(&mut self, most: usize) -> Result<Option<Chunk>, DatasetError> {
        if self.taken == self.rows && !self.refill()? {
            return Ok(None);
        }
        let offset = self.taken;
        let rows = (self.rows - offset).min(most);
        self.taken += rows;
        let mut values: Vec<Option<Values>> = self.wanted.iter().map(|_| None).collect();
        let this = &*self;
        let converted: Vec<Vec<Values>> = if this.sources.len() > 1 {
            this.sources.par_iter().map(|source| this.convert(source, offset, rows)).collect::<Result<_, _>>()?
        } else {
            this.sources.iter().map(|source| this.convert(source, offset, rows)).collect::<Result<_, _>>()?
        };
        for (source, converted) in self.sources.iter().zip(converted) {
            for (place, converted) in source.of.iter().zip(converted) {
                if let Some(values) = values.get_mut(*place) {
                    *values = Some(converted);
                }
            }
        }
        let or_missing = |(values, column): (Option<Values>, &WantedColumn)| {
            values.unwrap_or_else(|| Values::missing(column.wanted.reading, rows))
        };
        let values = values.into_iter().zip(&self.wanted).map(or_missing).collect();
        Ok(Some(Chunk { rows, values }))
    }

    /// The values of all columns that a source is.
    fn convert(&self, source: &Source, offset: usize, rows: usize) -> Result<Vec<Values>, DatasetError> {
        let pieces = pieces(&source.arrays, offset, rows);
        let mut lists = Lists::new(&pieces, rows);
        let mut values = Vec::with_capacity(source.of.len());
        for WantedColumn { wanted, spelling } in source.of.iter().filter_map(|place| self.wanted.get(*place)) {
            let Some(leaf) = wanted.column.and_then(|column| self.file.leaf(column)) else {
                continue;
            };
            let manner = Manner {
                wanted: *wanted,
                times: &self.times,
                precision: leaf.precision(),
                spelling: *spelling,
                null_words: &self.null_words,
            };
            let read = guarded(|| match leaf.element {
                None => values_of(&pieces, &manner, rows),
                Some(element) => lists.element(element, &manner),
            });
            values.push(read.map_err(|what| self.file.corrupt(Some(&leaf.name), what))?);
        }
        Ok(values)
    }

    /// Decodes the next block; false at the end of the file.
    fn refill(&mut self) -> Result<bool, DatasetError> {
        let group_rows = loop {
            match self.file.metadata().row_groups.get(self.group) {
                None => return Ok(false),
                Some(group) if self.decoded < group.num_rows() => break group.num_rows(),
                Some(_) => (self.group, self.decoded) = (self.group + 1, 0),
            }
        };
        let mut rows = (group_rows - self.decoded).min(self.block_rows);
        while !self.decode(group_rows, rows)? {
            rows = (rows / 4).max(1);
        }
        (self.rows, self.taken) = (rows, 0);
        self.decoded += rows;
        Ok(true)
    }

    /// Decodes the next `rows` rows of a group of `of_group`; false if that would take too much memory.
    fn decode(&mut self, of_group: usize, rows: usize) -> Result<bool, DatasetError> {
        let (file, group, wanted) = (&self.file, self.group, self.decoded..self.decoded + rows);
        let most = KEPT_BYTES / self.sources.len().max(1) as u64;
        let (taken, dictionaries) = (AtomicU64::new(0), AtomicU64::new(0));
        // One row is read whatever it takes: no page is larger than what is read.
        let fits = |outline: &Outline| {
            let bytes = outline.bytes(&wanted);
            taken.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= BLOCK_TEXTS || rows == 1
        };
        if !self.sources.iter().filter_map(|source| source.outline(group)).all(fits) {
            return Ok(false);
        }
        // The old block is let go first: two at once would double the memory.
        self.sources.iter_mut().for_each(|source| source.arrays = Vec::new());
        let decode = |source: &mut Source| {
            let Some(leaf) = file.leaf(source.column) else { return Ok(true) };
            let bytes = source.bytes(file, leaf, group, wanted.end < of_group, most)?;
            let is_new = source.outline(group).is_none();
            let outline = source.check(file, leaf, group, &bytes)?;
            if dictionaries.fetch_add(outline.dictionary, Ordering::Relaxed) + outline.dictionary > DICTIONARIES {
                let what = format!("dictionaries of more than {} MiB in the columns that are read", DICTIONARIES >> 20);
                let remedy = "leave columns of many different texts out, or write smaller row groups";
                return Err(file.refused(None, Refusal::TooMuch { what, remedy }));
            }
            if is_new && !fits(outline) {
                return Ok(false);
            }
            source.arrays = decode(file, leaf, group, &bytes, wanted.clone(), outline)?;
            Ok::<_, DatasetError>(true)
        };
        let decoded: Vec<bool> = if self.sources.len() > 1 {
            self.sources.par_iter_mut().map(decode).collect::<Result<_, _>>()?
        } else {
            self.sources.iter_mut().map(decode).collect::<Result<_, _>>()?
        };
        Ok(decoded.into_iter().all(|is_decoded| is_decoded))
    }
}

impl Source {
    /// What the pages of a row group become, if they were checked.
    fn outline(&self, group: usize) -> Option<&Outline> {
        self.checked.as_ref().filter(|(of, _)| *of == group).map(|(_, outline)| outline)
    }

    /// The same, after they were checked.
    fn check(
        &mut self,
        file: &ParquetFile,
        leaf: &Leaf,
        group: usize,
        bytes: &Bytes,
    ) -> Result<&Outline, DatasetError> {
        let checked = match self.checked.take() {
            Some((of, outline)) if of == group => (of, outline),
            _ => (group, check(file, leaf, group, bytes)?),
        };
        Ok(&self.checked.insert(checked).1)
    }

    /// The bytes of the leaf in a row group, which are kept for the next block if there is one, where they would have to
    /// be fetched and are not more than `most`.
    fn bytes(
        &mut self,
        file: &ParquetFile,
        leaf: &Leaf,
        group: usize,
        again: bool,
        most: u64,
    ) -> Result<Bytes, DatasetError> {
        let bytes = match self.kept.take() {
            Some((of, bytes)) if of == group => bytes,
            _ => chunk_bytes(file, leaf, group)?,
        };
        if again && file.bytes().is_remote() && bytes.len() as u64 <= most {
            self.kept = Some((group, bytes.clone()));
        }
        Ok(bytes)
    }
}

/// The chunk of a leaf in a row group.
fn chunk<'f>(file: &'f ParquetFile, leaf: &Leaf, group: usize) -> Result<&'f ColumnChunkMetadata, DatasetError> {
    let group = file.metadata().row_groups.get(group);
    let mut chunks = group.and_then(|group| group.columns_under_root_iter(&leaf.field.name)).into_iter().flatten();
    let missing = || file.corrupt(Some(&leaf.name), "a row group does not have it".to_owned());
    chunks.nth(leaf.nth).ok_or_else(missing)
}

/// The bytes of a leaf in a row group.
pub(super) fn chunk_bytes(file: &ParquetFile, leaf: &Leaf, group: usize) -> Result<Bytes, DatasetError> {
    let corrupt = |what| file.corrupt(Some(&leaf.name), what);
    let chunk = chunk(file, leaf, group)?;
    let range = guarded(|| Ok::<_, String>(chunk.byte_range())).map_err(corrupt)?;
    if range.start > range.end || range.end > file.length() {
        return Err(corrupt("its bytes lie beyond the end of the file, which was cut short".to_owned()));
    }
    let mut bytes = vec![0; (range.end - range.start) as usize];
    file.bytes().read_exact_at(&mut bytes, range.start).map_err(|e| DatasetError::io(file.path(), e))?;
    Ok(Bytes::from(bytes))
}

/// What the pages of a leaf in a row group become, whose bytes are `bytes`.
pub(super) fn check(file: &ParquetFile, leaf: &Leaf, group: usize, bytes: &Bytes) -> Result<Outline, DatasetError> {
    let chunk = chunk(file, leaf, group)?;
    let rows = file.metadata().row_groups.get(group).map_or(0, RowGroupMetadata::num_rows);
    let checked = pages::check(bytes, chunk, rows, leaf.storage == Storage::Lists);
    checked.map_err(|refusal| file.refused(Some(&leaf.name), refusal))
}

/// Those rows of one leaf of a row group, out of the bytes it has there, whose pages were checked.
pub(super) fn decode(
    file: &ParquetFile,
    leaf: &Leaf,
    group: usize,
    bytes: &Bytes,
    wanted: Range<usize>,
    outline: &Outline,
) -> Result<Vec<Box<dyn Array>>, DatasetError> {
    let corrupt = |what| file.corrupt(Some(&leaf.name), what);
    let (chunk, rows) = (chunk(file, leaf, group)?, wanted.len());
    // A poisoned lock guards nothing that could be half done.
    let _alone = outline.is_large().then(|| UNPACKS_LARGE.lock().unwrap_or_else(PoisonError::into_inner));
    let arrays = guarded(|| {
        let pages = pages::reader(bytes, chunk);
        let primitive = &chunk.descriptor().descriptor.primitive_type;
        let filter = Some(Filter::new_ranged(wanted.start, wanted.end));
        column_iter_to_arrays(vec![pages], vec![primitive], leaf.field.clone(), filter)
    })
    .map_err(corrupt)?
    .0;
    let arrays =
        guarded(|| arrays.into_iter().map(|array| cast(innermost(array), leaf.storage)).collect::<Result<Vec<_>, _>>());
    let arrays = arrays.map_err(corrupt)?;
    let found: usize = arrays.iter().map(|a| a.len()).sum();
    if found != rows {
        return Err(corrupt(format!("{found} of {rows} rows could be decoded")));
    }
    Ok(arrays)
}

/// The parts of `arrays` that hold `rows` rows from `offset` on.
fn pieces(arrays: &[Box<dyn Array>], mut offset: usize, mut rows: usize) -> Vec<Box<dyn Array>> {
    let mut pieces = Vec::new();
    for array in arrays {
        if offset >= array.len() {
            offset -= array.len();
            continue;
        }
        let take = (array.len() - offset).min(rows);
        if take > 0 {
            // In bounds: offset + take is at most the array's length.
            pieces.push(array.sliced(offset, take));
        }
        (offset, rows) = (0, rows - take);
    }
    pieces
}
