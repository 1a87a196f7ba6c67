//! The pages of a column chunk, checked before they are decoded.
//!
//! The decoder makes room for as many values as a header announces, and a process that asks for more memory than there
//! is gets no error: it ends. So the announced numbers are held against what the footer says first.

use std::io::Cursor;

use polars_parquet::read::{BasicDecompressor, ColumnChunkMetadata, PageReader};

use super::guard::guarded;

/// Bytes of a column chunk, shared by whoever reads them.
pub(super) type Bytes = polars_buffer::Buffer<u8>;

/// No page is larger than this; a header that says so is damaged.
pub(super) const MAX_PAGE: usize = 1 << 28;

/// Elements that a row of lists may have on average; what has more is no vector.
const MAX_ELEMENTS: usize = 1 << 12;

/// Whether the pages in `bytes` hold `rows` values together, and the dictionary as many as its bytes can. Of `lists`, a
/// row may have many values.
pub(super) fn check(bytes: &Bytes, chunk: &ColumnChunkMetadata, rows: usize, lists: bool) -> Result<(), String> {
    let values = usize::try_from(chunk.num_values()).unwrap_or(usize::MAX);
    let fits = if lists { (rows..=rows.saturating_mul(MAX_ELEMENTS)).contains(&values) } else { values == rows };
    if !fits {
        return Err(format!("{} values announced for {rows} rows", chunk.num_values()));
    }
    guarded(|| {
        let mut pages = reader(bytes, chunk);
        let dictionary = pages.read_dict_page().map_err(|e| e.to_string())?;
        if dictionary.is_some_and(|page| page.num_values > page.buffer.len()) {
            return Err("a dictionary announces more values than it has bytes".to_owned());
        }
        let mut left = values;
        for page in pages {
            let page = page.map_err(|e| e.to_string())?;
            let fits = page.num_values() <= left && page.page().uncompressed_size() <= MAX_PAGE;
            if !fits {
                return Err("a page announces more values than there are rows".to_owned());
            }
            left -= page.num_values();
        }
        if left > 0 { Err(format!("{left} of {values} values have no page")) } else { Ok(()) }
    })
}

/// Reads the pages in `bytes`.
pub(super) fn reader(bytes: &Bytes, chunk: &ColumnChunkMetadata) -> BasicDecompressor {
    let pages = PageReader::new(Cursor::new(bytes.clone()), chunk, Vec::new(), MAX_PAGE);
    BasicDecompressor::new(pages, Vec::new())
}
