//! The records of an NDJSON file.

use std::path::PathBuf;

use driftd_decode::Reject;
use driftd_model::RejectReason;

use super::items::{ItemError, Items, Layout};
use crate::DatasetError;
use crate::blob::Blob;

/// Bytes of a record at most.
const MAX_RECORD: u64 = 64 << 20;

/// Records one after the other. What is wrong with one is wrong with the file.
pub(super) struct Lines {
    path: PathBuf,
    items: Items,
}

impl Lines {
    pub(super) fn new(blob: &Blob, layout: Layout) -> Result<Self, DatasetError> {
        Ok(Self { path: blob.path().to_owned(), items: Items::new(blob.text()?, layout) })
    }

    /// Number of the line in which the record begins that was read last, from 1.
    pub(super) fn line(&self) -> u64 {
        self.items.line()
    }

    /// The next record; blank lines are passed over. Nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, DatasetError> {
        let bad = |path: &PathBuf, line, what: &str| DatasetError::BadJson {
            path: path.clone(),
            line,
            column: 1,
            what: what.to_owned(),
        };
        match self.items.advance(MAX_RECORD) {
            Ok(false) => Ok(None),
            Ok(true) if self.items.text().len() as u64 > MAX_RECORD => {
                Err(bad(&self.path, self.items.line(), "a record of more than 64 MiB"))
            }
            Ok(true) => Ok(Some(self.items.text())),
            Err(ItemError::Io(error)) => Err(DatasetError::io(&self.path, error)),
            Err(ItemError::Shape { line, what }) => Err(bad(&self.path, line, what)),
        }
    }

    /// The next record and its line.
    pub(super) fn next_numbered(&mut self) -> Result<Option<(u64, &[u8])>, DatasetError> {
        if self.next()?.is_none() {
            return Ok(None);
        }
        Ok(Some((self.items.line(), self.items.text())))
    }

    /// What is wrong with the record that was read last.
    pub(super) fn bad(&self, reject: &Reject) -> DatasetError {
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
