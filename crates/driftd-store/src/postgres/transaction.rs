//! Transactions: the only way in which a statement reaches the server.
//!
//! A pooler such as PgBouncer in transaction mode gives every transaction another connection to the server, and what
//! belongs to a connection must not outlive a transaction then. So no statement has a name that the server would
//! remember, limits hold for one transaction, and a lone statement is a transaction too: it is sent to be parsed and
//! again to be executed, and both have to reach the same server.

use std::fmt;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use sqlx::postgres::{PgArguments, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Describe, Either, Execute, Executor, PgPool, Postgres, SqlStr};

use crate::error::Outcome;

/// How a transaction begins: one message to the server, in which no snapshot is taken yet. Nothing may hold a row for
/// ever: not a statement that hangs, nor a lock that does not come, nor a process that has stopped in the middle.
macro_rules! begin {
    ($begin:literal, $idle:literal) => {
        concat!(
            $begin,
            "; SET LOCAL statement_timeout = '60s'; SET LOCAL lock_timeout = '15s'; ",
            "SET LOCAL idle_in_transaction_session_timeout = '",
            $idle,
            "'"
        )
    };
}

/// A transaction; rolled back unless it is committed.
pub(super) struct Transaction(sqlx::Transaction<'static, Postgres>);

impl Transaction {
    /// A transaction each of whose statements sees what was committed before it. There is nothing to do between two of
    /// them, so a process that lets ten seconds pass has stopped; whoever waits for its rows waits longer than that.
    pub(super) async fn begin(pool: &PgPool) -> Outcome<Self> {
        Ok(Self(pool.begin_with(begin!("BEGIN", "10s")).await?))
    }

    /// A transaction whose statements see one snapshot: that of the first of them.
    pub(super) async fn begin_snapshot(pool: &PgPool) -> Outcome<Self> {
        Ok(Self(pool.begin_with(begin!("BEGIN ISOLATION LEVEL REPEATABLE READ", "60s")).await?))
    }

    /// A transaction in which a version of the tables is applied: it may rewrite a table, and may wait for another
    /// process that does.
    pub(super) async fn begin_migration(pool: &PgPool) -> Outcome<Self> {
        let begin = "BEGIN; SET LOCAL statement_timeout = '30min'; SET LOCAL lock_timeout = '30min'";
        Ok(Self(pool.begin_with(begin).await?))
    }

    /// Makes what was written lasting.
    pub(super) async fn commit(self) -> Outcome<()> {
        Ok(self.0.commit().await?)
    }

    /// Undoes everything at once, and not when the connection is used next.
    pub(super) async fn rollback(self) -> Outcome<()> {
        Ok(self.0.rollback().await?)
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transaction")
    }
}

/// A statement without a name.
struct Unnamed<E>(E);

impl<'q, E: Execute<'q, Postgres>> Execute<'q, Postgres> for Unnamed<E> {
    fn sql(self) -> SqlStr {
        self.0.sql()
    }

    fn statement(&self) -> Option<&PgStatement> {
        self.0.statement()
    }

    fn take_arguments(&mut self) -> Result<Option<PgArguments>, sqlx::error::BoxDynError> {
        self.0.take_arguments()
    }

    fn persistent(&self) -> bool {
        false
    }
}

impl<'c> Executor<'c> for &'c mut Transaction {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        self.0.fetch_many(Unnamed(query))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        self.0.fetch_optional(Unnamed(query))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        self.0.prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, sqlx::Error>>
    where
        'c: 'e,
    {
        self.0.describe(sql)
    }
}
