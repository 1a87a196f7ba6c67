//! The records of a CSV file, a batch at a time.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ErrorKind, Position, Reader, ReaderBuilder, Trim};
use memchr::{memchr_iter, memmem};

use super::dialect::Dialect;
use crate::DatasetError;
use crate::blob::Stream;
use crate::limits::{MAX_COLUMNS, MAX_NAME_BYTES, MAX_RECORD_BYTES, MAX_RECORD_FIELDS};

/// Bytes of a batch, roughly.
const BATCH_BYTES: usize = 8 << 20;
/// What a record takes besides its bytes and the ends of its fields.
const RECORD_OVERHEAD: usize = 128;
/// Bytes read into the records of batches before the room they take is given back: a long record leaves its room behind,
/// each time at another place of the batch.
const KEPT_BYTES: usize = 4 * BATCH_BYTES;
/// Bytes that are read ahead of the record they are needed for.
const AHEAD_BYTES: usize = 256 << 10;

pub(super) struct Records {
    path: PathBuf,
    reader: Reader<Metered>,
    dialect: Dialect,
    batch: Vec<ByteRecord>,
    /// Bytes read into it since it was made.
    filled: usize,
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
        builder.delimiter(dialect.delimiter).has_headers(dialect.header).buffer_capacity(AHEAD_BYTES);
        if dialect.escaped {
            builder.escape(Some(b'\\'));
        }
        if dialect.spaced {
            builder.trim(Trim::All);
        }
        let reader = builder.from_reader(Metered::new(stream, dialect.delimiter));
        let (batch, names) = (Vec::new(), Vec::new());
        let oddity = Oddity::default();
        Self { path: path.to_owned(), reader, dialect, batch, filled: 0, names, watches: false, oddity }
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
        let wide = || DatasetError::TooManyColumns { path: path.clone(), line: Some(above + 1) };
        let meter = self.reader.get_mut();
        // Of the header two copies are made, so it is not read any further than a table may have columns.
        meter.allow(MAX_NAME_BYTES as u64, MAX_COLUMNS + AHEAD_BYTES);
        if let Err(error) = self.reader.byte_headers() {
            let is_wide = self.reader.get_ref().exceeded == Some(Excess::Fields);
            return Err(if is_wide { wide() } else { self.failure(0, MAX_NAME_BYTES as u64, error) });
        }
        let line = self.reader.byte_headers().map_err(|e| failure(&path, above, e))?;
        if line.len() > MAX_COLUMNS {
            return Err(wide());
        }
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
        self.reader.get_mut().allow(2 * BATCH_BYTES as u64 + MAX_RECORD_BYTES, MAX_RECORD_FIELDS);
        if self.filled > KEPT_BYTES {
            (self.batch, self.filled) = (Vec::new(), 0);
        }
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
                Err(error) => return Err(self.failure(begins, MAX_RECORD_BYTES, error)),
            }
            if !record.as_slice().is_ascii() {
                check_utf8(&self.path, self.dialect.skipped as u64, &self.names, record)?;
            }
            // A field costs its end as well as its bytes.
            bytes += record.as_slice().len() + 8 * record.len() + RECORD_OVERHEAD;
            rows += 1;
        }
        self.filled += bytes;
        Ok(self.batch.get(..rows).unwrap_or_default())
    }

    /// What is wrong with the record that begins in `line` of what is parsed and may have `most` bytes.
    fn failure(&self, line: u64, most: u64, error: csv::Error) -> DatasetError {
        let above = self.dialect.skipped as u64;
        if self.reader.get_ref().exceeded.is_some() {
            return DatasetError::LongRecord { path: self.path.clone(), line: above + line.max(1), most };
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
    delimiter: u8,
    left: u64,
    delimiters_left: usize,
    exceeded: Option<Excess>,
    watches: bool,
    backslashes: bool,
    last: u8,
}

/// What a record has too many of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Excess {
    Bytes,
    Fields,
}

impl Metered {
    fn new(stream: Stream, delimiter: u8) -> Self {
        let (left, delimiters_left) = (MAX_RECORD_BYTES, MAX_RECORD_FIELDS);
        let (exceeded, watches, backslashes, last) = (None, false, false, 0);
        Self { stream, delimiter, left, delimiters_left, exceeded, watches, backslashes, last }
    }

    /// Lets so many bytes pass, and so many delimiters among them: a field takes more memory than bytes.
    fn allow(&mut self, bytes: u64, delimiters: usize) {
        (self.left, self.delimiters_left) = (bytes, delimiters);
    }
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let spent = [(self.left == 0, Excess::Bytes), (self.delimiters_left == 0, Excess::Fields)];
        if let Some((_, excess)) = spent.into_iter().find(|(is_spent, _)| *is_spent) {
            self.exceeded = Some(excess);
            return Err(io::Error::other("a record has no end"));
        }
        let read = self.stream.read(buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        self.left = self.left.saturating_sub(read as u64);
        self.delimiters_left = self.delimiters_left.saturating_sub(memchr_iter(self.delimiter, bytes).count());
        if self.watches && !self.backslashes {
            self.backslashes =
                (self.last == b'\\' && bytes.first() == Some(&b'"')) || memmem::find(bytes, b"\\\"").is_some();
            self.last = bytes.last().copied().unwrap_or_default();
        }
        Ok(read)
    }
}
