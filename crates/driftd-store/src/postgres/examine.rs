//! Looking at a database without changing it.

use driftd_model::StoreError;
use driftd_window::Timestamp;
use sqlx::postgres::PgPoolOptions;
use sqlx::{PgPool, query, query_scalar};

use super::migrate::{CONNECT_TIMEOUT, VERSIONS, no_database};
use super::transaction::Transaction;
use super::{connect, measure};
use crate::Examination;
use crate::error::Outcome;
use crate::schema::latest;

/// Looks at the database that `url` names, on a connection made for that.
pub(crate) async fn examine(url: &str) -> Result<Examination, StoreError> {
    let options = connect::parse(url).map_err(|failure| failure.doing("read the store url"))?;
    let place = connect::place(&options);
    let looked = async {
        let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(CONNECT_TIMEOUT);
        let pool = pool.connect_with(options).await.map_err(no_database)?;
        let looked = look(&pool).await;
        pool.close().await;
        looked
    };
    Box::pin(looked).await.map_err(|failure| failure.doing(format!("look at the Postgres database {place}")))
}

async fn look(pool: &PgPool) -> Outcome<Examination> {
    let mut tx = Transaction::begin(pool).await?;
    let clock = measure::clock(&mut tx).await?;
    let server: String = query_scalar("SELECT 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1)")
        .fetch_one(&mut tx)
        .await?;
    let listed: bool = query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL").fetch_one(&mut tx).await?;
    let version: Option<i64> =
        if listed { query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut tx).await? } else { None };
    let read_only = refusal(&mut tx).await?;
    if read_only.is_none() && version.is_some() {
        // Rolled back: a row that could be written says more than rights that could be had.
        let tried = query("INSERT INTO monitor_frontiers (monitor) VALUES ('driftd doctor') ON CONFLICT DO NOTHING")
            .execute(&mut tx)
            .await;
        drop(tx.rollback().await);
        let read_only = tried.err().map(|error| error.to_string());
        return Ok(examination(server, version, read_only, clock));
    }
    drop(tx.rollback().await);
    Ok(examination(server, version, read_only, clock))
}

fn examination(server: String, version: Option<i64>, read_only: Option<String>, clock: Timestamp) -> Examination {
    let clock = Some(clock);
    Examination { server, version, newest: latest(VERSIONS), read_only, clock }
}

/// Why nothing can be written, or no table made.
async fn refusal(tx: &mut Transaction) -> Outcome<Option<String>> {
    let (standby, read_only, schema, creates): (bool, bool, Option<String>, bool) = sqlx::query_as(
        "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::boolean, current_schema()::text,
                coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)",
    )
    .fetch_one(tx)
    .await?;
    Ok(match schema {
        _ if standby => Some("the server is a standby".to_owned()),
        _ if read_only => Some("transactions of this role are read-only".to_owned()),
        None => Some("no schema of its search_path is there".to_owned()),
        Some(schema) if !creates => Some(format!("the role may not make tables in schema {schema}")),
        Some(_) => None,
    })
}
