//! *Durable truth*: the store port of `driftd-model` on a database, and nothing else.
//!
//! Floor 2 of driftd, and the only place where SQL stands. Everything the daemon must not forget is here; a process
//! that is killed at any instant goes on from what was committed.
//!
//! Two transactions carry the pipe. A **checkpoint** appends counts and moves offset and watermark, fenced by the
//! owner's epoch and by the offset it starts at. A **seal** reads one snapshot, asks the pure
//! [`Sealer`](driftd_model::Sealer) what to do, and writes pane, verdicts, incidents, notifications and frontier
//! together, or nothing. Between seals a **reconciliation** does the same for incidents alone: what is due by the clock, or
//! because a person did something, is told without waiting for the next pane.
//!
//! | tables | hold | written by |
//! |---|---|---|
//! | `source_partitions`, `rejected_records`, `dead_letters` | offset, watermark and owner of a partition; what was not counted | claim, checkpoint |
//! | `pane_partials` | counts of one offset range in one pane and segment, insert-only | checkpoint |
//! | `sealed_panes`, `monitor_frontiers` | their frozen merge, how far it goes, and how many records came too late | seal, sweep |
//! | `baselines`, `active_baselines` | what traffic is judged against, and from when on | `baseline` commands |
//! | `windows`, `feature_drift` | what was judged | seal |
//! | `memory` | discounted counts of the windows of a shape, for small changes that last | seal |
//! | `incidents`, `incident_events`, `silences` | what is wrong, what changed, who was told, what is muted | seal, reconciliation, people, outbox |
//! | `notification_outbox`, `deliveries` | what people shall hear, and every try to tell them | seal, reconciliation, outbox |
//!
//! Instants are integers in the tables. The views `drift_history`, `incident_history` and `feature_profile`, which are
//! what analysts read, have them as RFC 3339 text (SQLite) or as `timestamptz` (Postgres).
//!
//! What is not SQL stands once: rows and what they are read into (`rows`, `read`), the order of a seal (`seal`) and of a
//! reconciliation (`reconcile`), of repairs by hand (`repair`), the fence (`fence`), versions of the tables (`schema`), what a call does (`call`). So do
//! statements that both databases understand: they are files of the folder `statements`. The folders `sqlite` and
//! `postgres` implement the ports and hold all other statements. Those of Postgres are checked when they are compiled,
//! against the description of the tables in `.sqlx`; `cargo xtask sqlx` brings it up to date.
//!
//! ```
//! use driftd_model::{Claimant, Epoch, Partition, Topic};
//! use driftd_window::Timestamp;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), driftd_model::StoreError> {
//! let store = driftd_store::open("sqlite::memory:").await?;
//! let topic = Topic::from("flight-predictions");
//! let claim = store.claim(&topic, Partition(0), &Claimant::named("worker-1"), Timestamp::from_micros(0)).await?;
//! assert_eq!(claim.epoch, Epoch(1));
//! assert_eq!(claim.next_offset, None, "a partition nobody has read starts where the start policy says");
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod call;
mod codec;
mod error;
mod examine;
mod fence;
mod lease;
mod page;
mod postgres;
mod read;
mod reading;
mod reconcile;
mod repair;
mod rows;
mod schema;
mod seal;
mod sqlite;
mod statement;
mod url;

use std::sync::Arc;

use driftd_model::{SharedStore, StoreError};
use url::StoreUrl;

pub use codec::{
    COMPRESSED, CodecError, Encoded, POSTCARD, decode_aggregates, decode_stored, encode_aggregates, encode_stored,
};
pub use examine::{Examination, examine};
pub use postgres::PostgresStore;
pub use reading::open_to_read;
pub use schema::Migrated;
pub use sqlite::SqliteStore;

/// How a store is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// Connections to Postgres at a time; SQLite has as many as it needs.
    pub max_connections: u32,
    /// When tables of an older driftd are brought up to date.
    pub migrations: Migrations,
}

/// When tables of an older driftd are brought up to date. A database without tables gets them in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrations {
    /// When the store is opened.
    AtOpening,
    /// By [`migrate`] only. Until then the store cannot be opened, which is a transient error.
    WhenAsked,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { max_connections: 10, migrations: Migrations::AtOpening }
    }
}

/// Opens the store that `url` names, bringing its tables up to date: `sqlite://path`, `sqlite::memory:` or
/// `postgres://user@host/database`.
///
/// # Errors
/// Permanent: an unknown scheme, a file that cannot be opened, a server that refuses, or tables of a newer driftd.
/// Transient: a locked file, or no server.
pub async fn open(url: &str) -> Result<SharedStore, StoreError> {
    Box::pin(open_with(url, &StoreOptions::default())).await
}

/// [`open`] with other than the default options.
///
/// # Errors
/// Those of [`open`]. Transient as well: tables of an older driftd that are to be migrated only when that is asked for.
pub async fn open_with(url: &str, options: &StoreOptions) -> Result<SharedStore, StoreError> {
    Ok(match StoreUrl::parse(url)? {
        StoreUrl::SqliteFile(path) => Arc::new(SqliteStore::open_with(&path, options).await?),
        StoreUrl::SqliteMemory => Arc::new(SqliteStore::in_memory().await?),
        StoreUrl::Postgres => Arc::new(Box::pin(PostgresStore::open(url, options)).await?),
    })
}

/// Brings the tables of the store that `url` names up to date, and says what that took.
///
/// # Errors
/// Those of [`open`].
pub async fn migrate(url: &str) -> Result<Migrated, StoreError> {
    match StoreUrl::parse(url)? {
        StoreUrl::SqliteFile(path) => SqliteStore::migrate(&path).await,
        StoreUrl::SqliteMemory => SqliteStore::migrate(":memory:").await,
        StoreUrl::Postgres => PostgresStore::migrate(url).await,
    }
}
