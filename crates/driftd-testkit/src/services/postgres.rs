//! A real Postgres, one server without Docker.
//!
//! The programs are those of the machine, or are installed by `apt-get` where that is allowed. A server has a folder and
//! a port of its own and trusts everyone on the loopback interface. Its databases sort text by the rules of a human
//! language, as many a production server does, so that a query that relies on the order of bytes has to say so.

mod programs;
mod server;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Skip;
use programs::Programs;
use server::Server;

/// How a server is set up.
#[derive(Clone, Copy, Debug)]
pub struct PostgresOptions {
    /// Whether a commit waits for the disk, as in production. Without it nothing survives a crash of the machine, which
    /// no test brings about, while `kill` is survived all the same.
    pub fsync: bool,
    /// Connections at a time.
    pub max_connections: u32,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self { fsync: true, max_connections: 200 }
    }
}

/// A running server. It ends with this value, or with the process, however that ends.
#[derive(Debug)]
pub struct Postgres {
    programs: Programs,
    server: Server,
    databases: AtomicU32,
}

impl Postgres {
    /// The server that the tests of this process share, started when it is asked for first.
    ///
    /// # Errors
    /// Why there can be none here.
    pub fn shared() -> Result<&'static Self, Skip> {
        static SHARED: OnceLock<Result<Postgres, Skip>> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(PostgresOptions::default())).as_ref().map_err(Skip::clone)
    }

    /// A server of one's own, to be stopped and killed at will.
    ///
    /// # Errors
    /// Why there can be none here: no programs, and no way to install them.
    ///
    /// # Panics
    /// The programs are there and do not work.
    pub fn start(options: PostgresOptions) -> Result<Self, Skip> {
        let programs = Programs::find()?;
        let server = Server::start(&programs, options);
        Ok(Self { programs, server, databases: AtomicU32::new(0) })
    }

    /// Creates an empty database and returns its URL.
    pub fn database(&self) -> String {
        let name = format!("driftd_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let port = self.port().to_string();
        self.programs.run("createdb", &["-h", "127.0.0.1", "-p", &port, "-U", "postgres", &name]);
        self.url_of("postgres", &name)
    }

    /// Runs a script of statements in the database at `url`; its first error stops it.
    ///
    /// # Panics
    /// A statement fails.
    pub fn run_script(&self, url: &str, script: &str) {
        let arguments = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname", url];
        self.programs.run_with("psql", &arguments, script);
    }

    /// The URL of a database for one of the server's roles.
    #[must_use]
    pub fn url_of(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port())
    }

    /// The port, which stays the same over stops and starts.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.server.port()
    }

    /// Stops the server, which cuts every connection and waits for nobody.
    pub fn stop(&self) {
        self.server.end("stop");
    }

    /// Ends the server as `kill -9` does: no goodbye, and a recovery at the next start.
    pub fn kill(&self) {
        self.server.end("kill");
    }

    /// Starts the server again on the same port and data.
    pub fn start_again(&self) {
        self.server.start_again();
    }
}

#[cfg(test)]
mod tests;
