//! Ports: what the engine needs from a store, without knowing which.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use driftd_stats::DriftStatistic;
use driftd_window::{EventTime, PaneWidth, PartitionMark, SegmentKey, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Activation, Baseline, BaselineName, BaselineRef, BaselineSummary, ContentHash, CountedOn, Epoch, FeatureName,
    HistoryRow, Incident, IncidentEvent, IncidentId, IncidentReconciler, IncidentRow, IncidentState, MonitorId, Offset,
    OutboxEntry, Partition, PlannedDelta, ReceiverName, Retained, Retention, SealInput, SealOutcome, SealStep,
    SealView, SealedPane, Settlement, Silence, SilenceId, Step, StoreError, StoredBaseline, Topic,
};

/// A boxed future: ports are called once a batch, not once a record, so the box costs nothing that shows.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What every store call returns.
pub type StoreResult<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// Ownership of a partition, as claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Fencing number: one larger than the last owner's.
    pub epoch: Epoch,
    /// Where to go on; nothing for a partition never read.
    pub next_offset: Option<Offset>,
    /// How far event time had come.
    pub mark: PartitionMark,
}

/// A sampled reject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Offset of the record.
    pub offset: Offset,
    /// Why it was rejected.
    pub reason: String,
    /// Where in the record, never the record itself.
    pub detail: String,
}

/// Everything one lane has to say since its last checkpoint: written in one transaction, or not at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Topic.
    pub topic: Topic,
    /// Partition.
    pub partition: Partition,
    /// The owner's fencing number.
    pub epoch: Epoch,
    /// First offset covered; must be the stored next offset (any offset for a partition never read).
    pub from: Offset,
    /// Offset of the next record.
    pub to: Offset,
    /// How far event time has come.
    pub mark: PartitionMark,
    /// Counts, by monitor.
    pub deltas: Vec<(MonitorId, PlannedDelta)>,
    /// What they were counted on, for monitors whose plan may be superseded.
    pub counted_on: Vec<CountedOn>,
    /// Records rejected since the last checkpoint, by reason.
    pub rejected: Vec<(String, u64)>,
    /// A few of them.
    pub samples: Vec<DeadLetter>,
}

/// The pure half of a seal, called by the store inside its transaction; it may be called again when the transaction
/// has to be repeated.
pub trait Sealer: Send + Sync {
    /// The monitor.
    fn monitor(&self) -> &MonitorId;
    /// Topics whose partitions' marks matter.
    fn topics(&self) -> &[Topic];
    /// What to seal.
    fn decide(&self, view: &SealView) -> SealStep;
    /// Start of the history the step needs: the longest window that ends with it, or the end of the step if none does.
    fn history_from(&self, step: SealStep) -> EventTime;
    /// Merges one pane's deltas.
    ///
    /// # Errors
    /// Counts of different shapes under one plan hash.
    fn merge(&self, deltas: Vec<PlannedDelta>) -> Result<Vec<SealedPane>, driftd_stats::ShapeMismatch>;
    /// Evaluates every window that ends with the step, at `self.now(input.step)`.
    fn evaluate(&self, input: SealInput) -> SealOutcome;
    /// The step's one moment: the clock's in a live daemon, event time's in a replay.
    fn now(&self, step: SealStep) -> Timestamp;
    /// Frontier after the step.
    fn through(&self, step: SealStep) -> Option<EventTime>;
    /// The baseline that the step's windows are judged against, for the record.
    fn baseline(&self, step: SealStep) -> (BaselineRef, ContentHash);
}

/// What a seal did.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed {
    /// The step taken.
    pub step: SealStep,
    /// Records in the sealed pane.
    pub rows: u64,
    /// What was decided, for logs and progress.
    pub outcome: SealOutcome,
}

/// Which rows of the history are wanted.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct HistoryQuery {
    /// Only this monitor.
    pub monitor: Option<MonitorId>,
    /// Only this feature.
    pub feature: Option<FeatureName>,
    /// Only this statistic.
    pub statistic: Option<DriftStatistic>,
    /// Only this segment.
    pub segment: Option<SegmentKey>,
    /// Only windows that end after this.
    pub from: Option<EventTime>,
    /// Only windows that end at or before this.
    pub to: Option<EventTime>,
}

/// A partition as the store knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionRow {
    /// Topic.
    pub topic: Topic,
    /// Partition.
    pub partition: Partition,
    /// Fencing number of its owner.
    pub epoch: Epoch,
    /// Next offset.
    pub next_offset: Option<Offset>,
    /// Its mark.
    pub mark: PartitionMark,
    /// Records rejected so far.
    pub rejected: u64,
}

/// Durable truth. One implementation a database; one suite of laws for all of them.
pub trait Store: Send + Sync {
    /// Takes ownership of a partition, creating its row when it is new.
    fn claim<'a>(
        &'a self,
        topic: &'a Topic,
        partition: Partition,
        owner: &'a str,
        now: Timestamp,
    ) -> StoreResult<'a, Claim>;

    /// Appends counts and moves offset and watermark in one transaction, fenced by epoch and offset.
    fn checkpoint<'a>(&'a self, checkpoint: &'a Checkpoint, now: Timestamp) -> StoreResult<'a, ()>;

    /// Takes one sealing step of one monitor in one transaction. `SealStep::Idle` when there was nothing to do, or
    /// somebody else is at it.
    fn seal<'a>(&'a self, sealer: &'a dyn Sealer) -> StoreResult<'a, Sealed>;

    /// Reconciles one monitor's incidents in one transaction: what the reconciler decides is written like a seal's. An
    /// empty outcome when somebody else is at the monitor.
    fn reconcile<'a>(&'a self, reconciler: &'a dyn IncidentReconciler) -> StoreResult<'a, SealOutcome>;

    /// Counts the records that came after their pane was sealed into `late_rows`; the number of late records newly
    /// found.
    fn sweep_late<'a>(&'a self, monitor: &'a MonitorId) -> StoreResult<'a, u64>;

    /// Partitions of `topic`.
    fn partitions<'a>(&'a self, topic: &'a Topic) -> StoreResult<'a, Vec<PartitionRow>>;

    /// Where a monitor's frontier stands.
    fn sealed_through<'a>(&'a self, monitor: &'a MonitorId) -> StoreResult<'a, Option<EventTime>>;

    /// Stores a baseline under the next version of its name; the existing version when its newest has the same content.
    fn put_baseline<'a>(
        &'a self,
        name: &'a BaselineName,
        baseline: Baseline,
        now: Timestamp,
    ) -> StoreResult<'a, StoredBaseline>;

    /// One version.
    fn baseline<'a>(&'a self, reference: &'a BaselineRef) -> StoreResult<'a, Option<StoredBaseline>>;

    /// The newest version of a name.
    fn newest_baseline<'a>(&'a self, name: &'a BaselineName) -> StoreResult<'a, Option<StoredBaseline>>;

    /// Every version of every name.
    fn baselines(&self) -> StoreResult<'_, Vec<BaselineSummary>>;

    /// Has `monitor`, whose panes are that wide, judged against `reference` from the first pane on that is neither
    /// sealed nor holds any counts; see [`first_free`](crate::first_free). A second word about the same pane replaces
    /// the first; one that changes nothing gives the activation there is. Whoever has counted, and not yet written, that
    /// pane or a later one on another plan is refused.
    fn activate_baseline<'a>(
        &'a self,
        monitor: &'a MonitorId,
        reference: &'a BaselineRef,
        width: PaneWidth,
    ) -> StoreResult<'a, Activation>;

    /// Activations of a monitor, oldest first.
    fn activations<'a>(&'a self, monitor: &'a MonitorId) -> StoreResult<'a, Vec<Activation>>;

    /// Sealed panes that start in [`from`, `to`), by pane and segment.
    fn sealed_panes<'a>(
        &'a self,
        monitor: &'a MonitorId,
        from: EventTime,
        to: EventTime,
    ) -> StoreResult<'a, Vec<SealedPane>>;

    /// Rows of `drift_history`, by window end, segment, window, feature and statistic.
    fn history<'a>(&'a self, query: &'a HistoryQuery) -> StoreResult<'a, Vec<HistoryRow>>;

    /// Rows of `incident_history`, oldest first; of one monitor, or of all.
    fn incidents<'a>(&'a self, monitor: Option<&'a MonitorId>) -> StoreResult<'a, Vec<IncidentRow>>;

    /// One incident with its events; `id` may be a unique prefix.
    fn incident<'a>(&'a self, id: &'a IncidentId) -> StoreResult<'a, Option<(Incident, Vec<IncidentEvent>)>>;

    /// Writes what a person did to an incident (acknowledge, resolve), if it is still in the state that was read.
    fn amend_incident<'a>(
        &'a self,
        expected: IncidentState,
        step: &'a Step,
        silenced: bool,
        now: Timestamp,
    ) -> StoreResult<'a, bool>;

    /// Adds a silence; its id is given by the store.
    fn add_silence<'a>(&'a self, silence: &'a Silence) -> StoreResult<'a, SilenceId>;

    /// Silences that end after `now`, or all.
    fn silences(&self, ending_after: Option<Timestamp>) -> StoreResult<'_, Vec<Silence>>;

    /// Ends a silence now; false when there is no such silence or it is over.
    fn expire_silence(&self, id: SilenceId, now: Timestamp) -> StoreResult<'_, bool>;

    /// Incidents that are open or taken, and those that were resolved after that moment, whole.
    fn notified_incidents(&self, resolved_after: Timestamp) -> StoreResult<'_, Vec<Incident>>;

    /// Leases up to `limit` due notifications for one receiver until `until`: nobody else gets them before. Longest
    /// due first, and of one incident only the oldest that is not settled: an end never overtakes its beginning.
    fn lease<'a>(
        &'a self,
        owner: &'a str,
        receiver: &'a ReceiverName,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> StoreResult<'a, Vec<OutboxEntry>>;

    /// Settles a leased notification; false when the lease was lost to somebody else meanwhile. One that is given up is
    /// written into its incident's events as well.
    fn settle<'a>(
        &'a self,
        owner: &'a str,
        entry: i64,
        settlement: &'a Settlement,
        now: Timestamp,
    ) -> StoreResult<'a, bool>;

    /// Notifications neither delivered nor dead.
    fn outbox_depth(&self) -> StoreResult<'_, u64>;

    /// Forgets what `policy` says is old at `now`. Whatever it drops, nothing is counted again and nothing is judged
    /// otherwise. Nothing when somebody else is at it.
    fn retain<'a>(&'a self, policy: &'a Retention, now: Timestamp) -> StoreResult<'a, Retained>;

    /// Lets go of files and connections; the last call on a store, after which every other one fails. Nothing depends
    /// on it, but a database that was closed is one file and not three.
    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// A store shared by everyone in the process.
pub type SharedStore = Arc<dyn Store>;
