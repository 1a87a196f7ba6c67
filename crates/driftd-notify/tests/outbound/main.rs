//! Receivers on the web and programs, against servers that answer as a script says.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests may assert by panicking")]
#![allow(clippy::format_push_string, reason = "tables of a few lines")]

#[path = "../fixtures/mod.rs"]
mod fixtures;
#[path = "../fixtures/log_lines.rs"]
mod log_lines;
mod server;
mod setup;

mod address;
mod alertmanager;
mod build;
mod command;
mod http;
mod pagerduty;
mod properties;
mod slack;
mod slack_bot;
mod teams;
mod webhook;
