//! Files as what they are, whatever they mean: records to be sent on, and fingerprints to be known by.

use std::path::Path;

use driftd_model::ContentHash;

use crate::DatasetError;
use crate::format::Format;
use crate::input::{Input, InputFile};
use crate::ndjson::Lines;
use crate::options::ReadOptions;

/// Bytes of either end that are part of a fingerprint.
const ENDS: u64 = 1 << 20;

/// The records of JSON files as they are written, without a look into them.
pub struct RawRecords {
    options: ReadOptions,
    files: std::vec::IntoIter<InputFile>,
    open: Option<Lines>,
}

impl RawRecords {
    /// The records of everything that `named` names.
    ///
    /// # Errors
    /// What is not there, and files of another kind than JSON.
    pub fn open(named: &Path, options: &ReadOptions) -> Result<Self, DatasetError> {
        let options = ReadOptions { format: Some(Format::Ndjson), ..options.clone() };
        let input = Input::find(&[named.to_owned()], &options)?;
        Ok(Self { options, files: input.files.into_iter(), open: None })
    }

    fn read(&mut self) -> Result<Option<Vec<u8>>, DatasetError> {
        loop {
            if let Some(lines) = &mut self.open
                && let Some(record) = lines.next()?
            {
                return Ok(Some(record.trim_ascii_end().to_vec()));
            }
            let Some(file) = self.files.next() else { return Ok(None) };
            self.open = Some(Lines::open(&file.open(true, &self.options)?)?);
        }
    }
}

impl Iterator for RawRecords {
    type Item = Result<Vec<u8>, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.read().transpose();
        if matches!(record, Some(Err(_))) {
            (self.open, self.files) = (None, Vec::new().into_iter());
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
    input.files.iter().map(|file| fingerprint(file, options)).collect()
}

fn fingerprint(file: &InputFile, options: &ReadOptions) -> Result<String, DatasetError> {
    let io = |error| DatasetError::io(&file.path, error);
    let bytes = file.open(true, options)?.raw();
    let length = bytes.length().map_err(io)?;
    let end = length.min(ENDS) as usize;
    let mut ends = vec![0; 2 * end];
    let (first, last) = ends.split_at_mut(end);
    bytes.read_exact_at(first, 0).map_err(io)?;
    bytes.read_exact_at(last, length - end as u64).map_err(io)?;
    Ok(format!("{length} {}", ContentHash::of(&ends)))
}
