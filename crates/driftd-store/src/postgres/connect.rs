//! Connections to the server, or to a pooler in front of it.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{Connection, PgConnection, PgPool};

use crate::StoreOptions;
use crate::error::{Failure, Outcome};

/// How long a call waits for a free connection, and for a server that does not answer.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a server may take to answer on a connection that is looked at.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// Reads a URL; its text, which may hold a password, is not repeated.
pub(super) fn parse(url: &str) -> Outcome<PgConnectOptions> {
    let options: Result<PgConnectOptions, sqlx::Error> = url.parse();
    // Of the parameters that a connection begins with, poolers refuse those that they do not know.
    let plain = |options: PgConnectOptions| options.application_name("driftd").extra_float_digits(None);
    options.map(plain).map(|options| if is_weakened(url) { options } else { private(options) }).map_err(|error| {
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

/// Whether somebody has said how connections are protected.
fn is_weakened(url: &str) -> bool {
    let parameters = url.split_once('?').map_or("", |(_, parameters)| parameters);
    let is_mode = |parameter: &str| parameter.starts_with("sslmode=") || parameter.starts_with("ssl-mode=");
    parameters.split('&').any(is_mode) || std::env::var_os("PGSSLMODE").is_some()
}

/// Another machine proves by a certificate that it is the one that was named before it hears the password: one that
/// only says that it cannot do TLS would be sent it in the clear.
fn private(options: PgConnectOptions) -> PgConnectOptions {
    let host = options.get_host();
    let is_here = options.get_socket().is_some()
        || host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if is_here { options } else { options.ssl_mode(PgSslMode::VerifyFull) }
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
/// server that restarted is noticed by nobody. What comes back is tried too: a call that was
/// given up because nothing was heard would else hold its place for as long as TCP tries again.
pub(super) fn pool(connect: PgConnectOptions, options: &StoreOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(options.max_connections.max(1))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(answers(connection)))
        .after_release(|connection, _| Box::pin(answers(connection)))
        .connect_lazy_with(connect)
}

/// Whether the server answers; an error, with which the connection is dropped, if it does not in time.
async fn answers(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    match tokio::time::timeout(PING_TIMEOUT, connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_has_to_prove_who_it_is() {
        let verified = |url: &str| matches!(parse(url).unwrap().get_ssl_mode(), PgSslMode::VerifyFull);
        for far in ["db", "db.example.com", "10.0.0.7", "[2001:db8::1]"] {
            assert!(verified(&format!("postgres://driftd:secret@{far}:5432/driftd")), "{far}");
        }
        for near in ["localhost", "127.0.0.1", "[::1]", "%2Frun%2Fpostgresql"] {
            assert!(!verified(&format!("postgres://driftd@{near}/driftd")), "{near}");
        }
        assert!(!verified("postgres://driftd@db/driftd?sslmode=disable"), "on purpose");
        assert!(!verified("postgres://driftd@db/driftd?connect_timeout=3&sslmode=require"));
        assert!(verified("postgres://driftd@db/driftd?sslrootcert=ca.pem"));
    }
}
