//! Test equipment: a store in memory and a simulation that drives the engine over it.
//!
//! Only tests depend on this crate, so it may stop by panicking.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test equipment reports a broken law by stopping the test"
)]

pub mod alarm_stream;
mod cargo;
pub mod conformance;
pub mod fixtures;
pub mod group;
pub mod http;
pub mod mem_store;
pub mod services;
pub mod sim;

pub use cargo::cargo;
pub use mem_store::MemStore;
