//! The store on Postgres: any number of processes, no leader.

mod catalogue;
mod checkpoint;
mod claims;
mod connect;
mod examine;
mod incidents;
mod late;
mod measure;
mod migrate;
mod outbox;
mod partitions;
mod pipeline;
mod reads;
mod reconcile;
mod repair;
mod retain;
mod seal;
mod text;
mod transaction;
mod turn;

use std::fmt;
use std::future::Future;
use std::io;
use std::time::Duration;

use async_trait::async_trait;
use driftd_model::{Store, StoreError};
use sqlx::PgPool;

use crate::call::Call;
use crate::error::{Failure, Outcome};
use crate::schema::Migrated;
use crate::{Migrations, StoreOptions};
use partitions::Partitions;
use transaction::Transaction;

pub(crate) use examine::examine;

/// How long a call may take in all. The server ends a statement earlier; this is for a network that says nothing.
const CALL_TIMEOUT: Duration = Duration::from_secs(90);
/// How long connections may take to say goodbye.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The store on Postgres, 14 or later, directly or behind a pooler in transaction mode.
///
/// Every process that has the URL works on the same truth. What keeps them apart are rows: a checkpoint is fenced by the
/// row of its partition, a seal holds the row of its monitor, a message is leased by its row. Locks of the whole
/// database are for chores only (tables, partitions, retention).
///
/// **Durability**: what was committed is on the server's disk, as far as its `synchronous_commit` and `fsync` are left
/// as they come. A server that restarts is found again by the next call.
pub struct PostgresStore {
    pool: PgPool,
    /// Role, host and database, for people; never the password.
    place: String,
    partitions: Partitions,
}

impl PostgresStore {
    /// Connects to the database that `url` names and brings its tables up to date.
    ///
    /// # Errors
    /// Permanent: the URL is none, the server refuses the role, there is no such database, or it has tables of a newer
    /// driftd. Transient: there is no server, or it cannot take connections now.
    pub async fn open(url: &str, options: &StoreOptions) -> Result<Self, StoreError> {
        let connect = connect::parse(url).map_err(|e| e.doing("read the store url"))?;
        let place = connect::place(&connect);
        let opened = async {
            // A version may take longer than any call: to cut it off would only begin it anew, for ever.
            migrate::migrate(&connect, options.migrations).await?;
            let store =
                Self { pool: connect::pool(connect, options), place: place.clone(), partitions: Partitions::default() };
            within_timeout(Box::pin(store.prepare_today())).await?;
            Outcome::Ok(store)
        };
        Box::pin(opened).await.map_err(|e| e.doing(format!("open the Postgres database {place}")))
    }

    /// Connects to the database that `url` names for whoever only reads, if its tables are up to date.
    pub(crate) async fn open_to_read(url: &str, options: &StoreOptions) -> Result<Self, StoreError> {
        let connect = connect::parse(url).map_err(|e| e.doing("read the store url"))?;
        let place = connect::place(&connect);
        let opened = async {
            migrate::check_readable(&connect).await?;
            let pool = connect::pool(connect, options);
            Outcome::Ok(Self { pool, place: place.clone(), partitions: Partitions::default() })
        };
        Box::pin(opened).await.map_err(|e| e.doing(format!("read the Postgres database {place}")))
    }

    /// Brings the tables of the database that `url` names up to date, and says what that took.
    pub(crate) async fn migrate(url: &str) -> Result<Migrated, StoreError> {
        let connect = connect::parse(url).map_err(|e| e.doing("read the store url"))?;
        let place = connect::place(&connect);
        let migrated = migrate::migrate(&connect, Migrations::AtOpening).await;
        migrated.map_err(|e| e.doing(format!("migrate the Postgres database {place}")))
    }

    /// Begins a transaction.
    async fn begin(&self) -> Outcome<Transaction> {
        Transaction::begin(&self.pool).await
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn close(&self) {
        // A connection whose server has gone silent is waited for as long as TCP tries; whoever ends has not that long.
        drop(tokio::time::timeout(CLOSE_TIMEOUT, self.pool.close()).await);
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("place", &self.place).finish_non_exhaustive()
    }
}

/// The port's answer to `call`, for which `work` is done in time. A transaction is a large future: it gets a box.
fn answer<'a, T: Send + 'a>(
    call: Call<'a>,
    work: impl Future<Output = Outcome<T>> + Send + 'a,
) -> impl Future<Output = Result<T, StoreError>> + Send + 'a {
    let work = Box::pin(work);
    async move { call.answer(within_timeout(work)).await }
}

/// A call that is given up when nothing is heard for too long; its connection is closed and what it began rolled back.
async fn within_timeout<T>(call: impl Future<Output = Outcome<T>> + Send) -> Outcome<T> {
    match tokio::time::timeout(CALL_TIMEOUT, call).await {
        Ok(done) => done,
        Err(_) => Err(Failure::Sql(io::Error::from(io::ErrorKind::TimedOut).into())),
    }
}
