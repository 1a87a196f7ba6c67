//! Kinds of files, by name and by their first bytes.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::DatasetError;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Parquet,
    Csv,
    Ndjson,
}

impl Format {
    /// Opens `path` and settles its format: by its extension, which the first bytes may not contradict.
    pub(crate) fn open(path: &Path) -> Result<(Self, File), DatasetError> {
        let file = File::open(path).map_err(|e| DatasetError::io(path, e))?;
        let metadata = file.metadata().map_err(|e| DatasetError::io(path, e))?;
        if metadata.is_dir() {
            return Err(DatasetError::Directory { path: path.to_owned() });
        }
        let format = Self::of_name(path)?;
        let mut head = [0; 4];
        let read = file.read_at(&mut head, 0).map_err(|e| DatasetError::io(path, e))?;
        if read == 0 {
            return Err(DatasetError::EmptyFile { path: path.to_owned() });
        }
        format.check_head(path, head.get(..read).unwrap_or_default())?;
        Ok((format, file))
    }

    fn of_name(path: &Path) -> Result<Self, DatasetError> {
        let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            Some("parquet" | "pq") => Ok(Self::Parquet),
            Some("csv" | "tsv" | "txt") => Ok(Self::Csv),
            Some("ndjson" | "jsonl" | "json") => Ok(Self::Ndjson),
            _ => Err(DatasetError::UnknownFormat { path: path.to_owned() }),
        }
    }

    fn check_head(self, path: &Path, head: &[u8]) -> Result<(), DatasetError> {
        let known: [(&[u8], &'static str, &'static str); 5] = [
            (b"PAR1", "Parquet", "rename it to .parquet"),
            (b"PARE", "encrypted Parquet", "decrypt it first"),
            (b"\x1f\x8b", "gzip data", "decompress it first, for example with `gunzip`"),
            (b"\x28\xb5\x2f\xfd", "zstd data", "decompress it first, for example with `unzstd`"),
            (b"PK\x03\x04", "a zip archive or spreadsheet", "unpack it, or export the sheet as CSV"),
        ];
        let found = known.iter().find(|(magic, ..)| head.starts_with(magic));
        let wrong =
            |found, remedy| DatasetError::WrongFormat { path: path.to_owned(), expected: self.name(), found, remedy };
        match (self, found) {
            (Self::Parquet, Some((b"PAR1", ..))) => Ok(()),
            (_, Some((_, found, remedy))) => Err(wrong(found, remedy)),
            (Self::Parquet, None) => Err(wrong("something else", "rename it after what is in it, or write it again")),
            (Self::Csv | Self::Ndjson, None) => Ok(()),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Parquet => "Parquet",
            Self::Csv => "CSV",
            Self::Ndjson => "NDJSON",
        }
    }
}
