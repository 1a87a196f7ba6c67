//! Ports: what the rest of driftd needs from a store, by who needs it, without knowing which store it is.

mod catalogue;
mod outbox;
mod pipeline;
mod query;
mod read;
mod repair;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;

pub use catalogue::CatalogueStore;
pub use outbox::OutboxStore;
pub use pipeline::{Checkpoint, Claim, Claimant, DeadLetter, PipelineStore};
pub use query::{
    HistoryPosition, HistoryQuery, IncidentPosition, IncidentQuery, ListedIncident, WindowPosition, WindowQuery,
};
pub use read::{PartitionRow, ReadStore, StoreSize};
pub use repair::{FrontierMove, OwnedPartition, PartitionReset, RepairStore, ResetStart};

/// A boxed future: ports are called once a batch, not once a record, so the box costs nothing that shows.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Durable truth. One implementation a database; one suite of laws for all of them.
#[async_trait]
pub trait Store: PipelineStore + OutboxStore + CatalogueStore + ReadStore + RepairStore {
    /// Lets go of files and connections; the last call on a store, after which every other one fails. Nothing depends
    /// on it, but a database that was closed is one file and not three.
    async fn close(&self) {}
}

/// A store shared by everyone in the process.
pub type SharedStore = Arc<dyn Store>;
