//! Bytes that several readers read independently of each other.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;

use crate::remote::Object;

/// The bytes of a file.
#[derive(Clone, Debug)]
pub(crate) enum Bytes {
    /// An open file.
    Held(Arc<File>),
    /// A file that is opened by its name when it is read, and has to be the one that it was.
    Named(Stamp),
    /// An object in a store.
    Remote(Object),
}

/// By what a file is known again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    device: u64,
    inode: u64,
    length: u64,
    modified: (i64, i64),
}

impl Bytes {
    pub(super) fn held(file: Arc<File>) -> Self {
        Self::Held(file)
    }

    pub(super) fn named(metadata: &Metadata) -> Self {
        Self::Named(Stamp::of(metadata))
    }

    /// The same bytes, ready to be read.
    pub(super) fn opened(&self, path: &Path) -> io::Result<Self> {
        match self {
            Self::Held(_) | Self::Remote(_) => Ok(self.clone()),
            Self::Named(stamp) => {
                let file = File::open(path)?;
                if Stamp::of(&file.metadata()?) != *stamp {
                    return Err(io::Error::other("it was changed or replaced while it was read; start again"));
                }
                Ok(Self::Held(Arc::new(file)))
            }
        }
    }

    pub(super) fn read_at(&self, path: &Path, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        match self {
            Self::Held(file) => file.read_at(buffer, at),
            Self::Remote(object) => object.read_at(buffer, at),
            Self::Named(_) => self.opened(path)?.read_at(path, buffer, at),
        }
    }

    /// Fills `buffer` from `at` on.
    pub(crate) fn read_exact_at(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        match self {
            Self::Held(file) => file.read_exact_at(buffer, at),
            Self::Remote(object) => object.read_exact_at(buffer, at),
            Self::Named(_) => Err(io::Error::other("it is not open")),
        }
    }

    /// Whether they are fetched from elsewhere.
    pub(crate) const fn is_remote(&self) -> bool {
        matches!(self, Self::Remote(_))
    }

    /// How many there are.
    pub(crate) fn length(&self) -> io::Result<u64> {
        match self {
            Self::Held(file) => Ok(file.metadata()?.len()),
            Self::Named(stamp) => Ok(stamp.length),
            Self::Remote(object) => Ok(object.length()),
        }
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

/// Reads from the start, by a position of its own.
pub(crate) struct PositionedReader {
    bytes: Bytes,
    at: u64,
}

impl PositionedReader {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self { bytes, at: 0 }
    }
}

impl Read for PositionedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read_at(Path::new(""), buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}
