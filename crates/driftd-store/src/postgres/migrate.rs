//! Versions of the tables, applied together or not at all in a transaction that nobody else is in.

use std::time::Duration;

use sqlx::migrate::{AppliedMigration, Migration};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgPool, query, query_as, query_scalar, raw_sql};

use super::transaction::Transaction;
use crate::Migrations;
use crate::error::{Failure, Outcome};
use crate::schema::{self, Migrated, Version};

/// Versions of the tables, oldest first.
pub(super) const VERSIONS: &[Version] = &[
    (1, "stream", include_str!("../../../../migrations/postgres/0001_stream.sql")),
    (2, "baselines", include_str!("../../../../migrations/postgres/0002_baselines.sql")),
    (3, "history", include_str!("../../../../migrations/postgres/0003_history.sql")),
    (4, "incidents", include_str!("../../../../migrations/postgres/0004_incidents.sql")),
    (5, "views", include_str!("../../../../migrations/postgres/0005_views.sql")),
    (6, "reader", include_str!("../../../../migrations/postgres/0006_reader.sql")),
    (7, "tending", include_str!("../../../../migrations/postgres/0007_tending.sql")),
    (8, "notification_log", include_str!("../../../../migrations/postgres/0008_notification_log.sql")),
    (9, "alarms", include_str!("../../../../migrations/postgres/0009_alarms.sql")),
    (10, "segment_memories", include_str!("../../../../migrations/postgres/0010_segment_memories.sql")),
    (11, "known_topics", include_str!("../../../../migrations/postgres/0011_known_topics.sql")),
    (12, "logs", include_str!("../../../../migrations/postgres/0012_logs.sql")),
    (13, "upgrades", include_str!("../../../../migrations/postgres/0013_upgrades.sql")),
    (14, "counted_plans", include_str!("../../../../migrations/postgres/0014_counted_plans.sql")),
    (15, "compressed_counts", include_str!("../../../../migrations/postgres/0015_compressed_counts.sql")),
];
/// Key of the lock that whoever applies versions holds until its transaction ends.
const MIGRATING: i64 = 0x6472_6966_7464_0003;
/// How long a server may take to answer.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The list of versions that sqlx's own migrator keeps, and that its other tools read.
const LIST: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMPTZ NOT NULL DEFAULT now(),
    success BOOLEAN NOT NULL,
    checksum BYTEA NOT NULL,
    execution_time BIGINT NOT NULL
)";

/// Brings the tables up to date, on a connection made for that, unless that has to be asked for and was not.
pub(super) async fn migrate(connect: &PgConnectOptions, migrations: Migrations) -> Outcome<Migrated> {
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(CONNECT_TIMEOUT);
    let pool = pool.connect_with(connect.clone()).await.map_err(no_database)?;
    let migrated = match up_to_date(&pool, migrations).await {
        Ok(None) => apply_missing(&pool).await,
        Ok(Some(migrated)) => Ok(migrated),
        Err(failure) => Err(failure),
    };
    pool.close().await;
    migrated
}

/// Whether the tables can be read as they are, looked at on a connection made for that.
///
/// # Errors
/// There are none, or they are of another version.
pub(super) async fn check_readable(connect: &PgConnectOptions) -> Outcome<()> {
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(CONNECT_TIMEOUT);
    let pool = pool.connect_with(connect.clone()).await.map_err(no_database)?;
    let checked = match found_and_missing(&pool).await {
        Ok((found, missing)) => schema::check_readable(VERSIONS, &found, &missing),
        Err(failure) => Err(failure),
    };
    pool.close().await;
    checked
}

/// Whether nothing is missing, looked at beside everybody who works with the tables or changes them; nothing when
/// something is missing that may be applied.
async fn up_to_date(pool: &PgPool, migrations: Migrations) -> Outcome<Option<Migrated>> {
    let (found, missing) = found_and_missing(pool).await?;
    schema::check_asked(migrations, VERSIONS, &found, &missing)?;
    Ok(missing.is_empty().then(|| Migrated { applied: Vec::new(), version: schema::newest(&found) }))
}

/// The versions that the database has, and those that it lacks.
async fn found_and_missing(pool: &PgPool) -> Outcome<(Vec<AppliedMigration>, Vec<Migration>)> {
    let mut tx = Transaction::begin(pool).await?;
    let is_there: bool = query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL").fetch_one(&mut tx).await?;
    let found = if is_there { applied(&mut tx).await? } else { Vec::new() };
    let missing = missing(&mut tx, &found).await?;
    tx.commit().await?;
    Ok((found, missing))
}

async fn applied(tx: &mut Transaction) -> Outcome<Vec<AppliedMigration>> {
    let found: Vec<(i64, Vec<u8>)> =
        query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version").fetch_all(tx).await?;
    let found = found.into_iter();
    Ok(found.map(|(version, checksum)| AppliedMigration { version, checksum: checksum.into() }).collect())
}

async fn missing(tx: &mut Transaction, found: &[AppliedMigration]) -> Outcome<Vec<Migration>> {
    let mut compatible = None;
    if schema::is_newer(VERSIONS, found) {
        compatible = query_scalar(schema::COMPATIBLE).fetch_optional(tx).await?;
    }
    schema::missing(VERSIONS, found, compatible)
}

async fn apply_missing(pool: &PgPool) -> Outcome<Migrated> {
    let mut tx = Transaction::begin_migration(pool).await?;
    query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATING).execute(&mut tx).await?;
    raw_sql(LIST).execute(&mut tx).await?;
    // An older driftd does not know that lock: its row waits for this one.
    raw_sql("LOCK TABLE _sqlx_migrations IN SHARE ROW EXCLUSIVE MODE").execute(&mut tx).await?;
    let found = applied(&mut tx).await?;
    let mut applied = Vec::new();
    for missing in missing(&mut tx, &found).await? {
        raw_sql(missing.sql.clone()).execute(&mut tx).await?;
        query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES ($1, $2, TRUE, $3, -1)",
        )
        .bind(missing.version)
        .bind(missing.description.as_ref())
        .bind(missing.checksum.as_ref())
        .execute(&mut tx)
        .await?;
        applied.push(schema::name(&missing));
    }
    tx.commit().await?;
    Ok(Migrated { applied, version: schema::newest(&found).max(schema::latest(VERSIONS)) })
}

/// Postgres's own words for these do not say what to do.
pub(super) fn no_database(error: sqlx::Error) -> Failure {
    const NO_SUCH_DATABASE: &str = "3D000";
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    if code.as_deref() == Some(NO_SUCH_DATABASE) {
        let said = error.as_database_error().map_or("it does not exist", |e| e.message());
        return Failure::Refused(format!("{said}: make it (createdb), or name another one under [store] url"));
    }
    // A certificate of an unknown authority or for another name comes as data that are not valid.
    let is_untrusted = matches!(&error, sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData);
    if is_untrusted || matches!(error, sqlx::Error::Tls(_)) {
        return Failure::Refused(format!(
            "{error}: the server has to prove by a certificate that it is the one that [store] url names; say which \
             authority to trust by ?sslrootcert=FILE, or weaken this on purpose, with ?sslmode=disable at the weakest"
        ));
    }
    error.into()
}
