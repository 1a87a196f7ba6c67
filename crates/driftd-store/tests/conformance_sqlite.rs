//! The laws of the store port, on SQLite files.

#![allow(clippy::unwrap_used, reason = "a test stops where its store cannot be opened")]

use driftd_model::{BoxFuture, SharedStore};
use driftd_testkit::conformance::Place;

/// A database in a folder that goes away with the test.
struct TemporaryFile {
    folder: tempfile::TempDir,
}

impl TemporaryFile {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }
}

impl Place for TemporaryFile {
    fn open(&self) -> BoxFuture<'_, SharedStore> {
        let url = format!("sqlite://{}", self.folder.path().join("driftd.db").display());
        Box::pin(async move { driftd_store::open(&url).await.unwrap() })
    }
}

driftd_testkit::store_conformance!(TemporaryFile::new());
