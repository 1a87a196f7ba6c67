//! Kinds of files, by name and by their first bytes.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::DatasetError;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Columns in row groups.
    Parquet,
    /// A header, and fields between delimiters.
    Csv,
    /// JSON objects: one a line, one after the other, in an array, or as a data frame.
    Ndjson,
}

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// What is no kind of file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no kind of file: write parquet, csv or ndjson")]
pub struct BadFormat(String);

impl FromStr for Format {
    type Err = BadFormat;

    fn from_str(text: &str) -> Result<Self, BadFormat> {
        of_extension(text).ok_or_else(|| BadFormat(text.to_owned()))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Parquet => "Parquet",
            Self::Csv => "CSV",
            Self::Ndjson => "NDJSON",
        })
    }
}

impl Format {
    /// What the name of a file says of it, a compression's ending aside.
    #[must_use]
    pub fn of_name(path: &Path) -> Option<Self> {
        let extension = extension(path)?;
        if !matches!(extension.as_str(), "gz" | "zst" | "zstd") {
            return of_extension(&extension);
        }
        path.file_stem().and_then(|inner| of_extension(&self::extension(Path::new(inner))?))
    }

    /// Holds the first bytes of a file, unpacked, against what it is taken for.
    pub(crate) fn check_head(self, path: &Path, head: &[u8]) -> Result<(), DatasetError> {
        let wrong = |found, remedy| DatasetError::WrongFormat { path: path.to_owned(), expected: self, found, remedy };
        match (self, known(head)) {
            (Self::Parquet, Some((b"PAR1", ..))) => Ok(()),
            (_, Some((_, found, remedy))) => Err(wrong(found, remedy)),
            (Self::Parquet, None) => Err(wrong("something else", "rename it after what is in it, or write it again")),
            (Self::Csv | Self::Ndjson, None) => Ok(()),
        }
    }

    /// What a file without a name that says so holds, by its first bytes.
    pub(crate) fn of_head(path: &Path, head: &[u8]) -> Result<Self, DatasetError> {
        if head.starts_with(b"PAR1") {
            return Ok(Self::Parquet);
        }
        if let Some((_, found, remedy)) = known(head) {
            return Err(DatasetError::Unreadable { path: path.to_owned(), found, remedy });
        }
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        match text.trim_ascii_start().first() {
            Some(b'{' | b'[') => Ok(Self::Ndjson),
            Some(_) if !text.contains(&0) || encoding_rs::Encoding::for_bom(head).is_some() => Ok(Self::Csv),
            _ => Err(DatasetError::UnknownFormat { path: path.to_owned() }),
        }
    }
}

impl Packing {
    /// By the first bytes of a file.
    pub(crate) fn of_head(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }
}

fn extension(path: &Path) -> Option<String> {
    path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase())
}

fn of_extension(extension: &str) -> Option<Format> {
    match extension {
        "parquet" | "pq" => Some(Format::Parquet),
        "csv" | "tsv" | "txt" => Some(Format::Csv),
        "ndjson" | "jsonl" | "json" => Some(Format::Ndjson),
        _ => None,
    }
}

/// First bytes that leave no doubt, what they begin, and what to do about it.
type Magic = (&'static [u8], &'static str, &'static str);

fn known(head: &[u8]) -> Option<Magic> {
    const KNOWN: [Magic; 10] = [
        (b"PAR1", "Parquet", "rename it to .parquet"),
        (b"PARE", "encrypted Parquet", "decrypt it first"),
        (b"PK\x03\x04", "a zip archive or spreadsheet", "unpack it, or export the sheet as CSV"),
        (b"\x1f\x8b", "data that were compressed twice", "decompress it first, for example with `gunzip`"),
        (b"BZh", "bzip2 data", "decompress it first, for example with `bunzip2`"),
        (b"\xfd7zXZ\0", "xz data", "decompress it first, for example with `unxz`"),
        (b"ARROW1", "Arrow IPC (Feather)", "write it as Parquet"),
        (b"ORC", "ORC", "write it as Parquet"),
        (b"Obj\x01", "Avro", "write it as Parquet"),
        (b"SQLite format 3\0", "an SQLite database", "export the table as CSV"),
    ];
    // Two of them could begin a line of text.
    let is_binary = head.iter().any(|byte| byte.is_ascii_control() && !b"\t\r\n".contains(byte));
    let is_certain = |magic: &[u8]| match magic {
        b"BZh" => head.get(4..10) == Some(b"1AY&SY"),
        b"ORC" => is_binary,
        _ => true,
    };
    KNOWN.into_iter().find(|(magic, ..)| head.starts_with(magic) && is_certain(magic))
}
