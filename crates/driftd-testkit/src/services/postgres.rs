//! A real Postgres, one server without Docker.
//!
//! The programs are those of the machine, or are installed by `apt-get` where that is allowed. A server has a folder and
//! a port of its own and trusts everyone on the loopback interface. Its databases sort text by the rules of a human
//! language, as many a production server does, so that a query that relies on the order of bytes has to say so.

mod pooler;
mod programs;

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::Skip;
use super::server::{Launch, Server, free_ports};
use programs::Programs;

pub use pooler::Pooler;

/// Longest wait for a server that was killed to leave its folder.
const RECOVERY_TIMEOUT: Duration = Duration::from_mins(1);

/// How a server is set up.
#[derive(Clone, Copy, Debug)]
pub struct PostgresOptions {
    /// Whether a commit waits for the disk, as in production. Without it nothing survives a crash of the machine, which
    /// no test brings about, while `kill` is survived all the same.
    pub fsync: bool,
    /// Connections at a time.
    pub max_connections: u32,
    /// The folder below which its data lie, else that for temporary files.
    pub parent: Option<&'static Path>,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self { fsync: true, max_connections: 200, parent: None }
    }
}

/// A running server. It ends with this value, or with the process, however that ends.
#[derive(Debug)]
pub struct Postgres {
    programs: Programs,
    server: Server,
    port: u16,
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
        // Between finding a free port and binding it somebody else may take it.
        for _ in 0..10 {
            let [port] = free_ports();
            match start(&programs, port, options) {
                Ok(server) => return Ok(Self { programs, server, port, databases: AtomicU32::new(0) }),
                Err(why) if why.contains("could not create any TCP/IP sockets") => {}
                Err(why) => panic!("{why}"),
            }
        }
        panic!("no free port for a Postgres in ten tries");
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

    /// What `pg_dump` writes of the database at `url`, as a script for [`Postgres::run_script`].
    ///
    /// # Panics
    /// It cannot be dumped.
    #[must_use]
    pub fn dump(&self, url: &str) -> String {
        self.programs.output("pg_dump", &["--dbname", url])
    }

    /// The URL of a database for one of the server's roles.
    #[must_use]
    pub fn url_of(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port())
    }

    /// The port, which stays the same over stops and starts.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Stops the server, which cuts every connection and waits for nobody.
    pub fn stop(&self) {
        self.server.stop();
    }

    /// Ends the server as `kill -9` does: no goodbye, and a recovery at the next start.
    pub fn kill(&self) {
        self.server.kill();
    }

    /// Starts the server again on the same port and data. Does nothing to one that runs.
    ///
    /// # Panics
    /// It does not come up.
    pub fn start_again(&self) {
        let deadline = Instant::now() + RECOVERY_TIMEOUT;
        // After a kill the parts of the old server take a moment to notice.
        while let Err(why) = self.server.try_start() {
            assert!(why.contains("still in use") && Instant::now() < deadline, "{why}");
        }
    }
}

/// Sets up a folder and starts the server there.
fn start(programs: &Programs, port: u16, options: PostgresOptions) -> Result<Server, String> {
    let parent = options.parent.map_or_else(std::env::temp_dir, Path::to_owned);
    let folder = tempfile::Builder::new().prefix("driftd-postgres-").tempdir_in(parent).unwrap();
    programs.hand_over(folder.path());
    initialize(programs, &folder.path().join("data"));
    let launch = Launch {
        name: "the Postgres",
        command: command(programs, folder.path(), port, options),
        stop_signal: "INT",
        // A server that is killed leaves shared memory behind.
        end_signal: "INT",
        is_up: Box::new(|log| log.contains("database system is ready to accept connections")),
        // Clients who knock too early are turned away with a FATAL of their own, and what is left of a server that was
        // killed says goodbye with one.
        fatal: Some("postmaster FATAL:"),
    };
    Server::start(launch, folder)
}

/// Sets up the data folder. Messages are English, because they are read; text is sorted by language.
fn initialize(programs: &Programs, data: &Path) {
    let mut arguments = vec!["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"];
    arguments.extend(["--locale-provider=icu", "--icu-locale=en"]);
    arguments.extend(["--pgdata", data.to_str().unwrap()]);
    programs.run("initdb", &arguments);
    // Of the loopback interface it trusts one address, and a relay has another.
    let rules = std::fs::OpenOptions::new().append(true).open(data.join("pg_hba.conf"));
    rules.unwrap().write_all(b"host all all 127.0.0.0/8 trust\n").unwrap();
}

fn command(programs: &Programs, folder: &Path, port: u16, options: PostgresOptions) -> Command {
    let mut command = programs.command("postgres");
    command.arg("-D").arg(folder.join("data"));
    let settings = [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        "unix_socket_directories=".to_owned(),
        // Who says it: the server itself, or one of its connections.
        "log_line_prefix=%m [%p] %b ".to_owned(),
        format!("max_connections={}", options.max_connections),
        format!("fsync={}", if options.fsync { "on" } else { "off" }),
    ];
    for setting in settings {
        command.arg("-c").arg(setting);
    }
    command
}

#[cfg(test)]
mod tests;
