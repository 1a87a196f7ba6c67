//! The laws of the store port, on databases of a real Postgres.

#![allow(clippy::unwrap_used, reason = "a test stops where its store cannot be opened")]

use driftd_model::{BoxFuture, SharedStore};
use driftd_testkit::conformance::Place;
use driftd_testkit::services::Skip;
use driftd_testkit::services::postgres::Postgres;

/// A database of its own.
struct Database {
    url: Result<String, Skip>,
}

impl Database {
    fn new() -> Self {
        Self { url: Postgres::shared().map(Postgres::database) }
    }
}

impl Place for Database {
    fn open(&self) -> BoxFuture<'_, SharedStore> {
        Box::pin(async move { driftd_store::open(self.url.as_ref().unwrap()).await.unwrap() })
    }

    fn skip(&self) -> Option<Skip> {
        self.url.as_ref().err().cloned()
    }
}

driftd_testkit::store_conformance!(Database::new());
