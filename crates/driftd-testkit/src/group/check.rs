//! What has to hold when everything has come to rest.

use std::sync::Arc;
use std::time::{Duration, Instant};

use driftd_engine::{CheckpointPolicy, Clock, FixedClock, Replay, replay_topic};
use driftd_model::{HistoryQuery, HistoryRow, MonitorPlan, PipelineStore, ReadStore, Routing};
use driftd_window::{EventTime, RecordBatch, Span, Timestamp};

use super::{Group, Random, Record};
use crate::mem_store::MemStore;
use crate::sim::record::chunk;
use crate::sim::world::topic;

/// Longest wait for anything; nothing that works takes a tenth of it.
const DEADLINE: Duration = Duration::from_secs(20);

/// Waits until `condition` holds.
///
/// # Panics
/// When it does not come true, with `what` was waited for.
pub async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// One record as it reaches a reducer.
#[must_use]
pub fn batch_of_one() -> RecordBatch {
    let record = Record::on_time(&mut Random::new(1), super::BEGIN, false);
    chunk(&[record], 0, 1).batches.remove(0)
}

impl Group {
    /// Whether everything produced is in a checkpoint.
    #[must_use]
    pub fn is_counted(&self, store: &MemStore) -> bool {
        let partitions = self.shared.lock().logs.len();
        (0..partitions).all(|p| store.next_offset(&Self::id(p)) == Some(self.end(p)))
    }

    /// The history of `plan` as a replay of all records in order of their times gives it.
    pub async fn replayed(&self, plan: &MonitorPlan) -> Vec<HistoryRow> {
        let mut records: Vec<_> = self.shared.lock().logs.iter().flatten().cloned().collect();
        records.sort_by_key(|record| record.time);
        let batches: Vec<Result<RecordBatch, std::io::Error>> =
            records.chunks(100).map(|part| Ok(chunk(part, 0, 1).batches.remove(0))).collect();
        let store = MemStore::new();
        let policy = CheckpointPolicy::default();
        let replay = Replay::new(&store, plan, replay_topic("all"), Routing::default(), policy).expect("a sound plan");
        replay.run(batches, Timestamp::from_micros(super::BEGIN), |_| ()).await.expect("the store works");
        history(&store, plan).await
    }
}

/// Waits until everything is counted, then lets an hour pass and waits until it is sealed. Checks that every record was
/// counted once, and gives the history of every monitor.
///
/// # Panics
/// When a record is missing, or was counted twice.
pub async fn settle(
    group: &Group,
    store: &MemStore,
    plans: &[Arc<MonitorPlan>],
    clock: &FixedClock,
) -> Vec<Vec<HistoryRow>> {
    // Whoever is about to leave has left then.
    group.spread().await;
    eventually("everything is counted, and its end seen", || group.is_counted(store) && store.ends_seen(&topic()))
        .await;
    clock.advance(Span::from_hours(1));
    let mut histories = Vec::new();
    for plan in plans {
        let monitor = plan.monitor();
        let quiet = monitor.idle_timeout.as_micros() + monitor.allowed_lateness.as_micros();
        let limit = EventTime::from_micros(clock.now().as_micros() - quiet);
        let through = monitor.pane.pane_of(limit).start();
        let deadline = Instant::now() + DEADLINE;
        loop {
            let sealed = store.sealed_through(&monitor.id).await.expect("the store works");
            if sealed == Some(through) {
                break;
            }
            if Instant::now() > deadline {
                let rows = store.partitions(&topic()).await;
                panic!("{} is sealed through {sealed:?} and not {through} at {}: {rows:?}", monitor.id, clock.now());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        conserved(group, store, plan).await;
        histories.push(history(store, plan).await);
    }
    histories
}

async fn conserved(group: &Group, store: &MemStore, plan: &MonitorPlan) {
    let id = &plan.monitor().id;
    store.sweep_late(id).await.expect("the store works");
    let (first, last) = (EventTime::from_micros(i64::MIN), EventTime::from_micros(i64::MAX));
    let panes = store.sealed_panes(id, first, last).await.expect("the store works");
    let sealed: u64 = panes.iter().map(|pane| pane.rows).sum();
    let late: u64 = panes.iter().map(|pane| pane.late_rows).sum();
    let open = store.open_rows(id);
    let rows = store.partitions(&topic()).await.expect("the store works");
    let rejected: u64 = rows.iter().map(|row| row.rejected).sum();
    let produced = group.produced();
    assert_eq!(
        sealed + late + open + rejected,
        produced,
        "{id}: {sealed} sealed, {late} late, {open} open and {rejected} rejected are not the records produced"
    );
}

/// The history without the moments of sealing, which are the clock's.
async fn history(store: &MemStore, plan: &MonitorPlan) -> Vec<HistoryRow> {
    let query = HistoryQuery { monitor: Some(plan.monitor().id.clone()), ..HistoryQuery::default() };
    let rows = store.history(&query).await.expect("the store works");
    rows.into_iter().map(|row| HistoryRow { sealed_at: Timestamp::from_micros(0), ..row }).collect()
}
