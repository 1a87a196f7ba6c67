//! Connections: one that writes, some that read.

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::AppliedMigration;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{SqlitePool, query_as, query_scalar};

use crate::Migrations;
use crate::error::{Failure, Outcome};
use crate::schema::{self, Migrated, Version};

/// Versions of the tables, oldest first.
pub(super) const VERSIONS: &[Version] = &[
    (1, "stream", include_str!("../../../../migrations/sqlite/0001_stream.sql")),
    (2, "baselines", include_str!("../../../../migrations/sqlite/0002_baselines.sql")),
    (3, "history", include_str!("../../../../migrations/sqlite/0003_history.sql")),
    (4, "incidents", include_str!("../../../../migrations/sqlite/0004_incidents.sql")),
    (5, "views", include_str!("../../../../migrations/sqlite/0005_views.sql")),
    (6, "confirmed_ends", include_str!("../../../../migrations/sqlite/0006_confirmed_ends.sql")),
    (7, "retention", include_str!("../../../../migrations/sqlite/0007_retention.sql")),
    (8, "tending", include_str!("../../../../migrations/sqlite/0008_tending.sql")),
    (9, "notification_log", include_str!("../../../../migrations/sqlite/0009_notification_log.sql")),
    (10, "alarms", include_str!("../../../../migrations/sqlite/0010_alarms.sql")),
    (11, "segment_memories", include_str!("../../../../migrations/sqlite/0011_segment_memories.sql")),
    (12, "known_topics", include_str!("../../../../migrations/sqlite/0012_known_topics.sql")),
    (13, "logs", include_str!("../../../../migrations/sqlite/0013_logs.sql")),
    (14, "upgrades", include_str!("../../../../migrations/sqlite/0014_upgrades.sql")),
    (15, "counted_plans", include_str!("../../../../migrations/sqlite/0015_counted_plans.sql")),
    (16, "compressed_counts", include_str!("../../../../migrations/sqlite/0016_compressed_counts.sql")),
];

/// How long a write waits for another process on the same file.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections that read at the same time.
const READERS: u32 = 4;
/// What the write-ahead log is cut back to once it was taken over.
const JOURNAL_BYTES: &str = "67108864";
/// Pages of the write-ahead log after which they are taken over, 16 MiB.
const CHECKPOINT_PAGES: &str = "4000";
/// Pages kept in memory by a connection, in KiB (negative: KiB instead of pages).
const CACHE_KIB: &str = "-16384";

/// The writing and the reading pool of the database at `path`, its tables up to date.
pub(super) async fn connect(path: &str, migrations: Migrations) -> Outcome<(SqlitePool, SqlitePool)> {
    let in_memory = path == ":memory:";
    let options = options(path);
    let writer = writer(path, options.clone()).await?;
    bring_up_to_date(&writer, migrations).await?;
    let readers =
        if in_memory { writer.clone() } else { pool(READERS).connect_lazy_with(options.pragma("query_only", "on")) };
    Ok((writer, readers))
}

/// The reading pool of the database at `path`, which is there and up to date. Nothing is written, not even its list of
/// versions.
pub(super) async fn connect_to_read(path: &str) -> Outcome<SqlitePool> {
    if !Path::new(path).exists() {
        return Err(Failure::Refused(format!(
            "there is no SQLite database {path}, and whoever only reads makes none: let `driftd run`, `driftd replay` or \
             `driftd migrate` make it, or name another one under [store] url"
        )));
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .read_only(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("cache_size", CACHE_KIB)
        .pragma("temp_store", "memory")
        .pragma("query_only", "on")
        .row_buffer_size(512);
    let readers = pool(READERS).connect_with(options).await.map_err(|error| cannot_open(path, error))?;
    let checked = check_readable(&readers).await;
    if checked.is_err() {
        readers.close().await;
    }
    checked.map(|()| readers)
}

async fn check_readable(readers: &SqlitePool) -> Outcome<()> {
    let listed: i64 =
        query_scalar("SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'").fetch_one(readers).await?;
    let found: Vec<(i64, Vec<u8>)> = if listed == 0 {
        Vec::new()
    } else {
        query_as("SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version")
            .fetch_all(readers)
            .await?
    };
    let found = found.into_iter();
    let found: Vec<AppliedMigration> =
        found.map(|(version, checksum)| AppliedMigration { version, checksum: checksum.into() }).collect();
    let mut compatible = None;
    if schema::is_newer(VERSIONS, &found) {
        compatible = query_scalar(schema::COMPATIBLE).fetch_optional(readers).await?;
    }
    schema::check_readable(VERSIONS, &found, &schema::missing(VERSIONS, &found, compatible)?)
}

/// Brings the tables of the database at `path` up to date.
pub(super) async fn migrate(path: &str) -> Outcome<Migrated> {
    let writer = writer(path, options(path)).await?;
    let migrated = bring_up_to_date(&writer, Migrations::AtOpening).await;
    writer.close().await;
    migrated
}

async fn bring_up_to_date(writer: &SqlitePool, migrations: Migrations) -> Outcome<Migrated> {
    let mut connection = writer.acquire().await?;
    let connection = &mut *connection;
    let found = schema::applied(connection).await?;
    let mut compatible = None;
    if schema::is_newer(VERSIONS, &found) {
        compatible = query_scalar(schema::COMPATIBLE).fetch_optional(&mut *connection).await?;
    }
    let missing = schema::missing(VERSIONS, &found, compatible)?;
    schema::check_asked(migrations, VERSIONS, &found, &missing)?;
    let applied = schema::apply(connection, &missing).await?;
    Ok(Migrated { applied, version: schema::newest(&found).max(schema::latest(VERSIONS)) })
}

async fn writer(path: &str, options: SqliteConnectOptions) -> Outcome<SqlitePool> {
    make_private(path);
    pool(1).connect_with(options).await.map_err(|error| cannot_open(path, error))
}

/// Makes the file so that only its owner may read it: it holds values out of people's data. SQLite gives the files beside
/// it the same rights. What stands in the way of that, SQLite will say.
fn make_private(path: &str) {
    if path != ":memory:" {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        drop(options.open(path));
    }
}

fn options(path: &str) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Normal)
        .pragma("cache_size", CACHE_KIB)
        .pragma("temp_store", "memory")
        // Four times as seldom as by default: every seal changes the same pages of indexes, which are taken over once then.
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        // One large transaction must not leave its log on the disk for ever.
        .pragma("journal_size_limit", JOURNAL_BYTES)
        // Rows handed over from SQLite's thread at a time; long histories wake the reader less often.
        .row_buffer_size(512);
    if path == ":memory:" { options } else { options.journal_mode(SqliteJournalMode::Wal) }
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        // A connection is a file handle of this process: it does not go stale, and one in memory *is* the database.
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// SQLite's own words for these two do not say what to do.
pub(super) fn cannot_open(path: &str, error: sqlx::Error) -> Failure {
    const CANNOT_OPEN: &str = "14";
    const NOT_A_DATABASE: &str = "26";
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    match code.as_deref() {
        Some(CANNOT_OPEN) => Failure::Refused(format!(
            "cannot open the SQLite database {path}: check that its folder exists and may be written to"
        )),
        Some(NOT_A_DATABASE) => {
            Failure::Refused(format!("{path} is not a SQLite database: name another file under [store] url"))
        }
        _ => error.into(),
    }
}
