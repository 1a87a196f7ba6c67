//! The daemon at work: partitions come and go, tasks count, panes are sealed, people are told.
//!
//! One loop decides everything ([`Live::run`]): what happens is an [`Event`], `next_event` is where it waits, and each
//! event is dealt with by one function. Counting runs on a fixed pool of threads, one turn of one task at a time;
//! checkpoints are written beside it, one on its way a partition task. Sealing, delivering and asking for the partitions' ends
//! are loops of their own that share nothing but the store.

mod assignment;
mod checkpoint_queue;
mod commit;
mod delivery;
mod heartbeats;
mod log_end_offsets;
mod own_thread;
mod pool;
mod reconcile;
mod retention;
mod sealing;
mod status;
mod stop;
mod task;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use driftd_model::{
    MonitorPlan, PlanSchedule, Retention, Routing, SharedStore, Source, SourceError, SourceEvent, Topic,
};
use driftd_window::Span;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};

use crate::{Clock, EngineError, Outbox};
use assignment::{Assignments, TaskRegistry, panicked};
use checkpoint_queue::{CheckpointQueue, CheckpointWriter, TaskEvent};
use delivery::DeliveryLoop;
use heartbeats::Heartbeats;
use own_thread::on_own_thread;
use pool::{Pool, Sink};
use reconcile::ReconcileLoop;
use retention::RetentionLoop;
use sealing::SealLoop;
use status::Asking;
pub use status::{MonitorProgress, Status};
use stop::{Stop, Stopper};
use task::Pace;

/// How often every task is looked at, whether records arrived or not.
const TICK_INTERVAL: Duration = Duration::from_millis(200);
/// A partition task's counts are not cut smaller than this, however many tasks share the memory.
const LEAST_CHECKPOINT_BYTES: usize = 256 << 10;

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
}

/// What the loop waits for.
enum Event {
    /// The source has something to say; nothing when it was closed.
    Source(Option<SourceEvent>),
    /// A partition task has.
    Task(TaskEvent),
    /// One of the loops beside this one has ended.
    LoopEnded(Result<(), EngineError>),
    /// Time to look at every task.
    Tick,
    /// Somebody wants the daemon to stop.
    Stop,
    /// It should have stopped by now.
    Overdue,
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
        // Waited for beside the loop, so that an event which takes its time can be cut short.
        let asking = tokio::spawn({
            let stopper = Arc::clone(&stopper);
            async move {
                stop.await;
                stopper.ask();
            }
        });
        let (events, task_events) = mpsc::unbounded_channel();
        let held = Arc::new(TaskRegistry::default());
        let (pending, to_write) = mpsc::unbounded_channel();
        let writer = CheckpointWriter {
            store: Arc::clone(&self.store),
            source: Arc::clone(&self.source),
            clock: Arc::clone(&self.clock),
            status: Arc::clone(&self.status),
            events,
        };
        let pool = self.pool(&held, writer.queue(pending))?;
        let mut loops = self.loops(&held, &stopped);
        loops.spawn(async move { on_own_thread("checkpoints", move || writer.run(to_write)).await });
        let mut assignments = Assignments {
            store: Arc::clone(&self.store),
            source: Arc::clone(&self.source),
            clock: Arc::clone(&self.clock),
            status: Arc::clone(&self.status),
            queue: Arc::clone(pool.queue()),
            owner: self.settings.owner.clone(),
            plans: plans_by_topic(&self.plans),
            drain_timeout: self.settings.drain_timeout,
            held,
            claims: BTreeMap::new(),
        };
        let outcome = self.serve(&mut assignments, task_events, &mut loops, &stopper, stopped.clone()).await;
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

    async fn serve(
        &self,
        assignments: &mut Assignments,
        mut task_events: mpsc::UnboundedReceiver<TaskEvent>,
        loops: &mut JoinSet<Result<(), EngineError>>,
        stopper: &Stopper,
        mut stop: Stop,
    ) -> Result<Ended, EngineError> {
        let mut is_stopping = false;
        let mut why = Ended::Stopped;
        let mut tick = tokio::time::interval(TICK_INTERVAL);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let over = stop.clone().time_is_up();
        tokio::pin!(over);
        loop {
            // The one place where the daemon waits.
            let event = tokio::select! {
                event = self.source.next_event() => Event::Source(event),
                Some(event) = task_events.recv() => Event::Task(event),
                Some(ended) = loops.join_next() => Event::LoopEnded(ended.unwrap_or_else(|ended| loop_panicked(&ended))),
                () = stop.asked(), if !is_stopping => Event::Stop,
                () = &mut over => Event::Overdue,
                _ = tick.tick() => Event::Tick,
            };
            match event {
                Event::Source(None) if is_stopping => return Ok(why),
                Event::Source(None) => return Err(SourceError::permanent("the source has ended by itself").into()),
                Event::Source(Some(event)) => tokio::select! {
                    heeded = Self::heed(assignments, event, &mut stop) => heeded?,
                    () = &mut over => return Ok(overdue(why)),
                },
                Event::Task(TaskEvent::Landed(task)) => assignments.queue.wake(&task),
                Event::Task(TaskEvent::Superseded) => {
                    why = Ended::Superseded;
                    stopper.ask();
                }
                Event::Task(TaskEvent::Failed(error)) => return Err(error),
                Event::LoopEnded(ended) => ended?,
                Event::Tick => self.look_at(assignments)?,
                Event::Stop => {
                    tracing::info!("stopping: draining partitions");
                    is_stopping = true;
                    self.status.stopping();
                    self.source.close();
                }
                Event::Overdue => return Ok(overdue(why)),
            }
        }
    }

    async fn heed(assignments: &mut Assignments, event: SourceEvent, stop: &mut Stop) -> Result<(), EngineError> {
        match event {
            SourceEvent::Assigned { partitions, reply } => assignments.assigned(partitions, reply, stop).await,
            SourceEvent::Started { partition, at, reader } => {
                assignments.started(partition, at, reader);
                Ok(())
            }
            SourceEvent::Revoked { partitions, reply } => assignments.revoked(partitions, reply).await,
            SourceEvent::Trouble(why) => {
                assignments.status.source_trouble(Asking::Records, why);
                Ok(())
            }
            SourceEvent::Failed(error) => Err(error.into()),
        }
    }

    /// Wakes every task, because some checkpoint may be due, and notes those that hang.
    fn look_at(&self, assignments: &Assignments) -> Result<(), EngineError> {
        let now = self.clock.now();
        let patience = Span::from_secs(60);
        let mut overdue = Vec::new();
        for task in assignments.held.all() {
            assignments.queue.wake(&task);
            if task.in_flight_since().is_some_and(|since| now > since.plus(patience)) {
                overdue.push(task.id.to_string());
            }
            if let Some(since) = task.fenced_since()
                && now > since.plus(patience)
            {
                return Err(EngineError::StillFenced { partition: task.id.clone() });
            }
        }
        self.status.overdue(overdue);
        Ok(())
    }

    fn pool(&self, held: &Arc<TaskRegistry>, queue: CheckpointQueue) -> Result<Pool, EngineError> {
        let writer: Arc<dyn Sink> = Arc::new(queue);
        let (held, bytes) = (Arc::clone(held), self.settings.checkpoint_bytes);
        let interval = self.settings.checkpoint_interval;
        // Half of it may be on its way to the store while the other half fills.
        let pace = move || Pace { bytes: (bytes / (2 * held.count().max(1))).max(LEAST_CHECKPOINT_BYTES), interval };
        Pool::start(self.settings.threads.max(1), Arc::new(pace), &self.clock, &writer).map_err(EngineError::Threads)
    }

    /// The plan of every monitor's panes to come.
    fn newest(&self) -> Vec<Arc<MonitorPlan>> {
        self.plans.iter().map(|schedule| Arc::clone(schedule.newest())).collect()
    }

    /// What is said to each receiver, each on its own.
    fn receiver_loops(&self, loops: &mut JoinSet<Result<(), EngineError>>, stopped: &Stop) {
        let outbox = self.outbox.clone().with_patience(DELIVERY_TIMEOUT);
        for (receiver, transport) in self.outbox.transports() {
            let schedule = transport.schedule();
            let delivering = DeliveryLoop {
                store: Arc::clone(&self.store),
                outbox: outbox.clone(),
                receiver: receiver.clone(),
                spacing: schedule.spacing,
                clock: Arc::clone(&self.clock),
                status: Arc::clone(&self.status),
            };
            loops.spawn(delivering.run(stopped.clone()));
            let heartbeats = Heartbeats {
                store: Arc::clone(&self.store),
                plans: self.newest(),
                routing: Arc::clone(&self.routing),
                receiver: receiver.clone(),
                transport: Arc::clone(transport),
                clock: Arc::clone(&self.clock),
                status: Arc::clone(&self.status),
            };
            if let Some(interval) = schedule.heartbeat {
                let (heartbeats, stop) = (heartbeats.clone(), stopped.clone());
                loops.spawn(async move {
                    heartbeats.heartbeat(interval, stop).await;
                    Ok(())
                });
            }
            if let Some(interval) = schedule.resend {
                let stop = stopped.clone();
                loops.spawn(async move {
                    heartbeats.resend(interval, stop).await;
                    Ok(())
                });
            }
        }
    }

    fn loops(&self, held: &Arc<TaskRegistry>, stopped: &Stop) -> JoinSet<Result<(), EngineError>> {
        let mut loops = JoinSet::new();
        let sealing = SealLoop {
            store: Arc::clone(&self.store),
            source: Arc::clone(&self.source),
            plans: self.plans.clone(),
            routing: Arc::clone(&self.routing),
            clock: Arc::clone(&self.clock),
            status: Arc::clone(&self.status),
        };
        let stop = stopped.clone();
        loops.spawn(async move { Ok(on_own_thread("seals", move || sealing.run(stop)).await??) });
        let reconcile = ReconcileLoop {
            store: Arc::clone(&self.store),
            plans: self.newest(),
            routing: Arc::clone(&self.routing),
            clock: Arc::clone(&self.clock),
            status: Arc::clone(&self.status),
        };
        let stop = stopped.clone();
        loops.spawn(async move { Ok(reconcile.run(stop).await?) });
        self.receiver_loops(&mut loops, stopped);
        let retention =
            RetentionLoop { store: Arc::clone(&self.store), policy: self.retention, clock: Arc::clone(&self.clock) };
        let stop = stopped.clone();
        loops.spawn(async move { Ok(retention.run(stop).await?) });
        let shortest = self.plans.iter().map(|plan| plan.monitor().idle_timeout).min();
        let (source, clock, held) = (Arc::clone(&self.source), Arc::clone(&self.clock), Arc::clone(held));
        let stop = stopped.clone();
        loops.spawn(async move {
            log_end_offsets::run(source, held, clock, log_end_offsets::rhythm(shortest), stop).await;
            Ok(())
        });
        loops
    }
}

/// Longest time for one message; transports give up before that by themselves.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(45);

/// Not an error: a daemon may be killed at any instant, and this one merely says so.
fn overdue(why: Ended) -> Ended {
    tracing::warn!("shutdown took too long; what was not written is counted again next time");
    why
}

fn loop_panicked(ended: &JoinError) -> Result<(), EngineError> {
    Err(panicked(ended, "a loop beside the tasks"))
}
