//! The seal loop: every process looks at every monitor, and the store lets one of them at it at a time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use driftd_model::{
    ClockWatch, CountedMark, MonitorId, MonitorSealer, PlanSchedule, ProgressWatch, Routing, SealStep, SealTime,
    SharedStore, Source, StoreError, Topic, words,
};
use driftd_window::{GlobalMark, PartitionMark, Span, Timestamp};
use tokio::time::Instant;

use super::other_deployments::OtherDeployments;
use super::retry::Periodic;
use super::status::{MonitorProgress, SourceQuery, Status, StoreOperation};
use super::stop::Stop;
use crate::metrics::METRICS;
use crate::{Clock, EngineError};

/// Steps of one monitor before the next has its turn: a monitor that catches up with a year must not hold up the others.
const STEPS_PER_ROUND: u32 = 64;
/// How often it is looked whether there is something to seal.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Rounds between two counts of late records.
const ROUNDS_PER_SWEEP: usize = 10;
/// How long a number of partitions is good for.
const PARTITION_COUNT_MAX_AGE: Duration = Duration::from_secs(30);

/// For how long brokers have to name fewer partitions than are known: a number of partitions is asked for again meanwhile,
/// so that one that was added just now is no mistake.
const SHRUNK_PATIENCE: Span = Span::from_secs(60);

/// Seals whatever is ready.
pub(super) struct SealLoop {
    pub(super) store: SharedStore,
    pub(super) source: Arc<dyn Source>,
    pub(super) plans: Vec<Arc<PlanSchedule>>,
    pub(super) routing: Arc<Routing>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) status: Arc<Status>,
    pub(super) partition_counts: PartitionCounts,
    /// Number of the next round.
    pub(super) round: usize,
    pub(super) watches: BTreeMap<MonitorId, ProgressWatch>,
    /// Whether this machine's clock can be believed.
    pub(super) clock_watch: ClockWatch,
    /// Whether others count into another store.
    pub(super) others: OtherDeployments,
    /// Topics with fewer partitions than are known of them, by the brokers' number and since when.
    pub(super) shrunk: BTreeMap<Topic, (usize, Timestamp)>,
}

impl Periodic for SealLoop {
    const OPERATION: Option<StoreOperation> = Some(StoreOperation::Seal);

    /// One look at every monitor, without a pause when some of them has more to seal. Every round begins with another
    /// one, so that a monitor which fails does not keep those behind it from being sealed. Stops between two steps.
    async fn round(&mut self, stop: &Stop) -> Result<Duration, EngineError> {
        self.partition_counts.refresh(&self.plans, &*self.source, &self.status).await;
        self.compare_clocks().await?;
        let round = self.round;
        self.round = round.wrapping_add(1);
        let mut more = false;
        let first = round % self.plans.len().max(1);
        let plans = self.plans.clone();
        for plan in plans.iter().cycle().skip(first).take(plans.len()) {
            // Without a number of partitions nothing is known to be complete.
            let expected = self.partition_counts.of(plan).unwrap_or(usize::MAX);
            let mut steps = 0;
            while steps < STEPS_PER_ROUND && !stop.is_asked() && self.step(plan, expected).await? {
                steps += 1;
            }
            more |= steps == STEPS_PER_ROUND;
            if round.is_multiple_of(ROUNDS_PER_SWEEP) && !stop.is_asked() {
                self.sweep(plan).await?;
                self.note_progress(plan, expected).await?;
            }
        }
        Ok(if more { Duration::ZERO } else { POLL_INTERVAL })
    }
}

impl SealLoop {
    /// Holds this machine's clock against the store's.
    async fn compare_clocks(&mut self) -> Result<(), StoreError> {
        let asked = self.clock.now();
        let store = self.store.clock().await?;
        self.clock_watch.compare(asked, store, self.clock.now(), self.clock.passed());
        self.read_clock();
        Ok(())
    }

    /// The moment of a seal. A clock that is not to be believed seals nothing by itself, and that is said.
    fn read_clock(&mut self) -> SealTime {
        let now = self.clock.now();
        let doubt = self.clock_watch.look(now, self.clock.passed());
        METRICS.clock_skew(self.clock_watch.skew());
        self.status.clocks_read(self.clock_watch.offsets());
        self.status.clock_doubted(doubt);
        if doubt.is_some() { SealTime::DoubtedClock(now) } else { SealTime::Clock(now) }
    }

    /// Seals one pane; false when there was nothing to seal, or somebody else is at it.
    async fn step(&mut self, plan: &PlanSchedule, expected: usize) -> Result<bool, StoreError> {
        let started = Instant::now();
        let time = self.read_clock();
        let sealer = MonitorSealer::of(plan, expected, &self.routing, time);
        let Some(sealed) = self.store.seal(&sealer).await? else {
            return Ok(false);
        };
        let outcomes = sealed.outcome.windows_of_records().map(|window| window.outcome.as_str());
        METRICS.step_sealed(&plan.monitor().id, outcomes, started.elapsed());
        for window in &sealed.outcome.windows {
            METRICS.window_judged(&plan.monitor().id, window);
        }
        if let SealStep::Uncounted { through } = sealed.step {
            tracing::warn!(
                monitor.id = %plan.monitor().id, through = %through,
                "passed over: not all records up to here were counted, because a worker without the monitor as it is configured \
                 here read some of them"
            );
        }
        tracing::debug!(
            monitor.id = %plan.monitor().id, rows = sealed.rows, windows = sealed.outcome.windows_of_records().count(),
            notifications = sealed.outcome.notifications.len(), "sealed"
        );
        Ok(true)
    }

    async fn sweep(&self, plan: &PlanSchedule) -> Result<(), StoreError> {
        let monitor = &plan.monitor().id;
        let late = self.store.sweep_late(monitor).await?;
        if late > 0 {
            METRICS.came_late(monitor, late);
            tracing::info!(monitor.id = %monitor, records = late, "records came after their pane was sealed");
        }
        Ok(())
    }

    /// Has partitions forgotten that brokers do not have any more, because the topic was made anew with fewer: nobody
    /// will ever read them, and they would hold everything back.
    async fn retire_partitions(
        &mut self,
        topic: &Topic,
        known: &[CountedMark],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(count) = self.partition_counts.known.get(topic).copied() else { return Ok(()) };
        let end = i32::try_from(count).unwrap_or(i32::MAX);
        if known.iter().all(|known| known.partition.0 < end) {
            self.shrunk.remove(topic);
            return Ok(());
        }
        let (seen, since) = *self.shrunk.entry(topic.clone()).or_insert((count, now));
        if seen != count {
            self.shrunk.insert(topic.clone(), (count, now));
        } else if now.since(since) > SHRUNK_PATIENCE {
            let retired = self.store.retire_partitions(topic, end, now).await?;
            tracing::error!(
                kafka.topic = %topic, partitions = count, retired,
                "the topic has fewer partitions than were counted: it was made anew, and those it has no more are left out"
            );
            self.shrunk.remove(topic);
        }
        Ok(())
    }

    /// Reads how far the monitor has come.
    async fn note_progress(&mut self, plan: &PlanSchedule, expected: usize) -> Result<(), StoreError> {
        let monitor = plan.monitor();
        let now = self.clock.now();
        let (mut partitions, mut elsewhere) = (Vec::new(), 0);
        for topic in &monitor.topics {
            let known = self.store.marks(topic, &monitor.id, plan.newest().hash()).await?;
            self.retire_partitions(topic, &known, now).await?;
            partitions.extend(known);
            if let Some(count) = self.partition_counts.known.get(topic).copied() {
                elsewhere += self.others.count(topic, count, &*self.source, &self.store).await?;
            }
        }
        let marks: Vec<PartitionMark> = partitions.iter().map(CountedMark::for_plan).collect();
        let global = GlobalMark::combine(&marks, expected, now, monitor.idle_timeout);
        let watermark = global.watermark().map(driftd_window::Watermark::event_time);
        let sealed_through = self.store.sealed_through(&monitor.id).await?;
        let watch = self.watches.entry(monitor.id.clone()).or_default();
        let standstill = watch.look(&partitions, (expected != usize::MAX).then_some(expected), elsewhere, now);
        // While partitions are missing there is no watermark, and time goes on: what is sealed is what is complete.
        if let Some(reached) = watermark.or(sealed_through.filter(|_| standstill.is_some())) {
            METRICS.watermark_lag(&monitor.id, now.since(Timestamp::from_micros(reached.as_micros())));
        }
        self.status.stands_still(&monitor.id, standstill, monitor.pipeline.lag);
        self.status.progressed(&monitor.id, MonitorProgress { watermark, sealed_through, at: Some(now) });
        Ok(())
    }
}

/// How many partitions each topic has.
#[derive(Default)]
pub(super) struct PartitionCounts {
    known: BTreeMap<Topic, usize>,
    asked_at: Option<Instant>,
}

impl PartitionCounts {
    /// Asks again when it is time to; a topic that cannot be asked keeps its last number.
    async fn refresh(&mut self, plans: &[Arc<PlanSchedule>], source: &dyn Source, status: &Status) {
        let topics: std::collections::BTreeSet<&Topic> = plans.iter().flat_map(|p| &p.monitor().topics).collect();
        let is_fresh = self.asked_at.is_some_and(|at| at.elapsed() < PARTITION_COUNT_MAX_AGE);
        if is_fresh && topics.iter().all(|topic| self.known.contains_key(*topic)) {
            return;
        }
        self.asked_at = Some(Instant::now());
        let mut trouble = None;
        for topic in topics {
            match source.partition_count(topic).await {
                Ok(count) => {
                    self.known.insert(topic.clone(), count);
                }
                Err(error) => {
                    let error = words::with_causes(&error);
                    tracing::debug!(kafka.topic = %topic, %error, "number of partitions unknown");
                    if !self.known.contains_key(topic) {
                        trouble = Some(error);
                    }
                }
            }
        }
        status.source_trouble(SourceQuery::Partitions, trouble);
    }

    /// Partitions of all topics of the plan's monitor; nothing while some topic's number is unknown.
    fn of(&self, plan: &PlanSchedule) -> Option<usize> {
        plan.monitor().topics.iter().map(|topic| self.known.get(topic).copied()).sum()
    }
}
