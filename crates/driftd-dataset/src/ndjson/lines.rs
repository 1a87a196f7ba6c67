//! The records of an NDJSON file.

use std::path::PathBuf;

use driftd_decode::{Reject, SurveyError};
use driftd_model::RejectReason;

use super::items::{ItemError, Items, Layout};
use crate::DatasetError;
use crate::blob::Blob;
use crate::limits::MAX_RECORD_BYTES;

/// Records one after the other. What is wrong with how they follow one another is wrong with the file.
#[derive(Debug)]
pub(crate) struct Lines {
    path: PathBuf,
    items: Items,
}

impl Lines {
    /// The records of `blob`, as they follow one another in it.
    pub(crate) fn open(blob: &Blob) -> Result<Self, DatasetError> {
        Self::new(blob, Layout::of_head(&blob.head()?.0))
    }

    pub(super) fn new(blob: &Blob, layout: Layout) -> Result<Self, DatasetError> {
        Ok(Self { path: blob.path().to_owned(), items: Items::new(blob.text()?, layout) })
    }

    /// Number of the line in which the record begins that was read last, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.items.line()
    }

    /// Lines that were read, in part or whole.
    pub(crate) fn lines(&self) -> u64 {
        self.items.lines()
    }

    /// The record that was read last.
    pub(crate) fn text(&self) -> &[u8] {
        self.items.text()
    }

    /// The same, to keep.
    pub(super) fn take_text(&mut self) -> Vec<u8> {
        self.items.take_text()
    }

    /// Reads the next record; false at the end. Blank lines are passed over. Of one longer than `most`, enough is kept to
    /// find it too long.
    pub(crate) fn advance(&mut self, most: u64) -> Result<bool, DatasetError> {
        self.items.advance(most).map_err(|error| match error {
            ItemError::Io(error) => DatasetError::io(&self.path, error),
            ItemError::Shape { line, what } => self.bad_json(line, what),
        })
    }

    /// The next record; nothing at the end.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>, DatasetError> {
        if !self.advance(MAX_RECORD_BYTES)? {
            return Ok(None);
        }
        if self.text().len() as u64 > MAX_RECORD_BYTES {
            return Err(self.bad_json(self.line(), "a record of more than 64 MiB"));
        }
        Ok(Some(self.text()))
    }

    /// The next record and its line.
    pub(super) fn next_numbered(&mut self) -> Result<Option<(u64, &[u8])>, DatasetError> {
        if self.next()?.is_none() {
            return Ok(None);
        }
        Ok(Some((self.line(), self.text())))
    }

    fn bad_json(&self, line: u64, what: &str) -> DatasetError {
        DatasetError::BadJson { path: self.path.clone(), line, column: 1, what: what.to_owned() }
    }

    /// Why the record that was read last cannot be surveyed.
    pub(crate) fn unsurveyed(&self, error: &SurveyError) -> DatasetError {
        let (path, line) = (self.path.clone(), Some(self.line()));
        match error {
            SurveyError::Reject(reject) => self.bad(reject),
            SurveyError::TooManyFields => DatasetError::TooManyColumns { path, line },
            SurveyError::LongNames => DatasetError::LongNames { path, line },
        }
    }

    /// What is wrong with the record that was read last.
    pub(crate) fn bad(&self, reject: &Reject) -> DatasetError {
        // A record may go on over several lines.
        let at = reject.byte.unwrap_or(reject.column);
        let before = self.items.text().get(..at.saturating_sub(1)).unwrap_or_default();
        let ends = memchr::memchr_iter(b'\n', before).count();
        let column = before.iter().rev().position(|byte| *byte == b'\n').map_or(at, |behind| behind + 1);
        let what = match reject.reason {
            RejectReason::NotUtf8 => format!("byte {column} of the line is not UTF-8"),
            _ => reject.what.to_lowercase(),
        };
        DatasetError::BadJson { path: self.path.clone(), line: self.items.line() + ends as u64, column, what }
    }
}
