//! Looking at a file without changing it.

use std::path::Path;

use driftd_model::StoreError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, query, query_scalar};

use super::connect::{BUSY_TIMEOUT, VERSIONS, cannot_open};
use crate::Examination;
use crate::error::Outcome;
use crate::schema::latest;

/// Looks at the database at `path`. One that is not there yet has no tables, and is written to if its folder may be.
pub(crate) async fn examine(path: &str) -> Result<Examination, StoreError> {
    look(path).await.map_err(|failure| failure.doing(format!("look at the SQLite database {path}")))
}

async fn look(path: &str) -> Outcome<Examination> {
    let is_there = path != ":memory:" && Path::new(path).exists();
    // Without a file a connection to none says which SQLite this is.
    let options = if is_there {
        SqliteConnectOptions::new().filename(path).create_if_missing(false).busy_timeout(BUSY_TIMEOUT)
    } else {
        SqliteConnectOptions::new().in_memory(true)
    };
    let mut connection = options.connect().await.map_err(|error| cannot_open(path, error))?;
    let server: String = query_scalar("SELECT 'SQLite ' || sqlite_version()").fetch_one(&mut connection).await?;
    let (version, read_only) = if is_there {
        (version(&mut connection).await.map_err(|error| cannot_open(path, error))?, refusal(&mut connection).await)
    } else {
        (None, if path == ":memory:" { None } else { folder_refusal(Path::new(path)) })
    };
    connection.close().await?;
    Ok(Examination { server, version, newest: latest(VERSIONS), read_only, clock: None })
}

async fn version(connection: &mut SqliteConnection) -> Result<Option<i64>, sqlx::Error> {
    let listed: i64 = query_scalar("SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'")
        .fetch_one(&mut *connection)
        .await?;
    if listed == 0 {
        return Ok(None);
    }
    query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(connection).await
}

/// Takes the lock that every write needs, and gives it back.
async fn refusal(connection: &mut SqliteConnection) -> Option<String> {
    let begun = query("BEGIN IMMEDIATE").execute(&mut *connection).await;
    let refusal = begun.err().map(|error| error.to_string());
    drop(query("ROLLBACK").execute(connection).await);
    refusal
}

/// A file can be made where another one can.
fn folder_refusal(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let probe = folder.join(format!(".driftd-probe-{}", std::process::id()));
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(&probe);
    drop(std::fs::remove_file(&probe));
    made.err().map(|error| format!("its folder {}: {error}", folder.display()))
}
