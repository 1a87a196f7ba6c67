//! *Bytes in*: Kafka partitions, and the decoders of what serving stacks write.
//!
//! Floor 2 of driftd.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test stops where something is not as it should be"
    )
)]

pub mod decode;
#[cfg(feature = "kafka")]
pub mod kafka;
