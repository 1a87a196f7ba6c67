//! A real PgBouncer before a Postgres, in transaction mode.

use std::net::TcpStream;
use std::time::Duration;

use super::super::server::{Launch, Server, free_ports};
use super::super::{Skip, install};
use super::Postgres;

/// The package of Debian, and its program.
const PROGRAM: &str = "pgbouncer";

/// A running pooler. It ends with this value, or with the process, however that ends.
#[derive(Debug)]
pub struct Pooler {
    #[expect(dead_code, reason = "ends with the value")]
    server: Server,
    port: u16,
}

impl Pooler {
    /// A pooler before `postgres`. Transactions of one client run on changing connections, at most `connections` a
    /// database; a parameter that a pooler does not know by itself is refused.
    ///
    /// # Errors
    /// Why there can be none here.
    ///
    /// # Panics
    /// The program is there and does not work.
    pub fn start(postgres: &Postgres, connections: u32) -> Result<Self, Skip> {
        let program = install::program(PROGRAM, PROGRAM)?;
        let [port] = free_ports();
        let folder = tempfile::Builder::new().prefix("driftd-pgbouncer-").tempdir().unwrap();
        let settings = folder.path().join("pgbouncer.ini");
        std::fs::write(&settings, ini(postgres.port(), port, connections)).unwrap();
        postgres.programs.hand_over(folder.path());
        let mut command = postgres.programs.command(program.to_str().unwrap());
        command.arg(&settings);
        let launch = Launch {
            name: "the PgBouncer",
            command,
            stop_signal: "INT",
            end_signal: "KILL",
            is_up: Box::new(move |log| log.contains("process up") && is_listening(port)),
            fatal: Some("FATAL"),
        };
        let server = Server::start(launch, folder).unwrap_or_else(|why| panic!("{why}"));
        Ok(Self { server, port })
    }

    /// Where a database of the server is reached through it, given where it is without.
    #[must_use]
    pub fn url_of(&self, url: &str) -> String {
        let database = url.rsplit('/').next().unwrap_or_default();
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

fn is_listening(port: u16) -> bool {
    TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), Duration::from_secs(1)).is_ok()
}

fn ini(server: u16, port: u16, connections: u32) -> String {
    format!(
        "[databases]
* = host=127.0.0.1 port={server} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 1000
server_round_robin = 1
server_idle_timeout = 2
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_reaches_the_server_through_it() {
        let test = "a_statement_reaches_the_server_through_it";
        let postgres = match Postgres::shared() {
            Ok(postgres) => postgres,
            Err(skip) => return skip.announce(test),
        };
        let pooler = match Pooler::start(postgres, 1) {
            Ok(pooler) => pooler,
            Err(skip) => return skip.announce(test),
        };
        let url = postgres.database();
        postgres.run_script(&pooler.url_of(&url), "CREATE TABLE seen (it int); INSERT INTO seen VALUES (1);");
        postgres.run_script(&url, "DO $$ BEGIN ASSERT (SELECT it FROM seen) = 1; END $$;");
    }
}
