//! What is Postgres's own: two processes on one database, servers that go away, partitions, roles, views.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops where something is not as it should be"
)]

mod activations;
mod interleavings;
mod odd_text;
mod opening;
mod outage;
mod outbox;
mod partitions;
mod reconciling;
mod secrets;
mod views;

use std::time::{Duration, Instant};

use driftd_model::{SharedStore, StoreError};
use driftd_testkit::services::postgres::Postgres;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgPool, query_scalar};

/// Longest wait for anything.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A database, and a connection of somebody who looks into it from outside.
struct Database {
    url: String,
    outside: PgPool,
}

impl Database {
    /// An empty one on the server that these tests share; nothing, loudly, where there is no server.
    fn new(test: &str) -> Option<Self> {
        match Postgres::shared() {
            Ok(server) => Some(Self::at(server.database())),
            Err(skip) => {
                skip.announce(test);
                None
            }
        }
    }

    fn at(url: String) -> Self {
        let options: PgConnectOptions = url.parse().unwrap();
        let outside = PgPoolOptions::new().max_connections(4).connect_lazy_with(options.application_name("outside"));
        Self { url, outside }
    }

    async fn open(&self) -> SharedStore {
        driftd_store::open(&self.url).await.unwrap()
    }

    async fn count(&self, table: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        query_scalar(sql).fetch_one(&self.outside).await.unwrap()
    }

    /// Waits until that many calls of stores wait for a lock of somebody else.
    async fn until_waiting(&self, calls: i64) {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let waiting: i64 = query_scalar(
                "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name = 'driftd' AND wait_event_type = 'Lock'",
            )
            .fetch_one(&self.outside)
            .await
            .unwrap();
            if waiting == calls {
                return;
            }
            assert!(Instant::now() < deadline, "{waiting} calls wait, not {calls}");
            tokio::task::yield_now().await;
        }
    }
}

/// An error and its causes.
fn chain(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
