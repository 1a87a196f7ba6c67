//! The bytes of a file or an object, wherever they lie and however they are packed.
//!
//! A [`Blob`] is looked at once, which settles how it is compressed and how its text is encoded; after that it can be
//! read from its start again and again, by readers that do not know of each other. Uncompressed files can be read at any
//! place. What can be read only once (standard input, a named pipe) was copied to a temporary file before.

mod bytes;
mod packed;
mod spool;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8};
use encoding_rs_io::DecodeReaderBytesBuilder;

pub(crate) use self::bytes::{Bytes, PositionedReader};
use self::packed::Unpacked;
use crate::DatasetError;
use crate::format::Packing;
use crate::options::ReadOptions;
use crate::remote::{self, Ahead, Object};

/// Bytes by which formats and encodings are known.
const MAGIC_BYTES: usize = 16;
/// Bytes in which the kind and the shape of a file are looked for.
pub(crate) const HEAD_BYTES: usize = 64 << 10;

/// A file or an object.
#[derive(Clone, Debug)]
pub(crate) struct Blob {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    bytes: Bytes,
    /// The first of them, by which most formats are known.
    begins: Vec<u8>,
    packing: Packing,
    /// What text is decoded from; nothing where it is UTF-8 already.
    encoding: Option<&'static Encoding>,
}

impl Blob {
    /// Looks at what `path` names. One that is `held` stays open and is the same file whatever becomes of its name; of
    /// the others there may be very many, and each is opened when it is read.
    pub(crate) fn open(path: &Path, held: bool, options: &ReadOptions) -> Result<Self, DatasetError> {
        let io = |error| DatasetError::io(path, error);
        if remote::is_address(path) {
            let listed = remote::list(path, 1, 1)?;
            return match listed.into_iter().next() {
                Some(listed) => Self::of_object(path, listed.object, options),
                None => Err(DatasetError::NotFound { path: path.to_owned() }),
            };
        }
        let bytes = if path == Path::new(STANDARD_INPUT) {
            Bytes::held(spool::copy_of(path)?)
        } else {
            // Asked for before it is opened: a pipe that is opened is waited for.
            let metadata = std::fs::metadata(path).map_err(io)?;
            match (metadata.is_dir(), metadata.is_file(), held) {
                (true, ..) => return Err(DatasetError::Directory { path: path.to_owned() }),
                (false, false, _) => Bytes::held(spool::copy_of(path)?),
                (false, true, true) => Bytes::held(Arc::new(File::open(path).map_err(io)?)),
                (false, true, false) => Bytes::named(&metadata),
            }
        };
        Self::of(path, bytes, options)
    }

    /// An object that was looked at.
    pub(crate) fn of_object(path: &Path, object: Object, options: &ReadOptions) -> Result<Self, DatasetError> {
        Self::of(path, Bytes::Remote(object), options)
    }

    fn of(path: &Path, bytes: Bytes, options: &ReadOptions) -> Result<Self, DatasetError> {
        let mut begins = vec![0; MAGIC_BYTES];
        let read = bytes.read_at(path, &mut begins, 0).map_err(|e| DatasetError::io(path, e))?;
        if read == 0 {
            return Err(DatasetError::EmptyFile { path: path.to_owned() });
        }
        begins.truncate(read);
        let packing = Packing::of_head(&begins);
        let marked = |head: &[u8]| Encoding::for_bom(head).map(|(encoding, _)| encoding);
        let mut inner = Inner { path: path.to_owned(), bytes, begins, packing, encoding: None };
        let encoding = match (marked(&inner.begins), options.encoding) {
            (Some(encoding), _) => Some(encoding),
            (None, Some(said)) => Some(said.get()),
            (None, None) if packing == Packing::Plain => None,
            (None, None) => marked(&inner.raw_head()?),
        };
        inner.encoding = encoding.filter(|encoding| *encoding != UTF_8);
        Ok(Self { inner: Arc::new(inner) })
    }

    /// UTF-8 that was made of what is called `path`.
    pub(crate) fn made_of(path: &Path, file: File) -> Self {
        let (path, bytes) = (path.to_owned(), Bytes::held(Arc::new(file)));
        Self { inner: Arc::new(Inner { path, bytes, begins: Vec::new(), packing: Packing::Plain, encoding: None }) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.inner.path
    }

    /// The text, decompressed and decoded.
    pub(crate) fn text(&self) -> Result<Stream, DatasetError> {
        let unpacked = self.inner.unpacked()?;
        let Some(encoding) = self.inner.encoding else {
            return Ok(unpacked);
        };
        let decoder = DecodeReaderBytesBuilder::new().encoding(Some(encoding)).strip_bom(true).build(unpacked);
        Ok(Stream::Layered(Box::new(decoder)))
    }

    /// The first bytes of the text, [`HEAD_BYTES`] at most; and whether that is all of it.
    pub(crate) fn head(&self) -> Result<(Vec<u8>, bool), DatasetError> {
        let mut head = self.inner.head_of(self.text()?, HEAD_BYTES + 1)?;
        let whole = head.len() <= HEAD_BYTES;
        head.truncate(HEAD_BYTES);
        Ok((head, whole))
    }

    /// The first bytes, decompressed and not decoded: by them formats are known.
    pub(crate) fn raw_head(&self) -> Result<Vec<u8>, DatasetError> {
        self.inner.raw_head()
    }

    /// Whether its bytes are not compressed.
    pub(crate) fn is_plain(&self) -> bool {
        self.inner.packing == Packing::Plain
    }

    /// Bytes that can be read at any place, for formats that need it.
    pub(crate) fn bytes(&self) -> Result<Bytes, DatasetError> {
        match self.inner.packing {
            Packing::Plain => self.inner.bytes.opened(self.path()).map_err(|e| DatasetError::io(self.path(), e)),
            Packing::Gzip | Packing::Zstd => Err(DatasetError::Unreadable {
                path: self.path().to_owned(),
                found: "compressed Parquet",
                remedy: "decompress it first with `gunzip` or `unzstd`: Parquet is compressed within, column by column",
            }),
        }
    }

    /// The bytes as they lie there.
    pub(crate) fn raw(&self) -> Bytes {
        self.inner.bytes.clone()
    }
}

impl Inner {
    fn raw_head(&self) -> Result<Vec<u8>, DatasetError> {
        match self.packing {
            Packing::Plain if !self.begins.is_empty() => Ok(self.begins.clone()),
            _ => self.head_of(self.unpacked()?, MAGIC_BYTES),
        }
    }

    fn unpacked(&self) -> Result<Stream, DatasetError> {
        let io = |error| DatasetError::io(&self.path, error);
        let raw = match self.bytes.opened(&self.path).map_err(io)? {
            Bytes::Remote(object) => Raw::Remote(Ahead::new(object)),
            local => Raw::Local(PositionedReader::new(local)),
        };
        Ok(match self.packing {
            Packing::Plain => match raw {
                Raw::Local(raw) => Stream::Plain(raw),
                Raw::Remote(raw) => Stream::Layered(Box::new(raw)),
            },
            Packing::Gzip => Stream::Layered(Box::new(Unpacked::gzip(raw))),
            Packing::Zstd => Stream::Layered(Box::new(Unpacked::zstd(raw).map_err(io)?)),
        })
    }

    fn head_of(&self, stream: Stream, most: usize) -> Result<Vec<u8>, DatasetError> {
        let mut head = Vec::new();
        stream.take(most as u64).read_to_end(&mut head).map_err(|e| DatasetError::io(&self.path, e))?;
        Ok(head)
    }
}

/// Bytes as they lie there, from the start to the end.
enum Raw {
    Local(PositionedReader),
    Remote(Ahead),
}

impl Read for Raw {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Local(reader) => reader.read(buffer),
            Self::Remote(reader) => reader.read(buffer),
        }
    }
}

/// The name that stands for standard input.
pub(crate) const STANDARD_INPUT: &str = "-";

/// Bytes from the start to the end.
pub(crate) enum Stream {
    /// As they lie in the file.
    Plain(PositionedReader),
    /// Through whatever it takes to read them.
    Layered(Box<dyn Read + Send>),
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stream")
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(reader) => reader.read(buffer),
            Self::Layered(reader) => reader.read(buffer),
        }
    }
}
