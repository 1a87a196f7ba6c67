//! The store on SQLite: one file, one writer at a time, any number of readers.

mod bulk;
mod catalogue;
mod checkpoint;
mod connect;
mod incidents;
mod late;
mod outbox;
mod pipeline;
mod reads;
mod reconcile;
mod retain;
mod seal;

use async_trait::async_trait;
use driftd_model::{Store, StoreError};
use sqlx::SqlitePool;

use crate::error::Outcome;
use crate::schema::Migrated;

/// The store on SQLite.
///
/// Writes go through one connection with `BEGIN IMMEDIATE`, so they never deadlock and two processes on one file take
/// turns; reads have connections of their own and see the last commit (write-ahead log).
///
/// **Durability**: the log is written before a commit returns and is synced when it is folded into the file
/// (`synchronous = NORMAL`). A process that is killed at any instant loses nothing that was committed. A machine that
/// loses power may lose the last commits, never the file: offsets and counts are in the same commits, so the records
/// are read again and counted once, but a notification may be sent twice.
#[derive(Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the database at `path`, creating the file and bringing its tables up to date; `":memory:"` keeps nothing.
    ///
    /// # Errors
    /// Permanent: the file cannot be opened, is no database, or has tables of a newer driftd. Transient: it is locked.
    pub async fn open(path: &str) -> Result<Self, StoreError> {
        let (writer, readers) =
            connect::connect(path).await.map_err(|e| e.doing(format!("open the SQLite database {path}")))?;
        Ok(Self { writer, readers })
    }

    /// A database that ends with the process.
    ///
    /// # Errors
    /// Permanent: memory ran out.
    pub async fn in_memory() -> Result<Self, StoreError> {
        Self::open(":memory:").await
    }

    /// Brings the tables of the database at `path` up to date, and says what that took.
    pub(crate) async fn migrate(path: &str) -> Result<Migrated, StoreError> {
        connect::migrate(path).await.map_err(|e| e.doing(format!("migrate the SQLite database {path}")))
    }

    /// Starts a write transaction.
    async fn write(&self) -> Outcome<sqlx::Transaction<'static, sqlx::Sqlite>> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
