//! Files as what they are, whatever they mean: records to be sent on, and fingerprints to be known by.

use std::path::{Path, PathBuf};

use driftd_model::ContentHash;

use crate::DatasetError;
use crate::blob::Blob;
use crate::format::Format;
use crate::input::Input;
use crate::ndjson::{ItemError, Items};
use crate::options::ReadOptions;

/// Bytes of a record at most.
const MAX_RECORD: u64 = 64 << 20;
/// Bytes of either end that are part of a fingerprint.
const ENDS: u64 = 1 << 20;

/// The records of JSON files as they are written, without a look into them.
pub struct RawRecords {
    options: ReadOptions,
    paths: std::vec::IntoIter<PathBuf>,
    open: Option<(PathBuf, Items)>,
}

impl RawRecords {
    /// The records of everything that `named` names.
    ///
    /// # Errors
    /// What is not there, and files of another kind than JSON.
    pub fn open(named: &Path, options: &ReadOptions) -> Result<Self, DatasetError> {
        let options = ReadOptions { format: Some(Format::Ndjson), ..options.clone() };
        let input = Input::find(&[named.to_owned()], &options)?;
        let paths: Vec<PathBuf> = input.files.into_iter().map(|file| file.path).collect();
        Ok(Self { options, paths: paths.into_iter(), open: None })
    }

    fn read(&mut self) -> Result<Option<Vec<u8>>, DatasetError> {
        loop {
            let Some((path, items)) = &mut self.open else {
                let Some(path) = self.paths.next() else { return Ok(None) };
                let items = Items::open(&Blob::open(&path, true, &self.options)?)?;
                self.open = Some((path, items));
                continue;
            };
            match items.advance(MAX_RECORD) {
                Ok(true) => return Ok(Some(items.text().trim_ascii_end().to_vec())),
                Ok(false) => self.open = None,
                Err(ItemError::Io(error)) => return Err(DatasetError::io(path, error)),
                Err(ItemError::Shape { line, what }) => {
                    let (path, what) = (path.clone(), what.to_owned());
                    return Err(DatasetError::BadJson { path, line, column: 1, what });
                }
            }
        }
    }
}

impl Iterator for RawRecords {
    type Item = Result<Vec<u8>, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.read().transpose();
        if matches!(record, Some(Err(_))) {
            (self.open, self.paths) = (None, Vec::new().into_iter());
        }
        record
    }
}

/// By what the files that `named` names are known wherever they lie: of each, its length, its beginning and its end, which
/// is enough to tell two exports apart without reading gigabytes twice.
///
/// # Errors
/// What is not there or cannot be read.
pub fn fingerprints(named: &Path, options: &ReadOptions) -> Result<Vec<String>, DatasetError> {
    let input = Input::find(&[named.to_owned()], options)?;
    input.files.iter().map(|file| fingerprint(&file.path, options)).collect()
}

fn fingerprint(path: &Path, options: &ReadOptions) -> Result<String, DatasetError> {
    let io = |error| DatasetError::io(path, error);
    let bytes = Blob::open(path, true, options)?.raw();
    let length = bytes.length().map_err(io)?;
    let end = length.min(ENDS) as usize;
    let mut ends = vec![0; 2 * end];
    let (first, last) = ends.split_at_mut(end);
    bytes.read_exact_at(first, 0).map_err(io)?;
    bytes.read_exact_at(last, length - end as u64).map_err(io)?;
    Ok(format!("{length} {}", ContentHash::of(&ends)))
}

/// Lines of the JSON files that `named` names, for whoever wants to know beforehand: none where they cannot be read, which
/// the reader will say.
#[must_use]
pub fn count_lines(named: &[PathBuf], options: &ReadOptions) -> u64 {
    named.iter().map(|path| lines(path, options).unwrap_or_default()).sum()
}

fn lines(path: &Path, options: &ReadOptions) -> Result<u64, DatasetError> {
    let mut text = Blob::open(path, true, options)?.text()?;
    let (mut lines, mut buffer) = (0, vec![0; 1 << 20]);
    loop {
        match std::io::Read::read(&mut text, &mut buffer) {
            Ok(0) => return Ok(lines),
            Ok(read) => lines += memchr::memchr_iter(b'\n', buffer.get(..read).unwrap_or_default()).count() as u64,
            Err(error) => return Err(DatasetError::io(path, error)),
        }
    }
}
