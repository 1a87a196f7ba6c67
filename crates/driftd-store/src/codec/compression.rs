//! Frames of zstd that may come from anywhere.

use std::cell::RefCell;
use std::io;

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::get_frame_content_size;

/// The fastest level that finds what there is to find: higher ones take longer for the same size.
const LEVEL: i32 = 1;
/// How many times smaller a blob may become. Counts of records do not come near it, and so no damaged blob can ask for
/// much memory.
const MOST_RATIO: usize = 256;

thread_local! {
    // Both keep tables of a hundred kilobytes and more, which take longer to make than a blob to write.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// The frame of `plain`; nothing where that gains nothing, or would not be believed.
pub(super) fn compress(plain: &[u8]) -> Option<Vec<u8>> {
    let frame = COMPRESSOR.with_borrow_mut(|kept| {
        let compressor = match kept {
            Some(compressor) => compressor,
            None => kept.insert(Compressor::new(LEVEL).ok()?),
        };
        compressor.compress(plain).ok()
    });
    frame.filter(|frame| frame.len() < plain.len() && plain.len() <= most(frame))
}

/// What `frame` holds.
pub(super) fn decompress(frame: &[u8]) -> io::Result<Vec<u8>> {
    let announced = get_frame_content_size(frame).ok().flatten().and_then(|size| usize::try_from(size).ok());
    let size = announced.filter(|size| *size <= most(frame)).ok_or_else(|| invalid("announces too much or nothing"))?;
    let plain = DECOMPRESSOR.with_borrow_mut(|kept| {
        let decompressor = match kept {
            Some(decompressor) => decompressor,
            None => kept.insert(Decompressor::new()?),
        };
        decompressor.decompress(frame, size)
    })?;
    if plain.len() == size { Ok(plain) } else { Err(invalid("holds less than it announces")) }
}

/// Bytes that a frame may become.
const fn most(frame: &[u8]) -> usize {
    frame.len().saturating_mul(MOST_RATIO)
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the frame {what}"))
}
