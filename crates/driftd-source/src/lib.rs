//! *Bytes in*: the partitions of Kafka topics.
//!
//! Floor 2 of driftd.

#![forbid(unsafe_code)]

pub mod kafka;
