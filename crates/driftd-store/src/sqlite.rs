//! The store on SQLite: one file, one writer at a time, any number of readers.

mod baselines;
mod bulk;
mod checkpoint;
mod connect;
mod history;
mod incidents;
mod late;
mod outbox;
mod panes;
mod read;
mod schema;
mod seal;
mod silences;

use driftd_model::{
    Baseline, BaselineName, BaselineRef, BaselineSummary, BoxFuture, Checkpoint, Claim, HistoryQuery, HistoryRow,
    Incident, IncidentEvent, IncidentId, IncidentRow, IncidentState, MonitorId, OutboxEntry, Partition, PartitionRow,
    SealStep, Sealed, SealedPane, Sealer, Settlement, Silence, SilenceId, Step, Store, StoreError, StoreResult,
    StoredBaseline, Topic,
};
use driftd_window::{EventTime, Timestamp};
use sqlx::SqlitePool;

use crate::error::Failure;

/// What everything in here returns; the port's methods say what was being done.
type Outcome<T> = Result<T, Failure>;

/// The store on SQLite.
///
/// Writes go through one connection with `BEGIN IMMEDIATE`, so they never deadlock and two processes on one file take
/// turns; reads have connections of their own and see the last commit (write-ahead log).
///
/// **Durability**: the log is written before a commit returns and is synced when it is folded into the file
/// (`synchronous = NORMAL`). A process that is killed at any instant loses nothing that was committed. A machine that
/// loses power may lose the last commits, never the file: offsets and counts are in the same commits, so the records
/// are read again and counted once, but a notification may be sent twice.
#[derive(Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the database at `path`, creating the file and bringing its tables up to date; `":memory:"` keeps nothing.
    ///
    /// # Errors
    /// Permanent: the file cannot be opened, is no database, or has tables of a newer driftd. Transient: it is locked.
    pub async fn open(path: &str) -> Result<Self, StoreError> {
        let (writer, readers) =
            connect::connect(path).await.map_err(|e| e.doing(format!("open the SQLite database {path}")))?;
        Ok(Self { writer, readers })
    }

    /// A database that ends with the process.
    ///
    /// # Errors
    /// Permanent: memory ran out.
    pub async fn in_memory() -> Result<Self, StoreError> {
        Self::open(":memory:").await
    }

    /// Starts a write transaction.
    async fn write(&self) -> Outcome<sqlx::Transaction<'static, sqlx::Sqlite>> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

impl Store for SqliteStore {
    fn claim<'a>(
        &'a self,
        topic: &'a Topic,
        partition: Partition,
        owner: &'a str,
        now: Timestamp,
    ) -> StoreResult<'a, Claim> {
        Box::pin(async move {
            let claimed = self.claim_partition(topic, partition, owner, now).await;
            claimed.map_err(|e| e.doing(format!("claim {topic}/{partition}")))
        })
    }

    fn checkpoint<'a>(&'a self, checkpoint: &'a Checkpoint, now: Timestamp) -> StoreResult<'a, ()> {
        Box::pin(async move {
            let Checkpoint { topic, partition, from, to, .. } = checkpoint;
            let written = self.write_checkpoint(checkpoint, now).await;
            written.map_err(|e| e.doing(format!("checkpoint offsets {from} to {to} of {topic}/{partition}")))
        })
    }

    fn seal<'a>(&'a self, sealer: &'a dyn Sealer) -> StoreResult<'a, Sealed> {
        Box::pin(async move {
            let sealed = self.seal_step(sealer).await;
            sealed.map_err(|e| e.doing(format!("seal monitor {}", sealer.monitor())))
        })
    }

    fn sweep_late<'a>(&'a self, monitor: &'a MonitorId) -> StoreResult<'a, u64> {
        Box::pin(async move {
            let found = self.count_late(monitor).await;
            found.map_err(|e| e.doing(format!("count late records of monitor {monitor}")))
        })
    }

    fn partitions<'a>(&'a self, topic: &'a Topic) -> StoreResult<'a, Vec<PartitionRow>> {
        Box::pin(async move {
            let rows = self.read_partitions(topic).await;
            rows.map_err(|e| e.doing(format!("read the partitions of {topic}")))
        })
    }

    fn sealed_through<'a>(&'a self, monitor: &'a MonitorId) -> StoreResult<'a, Option<EventTime>> {
        Box::pin(async move {
            let frontier = self.read_frontier(monitor).await;
            frontier.map_err(|e| e.doing(format!("read the frontier of monitor {monitor}")))
        })
    }

    fn put_baseline<'a>(
        &'a self,
        name: &'a BaselineName,
        baseline: Baseline,
        now: Timestamp,
    ) -> StoreResult<'a, StoredBaseline> {
        Box::pin(async move {
            let stored = self.write_baseline(name, baseline, now).await;
            stored.map_err(|e| e.doing(format!("store baseline {name}")))
        })
    }

    fn baseline<'a>(&'a self, reference: &'a BaselineRef) -> StoreResult<'a, Option<StoredBaseline>> {
        Box::pin(async move {
            let found = self.read_baseline(reference).await;
            found.map_err(|e| e.doing(format!("read baseline {reference}")))
        })
    }

    fn newest_baseline<'a>(&'a self, name: &'a BaselineName) -> StoreResult<'a, Option<StoredBaseline>> {
        Box::pin(async move {
            let found = self.read_newest_baseline(name).await;
            found.map_err(|e| e.doing(format!("read the newest version of baseline {name}")))
        })
    }

    fn baselines(&self) -> StoreResult<'_, Vec<BaselineSummary>> {
        Box::pin(async move { self.list_baselines().await.map_err(|e| e.doing("list baselines")) })
    }

    fn activate_baseline<'a>(
        &'a self,
        monitor: &'a MonitorId,
        reference: &'a BaselineRef,
        since: EventTime,
    ) -> StoreResult<'a, ()> {
        Box::pin(async move {
            let done = self.write_activation(monitor, reference, since).await;
            done.map_err(|e| e.doing(format!("activate baseline {reference} for monitor {monitor}")))
        })
    }

    fn activations<'a>(&'a self, monitor: &'a MonitorId) -> StoreResult<'a, Vec<(EventTime, BaselineRef)>> {
        Box::pin(async move {
            let rows = self.read_activations(monitor).await;
            rows.map_err(|e| e.doing(format!("read the baselines of monitor {monitor}")))
        })
    }

    fn sealed_panes<'a>(
        &'a self,
        monitor: &'a MonitorId,
        from: EventTime,
        to: EventTime,
    ) -> StoreResult<'a, Vec<SealedPane>> {
        Box::pin(async move {
            let panes = self.read_sealed_panes(monitor, from, to).await;
            panes.map_err(|e| e.doing(format!("read the sealed panes of monitor {monitor}")))
        })
    }

    fn history<'a>(&'a self, query: &'a HistoryQuery) -> StoreResult<'a, Vec<HistoryRow>> {
        Box::pin(async move { self.read_history(query).await.map_err(|e| e.doing("read the drift history")) })
    }

    fn incidents<'a>(&'a self, monitor: Option<&'a MonitorId>) -> StoreResult<'a, Vec<IncidentRow>> {
        Box::pin(async move { self.list_incidents(monitor).await.map_err(|e| e.doing("list incidents")) })
    }

    fn incident<'a>(&'a self, id: &'a IncidentId) -> StoreResult<'a, Option<(Incident, Vec<IncidentEvent>)>> {
        Box::pin(async move {
            let found = self.read_incident(id).await;
            found.map_err(|e| e.doing(format!("read incident {id}")))
        })
    }

    fn amend_incident<'a>(
        &'a self,
        expected: IncidentState,
        step: &'a Step,
        silenced: bool,
        now: Timestamp,
    ) -> StoreResult<'a, bool> {
        Box::pin(async move {
            let done = self.write_amendment(expected, step, silenced, now).await;
            done.map_err(|e| e.doing("amend an incident"))
        })
    }

    fn add_silence<'a>(&'a self, silence: &'a Silence) -> StoreResult<'a, SilenceId> {
        Box::pin(async move { self.write_silence(silence).await.map_err(|e| e.doing("add a silence")) })
    }

    fn silences(&self, ending_after: Option<Timestamp>) -> StoreResult<'_, Vec<Silence>> {
        Box::pin(async move { self.read_silences(ending_after).await.map_err(|e| e.doing("list silences")) })
    }

    fn expire_silence(&self, id: SilenceId, now: Timestamp) -> StoreResult<'_, bool> {
        Box::pin(async move {
            let done = self.end_silence(id, now).await;
            done.map_err(|e| e.doing(format!("end silence {id}")))
        })
    }

    fn lease<'a>(
        &'a self,
        owner: &'a str,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> StoreResult<'a, Vec<OutboxEntry>> {
        Box::pin(async move {
            let leased = self.lease_entries(owner, limit, now, until).await;
            leased.map_err(|e| e.doing("lease notifications"))
        })
    }

    fn settle<'a>(
        &'a self,
        owner: &'a str,
        entry: i64,
        settlement: &'a Settlement,
        now: Timestamp,
    ) -> StoreResult<'a, bool> {
        Box::pin(async move {
            let done = self.settle_entry(owner, entry, settlement, now).await;
            done.map_err(|e| e.doing(format!("settle notification {entry}")))
        })
    }

    fn outbox_depth(&self) -> StoreResult<'_, u64> {
        Box::pin(async move { self.count_pending().await.map_err(|e| e.doing("count pending notifications")) })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.readers.close().await;
            self.writer.close().await;
        })
    }
}

/// What a seal that found nothing to do returns.
fn idle() -> Sealed {
    Sealed { step: SealStep::Idle, rows: 0, outcome: driftd_model::SealOutcome::default() }
}
