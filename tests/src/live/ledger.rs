//! A look into a store: how far it is, and what it holds of a monitor.

use std::collections::BTreeMap;
use std::fmt;

use driftd_model::{IncidentRow, MonitorId, PartitionRow, SharedStore, StoreError, Topic};
use driftd_window::EventTime;
use tokio::runtime::Runtime;

/// Reads a store while others write to it.
pub struct Ledger {
    store: SharedStore,
    runtime: Runtime,
    topic: Topic,
}

impl Ledger {
    pub(super) fn open(url: &str, topic: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let store = runtime.block_on(driftd_store::open(url)).expect("a store that was opened before");
        Self { store, runtime, topic: Topic::from(topic) }
    }

    /// Records read and written down, over all partitions; nothing while the store does not answer.
    #[must_use]
    pub fn records(&self) -> Option<u64> {
        self.partitions().map(|rows| rows.iter().map(|row| row.next_offset.map_or(0, |offset| offset.0 as u64)).sum())
    }

    /// The partitions of the topic, by number; nothing while the store does not answer.
    #[must_use]
    pub fn partitions(&self) -> Option<Vec<PartitionRow>> {
        let mut rows = answer(self.runtime.block_on(self.store.partitions(&self.topic)))?;
        rows.sort_by_key(|row| row.partition);
        Some(rows)
    }

    /// How often partitions were claimed, the first time included.
    #[must_use]
    pub fn claims(&self) -> u64 {
        self.partitions().expect("the store answers").iter().map(|row| row.epoch.0 as u64).sum()
    }

    /// How many partitions process number `process` of this machine has claimed last; none while the store does not answer.
    #[must_use]
    pub fn owned_by(&self, process: u32) -> usize {
        let partitions = answer(self.runtime.block_on(self.store.all_partitions())).unwrap_or_default();
        partitions.iter().filter(|one| one.owner.ends_with(&format!("/{process}"))).count()
    }

    /// Records that were rejected.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.partitions().expect("the store answers").iter().map(|row| row.rejected).sum()
    }

    /// End of the last sealed pane of `monitor`; nothing while there is none, or the store does not answer.
    #[must_use]
    pub fn sealed_through(&self, monitor: &str) -> Option<EventTime> {
        answer(self.runtime.block_on(self.store.sealed_through(&id(monitor))))?
    }

    /// Rows and late rows of `monitor`, all segments together, by pane, of panes that start in [`from`, `to`).
    ///
    /// # Panics
    /// When the store does not answer.
    #[must_use]
    pub fn panes(&self, monitor: &str, from: EventTime, to: EventTime) -> Vec<(EventTime, u64, u64)> {
        let panes = self.runtime.block_on(self.store.sealed_panes(&id(monitor), from, to)).expect("the store answers");
        let mut sums: BTreeMap<EventTime, (u64, u64)> = BTreeMap::new();
        for pane in panes {
            let (rows, late) = sums.entry(pane.pane.start()).or_default();
            *rows += pane.rows;
            *late += pane.late_rows;
        }
        sums.into_iter().map(|(at, (rows, late))| (at, rows, late)).collect()
    }

    /// Incidents of `monitor`, oldest first.
    ///
    /// # Panics
    /// When the store does not answer.
    #[must_use]
    pub fn incidents(&self, monitor: &str) -> Vec<IncidentRow> {
        self.runtime.block_on(self.store.incidents(Some(&id(monitor)))).expect("the store answers")
    }

    /// Messages that are neither delivered nor given up.
    ///
    /// # Panics
    /// When the store does not answer.
    #[must_use]
    pub fn outbox_depth(&self) -> u64 {
        self.runtime.block_on(self.store.outbox_depth()).expect("the store answers")
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ledger({})", self.topic)
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.runtime.block_on(self.store.close());
    }
}

fn id(monitor: &str) -> MonitorId {
    monitor.parse().expect("a monitor's name")
}

/// What a store says, unless it cannot be reached just now.
fn answer<T>(said: Result<T, StoreError>) -> Option<T> {
    match said {
        Ok(answer) => Some(answer),
        Err(StoreError::Transient { .. }) => None,
        Err(error) => panic!("the store fails for good: {error:?}"),
    }
}
