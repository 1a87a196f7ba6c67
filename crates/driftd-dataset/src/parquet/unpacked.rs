//! How many bytes packed ones become, told without unpacking them wherever that can be.
//!
//! The decoder unpacks into as many bytes as the header of a page announces, and neither looks whether there are more nor,
//! with some codecs, whether there are fewer: a page that contradicts its header would be counted as zeros.

use std::io::Read;

use polars_parquet::parquet::compression::Compression;
use zstd::zstd_safe::get_frame_content_size;

/// Whether `packed` becomes `announced` bytes; of codecs that nothing can be told of, they are taken to.
pub(super) fn agrees(codec: Compression, packed: &[u8], announced: usize) -> bool {
    let length = match codec {
        Compression::Snappy => snappy(packed),
        Compression::Gzip => return gzip(packed).is_some_and(|length| length == announced as u32),
        Compression::Zstd => zstd(packed, announced),
        Compression::Lz4Raw => lz4(packed),
        Compression::Uncompressed | Compression::Lz4 | Compression::Lzo | Compression::Brotli => return true,
    };
    length == Some(announced as u64)
}

/// The length stands in front.
fn snappy(packed: &[u8]) -> Option<u64> {
    let mut length = 0;
    for (byte, shift) in packed.iter().zip((0..35).step_by(7)) {
        length |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(length);
        }
    }
    None
}

/// The length stands at the end, without what is beyond 32 bits.
fn gzip(packed: &[u8]) -> Option<u32> {
    packed.last_chunk().map(|length| u32::from_le_bytes(*length))
}

/// The length may stand in front. Where it does not, as streaming writers leave it out, the bytes are counted as they are
/// unpacked, and never more of them than were announced and one.
fn zstd(packed: &[u8], announced: usize) -> Option<u64> {
    if let Ok(Some(length)) = get_frame_content_size(packed) {
        return Some(length);
    }
    let unpacked = zstd::Decoder::with_buffer(packed).ok()?;
    std::io::copy(&mut unpacked.take(announced as u64 + 1), &mut std::io::sink()).ok()
}

/// The lengths of all pieces, each of which says how long it is.
fn lz4(mut packed: &[u8]) -> Option<u64> {
    fn length(packed: &mut &[u8], nibble: u8) -> Option<u64> {
        let mut length = u64::from(nibble);
        let mut goes_on = nibble == 15;
        while goes_on {
            let (byte, rest) = packed.split_first()?;
            *packed = rest;
            length += u64::from(*byte);
            goes_on = *byte == 255;
        }
        Some(length)
    }
    let mut total = 0_u64;
    while let Some((token, rest)) = packed.split_first() {
        packed = rest;
        let literals = length(&mut packed, token >> 4)?;
        packed = packed.get(usize::try_from(literals).ok()?..)?;
        total += literals;
        if packed.is_empty() {
            return Some(total);
        }
        // How far back the repeated bytes lie.
        packed = packed.get(2..)?;
        total += length(&mut packed, token & 15)? + 4;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use polars_parquet::parquet::compression::{CompressionOptions, compress};

    use super::*;

    #[test]
    fn what_writers_write_agrees_and_nothing_else_does() {
        for bytes in [
            vec![7; 100_000],
            (0..70_000_u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect(),
            Vec::new(),
            vec![1, 2, 3],
        ] {
            for (codec, options) in [
                (Compression::Snappy, CompressionOptions::Snappy),
                (Compression::Gzip, CompressionOptions::Gzip(None)),
                (Compression::Zstd, CompressionOptions::Zstd(None)),
                (Compression::Lz4Raw, CompressionOptions::Lz4Raw),
            ] {
                let mut packed = Vec::new();
                compress(options, &bytes, &mut packed).unwrap();
                assert!(agrees(codec, &packed, bytes.len()), "{codec:?}, {} bytes", bytes.len());
                assert!(!agrees(codec, &packed, bytes.len() + 1), "{codec:?}, {} bytes", bytes.len());
                assert!(bytes.is_empty() || !agrees(codec, &packed, bytes.len() - 1), "{codec:?}");
            }
        }
    }

    #[test]
    fn a_stream_without_its_length_is_counted() {
        let mut writer = zstd::Encoder::new(Vec::new(), 1).unwrap();
        writer.write_all(&vec![5; 300_000]).unwrap();
        let packed = writer.finish().unwrap();
        assert_eq!(get_frame_content_size(&packed).unwrap(), None);
        assert!(agrees(Compression::Zstd, &packed, 300_000));
        assert!(!agrees(Compression::Zstd, &packed, 800));
        assert!(!agrees(Compression::Zstd, &packed, 300_001));
    }
}
