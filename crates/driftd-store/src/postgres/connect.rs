//! Connections: a pool for the work, one of its own for migrations.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

use super::schema::VERSIONS;
use crate::StoreOptions;
use crate::error::{Failure, Outcome};
use crate::schema::{self, Migrated};

/// How long a call waits for a free connection, and for a server that does not answer.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// What the server does about a statement that hangs, a lock that does not come, and a process that has stopped in the
/// middle of a transaction: nothing may hold a row for ever.
const LIMITS: [(&str, &str); 3] =
    [("statement_timeout", "60s"), ("lock_timeout", "15s"), ("idle_in_transaction_session_timeout", "60s")];

/// A version may rewrite a table, and may wait for another process that does.
const MIGRATION_LIMITS: [(&str, &str); 2] = [("statement_timeout", "30min"), ("lock_timeout", "30min")];

/// Reads a URL; its text, which may hold a password, is not repeated.
pub(super) fn parse(url: &str) -> Outcome<PgConnectOptions> {
    let options: Result<PgConnectOptions, sqlx::Error> = url.parse();
    options.map(|options| options.application_name("driftd")).map_err(|error| {
        let why = match error {
            sqlx::Error::Configuration(why) => why.to_string(),
            other => other.to_string(),
        };
        Failure::Refused(format!(
            "the store url is not one of Postgres ({why}): write postgres://USER:PASSWORD@HOST:5432/DATABASE, with any \
             character of the password other than letters and digits written as %XX"
        ))
    })
}

/// Role, host and database.
pub(super) fn place(options: &PgConnectOptions) -> String {
    let host = options.get_socket().map_or_else(
        || format!("{}:{}", options.get_host(), options.get_port()),
        |socket| socket.display().to_string(),
    );
    let role = options.get_username();
    format!("{} at {host} as {role}", options.get_database().unwrap_or(role))
}

/// The pool for the work. Connections are made when they are needed, and tried before they are used again, so that a
/// server that restarted is noticed by nobody.
pub(super) fn pool(connect: PgConnectOptions, options: &StoreOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(options.max_connections.max(1))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(connect.options(LIMITS))
}

/// Brings the tables up to date, on a connection that holds the lock of migrations and takes it along when it is cut.
pub(super) async fn migrate(connect: &PgConnectOptions) -> Outcome<Migrated> {
    let options = connect.clone().options(MIGRATION_LIMITS);
    let connecting = tokio::time::timeout(ACQUIRE_TIMEOUT, PgConnection::connect_with(&options));
    let mut connection = connecting.await.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(no_database)?;
    let migrated = schema::migrate(&mut connection, VERSIONS).await;
    // The answer counts, not the goodbye.
    drop(connection.close().await);
    migrated
}

/// Postgres's own words for this do not say what to do.
fn no_database(error: sqlx::Error) -> Failure {
    const NO_SUCH_DATABASE: &str = "3D000";
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    if code.as_deref() == Some(NO_SUCH_DATABASE) {
        let said = error.as_database_error().map_or("it does not exist", |e| e.message());
        return Failure::Refused(format!("{said}: make it (createdb), or name another one under [store] url"));
    }
    error.into()
}
