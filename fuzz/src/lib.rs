//! What the targets that read tables share.
//!
//! Not part of the workspace: it is built by `cargo fuzz` with a nightly compiler. It never touches a table's insides;
//! bytes go through a file with the extension in question, as they would for a user.

#[cfg(feature = "dataset")]
mod table;

#[cfg(feature = "dataset")]
pub use table::read;
