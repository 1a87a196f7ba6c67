//! Compressed bytes, unpacked as they are read.
//!
//! Nothing is unpacked into memory, so a file that grows a thousandfold costs time and no more. That is bounded too: what
//! expands beyond [`MAX_RATIO`] is made to harm whoever unpacks it.

use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use zstd::stream::read::Decoder as ZstdDecoder;

/// Bytes that one compressed byte may become. A column of one repeated value reaches a few hundred.
const MAX_RATIO: u64 = 500;
/// Bytes that are unpacked before the ratio is looked at.
const UNSUSPECTED: u64 = 64 << 20;

/// Unpacks a stream, up to what can be honest.
pub(super) struct Unpacked<R> {
    inner: R,
    packed: Arc<Tally>,
    unpacked: u64,
}

/// What is known of the compressed bytes.
#[derive(Debug, Default)]
struct Tally {
    read: AtomicU64,
    /// They could not be read, which says nothing of what they are.
    failed: AtomicBool,
}

impl Unpacked<()> {
    /// One gzip member after the other.
    pub(super) fn gzip(raw: impl Read) -> Unpacked<impl Read> {
        let (raw, packed) = Counted::new(raw);
        let inner = MultiGzDecoder::new(BufReader::with_capacity(128 << 10, raw));
        Unpacked { inner, packed, unpacked: 0 }
    }

    /// One zstd frame after the other.
    pub(super) fn zstd(raw: impl Read) -> io::Result<Unpacked<impl Read>> {
        let (raw, packed) = Counted::new(raw);
        Ok(Unpacked { inner: ZstdDecoder::new(raw)?, packed, unpacked: 0 })
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer).map_err(|error| match error.kind() {
            _ if self.packed.failed.load(Ordering::Relaxed) => error,
            io::ErrorKind::UnexpectedEof => {
                io::Error::new(io::ErrorKind::InvalidData, "the compressed data were cut short; copy it again")
            }
            io::ErrorKind::Interrupted | io::ErrorKind::PermissionDenied => error,
            _ => io::Error::new(io::ErrorKind::InvalidData, format!("the compressed data are damaged: {error}")),
        })?;
        self.unpacked += read as u64;
        if self.unpacked > UNSUSPECTED && self.unpacked / MAX_RATIO > self.packed.read.load(Ordering::Relaxed) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "the compressed data become more than {MAX_RATIO} times as large, as data do that are made to do harm; \
                     if it is what you want to read, decompress it first"
                ),
            ));
        }
        Ok(read)
    }
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    tally: Arc<Tally>,
}

impl<R: Read> Counted<R> {
    fn new(inner: R) -> (Self, Arc<Tally>) {
        let tally = Arc::new(Tally::default());
        (Self { inner, tally: Arc::clone(&tally) }, tally)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer).inspect_err(|error| {
            let is_failure = error.kind() != io::ErrorKind::Interrupted;
            self.tally.failed.fetch_or(is_failure, Ordering::Relaxed);
        })?;
        self.tally.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(mut from: impl Read) -> io::Result<u64> {
        io::copy(&mut from, &mut io::sink())
    }

    #[test]
    fn members_and_frames_follow_one_another() {
        let two = [gzip(b"a,b\n"), gzip(b"1,2\n")].concat();
        let mut text = String::new();
        Unpacked::gzip(&two[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, "a,b\n1,2\n");
        let frames =
            [zstd::encode_all(&b"a,b\n"[..], 0).unwrap(), zstd::encode_all(&b"1,2\n"[..], 0).unwrap()].concat();
        text.clear();
        Unpacked::zstd(&frames[..]).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "a,b\n1,2\n");
    }

    #[test]
    fn what_grows_a_thousandfold_is_refused_in_time() {
        let bomb = gzip(&vec![b' '; 80 << 20]);
        let error = read(Unpacked::gzip(&bomb[..])).unwrap_err();
        assert!(error.to_string().contains("500 times"), "{error}");
        let bomb = zstd::encode_all(&vec![b' '; 80 << 20][..], 0).unwrap();
        let error = read(Unpacked::zstd(&bomb[..]).unwrap()).unwrap_err();
        assert!(error.to_string().contains("500 times"), "{error}");
        let honest = gzip(&b"0.25,carrier,true\n".repeat(1 << 20));
        assert_eq!(read(Unpacked::gzip(&honest[..])).unwrap(), 18 << 20);
    }

    #[test]
    fn what_was_cut_or_changed_is_an_error() {
        let whole = gzip(&b"0.25,carrier,true\n".repeat(100));
        for length in 2..whole.len() {
            read(Unpacked::gzip(&whole[..length])).unwrap_err();
        }
        let mut damaged = whole.clone();
        let last = damaged.len() - 6;
        damaged[last] ^= 1;
        let error = read(Unpacked::gzip(&damaged[..])).unwrap_err();
        assert!(error.to_string().contains("damaged"), "{error}");
    }

    /// Half of the bytes, and then an error.
    struct Failing<'a>(&'a [u8]);

    impl Read for Failing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Err(io::Error::other("it was there and is gone; start again"));
            }
            self.0.read(buffer)
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_called_damaged() {
        let text = (0..5_000).map(|i| format!("{i},{}\n", i * 7)).collect::<Vec<_>>().concat();
        let packed = gzip(text.as_bytes());
        let half = &packed[..packed.len() / 2];
        assert_eq!(
            read(Unpacked::gzip(Failing(half))).unwrap_err().to_string(),
            "it was there and is gone; start again"
        );
        let packed = zstd::encode_all(text.as_bytes(), 0).unwrap();
        let half = &packed[..packed.len() / 2];
        let error = read(Unpacked::zstd(Failing(half)).unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "it was there and is gone; start again");
    }
}
