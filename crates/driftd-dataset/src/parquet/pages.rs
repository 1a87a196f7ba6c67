//! The pages of a column chunk, checked before they are unpacked and decoded.
//!
//! The decoder makes room for as much as a header announces, and a process that asks for more memory than there is gets no
//! error: it ends. So every header is read here first, and held against the footer, against the type of the column and
//! against the packed bytes behind it.

use std::io::Cursor;
use std::ops::Range;

use polars_parquet::parquet::schema::types::PhysicalType;
use polars_parquet::read::{BasicDecompressor, ColumnChunkMetadata, PageReader};

use super::announced::Refusal;
use super::page_header::{Kind, PageHeader};
use super::unpacked;

/// Bytes of a column chunk, shared by whoever reads them.
pub(super) type Bytes = polars_buffer::Buffer<u8>;

/// No page is larger than this; a header that says so is damaged.
const MAX_PAGE: usize = 1 << 28;
/// No page of texts, of which copies are made, is larger than this.
const MAX_TEXT_PAGE: usize = 1 << 26;
/// No dictionary is larger than this, which stays in memory as long as values of it do, nor has more values.
const MAX_DICTIONARY: usize = 1 << 25;
const MAX_DICTIONARY_VALUES: usize = 1 << 22;
/// Pages larger than this are unpacked one at a time, whatever the number of columns that are read side by side.
const LARGE_PAGE: usize = 1 << 23;

/// Elements that a row of lists may have on average; what has more is no vector.
const MAX_ELEMENTS: usize = 1 << 12;

/// Parquet's number of the encoding in which a text repeats the beginning of the one before.
const DELTA_BYTE_ARRAY: i64 = 7;

/// What the pages of a column chunk become.
#[derive(Clone, Debug, Default)]
pub(super) struct Outline {
    /// Bytes of the dictionary.
    pub(super) dictionary: u64,
    /// Values up to the end of each page of values, and bytes that these values take at most besides what every value does.
    pages: Vec<(usize, u64)>,
    /// Values a row.
    per_row: usize,
    /// The largest page.
    largest: usize,
}

impl Outline {
    /// Bytes that those rows take besides what every row does.
    pub(super) fn bytes(&self, rows: &Range<usize>) -> u64 {
        let wanted = rows.start.saturating_mul(self.per_row)..rows.end.saturating_mul(self.per_row);
        let (mut bytes, mut begins) = (0_u64, 0);
        for (ends, of_page) in &self.pages {
            let within = wanted.end.min(*ends).saturating_sub(wanted.start.max(begins));
            let share = u128::from(*of_page) * within as u128 / (*ends - begins).max(1) as u128;
            bytes = bytes.saturating_add(u64::try_from(share).unwrap_or(u64::MAX));
            begins = *ends;
        }
        bytes
    }

    /// Whether its pages are to be unpacked one at a time.
    pub(super) const fn is_large(&self) -> bool {
        self.largest > LARGE_PAGE
    }
}

/// Whether the pages in `bytes` hold `rows` values together and become what they announce, and what that is. Of `lists`, a
/// row may have many values.
pub(super) fn check(bytes: &Bytes, chunk: &ColumnChunkMetadata, rows: usize, lists: bool) -> Result<Outline, Refusal> {
    let values = usize::try_from(chunk.num_values()).unwrap_or(usize::MAX);
    let fits = if lists { (rows..=rows.saturating_mul(MAX_ELEMENTS)).contains(&values) } else { values == rows };
    if !fits {
        return Err(Refusal::Damaged(format!("{} values announced for {rows} rows", chunk.num_values())));
    }
    let (mut rest, mut read): (&[u8], usize) = (bytes, 0);
    let mut outline = Outline { per_row: values.div_ceil(rows.max(1)), ..Outline::default() };
    let mut is_first = true;
    while read < values || is_first && !rest.is_empty() {
        let (header, length) = PageHeader::read(rest)?;
        let (page, behind) = rest
            .get(length..)
            .and_then(|rest| rest.split_at_checked(header.packed))
            .ok_or_else(|| "a page ends beyond its column".to_owned())?;
        check_page(&header, page, chunk)?;
        if header.kind == Kind::Dictionary {
            if !is_first {
                return Err("a dictionary stands behind the values it is for".to_owned().into());
            }
            outline.dictionary = (header.unpacked + 16 * header.values) as u64;
        } else {
            read += header.values;
            if read > values {
                return Err("a page announces more values than there are rows".to_owned().into());
            }
            outline.pages.push((read, weight(&header, chunk, lists)));
        }
        outline.largest = outline.largest.max(header.unpacked);
        (rest, is_first) = (behind, false);
    }
    Ok(outline)
}

/// Bytes that the values of a page take at most besides what every value does.
fn weight(header: &PageHeader, chunk: &ColumnChunkMetadata, lists: bool) -> u64 {
    let of_values = if lists { 16 * header.values as u64 } else { 0 };
    let of_texts = match physical_type(chunk) {
        // Each may repeat all of the page.
        PhysicalType::ByteArray if header.encoding == DELTA_BYTE_ARRAY => {
            (header.values as u64).saturating_mul(header.unpacked as u64)
        }
        PhysicalType::ByteArray | PhysicalType::FixedLenByteArray(_) => header.unpacked as u64,
        _ => 0,
    };
    of_values.saturating_add(of_texts)
}

fn check_page(header: &PageHeader, page: &[u8], chunk: &ColumnChunkMetadata) -> Result<(), Refusal> {
    let PageHeader { kind, unpacked, values, .. } = *header;
    let width = match physical_type(chunk) {
        PhysicalType::Boolean => Some(1),
        PhysicalType::Int32 | PhysicalType::Float => Some(4),
        PhysicalType::Int64 | PhysicalType::Double => Some(8),
        PhysicalType::Int96 => Some(12),
        PhysicalType::FixedLenByteArray(width) => Some(width),
        PhysicalType::ByteArray => None,
    };
    if kind == Kind::Dictionary {
        // A text stands behind its length.
        if values.saturating_mul(width.unwrap_or(4)) > unpacked {
            return Err("a dictionary announces more values than it has bytes".to_owned().into());
        }
        if unpacked > MAX_DICTIONARY || values > MAX_DICTIONARY_VALUES {
            let most = MAX_DICTIONARY >> 20;
            return Err(Refusal::TooMuch {
                what: format!("a dictionary of more than {most} MiB or {MAX_DICTIONARY_VALUES} values"),
                remedy: "leave the column out, or write it without a dictionary or in smaller row groups",
            });
        }
    } else if let Some(width) = width {
        // A value with its levels takes little more than its width, however it is written.
        if unpacked > values.saturating_mul(width.saturating_add(8)).saturating_add(64 << 10) {
            return Err(format!("a page of {values} values announces {unpacked} bytes").into());
        }
    }
    let most = if width.is_some() { MAX_PAGE } else { MAX_TEXT_PAGE };
    if unpacked > most {
        let what = format!("a page of more than {} MiB", most >> 20);
        return Err(Refusal::TooMuch { what, remedy: "write smaller pages, or smaller row groups" });
    }
    let (levels, is_compressed) = match kind {
        Kind::DataV2 { levels, is_compressed } => (levels, is_compressed),
        Kind::Dictionary | Kind::Data => (0, true),
    };
    let contradicts = || "a page contradicts its header, which announces another number of bytes".to_owned();
    let packed = page.get(levels..).ok_or_else(contradicts)?;
    let announced = unpacked.checked_sub(levels).ok_or_else(contradicts)?;
    // No byte at all is what nothing becomes.
    let agrees = match (is_compressed, packed.is_empty()) {
        (true, false) => unpacked::agrees(chunk.compression(), packed, announced),
        (true, true) => announced == 0,
        (false, _) => announced == packed.len(),
    };
    if agrees { Ok(()) } else { Err(contradicts().into()) }
}

fn physical_type(chunk: &ColumnChunkMetadata) -> PhysicalType {
    chunk.descriptor().descriptor.primitive_type.physical_type
}

/// Reads the pages in `bytes`.
pub(super) fn reader(bytes: &Bytes, chunk: &ColumnChunkMetadata) -> BasicDecompressor {
    let pages = PageReader::new(Cursor::new(bytes.clone()), chunk, Vec::new(), MAX_PAGE);
    BasicDecompressor::new(pages, Vec::new())
}
