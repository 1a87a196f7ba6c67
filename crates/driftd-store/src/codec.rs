//! Bytes of a pane's counts.
//!
//! One blob holds the aggregates of every feature of one pane and segment, because they are always read and written
//! together. Most cells of most panes are zero or small, so a blob is compressed: what a database does not have to write
//! costs neither its disk nor its processor. The number of the codec stands beside the blob, so that a later one can be
//! told from this one.

mod compression;

use driftd_stats::{FeatureAggregate, MistypedTypes};
use serde::de::DeserializeOwned;

/// Number of the codec that wrote the aggregates alone.
const BARE: i64 = 1;
/// Number of the codec that wrote what [`POSTCARD`] writes before there were counts of names and buckets. Counts of
/// categories from then are still written as they were.
const UNNAMED: i64 = 2;
/// Number of the codec that [`encode_aggregates`] writes: postcard, and nothing else. Behind the aggregates stand the
/// types of mistyped values, where there are any, each with the place of its aggregate.
pub const POSTCARD: i64 = 3;
/// Number of the codec that compresses what [`POSTCARD`] writes, as one frame of zstd.
pub const COMPRESSED: i64 = 4;

/// A blob, and the codec that wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Number of the codec.
    pub codec: i64,
    /// The blob.
    pub bytes: Vec<u8>,
}

impl Encoded {
    /// The number for a database that keeps it in two bytes.
    pub(crate) const fn small_codec(&self) -> i16 {
        self.codec as i16
    }
}

/// Bytes that are not the counts they should be.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// Written by a build that knows more codecs.
    #[error(
        "pane state has codec {found}, this build knows them up to {COMPRESSED}: use the driftd that wrote it, or a newer one"
    )]
    UnknownCodec {
        /// The number found.
        found: i64,
    },
    /// Not readable.
    #[error("pane state of {bytes} bytes is damaged: restore the database from a backup")]
    Damaged {
        /// Length of the blob.
        bytes: usize,
        /// What the decoder said.
        #[source]
        source: postcard::Error,
    },
    /// Readable, with something behind it.
    #[error("pane state of {bytes} bytes is damaged, {rest} bytes follow its end: restore the database from a backup")]
    Trailing {
        /// Length of the blob.
        bytes: usize,
        /// Bytes that nobody reads.
        rest: usize,
    },
    /// Not what was compressed.
    #[error("pane state of {bytes} bytes cannot be decompressed: restore the database from a backup")]
    Compressed {
        /// Length of the blob.
        bytes: usize,
        /// What the decoder said.
        #[source]
        source: std::io::Error,
    },
    /// Not writable.
    #[error("a state cannot be encoded")]
    Encode(#[source] postcard::Error),
}

/// What is stored of `aggregates`: the smaller of both codecs.
///
/// # Errors
/// [`CodecError::Encode`] when memory runs out.
pub fn encode_stored(aggregates: &[FeatureAggregate]) -> Result<Encoded, CodecError> {
    let plain = encode_aggregates(aggregates)?;
    Ok(match compression::compress(&plain) {
        Some(bytes) => Encoded { codec: COMPRESSED, bytes },
        None => Encoded { codec: POSTCARD, bytes: plain },
    })
}

/// The plain blob of `aggregates`.
///
/// # Errors
/// [`CodecError::Encode`] when memory runs out.
pub fn encode_aggregates(aggregates: &[FeatureAggregate]) -> Result<Vec<u8>, CodecError> {
    let types: Types =
        (0..).zip(aggregates).map(|(at, a)| (at, a.mistyped_types())).filter(|(_, t)| !t.is_empty()).collect();
    postcard::to_stdvec(&(aggregates, types)).map_err(CodecError::Encode)
}

/// Types of mistyped values by the place of their aggregate.
type Types = Vec<(u32, MistypedTypes)>;

/// The aggregates of a blob. Any bytes may come in: an error, never a panic, and no more memory than the bytes warrant.
///
/// Whether the counts have the shape of a plan is another question, which [`driftd_model::MonitorPlan::fits`] answers.
///
/// # Errors
/// Bytes that are not exactly one encoded list of aggregates.
pub fn decode_aggregates(bytes: &[u8]) -> Result<Vec<FeatureAggregate>, CodecError> {
    let (mut aggregates, types): (Vec<FeatureAggregate>, Types) = whole(bytes)?;
    for (at, types) in types {
        aggregates.get_mut(at as usize).into_iter().for_each(|aggregate| aggregate.set_mistyped_types(types));
    }
    Ok(aggregates)
}

/// What the bytes say, all of them.
fn whole<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    let (found, rest) =
        postcard::take_from_bytes(bytes).map_err(|source| CodecError::Damaged { bytes: bytes.len(), source })?;
    if !rest.is_empty() {
        return Err(CodecError::Trailing { bytes: bytes.len(), rest: rest.len() });
    }
    Ok(found)
}

/// The aggregates of a blob written with codec number `codec`.
///
/// # Errors
/// An unknown codec, or see [`decode_aggregates`].
pub fn decode_stored(codec: i64, bytes: &[u8]) -> Result<Vec<FeatureAggregate>, CodecError> {
    match codec {
        COMPRESSED => {
            let plain = compression::decompress(bytes);
            decode_aggregates(&plain.map_err(|source| CodecError::Compressed { bytes: bytes.len(), source })?)
        }
        POSTCARD | UNNAMED => decode_aggregates(bytes),
        BARE => whole(bytes),
        found => Err(CodecError::UnknownCodec { found }),
    }
}

#[cfg(test)]
mod tests;
