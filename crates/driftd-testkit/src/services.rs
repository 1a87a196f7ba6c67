//! Real servers for tests, started from what the machine has or can install.
//!
//! A server that cannot be had is a [`Skip`], which the test prints before it returns:
//!
//! ```no_run
//! use driftd_testkit::services::postgres::Postgres;
//!
//! # fn a_test() {
//! let postgres = match Postgres::shared() {
//!     Ok(postgres) => postgres,
//!     Err(skip) => return skip.announce("a_test"),
//! };
//! let url = postgres.database();
//! # }
//! ```

pub mod alertmanager;
mod cache;
mod certificate;
pub mod kafka;
mod port;
pub mod postgres;
pub mod python;
pub mod skip;
pub mod smtp;
mod wait;

pub use skip::Skip;
pub use wait::wait_until;
