//! Some columns of a Parquet file, chunk by chunk.

use driftd_window::TimeReader;
use polars_arrow::array::Array;
use polars_parquet::read::{Filter, column_iter_to_arrays};
use rayon::prelude::*;

use super::array::values_of;
use super::cast::{cast, innermost};
use super::footer::ParquetFile;
use super::guard::guarded;
use super::leaf::{Leaf, Storage};
use super::pages::{self, Bytes};
use super::vector::element_of;
use crate::DatasetError;
use crate::values::{Chunk, Values, Wanted};

/// Decoded bytes that one block may take over all columns.
const BLOCK_BYTES: usize = 48 << 20;
/// Rows of a block at most: a whole row group of most writers, so that no page is decompressed twice.
const BLOCK_ROWS: usize = 1 << 18;

/// Reads some columns of a Parquet file.
pub(crate) struct ParquetBatches {
    file: ParquetFile,
    wanted: Vec<Wanted>,
    times: TimeReader,
    block_rows: usize,
    group: usize,
    /// Rows of the current group that were decoded.
    decoded: usize,
    block: Block,
}

/// Decoded rows, and how many of them were handed out.
#[derive(Default)]
struct Block {
    columns: Vec<Vec<Box<dyn Array>>>,
    rows: usize,
    taken: usize,
}

impl ParquetBatches {
    pub(crate) fn new(file: ParquetFile, wanted: Vec<Wanted>, times: &TimeReader) -> Self {
        let block_rows = (BLOCK_BYTES / (16 * wanted.len().max(1))).clamp(1 << 10, BLOCK_ROWS);
        Self { file, wanted, times: times.clone(), block_rows, group: 0, decoded: 0, block: Block::default() }
    }

    /// The next rows, `most` of them at most; nothing at the end of the file.
    pub(crate) fn next(&mut self, most: usize) -> Result<Option<Chunk>, DatasetError> {
        if self.block.taken == self.block.rows && !self.refill()? {
            return Ok(None);
        }
        let offset = self.block.taken;
        let rows = (self.block.rows - offset).min(most);
        self.block.taken += rows;
        let (file, block, times) = (&self.file, &self.block, &self.times);
        let convert = |(wanted, arrays): (&Wanted, &Vec<Box<dyn Array>>)| {
            let Some(leaf) = wanted.column.and_then(|column| file.leaf(column)) else {
                return Ok(Values::missing(wanted.reading, rows));
            };
            let pieces = pieces(arrays, offset, rows);
            let values = guarded(|| match leaf.element {
                None => values_of(&pieces, *wanted, times, rows),
                Some(element) => element_of(&pieces, element, *wanted, times, rows),
            });
            values.map_err(|what| file.corrupt(Some(&leaf.name), what))
        };
        let pairs = self.wanted.iter().zip(&block.columns);
        let values = if block.columns.len() > 1 {
            pairs.collect::<Vec<_>>().into_par_iter().map(convert).collect::<Result<_, _>>()?
        } else {
            pairs.map(convert).collect::<Result<_, _>>()?
        };
        Ok(Some(Chunk { rows, values }))
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
        let rows = (group_rows - self.decoded).min(self.block_rows);
        let (group, start) = (self.group, self.decoded);
        let file = &self.file;
        // The old block is let go first: two at once would double the memory.
        self.block = Block::default();
        let decode = |wanted: &Wanted| match wanted.column.and_then(|column| file.leaf(column)) {
            Some(leaf) => decode(file, leaf, group, start, rows),
            None => Ok(Vec::new()),
        };
        let columns = if self.wanted.len() > 1 {
            self.wanted.par_iter().map(decode).collect::<Result<_, _>>()?
        } else {
            self.wanted.iter().map(decode).collect::<Result<_, _>>()?
        };
        self.block = Block { columns, rows, taken: 0 };
        self.decoded += rows;
        Ok(true)
    }
}

/// Rows `start..start + rows` of one leaf of a row group.
pub(super) fn decode(
    file: &ParquetFile,
    leaf: &Leaf,
    group: usize,
    start: usize,
    rows: usize,
) -> Result<Vec<Box<dyn Array>>, DatasetError> {
    let Some(group) = file.metadata().row_groups.get(group) else {
        return Ok(Vec::new());
    };
    let corrupt = |what| file.corrupt(Some(&leaf.name), what);
    let mut chunks = group.columns_under_root_iter(&leaf.field.name).into_iter().flatten();
    let Some(chunk) = chunks.nth(leaf.nth) else {
        return Err(corrupt("a row group does not have it".to_owned()));
    };
    let range = guarded(|| Ok::<_, String>(chunk.byte_range())).map_err(corrupt)?;
    if range.start > range.end || range.end > file.length() {
        return Err(corrupt("its bytes lie beyond the end of the file, which was cut short".to_owned()));
    }
    let mut bytes = vec![0; (range.end - range.start) as usize];
    file.bytes().read_exact_at(&mut bytes, range.start).map_err(|e| DatasetError::io(file.path(), e))?;
    let bytes = Bytes::from(bytes);
    if start == 0 {
        pages::check(&bytes, chunk, group.num_rows(), leaf.storage == Storage::Lists).map_err(corrupt)?;
    }
    let arrays = guarded(|| {
        let pages = pages::reader(&bytes, chunk);
        let primitive = &chunk.descriptor().descriptor.primitive_type;
        let filter = Some(Filter::new_ranged(start, start + rows));
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
