//! *Durable truth*: the store port of `driftd-model` on a database, and nothing else.
//!
//! Floor 2 of driftd, and the only place where SQL stands. Everything the daemon must not forget is here; a process
//! that is killed at any instant goes on from what was committed.
//!
//! Two transactions carry the pipe. A **checkpoint** appends counts and moves offset and watermark, fenced by the
//! owner's epoch and by the offset it starts at. A **seal** reads one snapshot, asks the pure
//! [`Sealer`](driftd_model::Sealer) what to do, and writes pane, verdicts, incidents, notifications and frontier
//! together, or nothing.
//!
//! | tables | hold | written by |
//! |---|---|---|
//! | `source_partitions`, `rejected_records`, `dead_letters` | offset, watermark and owner of a partition; what was not counted | claim, checkpoint |
//! | `pane_partials` | counts of one offset range in one pane and segment, insert-only | checkpoint |
//! | `sealed_panes`, `monitor_frontiers` | their frozen merge, how far it goes, and how many records came too late | seal, sweep |
//! | `baselines`, `active_baselines` | what traffic is judged against, and from when on | `baseline` commands |
//! | `windows`, `feature_drift` | what was judged | seal |
//! | `incidents`, `incident_events`, `silences` | what is wrong, what changed, what is muted | seal, people |
//! | `notification_outbox`, `deliveries` | what people shall hear, and every try to tell them | seal, outbox |
//!
//! Instants are integers in the tables and RFC 3339 text in the views `drift_history`, `incident_history` and
//! `feature_profile`, which are what analysts read.
//!
//! ```
//! use driftd_model::{Epoch, Partition, Topic};
//! use driftd_window::Timestamp;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), driftd_model::StoreError> {
//! let store = driftd_store::open("sqlite::memory:").await?;
//! let topic = Topic::from("flight-predictions");
//! let claim = store.claim(&topic, Partition(0), "worker-1", Timestamp::from_micros(0)).await?;
//! assert_eq!(claim.epoch, Epoch(1));
//! assert_eq!(claim.next_offset, None, "a partition nobody has read starts where the start policy says");
//! # Ok(())
//! # }
//! ```
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test stops where something is not as it should be"
    )
)]

mod codec;
mod error;
mod sqlite;
mod url;

use std::sync::Arc;

use driftd_model::{SharedStore, StoreError};

pub use codec::{CodecError, POSTCARD, decode_aggregates, decode_stored, encode_aggregates};
pub use sqlite::SqliteStore;

/// Opens the store that `url` names, bringing its tables up to date: `sqlite://path` or `sqlite::memory:`.
///
/// # Errors
/// Permanent: an unknown scheme, a file that cannot be opened, or tables of a newer driftd. Transient: a locked file.
pub async fn open(url: &str) -> Result<SharedStore, StoreError> {
    let store = match url::StoreUrl::parse(url)? {
        url::StoreUrl::SqliteFile(path) => SqliteStore::open(&path).await?,
        url::StoreUrl::SqliteMemory => SqliteStore::in_memory().await?,
    };
    Ok(Arc::new(store))
}
