//! The lines of an NDJSON file.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::flatten::{Members, flatten};
use crate::DatasetError;
use crate::positioned::PositionedReader;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

pub(super) struct Lines {
    path: PathBuf,
    reader: BufReader<PositionedReader>,
    bytes: Vec<u8>,
    line: u64,
    member: String,
}

impl Lines {
    pub(super) fn new(path: &Path, input: PositionedReader) -> Self {
        let reader = BufReader::with_capacity(256 << 10, input);
        Self { path: path.to_owned(), reader, bytes: Vec::new(), line: 0, member: String::new() }
    }

    /// Number of the line that was read last, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Hands the members of the next line's object to `members`; blank lines are passed over. False at the end.
    pub(super) fn next_object(&mut self, members: &mut impl Members) -> Result<bool, DatasetError> {
        loop {
            self.bytes.clear();
            let read = self.reader.read_until(b'\n', &mut self.bytes).map_err(|e| DatasetError::io(&self.path, e))?;
            if read == 0 {
                return Ok(false);
            }
            self.line += 1;
            let mut json = self.bytes.as_slice();
            if self.line == 1 {
                json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
            }
            if json.trim_ascii().is_empty() {
                continue;
            }
            flatten(json, &mut self.member, members).map_err(|e| self.bad(&e))?;
            return Ok(true);
        }
    }

    fn bad(&self, error: &serde_json::Error) -> DatasetError {
        let (text, place) = (error.to_string(), format!(" at line {} column {}", error.line(), error.column()));
        let what = match std::str::from_utf8(&self.bytes) {
            Err(utf8) => format!("byte {} of the line is not UTF-8", utf8.valid_up_to() + 1),
            Ok(_) => text.strip_suffix(&place).unwrap_or(&text).to_lowercase(),
        };
        DatasetError::BadJson { path: self.path.clone(), line: self.line, column: error.column().max(1), what }
    }
}
