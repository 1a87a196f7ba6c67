//! The store on SQLite: one file, one writer at a time, any number of readers.

mod bulk;
mod catalogue;
mod checkpoint;
mod claims;
mod connect;
mod examine;
mod incidents;
mod late;
mod measure;
mod outbox;
mod pipeline;
mod reads;
mod reconcile;
mod repair;
mod retain;
mod seal;

use async_trait::async_trait;
use driftd_model::{Store, StoreError};
use sqlx::SqlitePool;

use crate::StoreOptions;
use crate::error::Outcome;
use crate::schema::Migrated;

pub(crate) use examine::examine;

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
    is_in_memory: bool,
}

/// Takes the lock at once: a transaction that asks for it later may have to be refused.
const BEGIN: &str = "BEGIN IMMEDIATE";

impl SqliteStore {
    /// Opens the database at `path`, creating the file and bringing its tables up to date; `":memory:"` keeps nothing.
    ///
    /// # Errors
    /// Permanent: the file cannot be opened, is no database, or has tables of a newer driftd. Transient: it is locked.
    pub async fn open(path: &str) -> Result<Self, StoreError> {
        Self::open_with(path, &StoreOptions::default()).await
    }

    /// [`SqliteStore::open`] with other than the default options.
    pub(crate) async fn open_with(path: &str, options: &StoreOptions) -> Result<Self, StoreError> {
        let (writer, readers) = connect::connect(path, options.migrations)
            .await
            .map_err(|e| e.doing(format!("open the SQLite database {path}")))?;
        Ok(Self { writer, readers, is_in_memory: path == ":memory:" })
    }

    /// Opens the database at `path` for whoever only reads: every write fails.
    pub(crate) async fn open_to_read(path: &str) -> Result<Self, StoreError> {
        let readers =
            connect::connect_to_read(path).await.map_err(|e| e.doing(format!("read the SQLite database {path}")))?;
        Ok(Self { writer: readers.clone(), readers, is_in_memory: false })
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
    ///
    /// When the disk is full or fails, SQLite takes a transaction back by itself. The connection does not hear of that,
    /// counts it as open for ever and begins no other: it is replaced. A database in memory is its connection.
    async fn write(&self) -> Outcome<sqlx::Transaction<'static, sqlx::Sqlite>> {
        match self.writer.begin_with(BEGIN).await {
            Err(sqlx::Error::InvalidSavePointStatement | sqlx::Error::BeginFailed) if !self.is_in_memory => {
                self.writer.acquire().await?.close().await?;
                Ok(self.writer.begin_with(BEGIN).await?)
            }
            begun => Ok(begun?),
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

#[cfg(test)]
mod tests {
    use driftd_model::ErrorClass;
    use sqlx::query;

    use super::*;

    async fn store(folder: &tempfile::TempDir) -> SqliteStore {
        SqliteStore::open(folder.path().join("driftd.db").to_str().unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn a_full_disk_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        // As full as a disk can be made here: the file may not grow by a single page.
        query("PRAGMA max_page_count = 1").execute(&store.writer).await.unwrap();
        let fill = async || {
            let mut tx = store.write().await?;
            query("CREATE TABLE IF NOT EXISTS ballast (content BLOB)").execute(&mut *tx).await?;
            query("INSERT INTO ballast VALUES (zeroblob(100000))").execute(&mut *tx).await?;
            Outcome::Ok(tx.commit().await?)
        };
        for _ in 0..3 {
            let full = fill().await.unwrap_err().doing("fill it");
            assert_eq!(full.class(), ErrorClass::Transient, "{full:?}");
        }
        query("PRAGMA max_page_count = 1000000").execute(&store.writer).await.unwrap();
        fill().await.unwrap();
    }

    #[tokio::test]
    async fn a_transaction_that_sqlite_took_back_by_itself_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        for ends_by_itself in [true, false] {
            // What a disk that fails makes of a transaction, without a word to the connection.
            let mut tx = store.write().await.unwrap();
            query("ROLLBACK").execute(&mut *tx).await.unwrap();
            if ends_by_itself {
                drop(tx);
            } else {
                tx.rollback().await.unwrap_err();
            }
            let mut tx = store.write().await.unwrap();
            query("DELETE FROM silences").execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
}
