//! The laws of the store ports, on databases of a real Postgres behind a real PgBouncer in transaction mode: every
//! transaction gets another connection to the server.

#![allow(clippy::unwrap_used, reason = "a test stops where its store cannot be opened")]

use std::sync::OnceLock;

use driftd_model::{BoxFuture, SharedStore};
use driftd_testkit::conformance::Place;
use driftd_testkit::services::Skip;
use driftd_testkit::services::postgres::{Pooler, Postgres};

/// Connections to the server for each database.
const CONNECTIONS: u32 = 4;

/// A database of its own, known by its address behind the pooler.
struct Database {
    url: Result<String, Skip>,
}

impl Database {
    fn new() -> Self {
        static POOLER: OnceLock<Result<Pooler, Skip>> = OnceLock::new();
        let pooler = POOLER.get_or_init(|| Pooler::start(Postgres::shared()?, CONNECTIONS));
        let url =
            Postgres::shared().and_then(|server| Ok(pooler.as_ref().map_err(Skip::clone)?.url_of(&server.database())));
        Self { url }
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

/// Processes that start at once bring the tables up to date once, whoever of them it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn stores_that_are_opened_at_once_agree_on_the_tables() {
    let database = Database::new();
    if let Some(skip) = database.skip() {
        return skip.announce("stores_that_are_opened_at_once_agree_on_the_tables");
    }
    let url = database.url.unwrap();
    let opening = (0..6).map(|_| {
        tokio::spawn({
            let url = url.clone();
            async move { driftd_store::migrate(&url).await.unwrap().applied.len() }
        })
    });
    let mut applied = 0;
    for opened in opening.collect::<Vec<_>>() {
        applied += opened.await.unwrap();
    }
    let scripts = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/postgres");
    assert_eq!(applied, std::fs::read_dir(scripts).unwrap().count(), "each version once");
}
