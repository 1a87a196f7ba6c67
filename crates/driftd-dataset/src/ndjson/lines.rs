//! The lines of an NDJSON file.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use driftd_decode::Reject;
use driftd_model::RejectReason;

use crate::DatasetError;
use crate::positioned::PositionedReader;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

pub(super) struct Lines {
    path: PathBuf,
    reader: BufReader<PositionedReader>,
    bytes: Vec<u8>,
    line: u64,
}

impl Lines {
    pub(super) fn new(path: &Path, input: PositionedReader) -> Self {
        let reader = BufReader::with_capacity(256 << 10, input);
        Self { path: path.to_owned(), reader, bytes: Vec::new(), line: 0 }
    }

    /// Number of the line that was read last, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The next line; blank lines are passed over. Nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, DatasetError> {
        loop {
            self.bytes.clear();
            let read = read_line(&mut self.reader, &mut self.bytes, u64::MAX);
            if !read.map_err(|error| DatasetError::io(&self.path, error))? {
                return Ok(None);
            }
            self.line += 1;
            if !text_of(&self.bytes, self.line == 1).trim_ascii().is_empty() {
                return Ok(Some(text_of(&self.bytes, self.line == 1)));
            }
        }
    }

    /// The next line and its number.
    pub(super) fn next_numbered(&mut self) -> Result<Option<(u64, &[u8])>, DatasetError> {
        if self.next()?.is_none() {
            return Ok(None);
        }
        Ok(Some((self.line, text_of(&self.bytes, self.line == 1))))
    }

    /// What is wrong with the line that was read last.
    pub(super) fn bad(&self, reject: &Reject) -> DatasetError {
        let column = reject.column;
        let what = match reject.reason {
            RejectReason::NotUtf8 => format!("byte {column} of the line is not UTF-8"),
            _ => reject.what.to_lowercase(),
        };
        DatasetError::BadJson { path: self.path.clone(), line: self.line, column, what }
    }
}

/// A line without the byte order mark that may stand before the first one.
pub(crate) fn text_of(line: &[u8], is_first: bool) -> &[u8] {
    if is_first { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line }
}

/// Appends the next line to `line`; of one longer than `most`, enough for a decoder to find it too long. False at the
/// end of the file.
pub(crate) fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>, most: u64) -> std::io::Result<bool> {
    let most = most.saturating_add(1);
    if reader.by_ref().take(most).read_until(b'\n', line)? == 0 {
        return Ok(false);
    }
    if line.ends_with(b"\n") || (line.len() as u64) < most {
        return Ok(true);
    }
    // The rest of the line, without keeping it.
    loop {
        let ahead = reader.fill_buf()?;
        let end = ahead.iter().position(|byte| *byte == b'\n');
        let (passed, done) = end.map_or((ahead.len(), ahead.is_empty()), |end| (end + 1, true));
        reader.consume(passed);
        if done {
            return Ok(true);
        }
    }
}
