//! The in-memory store passes the laws that every store has to pass.

use std::sync::Arc;

use driftd_model::{BoxFuture, SharedStore};
use driftd_testkit::MemStore;
use driftd_testkit::conformance::Place;

/// A place in memory: what "opening again" finds is the same store.
#[derive(Default)]
struct Memory(Arc<MemStore>);

impl Place for Memory {
    fn open(&self) -> BoxFuture<'_, SharedStore> {
        let store: SharedStore = Arc::clone(&self.0) as SharedStore;
        Box::pin(std::future::ready(store))
    }
}

driftd_testkit::store_conformance!(Memory::default());
