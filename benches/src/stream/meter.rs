//! What a leg cost those who did not run in it: broker, database, disk, and strangers.

use super::servers::Servers;
use crate::proc::{busy_cpu, own_cpu};

/// Readings before a leg.
#[derive(Clone, Copy, Debug)]
pub struct Meter(Readings);

#[derive(Clone, Copy, Debug)]
struct Readings {
    broker: f64,
    postgres: f64,
    own: f64,
    busy: f64,
    log: f64,
    tables: f64,
}

/// What was used during a leg.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// Processor seconds of the broker.
    pub broker: f64,
    /// Processor seconds of the database.
    pub postgres: f64,
    /// Processor seconds of everything on the machine that has no part in the bench: a busy machine shows here.
    pub strangers: f64,
    /// Bytes the database wrote to its log.
    pub log: f64,
    /// Bytes by which its tables have grown.
    pub tables: f64,
}

impl Meter {
    /// Takes the readings.
    ///
    /// # Errors
    /// A database that does not answer.
    pub fn start(servers: &Servers) -> anyhow::Result<Self> {
        // The disk first: asking for it costs processor time.
        let (log, tables) = (servers.log_bytes()?, servers.table_bytes()?);
        Ok(Self(processors(servers, log, tables)))
    }

    /// Takes them again; `cpu` is what the contender itself has used.
    ///
    /// # Errors
    /// A database that does not answer.
    pub fn stop(self, servers: &Servers, cpu: Option<f64>) -> anyhow::Result<Spent> {
        let mut now = processors(servers, 0.0, 0.0);
        (now.log, now.tables) = (servers.log_bytes()?, servers.table_bytes()?);
        let then = self.0;
        let (broker, postgres) = (now.broker - then.broker, now.postgres - then.postgres);
        let ours = broker + postgres + (now.own - then.own) + cpu.unwrap_or(0.0);
        Ok(Spent {
            broker,
            postgres,
            strangers: (now.busy - then.busy - ours).max(0.0),
            log: now.log - then.log,
            tables: now.tables - then.tables,
        })
    }
}

fn processors(servers: &Servers, log: f64, tables: f64) -> Readings {
    Readings {
        broker: servers.broker_cpu(),
        postgres: servers.postgres_cpu(),
        own: own_cpu().unwrap_or(0.0),
        busy: busy_cpu().unwrap_or(0.0),
        log,
        tables,
    }
}
