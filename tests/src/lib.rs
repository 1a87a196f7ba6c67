//! End-to-end tests of driftd: the tests stand in `tests/`, and what several of them share stands here.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests assert by panicking, and tell what they did"
)]

pub mod live;
