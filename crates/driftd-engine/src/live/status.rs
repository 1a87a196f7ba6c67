//! How the daemon is: what keeps it from its work, and how far it has come.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use driftd_model::{ClockDoubt, MonitorId, Outage, Standstill, StoreError, TopicPartition, Unread, words};
use driftd_window::{EventTime, Span, Timestamp};

use crate::metrics::METRICS;
use crate::{Clock, Moment};

/// Shared by everything in the daemon; read by probes and written by whoever notices something.
#[derive(Debug, Default)]
pub struct Status {
    state: Mutex<State>,
    counted: AtomicU64,
    /// What the earliest and the latest clock shows, less the time that has passed.
    clocks: Mutex<Option<(i64, i64)>>,
}

#[derive(Debug, Default)]
struct State {
    /// Why the store does not answer, by what was asked of it: one answer does not excuse another failure.
    store: BTreeMap<StoreOperation, String>,
    /// Why the source does not, likewise.
    source: BTreeMap<SourceQuery, String>,
    /// How fetches of this process's partitions go, once that is known.
    fetches: BTreeMap<TopicPartition, Fetches>,
    /// When the store stopped answering, while it does not.
    away_since: Option<Instant>,
    /// The last time it did: when that ended, and how long it lasted.
    last_outage: Option<(Instant, Duration)>,
    has_joined: bool,
    is_stopping: bool,
    /// Checkpoints that are overdue, by partition.
    overdue: Vec<String>,
    /// Why what was decided about baselines cannot be followed.
    plans: Option<String>,
    /// Why this machine's clock is not to be believed.
    clock: Option<ClockDoubt>,
    /// Monitors that get nowhere, and whether for so long that it is trouble.
    standstills: BTreeMap<MonitorId, (Standstill, bool)>,
    monitors: BTreeMap<MonitorId, MonitorProgress>,
}

/// What the store is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StoreOperation {
    /// Anything before the daemon runs.
    Start,
    Claim,
    Checkpoint,
    Seal,
    Deliver,
    Reconcile,
}

/// What the source is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SourceQuery {
    /// Records.
    Records,
    /// How many partitions a topic has.
    Partitions,
}

/// How fetches of a partition go.
#[derive(Clone, Debug)]
enum Fetches {
    /// They bring records, or the end.
    Succeed,
    /// They fail, since that instant.
    Fail(Unread, Instant),
}

/// How far a monitor has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct MonitorProgress {
    /// Event time before which nothing is expected; nothing while some partition holds it back.
    pub watermark: Option<EventTime>,
    /// End of the last sealed pane.
    pub sealed_through: Option<EventTime>,
    /// When that was read.
    pub at: Option<Timestamp>,
}

/// Whether the records of a partition come.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Readable {
    /// That is not known, or it may be a hiccup.
    Unknown,
    /// They do.
    Yes,
    /// They do not, for longer than a hiccup.
    No(Unread),
}

impl Status {
    /// What the daemon needs to make progress, each with what is in the way, if anything. It is ready when nothing is:
    /// then it makes progress, or has nothing to do.
    #[must_use]
    pub fn checks(&self) -> [(&'static str, Option<String>); 7] {
        let state = self.lock();
        let waiting = "waiting for the consumer group to assign partitions";
        let standstill = state.standstills.iter().find(|(_, (_, is_trouble))| *is_trouble);
        let overdue = (!state.overdue.is_empty()).then(|| format!("overdue for {}", words::choices(&state.overdue)));
        [
            ("process", state.is_stopping.then(|| "shutting down".to_owned())),
            ("store", state.store.values().next().cloned()),
            (
                "source",
                state
                    .source
                    .values()
                    .next()
                    .cloned()
                    .or_else(|| state.unread())
                    .or_else(|| (!state.has_joined).then(|| waiting.to_owned())),
            ),
            ("checkpoints", overdue),
            ("plans", state.plans.clone()),
            ("clock", state.clock.map(|doubt| doubt.to_string())),
            ("progress", standstill.map(|(monitor, (found, _))| format!("monitor {monitor}: {found}"))),
        ]
    }

    /// Why the daemon is not ready, as `check: reason`; empty when it is.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        let failed = self.checks().into_iter().filter_map(|(check, why)| Some(format!("{check}: {}", why?)));
        failed.collect()
    }

    /// How far each monitor has come.
    #[must_use]
    pub fn monitors(&self) -> BTreeMap<MonitorId, MonitorProgress> {
        self.lock().monitors.clone()
    }

    /// Records counted since the start.
    #[must_use]
    pub fn counted(&self) -> u64 {
        self.counted.load(Ordering::Relaxed)
    }

    pub(super) fn add_counted(&self, records: u64) {
        self.counted.fetch_add(records, Ordering::Relaxed);
    }

    /// The store cannot be reached, before the daemon runs.
    pub fn store_failed(&self, error: &StoreError) {
        self.failing(StoreOperation::Start, error);
    }

    /// The store was reached, before the daemon runs.
    pub fn store_answered(&self) {
        self.working(StoreOperation::Start);
    }

    /// A newer plan cannot be followed, or can (`None`).
    pub fn plans_refused(&self, why: Option<String>) {
        self.lock().plans = why;
    }

    /// The store failed at `operation`. Said once for a run of failures; every failure is a metric.
    pub(super) fn failing(&self, operation: StoreOperation, error: &StoreError) {
        METRICS.store_failed(error.class());
        let mut state = self.lock();
        if state.store.is_empty() {
            tracing::warn!(error = %words::with_causes(error), "store unavailable, trying again until it answers");
        }
        state.away_since.get_or_insert_with(Instant::now);
        state.store.insert(operation, error.to_string());
    }

    /// The store did what `operation` says.
    pub(super) fn working(&self, operation: StoreOperation) {
        let mut state = self.lock();
        if state.store.remove(&operation).is_some() && state.store.is_empty() {
            tracing::info!("store answers again");
            if let Some(since) = state.away_since.take() {
                state.last_outage = Some((Instant::now(), since.elapsed()));
            }
        }
    }

    /// The last outage of the store, on a clock that shows `now`.
    pub(super) fn outage(&self, now: Timestamp) -> Option<Outage> {
        let (ended, lasted) = self.lock().last_outage?;
        Some(Outage { ended: now.minus(span(ended.elapsed())), lasted: span(lasted) })
    }

    /// The source did not, or did (`None`), answer `query`.
    pub(super) fn source_trouble(&self, query: SourceQuery, why: Option<String>) {
        let mut state = self.lock();
        if state.is_stopping {
            // A source that was closed answers nothing, which is no trouble.
            return;
        }
        let Some(why) = why else {
            if state.source.remove(&query).is_some() && state.source.is_empty() {
                tracing::info!("source answers again");
            }
            return;
        };
        if state.source.get(&query) != Some(&why) {
            tracing::warn!(reason = %why, "source unavailable");
        }
        state.source.insert(query, why);
    }

    /// The group has assigned partitions, or none because it has enough members.
    pub(super) fn joined(&self) {
        self.lock().has_joined = true;
    }

    /// The group has gone on without this process.
    pub(super) fn lost(&self) {
        self.lock().has_joined = false;
    }

    /// A daemon begins, the first of the process or another one after it.
    pub(super) fn begins(&self) {
        METRICS.begin();
        let mut state = self.lock();
        state.has_joined = false;
        state.is_stopping = false;
        state.overdue.clear();
        state.source.clear();
        state.fetches.clear();
        state.standstills.clear();
        state.clock = None;
    }

    /// This machine's clock is not to be believed, or is (`None`). Said once for as long as it lasts.
    pub(super) fn clock_doubted(&self, doubt: Option<ClockDoubt>) {
        let mut state = self.lock();
        match (state.clock, doubt) {
            (None, Some(doubt)) => tracing::error!(reason = %doubt, "the clock is wrong"),
            (Some(_), None) => tracing::info!("the clock is believed again"),
            (None, None) | (Some(_), Some(_)) => {}
        }
        state.clock = doubt;
    }

    /// This moment, by the machine's clock and by what is known of it.
    pub(super) fn moment(&self, clock: &dyn Clock) -> Moment {
        let (now, passed) = (clock.now(), clock.passed());
        let known = *self.clocks.lock().unwrap_or_else(PoisonError::into_inner);
        let (earliest, latest) = known.map_or((now, now), |(earliest, latest)| {
            let at = |offset: i64| Timestamp::from_micros(passed.as_micros().saturating_add(offset));
            (at(earliest).min(now), at(latest).max(now))
        });
        Moment { now, earliest, latest, passed }
    }

    /// What the earliest and the latest clock shows, less the time that has passed.
    pub(super) fn clocks_read(&self, offsets: (i64, i64)) {
        *self.clocks.lock().unwrap_or_else(PoisonError::into_inner) = Some(offsets);
    }

    pub(super) fn stopping(&self) {
        self.lock().is_stopping = true;
    }

    pub(super) fn overdue(&self, partitions: Vec<String>) {
        self.lock().overdue = partitions;
    }

    pub(super) fn progressed(&self, monitor: &MonitorId, progress: MonitorProgress) {
        self.lock().monitors.insert(monitor.clone(), progress);
    }

    /// Fetches of a partition fail, or do not (`None`).
    pub(super) fn fetching(&self, partition: &TopicPartition, unread: Option<Unread>) {
        self.fetching_since(partition, unread, Instant::now());
    }

    fn fetching_since(&self, partition: &TopicPartition, unread: Option<Unread>, now: Instant) {
        let mut state = self.lock();
        let fetches = match (unread, state.fetches.remove(partition)) {
            (None, _) => Fetches::Succeed,
            // The same record does not come, whatever it is by now that keeps it.
            (Some(unread), Some(Fetches::Fail(before, since))) if before.trouble.at == unread.trouble.at => {
                Fetches::Fail(Unread { since: before.since, ..unread }, since)
            }
            (Some(unread), _) => Fetches::Fail(unread, now),
        };
        state.fetches.insert(partition.clone(), fetches);
    }

    /// A partition that this process reads no more.
    pub(super) fn partition_gone(&self, partition: &TopicPartition) {
        self.lock().fetches.remove(partition);
    }

    /// Whether a partition of this process can be read, at `now`.
    pub(super) fn readable(&self, partition: &TopicPartition, now: Timestamp) -> Readable {
        match self.lock().fetches.get(partition) {
            Some(Fetches::Succeed) => Readable::Yes,
            Some(Fetches::Fail(unread, _)) if unread.lasting(now).is_some() => Readable::No(unread.clone()),
            Some(Fetches::Fail(..)) | None => Readable::Unknown,
        }
    }

    /// A monitor gets nowhere, or does (`None`); from `limit` on that is trouble.
    pub(super) fn stands_still(&self, monitor: &MonitorId, found: Option<Standstill>, limit: Option<Span>) {
        let mut state = self.lock();
        let is_trouble = |found: &Standstill| found.is_trouble(limit);
        let was = state.standstills.remove(monitor).is_some_and(|before| before.1);
        if let Some(found) = found {
            if is_trouble(&found) && !was {
                tracing::warn!(monitor.id = %monitor, reason = %found, "no progress");
            }
            state.standstills.insert(monitor.clone(), (found, is_trouble(&found)));
        } else if was {
            tracing::info!(monitor.id = %monitor, "progress again");
        }
    }

    /// That a monitor gets nowhere, if that is so.
    pub(super) fn standstill(&self, monitor: &MonitorId) -> Option<Standstill> {
        self.lock().standstills.get(monitor).map(|(found, _)| *found)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The first partition that cannot be read for longer than a hiccup, and how many others there are.
    fn unread(&self) -> Option<String> {
        let is_lasting = |since: &Instant| since.elapsed() >= Unread::PATIENCE.as_duration();
        let mut unread = self.fetches.iter().filter_map(|(partition, fetches)| match fetches {
            Fetches::Fail(unread, since) if is_lasting(since) => Some((partition, unread)),
            _ => None,
        });
        let (partition, first) = unread.next()?;
        let others = match unread.count() {
            0 => String::new(),
            others => format!(" (and {} more)", words::counted(others as u64, "partition", "partitions")),
        };
        Some(format!("partition {partition} {}{others}", first.trouble))
    }
}

fn span(duration: Duration) -> Span {
    i64::try_from(duration.as_micros()).ok().and_then(Span::from_micros).unwrap_or(Span::ZERO)
}

#[cfg(test)]
mod tests;
