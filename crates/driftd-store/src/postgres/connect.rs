//! Connections to the server, or to a pooler in front of it.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::StoreOptions;
use crate::error::{Failure, Outcome};

/// How long a call waits for a free connection, and for a server that does not answer.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Reads a URL; its text, which may hold a password, is not repeated.
pub(super) fn parse(url: &str) -> Outcome<PgConnectOptions> {
    let options: Result<PgConnectOptions, sqlx::Error> = url.parse();
    // Of the parameters that a connection begins with, poolers refuse those that they do not know.
    let plain = |options: PgConnectOptions| options.application_name("driftd").extra_float_digits(None);
    options.map(plain).map_err(|error| {
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
        .connect_lazy_with(connect)
}
