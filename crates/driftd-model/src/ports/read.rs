//! Port of reads: what the command line, the API and the dashboard show. Nothing here changes anything.

use async_trait::async_trait;
use driftd_window::{EventTime, PartitionMark, Timestamp};

use super::{HistoryQuery, IncidentQuery, ListedIncident, WindowQuery};
use crate::{
    Activation, BaselineName, BaselineRef, BaselineSummary, ContentHash, CountedMark, Epoch, HistoryRow, Incident,
    IncidentEvent, IncidentId, IncidentRow, LogEvent, MonitorId, Offset, Partition, SealedPane, Silence, StoreError,
    StoredBaseline, Topic, Unread, WindowRow,
};

/// Room that a part of the store takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSize {
    /// What takes it.
    pub part: String,
    /// How much.
    pub bytes: u64,
}

/// What there is in the store.
#[async_trait]
pub trait ReadStore: Send + Sync {
    /// What time it is by the store's own clock; nothing where that is this machine's.
    async fn clock(&self) -> Result<Option<Timestamp>, StoreError>;

    /// How much room the store takes, part by part: tables of a server, or what a file consists of.
    async fn sizes(&self) -> Result<Vec<StoreSize>, StoreError>;

    /// Partitions of `topic`.
    async fn partitions(&self, topic: &Topic) -> Result<Vec<PartitionRow>, StoreError>;

    /// Marks of the partitions of `topic`, in order, and how far each was counted on a plan of a monitor.
    async fn marks(
        &self,
        topic: &Topic,
        monitor: &MonitorId,
        plan: &ContentHash,
    ) -> Result<Vec<CountedMark>, StoreError>;

    /// Where a monitor's frontier stands.
    async fn sealed_through(&self, monitor: &MonitorId) -> Result<Option<EventTime>, StoreError>;

    /// Every monitor that was ever sealed, by name, and where its frontier stands.
    async fn frontiers(&self) -> Result<Vec<(MonitorId, EventTime)>, StoreError>;

    /// Shows `each` sealed pane that starts in [`from`, `to`), those that hold late records only included, by pane and
    /// segment, and one at a time: of a year there may be more than memory holds.
    async fn each_sealed_pane(
        &self,
        monitor: &MonitorId,
        from: EventTime,
        to: EventTime,
        each: &mut (dyn FnMut(SealedPane) + Send),
    ) -> Result<(), StoreError>;

    /// The same in a list, for a range that is known to be short.
    async fn sealed_panes(
        &self,
        monitor: &MonitorId,
        from: EventTime,
        to: EventTime,
    ) -> Result<Vec<SealedPane>, StoreError> {
        let mut panes = Vec::new();
        self.each_sealed_pane(monitor, from, to, &mut |pane| panes.push(pane)).await?;
        Ok(panes)
    }

    /// One version of a baseline.
    async fn baseline(&self, reference: &BaselineRef) -> Result<Option<StoredBaseline>, StoreError>;

    /// The newest version of a name.
    async fn newest_baseline(&self, name: &BaselineName) -> Result<Option<StoredBaseline>, StoreError>;

    /// Every version of every name.
    async fn baselines(&self) -> Result<Vec<BaselineSummary>, StoreError>;

    /// Activations of a monitor, oldest first.
    async fn activations(&self, monitor: &MonitorId) -> Result<Vec<Activation>, StoreError>;

    /// Rows of `drift_history`, by window end, segment, window, feature and statistic.
    async fn history(&self, query: &HistoryQuery) -> Result<Vec<HistoryRow>, StoreError>;

    /// Judged windows, by window end, segment and window.
    async fn windows(&self, query: &WindowQuery) -> Result<Vec<WindowRow>, StoreError>;

    /// The same from the other end: of the windows that are wanted the last ones, up to the limit, the newest first.
    async fn newest_windows(&self, query: &WindowQuery) -> Result<Vec<WindowRow>, StoreError>;

    /// Incidents, newest first: by first bad window and id, both descending.
    async fn incident_page(&self, query: &IncidentQuery) -> Result<Vec<ListedIncident>, StoreError>;

    /// Rows of `incident_history`, oldest first; of one monitor, or of all.
    async fn incidents(&self, monitor: Option<&MonitorId>) -> Result<Vec<IncidentRow>, StoreError>;

    /// One incident with its events; `id` may be a unique prefix.
    async fn incident(&self, id: &IncidentId) -> Result<Option<(Incident, Vec<IncidentEvent>)>, StoreError>;

    /// Silences that end after `ending_after`, or all.
    async fn silences(&self, ending_after: Option<Timestamp>) -> Result<Vec<Silence>, StoreError>;
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
    /// Records rejected so far, without those that had been deleted before they were read.
    pub rejected: u64,
    /// That it cannot be read, if its owner says so.
    pub unread: Option<Unread>,
    /// The last thing that happened to its log, and when that was noticed.
    pub log_event: Option<(LogEvent, Timestamp)>,
    /// When an owner last wrote anything of it.
    pub updated_at: Timestamp,
}
