//! Objects in stores: S3, Google Cloud Storage, Azure Blob Storage, and what lies behind plain HTTPS.
//!
//! Everything else in this crate waits for its bytes; what talks to a store does so on a thread of its own ([`runtime`]),
//! and whoever wants something waits for an answer. Bytes come by ranges, so an object is never in memory as a whole.
//! Credentials are the usual ones of the environment, which the stores' own libraries read.

mod client;
mod failure;
mod listing;
mod object;
mod runtime;

pub(crate) use self::listing::{Listed, is_address, list};
pub(crate) use self::object::{Ahead, Object};
