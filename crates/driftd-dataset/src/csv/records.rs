//! The records of a CSV file, a batch at a time.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ErrorKind, Position, Reader, ReaderBuilder};

use crate::DatasetError;
use crate::positioned::PositionedReader;

/// Bytes of a batch, roughly.
const BATCH_BYTES: usize = 8 << 20;
/// Bytes of the file in which the delimiter is looked for.
const HEAD_BYTES: usize = 64 << 10;

pub(super) struct Records {
    path: PathBuf,
    reader: Reader<PositionedReader>,
    batch: Vec<ByteRecord>,
}

impl Records {
    pub(super) fn new(path: &Path, input: PositionedReader, delimiter: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(delimiter).buffer_capacity(256 << 10).from_reader(input);
        Self { path: path.to_owned(), reader, batch: Vec::new() }
    }

    /// The names in the header.
    pub(super) fn names(&mut self) -> Result<Vec<String>, DatasetError> {
        let path = self.path.clone();
        let header = self.reader.byte_headers().map_err(|e| failure(&path, e))?;
        let mut names: Vec<String> = Vec::with_capacity(header.len());
        let mut known = std::collections::HashSet::new();
        for (index, field) in header.iter().enumerate() {
            let number = index + 1;
            let Ok(name) = std::str::from_utf8(field) else {
                return Err(DatasetError::NotUtf8 { path, line: 1, byte: 0, column: format!("number {number}") });
            };
            if name.is_empty() {
                return Err(DatasetError::UnnamedColumn { path, number });
            }
            if !known.insert(name) {
                return Err(DatasetError::DuplicateColumn { path, name: name.to_owned() });
            }
            names.push(name.to_owned());
        }
        Ok(names)
    }

    /// The next records, `most` of them at most; none at the end. All of them have the header's number of fields, and
    /// all fields are UTF-8.
    pub(super) fn fill(&mut self, most: usize) -> Result<&[ByteRecord], DatasetError> {
        let (mut rows, mut bytes) = (0, 0);
        while rows < most && bytes < BATCH_BYTES {
            if rows == self.batch.len() {
                self.batch.push(ByteRecord::new());
            }
            let Some(record) = self.batch.get_mut(rows) else { break };
            if !self.reader.read_byte_record(record).map_err(|e| failure(&self.path, e))? {
                break;
            }
            if !record.as_slice().is_ascii() {
                check_utf8(&self.path, &mut self.reader, record)?;
            }
            // A field costs its end as well as its bytes.
            bytes += record.as_slice().len() + 8 * record.len();
            rows += 1;
        }
        Ok(self.batch.get(..rows).unwrap_or_default())
    }
}

fn check_utf8(path: &Path, reader: &mut Reader<PositionedReader>, record: &ByteRecord) -> Result<(), DatasetError> {
    let Some(column) = record.iter().position(|field| std::str::from_utf8(field).is_err()) else {
        return Ok(());
    };
    let header = reader.byte_headers().map_err(|e| failure(path, e))?;
    let name = header.get(column).map_or_else(String::new, |name| String::from_utf8_lossy(name).into_owned());
    let (line, byte) = record.position().map_or((0, 0), |at| (at.line(), at.byte()));
    Err(DatasetError::NotUtf8 { path: path.to_owned(), line, byte, column: format!("{name:?}") })
}

fn failure(path: &Path, error: csv::Error) -> DatasetError {
    let line = error.position().map_or(0, Position::line);
    match error.into_kind() {
        ErrorKind::Io(source) => DatasetError::io(path, source),
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            DatasetError::Ragged { path: path.to_owned(), line, found: len, expected: expected_len }
        }
        other => {
            let what = format!("line {line}: {other:?}");
            DatasetError::Corrupt { path: path.to_owned(), format: "CSV", column: None, what }
        }
    }
}

/// The delimiter: whichever of the usual ones occurs most often, outside quotes, in the first line; a comma when none
/// does.
pub(super) fn delimiter(path: &Path, file: &File) -> Result<u8, DatasetError> {
    let mut head = vec![0; HEAD_BYTES];
    let read = file.read_at(&mut head, 0).map_err(|e| DatasetError::io(path, e))?;
    head.truncate(read);
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    for byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            byte => counts.iter_mut().filter(|(d, _)| *d == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // Of equals the earlier one in the list.
    let most = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    Ok(most.filter(|(_, count)| *count > 0).map_or(b',', |(delimiter, _)| delimiter))
}
