//! The records of a CSV file, a batch at a time.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ErrorKind, Position, Reader, ReaderBuilder, Trim};
use memchr::memmem;

use super::dialect::Dialect;
use crate::DatasetError;
use crate::blob::Stream;

/// Bytes of a batch, roughly.
const BATCH_BYTES: usize = 8 << 20;
/// Bytes of one record at most; what is longer is a quote that nobody closed.
const MAX_RECORD: u64 = 64 << 20;

pub(super) struct Records {
    path: PathBuf,
    reader: Reader<Metered>,
    dialect: Dialect,
    batch: Vec<ByteRecord>,
    /// The names of all fields, for messages.
    names: Vec<String>,
    watches: bool,
    oddity: Oddity,
}

/// What the first line names.
#[derive(Debug)]
pub(super) struct Header {
    /// Fields of a record.
    pub(super) width: usize,
    /// The names of columns, and the field of each.
    pub(super) names: Vec<String>,
    pub(super) fields: Vec<usize>,
    /// Fields without a name.
    pub(super) unnamed: Vec<usize>,
}

/// What a parser that forgives may have made something wrong of.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Oddity {
    /// A record went on over a line end, or lines were blank.
    pub(super) breaks: bool,
    /// A backslash stands before a quote.
    pub(super) backslashes: bool,
}

impl Records {
    pub(super) fn new(path: &Path, stream: Stream, dialect: Dialect) -> Self {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(dialect.delimiter).has_headers(dialect.header).buffer_capacity(256 << 10);
        if dialect.escaped {
            builder.escape(Some(b'\\'));
        }
        if dialect.spaced {
            builder.trim(Trim::All);
        }
        let reader = builder.from_reader(Metered::new(stream));
        let (batch, names) = (Vec::new(), Vec::new());
        Self { path: path.to_owned(), reader, dialect, batch, names, watches: false, oddity: Oddity::default() }
    }

    /// These records, looked at for what may be wrong with them.
    pub(super) fn watching(mut self) -> Self {
        self.watches = true;
        self.reader.get_mut().watches = !self.dialect.escaped;
        self
    }

    /// What was odd so far.
    pub(super) fn oddity(&self) -> Oddity {
        Oddity { backslashes: self.reader.get_ref().backslashes, ..self.oddity }
    }

    /// The header, after which the first record is one of values.
    pub(super) fn header(&mut self) -> Result<Header, DatasetError> {
        let path = self.path.clone();
        let above = self.dialect.skipped as u64;
        if let Err(error) = self.reader.byte_headers() {
            return Err(self.failure(0, error));
        }
        let line = self.reader.byte_headers().map_err(|e| failure(&path, above, e))?;
        let mut header = Header { width: line.len(), names: Vec::new(), fields: Vec::new(), unnamed: Vec::new() };
        if !self.dialect.header {
            self.names = (1..=header.width).map(|number| format!("column_{number}")).collect();
            (header.names, header.fields) = (self.names.clone(), (0..header.width).collect());
            return Ok(header);
        }
        let mut known = std::collections::HashSet::new();
        for (index, field) in line.iter().enumerate() {
            let number = index + 1;
            let Ok(name) = std::str::from_utf8(field) else {
                let (line, column) = (above + 1, format!("number {number}"));
                return Err(DatasetError::NotUtf8 { path, line, byte: 0, column });
            };
            self.names.push(name.to_owned());
            if name.is_empty() {
                header.unnamed.push(index);
                continue;
            }
            if !known.insert(name) {
                return Err(DatasetError::DuplicateColumn { path, name: name.to_owned() });
            }
            header.names.push(name.to_owned());
            header.fields.push(index);
        }
        if self.dialect.units {
            self.reader.read_byte_record(&mut ByteRecord::new()).map_err(|e| failure(&path, above, e))?;
        }
        Ok(header)
    }

    /// The next records, `most` of them at most; none at the end. All of them have the header's number of fields, and
    /// all fields are UTF-8.
    pub(super) fn fill(&mut self, most: usize) -> Result<&[ByteRecord], DatasetError> {
        let (mut rows, mut bytes) = (0, 0);
        self.reader.get_mut().allow(2 * BATCH_BYTES as u64 + MAX_RECORD);
        while rows < most && bytes < BATCH_BYTES {
            if rows == self.batch.len() {
                self.batch.push(ByteRecord::new());
            }
            let Some(record) = self.batch.get_mut(rows) else { break };
            let begins = self.reader.position().line();
            let more = self.reader.read_byte_record(record);
            if self.watches {
                let lines = self.reader.position().line() - begins;
                self.oddity.breaks |= lines > 1 || lines == 1 && matches!(more, Ok(false));
            }
            match more {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return Err(self.failure(begins, error)),
            }
            if !record.as_slice().is_ascii() {
                check_utf8(&self.path, self.dialect.skipped as u64, &self.names, record)?;
            }
            // A field costs its end as well as its bytes.
            bytes += record.as_slice().len() + 8 * record.len();
            rows += 1;
        }
        Ok(self.batch.get(..rows).unwrap_or_default())
    }

    /// What is wrong with the record that begins in `line` of what is parsed.
    fn failure(&self, line: u64, error: csv::Error) -> DatasetError {
        let above = self.dialect.skipped as u64;
        if self.reader.get_ref().exceeded {
            return DatasetError::OpenQuote { path: self.path.clone(), line: above + line.max(1) };
        }
        failure(&self.path, above, error)
    }
}

fn check_utf8(path: &Path, above: u64, names: &[String], record: &ByteRecord) -> Result<(), DatasetError> {
    let Some(column) = record.iter().position(|field| std::str::from_utf8(field).is_err()) else {
        return Ok(());
    };
    let name = names.get(column).map_or("", String::as_str);
    let (line, byte) = record.position().map_or((0, 0), |at| (at.line(), at.byte()));
    Err(DatasetError::NotUtf8 { path: path.to_owned(), line: above + line, byte, column: format!("{name:?}") })
}

fn failure(path: &Path, above: u64, error: csv::Error) -> DatasetError {
    let line = above + error.position().map_or(0, Position::line);
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

/// A stream that is read no further than records may be long.
struct Metered {
    stream: Stream,
    left: u64,
    exceeded: bool,
    watches: bool,
    backslashes: bool,
    last: u8,
}

impl Metered {
    fn new(stream: Stream) -> Self {
        Self { stream, left: MAX_RECORD, exceeded: false, watches: false, backslashes: false, last: 0 }
    }

    fn allow(&mut self, bytes: u64) {
        self.left = bytes;
    }
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            self.exceeded = true;
            return Err(io::Error::other("a record has no end"));
        }
        let read = self.stream.read(buffer)?;
        self.left = self.left.saturating_sub(read as u64);
        if self.watches && !self.backslashes {
            let bytes = buffer.get(..read).unwrap_or_default();
            self.backslashes =
                (self.last == b'\\' && bytes.first() == Some(&b'"')) || memmem::find(bytes, b"\\\"").is_some();
            self.last = bytes.last().copied().unwrap_or_default();
        }
        Ok(read)
    }
}
