//! The program as a user meets it: every command is run as a process in a directory of its own, and what it prints and
//! how it ends is held against what was agreed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod agreement;
mod bad_files;
mod bad_values;
mod baseline;
mod check;
mod check_formats;
mod config;
mod demo;
mod doctor;
mod fixture;
mod flights;
mod garbage;
mod history;
mod incidents;
mod init;
mod log;
mod long_windows;
mod orders;
mod pipes;
mod ready;
mod repair;
mod replay;
mod serve;
mod silences;
mod strangers;
mod times;
