//! *Bytes in*: Kafka partitions, and the decoders of what serving stacks write.
//!
//! Floor 2 of driftd.

#![forbid(unsafe_code)]

pub mod decode;
#[cfg(feature = "kafka")]
pub mod kafka;
