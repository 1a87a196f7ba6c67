//! Broker and database, and what they have used so far.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use driftd_testkit::services::Skip;
use driftd_testkit::services::kafka::{Kafka, KafkaOptions};
use driftd_testkit::services::postgres::{Postgres, PostgresOptions};

use crate::child;
use crate::proc::{Process, family};

/// The servers of a bench, with the settings they have in production: Postgres waits for the disk.
#[derive(Debug)]
pub struct Servers {
    /// The broker.
    pub kafka: Kafka,
    /// The database server.
    pub postgres: Postgres,
}

impl Servers {
    /// Starts both.
    ///
    /// # Errors
    /// The machine cannot have one of them.
    pub fn start() -> Result<Self, Skip> {
        let kafka = Kafka::start(&KafkaOptions::default())?;
        let postgres = Postgres::start(PostgresOptions::default())?;
        Ok(Self { kafka, postgres })
    }

    /// Processor time of the broker so far.
    #[must_use]
    pub fn broker_cpu(&self) -> f64 {
        cpu_of("java")
    }

    /// Processor time of the database so far, all its processes together.
    #[must_use]
    pub fn postgres_cpu(&self) -> f64 {
        cpu_of("postgres")
    }

    /// Bytes that the database has written to its log since it was set up.
    ///
    /// # Errors
    /// A server that does not answer, or a machine without `/proc`.
    pub fn log_bytes(&self) -> anyhow::Result<f64> {
        // A replication client is told the position when it introduces itself, and needs no statement for it.
        let connection =
            format!("host=127.0.0.1 port={} user=postgres dbname=postgres replication=true", self.postgres.port());
        let psql = link("exe")?.with_file_name("psql");
        let run =
            child::run(Command::new(psql).arg(connection).args(["--no-psqlrc", "-At", "-c", "IDENTIFY_SYSTEM"]), &[0])?;
        position(&run.output).with_context(|| format!("psql said {:?}", run.output))
    }

    /// Size of all databases' tables and indexes, in bytes.
    ///
    /// # Errors
    /// A machine without `/proc`.
    pub fn table_bytes(&self) -> anyhow::Result<f64> {
        Ok(size_of(&link("cwd")?.join("base")) as f64)
    }
}

/// Where the database server stands (`cwd`, its data) or comes from (`exe`).
fn link(what: &str) -> anyhow::Result<PathBuf> {
    let processes = family();
    let is_server = |process: &&Process| process.name == "postgres";
    // The oldest of them has all others as children.
    let server = processes.iter().filter(is_server).min_by_key(|process| process.pid);
    let pid = server.context("the database server is not among the processes of this one")?.pid;
    fs::read_link(format!("/proc/{pid}/{what}")).context("the database server has no folder")
}

fn cpu_of(name: &str) -> f64 {
    family().iter().filter(|process| process.name == name).map(|process| process.cpu).sum()
}

/// A position in the log, as `SYSTEM|TIMELINE|HIGH/LOW|DATABASE`, with both halves in hexadecimal.
fn position(line: &str) -> Option<f64> {
    let (high, low) = line.trim().split('|').nth(2)?.split_once('/')?;
    let half = |digits: &str| u64::from_str_radix(digits, 16).ok();
    Some(((half(high)? << 32) + half(low)?) as f64)
}

fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => size_of(&entry.path()),
        Ok(meta) => meta.len(),
        // The server removes files while we look.
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_has_two_halves() {
        assert_eq!(position("7571|1|1/10|\n"), Some(4_294_967_312.0));
        assert_eq!(position("nonsense"), None);
    }

    #[test]
    fn sizes_add_up() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), [0; 10]).unwrap();
        fs::create_dir(folder.path().join("b")).unwrap();
        fs::write(folder.path().join("b/c"), [0; 5]).unwrap();
        assert!(size_of(folder.path()) == 15);
    }
}
