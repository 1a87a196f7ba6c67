//! The daemon at work: partitions come and go, tasks count, panes are sealed, people are told.
//!
//! One loop decides everything: [`event_loop`] waits in its `next_event` for an [`coordinator::Event`], the
//! [`coordinator`] says in one synchronous `step` what is to be done about it, and the loop does that. Counting runs on a
//! fixed pool of threads, one turn of one task at a time; checkpoints are written beside it, one of each task on its way
//! at most. Sealing, delivering and asking for log end offsets are loops of their own that share nothing but the store.

mod checkpoint_queue;
mod coordinator;
mod delivery;
mod event_loop;
mod heartbeats;
mod log_end_offsets;
mod other_deployments;
mod own_thread;
mod pool;
mod reconcile;
mod registry;
mod retention;
mod retry;
mod sealing;
mod status;
mod stop;
mod store_size;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use driftd_model::{ClockWatch, MonitorPlan, PlanSchedule, Retention, Routing, SharedStore, Source, Topic};
use driftd_window::Span;
use tokio::sync::mpsc;

use crate::outage::Outage;
use crate::{CheckpointPolicy, Clock, EngineError, Moment, Outbox};
use checkpoint_queue::{CheckpointQueue, CheckpointWriter};
use delivery::DeliveryLoop;
use event_loop::{EventLoop, Loops};
use heartbeats::{Heartbeats, Resends};
use log_end_offsets::LogEndOffsets;
use other_deployments::OtherDeployments;
use own_thread::on_own_thread;
use pool::{Pool, TurnSink};
use reconcile::ReconcileLoop;
use registry::TaskRegistry;
use retention::RetentionLoop;
use retry::{Periodic, repeat};
use sealing::SealLoop;
pub use status::{MonitorProgress, Status};
use stop::{Stop, Stopper};
use store_size::StoreSizeLoop;

/// Longest time for one message; transports give up before that by themselves.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(45);

/// How the daemon works.
#[derive(Clone, Debug)]
pub struct LiveSettings {
    /// Who this process is, in claims and leases.
    pub owner: String,
    /// Threads that decode and count; at least one.
    pub threads: usize,
    /// Heap size of all tasks' uncommitted counts together.
    pub checkpoint_bytes: usize,
    /// Longest time between two checkpoints of a partition task.
    pub checkpoint_interval: Span,
    /// Time for the last checkpoint of a partition that is taken away.
    pub drain_timeout: Duration,
    /// Time for everything that has to end in an orderly stop.
    pub shutdown_timeout: Duration,
}

/// The daemon, ready to run.
pub struct Live {
    /// Durable truth.
    pub store: SharedStore,
    /// Where records come from.
    pub source: Arc<dyn Source>,
    /// Monitors, bound to their baselines.
    pub plans: Vec<Arc<PlanSchedule>>,
    /// Who hears of what is decided.
    pub routing: Arc<Routing>,
    /// Carries messages to them.
    pub outbox: Outbox,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What the store may forget.
    pub retention: Retention,
    /// How it works.
    pub settings: LiveSettings,
    /// How it is.
    pub status: Arc<Status>,
}

/// Why a daemon has ended in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was asked to.
    Stopped,
    /// Somebody has activated another baseline for panes that it was counting. What it had counted of them was not
    /// written, and is to be counted again on the new plans.
    Superseded,
    /// The store is where it was some time ago: it was restored, or has lost transactions. Everything that this process
    /// knows of it is to be read again, and the partitions are to be claimed as they are now.
    WentBack,
}

/// The plans of every topic, in the order in which a chunk of that topic has their batches.
#[must_use]
pub fn plans_by_topic(schedules: &[Arc<PlanSchedule>]) -> BTreeMap<Topic, Vec<Arc<MonitorPlan>>> {
    let mut by_topic: BTreeMap<Topic, Vec<Arc<MonitorPlan>>> = BTreeMap::new();
    for plan in schedules.iter().flat_map(|schedule| schedule.plans()) {
        for topic in &plan.monitor().topics {
            by_topic.entry(topic.clone()).or_default().push(Arc::clone(plan));
        }
    }
    by_topic
}

impl Live {
    /// Runs until `stop` completes, then ends in order: partitions are drained and given back, the loops finish what
    /// they are at, and everything within the shutdown time.
    ///
    /// # Errors
    /// What cannot be mended by trying again. Whatever was checkpointed stays; nothing else was ever promised.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<Ended, EngineError> {
        self.status.begins();
        let (stopper, stopped) = Stopper::new(self.settings.shutdown_timeout);
        let stopper = Arc::new(stopper);
        let asking = tokio::spawn({
            let stopper = Arc::clone(&stopper);
            async move {
                stop.await;
                stopper.ask();
            }
        });
        let (events, reports) = mpsc::unbounded_channel();
        let registry = Arc::new(TaskRegistry::default());
        let (pending, to_write) = mpsc::unbounded_channel();
        let writer = CheckpointWriter {
            store: Arc::clone(&self.store),
            source: Arc::clone(&self.source),
            clock: Arc::clone(&self.clock),
            status: Arc::clone(&self.status),
            events,
        };
        let pool = self.pool(&registry, writer.queue(pending))?;
        let mut loops = self.loops(&registry, &stopped);
        loops.spawn(async move { on_own_thread("checkpoints", move || writer.run(to_write)).await });
        let event_loop = EventLoop {
            store: Arc::clone(&self.store),
            source: Arc::clone(&self.source),
            clock: Arc::clone(&self.clock),
            status: Arc::clone(&self.status),
            owner: self.settings.owner.clone(),
            plans: plans_by_topic(&self.plans),
            drain_timeout: self.settings.drain_timeout,
            queue: Arc::clone(pool.queue()),
            registry,
            stopper: Arc::clone(&stopper),
        };
        let outcome = event_loop.run(reports, &mut loops, stopped.clone()).await;
        asking.abort();
        self.source.close();
        // Whatever the reason: nobody seals, delivers or counts after this.
        stopper.ask();
        let ended = async {
            // The writer ends with the pool that gives it checkpoints, the other loops by themselves.
            pool.end().await;
            while loops.join_next().await.is_some() {}
        };
        tokio::select! {
            () = ended => {}
            () = stopped.time_is_up() => tracing::warn!(
                "gave up waiting for tasks, seals and deliveries; what they were at is done again next time"
            ),
        }
        outcome
    }

    fn pool(&self, registry: &Arc<TaskRegistry>, queue: CheckpointQueue) -> Result<Pool, EngineError> {
        let sink: Arc<dyn TurnSink> = Arc::new(queue);
        let (registry, settings) = (Arc::clone(registry), &self.settings);
        let (bytes, interval) = (settings.checkpoint_bytes, settings.checkpoint_interval);
        let policy = move || CheckpointPolicy::shared(bytes, registry.count(), interval);
        let (status, clock) = (Arc::clone(&self.status), Arc::clone(&self.clock));
        let moment: Arc<dyn Fn() -> Moment + Send + Sync> = Arc::new(move || status.moment(&*clock));
        Pool::start(settings.threads.max(1), Arc::new(policy), &moment, &sink).map_err(EngineError::Threads)
    }

    /// The plan of every monitor's panes to come.
    fn newest(&self) -> Vec<Arc<MonitorPlan>> {
        self.plans.iter().map(|schedule| Arc::clone(schedule.newest())).collect()
    }

    /// What is said to each receiver, each on its own.
    fn receiver_loops(&self, loops: &mut Loops, stop: &Stop) {
        let outbox = self.outbox.clone().with_timeout(DELIVERY_TIMEOUT);
        for (receiver, transport) in self.outbox.transports() {
            let schedule = transport.schedule();
            let delivery = DeliveryLoop {
                store: Arc::clone(&self.store),
                outbox: outbox.clone(),
                receiver: receiver.clone(),
                spacing: schedule.spacing,
                clock: Arc::clone(&self.clock),
            };
            self.spawn(loops, delivery, stop);
            if let Some(interval) = schedule.heartbeat {
                let heartbeats = Heartbeats {
                    receiver: receiver.clone(),
                    transport: Arc::clone(transport),
                    interval,
                    clock: Arc::clone(&self.clock),
                    status: Arc::clone(&self.status),
                    outage: Outage::default(),
                };
                self.spawn(loops, heartbeats, stop);
            }
            if let Some(interval) = schedule.resend {
                let resends = Resends {
                    store: Arc::clone(&self.store),
                    plans: self.newest(),
                    routing: Arc::clone(&self.routing),
                    receiver: receiver.clone(),
                    transport: Arc::clone(transport),
                    interval,
                    clock: Arc::clone(&self.clock),
                    outage: Outage::default(),
                };
                self.spawn(loops, resends, stop);
            }
        }
    }

    fn loops(&self, registry: &Arc<TaskRegistry>, stop: &Stop) -> Loops {
        let mut loops = Loops::new();
        let sealing = SealLoop {
            store: Arc::clone(&self.store),
            source: Arc::clone(&self.source),
            plans: self.plans.clone(),
            routing: Arc::clone(&self.routing),
            clock: Arc::clone(&self.clock),
            status: Arc::clone(&self.status),
            partition_counts: sealing::PartitionCounts::default(),
            round: 0,
            watches: BTreeMap::new(),
            clock_watch: ClockWatch::default(),
            others: OtherDeployments::default(),
            shrunk: BTreeMap::new(),
        };
        let (status, until) = (Arc::clone(&self.status), stop.clone());
        loops.spawn(async move {
            on_own_thread("seals", move || async move { repeat(sealing, &status, until).await }).await?
        });
        let reconcile = ReconcileLoop {
            store: Arc::clone(&self.store),
            plans: self.newest(),
            routing: Arc::clone(&self.routing),
            clock: Arc::clone(&self.clock),
            status: Arc::clone(&self.status),
            health: BTreeMap::new(),
        };
        self.spawn(&mut loops, reconcile, stop);
        self.receiver_loops(&mut loops, stop);
        let retention = RetentionLoop {
            store: Arc::clone(&self.store),
            policy: self.retention.clone(),
            clock: Arc::clone(&self.clock),
            status: Arc::clone(&self.status),
        };
        self.spawn(&mut loops, retention, stop);
        self.spawn(&mut loops, StoreSizeLoop { store: Arc::clone(&self.store) }, stop);
        let shortest_idle = self.plans.iter().map(|plan| plan.monitor().idle_timeout).min();
        let log_end_offsets = LogEndOffsets {
            source: Arc::clone(&self.source),
            registry: Arc::clone(registry),
            clock: Arc::clone(&self.clock),
            status: Arc::clone(&self.status),
            interval: LogEndOffsets::interval(shortest_idle),
        };
        self.spawn(&mut loops, log_end_offsets, stop);
        loops
    }

    fn spawn(&self, loops: &mut Loops, work: impl Periodic + 'static, stop: &Stop) {
        let (status, stop) = (Arc::clone(&self.status), stop.clone());
        loops.spawn(async move { repeat(work, &status, stop).await });
    }
}

#[cfg(test)]
mod tests;
