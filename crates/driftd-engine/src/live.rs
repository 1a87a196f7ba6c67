//! The daemon at work: partitions come and go, lanes count, panes are sealed, people are told.
//!
//! One loop decides everything ([`Live::run`]): what happens is an [`Event`], `next_event` is where it waits, and each
//! event is dealt with by one function. Counting runs on a fixed pool of threads, one turn of one lane at a time;
//! checkpoints are written beside it, one on its way a lane. Sealing, delivering and asking for the partitions' ends
//! are loops of their own that share nothing but the store.

mod aside;
mod commit;
mod delivery;
mod ends;
mod lanes;
mod pool;
mod reconciling;
mod retaining;
mod sealing;
mod slot;
mod speaking;
mod status;
mod stop;
mod writer;

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
use aside::aside;
use delivery::Delivering;
use lanes::{Held, Lanes, panicked};
use pool::{Pool, Sink};
use reconciling::Reconciling;
use retaining::Retaining;
use sealing::Sealing;
use slot::Pace;
use speaking::Speaking;
use status::Asking;
pub use status::{MonitorProgress, Status};
use stop::{Stop, Stopper};
use writer::{Desk, LaneEvent, Writer};

/// How often every lane is looked at, whether records arrived or not.
const TICK: Duration = Duration::from_millis(200);
/// A lane's counts are not cut smaller than this, however many lanes share the memory.
const LEAST_BYTES: usize = 256 << 10;

/// How the daemon works.
#[derive(Clone, Debug)]
pub struct LiveSettings {
    /// Who this process is, in claims and leases.
    pub owner: String,
    /// Threads that decode and count; at least one.
    pub threads: usize,
    /// Heap size of all lanes' uncommitted counts together.
    pub checkpoint_bytes: usize,
    /// Longest time between two checkpoints of a lane.
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
    /// A lane has.
    Lane(LaneEvent),
    /// One of the loops beside this one has ended.
    LoopEnded(Result<(), EngineError>),
    /// Time to look at every lane.
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
        let (events, lane_events) = mpsc::unbounded_channel();
        let held = Arc::new(Held::default());
        let (jobs, to_write) = mpsc::unbounded_channel();
        let writer = Writer {
            store: Arc::clone(&self.store),
            source: Arc::clone(&self.source),
            clock: Arc::clone(&self.clock),
            status: Arc::clone(&self.status),
            events,
        };
        let pool = self.pool(&held, writer.desk(jobs))?;
        let mut loops = self.loops(&held, &stopped);
        loops.spawn(async move { aside("checkpoints", move || writer.run(to_write)).await });
        let mut lanes = Lanes {
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
        let outcome = self.serve(&mut lanes, lane_events, &mut loops, &stopper, stopped.clone()).await;
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
                "gave up waiting for lanes, seals and deliveries; what they were at is done again next time"
            ),
        }
        outcome
    }

    async fn serve(
        &self,
        lanes: &mut Lanes,
        mut lane_events: mpsc::UnboundedReceiver<LaneEvent>,
        loops: &mut JoinSet<Result<(), EngineError>>,
        stopper: &Stopper,
        mut stop: Stop,
    ) -> Result<Ended, EngineError> {
        let mut is_stopping = false;
        let mut why = Ended::Stopped;
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let over = stop.clone().time_is_up();
        tokio::pin!(over);
        loop {
            // The one place where the daemon waits.
            let event = tokio::select! {
                event = self.source.next_event() => Event::Source(event),
                Some(event) = lane_events.recv() => Event::Lane(event),
                Some(ended) = loops.join_next() => Event::LoopEnded(ended.unwrap_or_else(|ended| loop_panicked(&ended))),
                () = stop.asked(), if !is_stopping => Event::Stop,
                () = &mut over => Event::Overdue,
                _ = tick.tick() => Event::Tick,
            };
            match event {
                Event::Source(None) if is_stopping => return Ok(why),
                Event::Source(None) => return Err(SourceError::permanent("the source has ended by itself").into()),
                Event::Source(Some(event)) => tokio::select! {
                    heeded = Self::heed(lanes, event, &mut stop) => heeded?,
                    () = &mut over => return Ok(overdue(why)),
                },
                Event::Lane(LaneEvent::Landed(slot)) => lanes.queue.wake(&slot),
                Event::Lane(LaneEvent::Superseded) => {
                    why = Ended::Superseded;
                    stopper.ask();
                }
                Event::Lane(LaneEvent::Failed(error)) => return Err(error),
                Event::LoopEnded(ended) => ended?,
                Event::Tick => self.look_at(lanes)?,
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

    async fn heed(lanes: &mut Lanes, event: SourceEvent, stop: &mut Stop) -> Result<(), EngineError> {
        match event {
            SourceEvent::Assigned { partitions, answer } => lanes.assigned(partitions, answer, stop).await,
            SourceEvent::Started { partition, at, feed } => {
                lanes.started(partition, at, feed);
                Ok(())
            }
            SourceEvent::Revoked { partitions, answer } => lanes.revoked(partitions, answer).await,
            SourceEvent::Trouble(why) => {
                lanes.status.source_trouble(Asking::Records, why);
                Ok(())
            }
            SourceEvent::Failed(error) => Err(error.into()),
        }
    }

    /// Wakes every lane, because some checkpoint may be due, and notes those that hang.
    fn look_at(&self, lanes: &Lanes) -> Result<(), EngineError> {
        let now = self.clock.now();
        let patience = Span::from_secs(60);
        let mut overdue = Vec::new();
        for slot in lanes.held.all() {
            lanes.queue.wake(&slot);
            if slot.in_flight_since().is_some_and(|since| now > since.plus(patience)) {
                overdue.push(slot.id.to_string());
            }
            if let Some(since) = slot.fenced_since()
                && now > since.plus(patience)
            {
                return Err(EngineError::StillFenced { partition: slot.id.clone() });
            }
        }
        self.status.overdue(overdue);
        Ok(())
    }

    fn pool(&self, held: &Arc<Held>, desk: Desk) -> Result<Pool, EngineError> {
        let writer: Arc<dyn Sink> = Arc::new(desk);
        let (held, bytes) = (Arc::clone(held), self.settings.checkpoint_bytes);
        let interval = self.settings.checkpoint_interval;
        // Half of it may be on its way to the store while the other half fills.
        let pace = move || Pace { bytes: (bytes / (2 * held.count().max(1))).max(LEAST_BYTES), interval };
        Pool::start(self.settings.threads.max(1), Arc::new(pace), &self.clock, &writer).map_err(EngineError::Threads)
    }

    /// The plan of every monitor's panes to come.
    fn newest(&self) -> Vec<Arc<MonitorPlan>> {
        self.plans.iter().map(|schedule| Arc::clone(schedule.newest())).collect()
    }

    /// What is said to each receiver, each on its own.
    fn receiver_loops(&self, loops: &mut JoinSet<Result<(), EngineError>>, stopped: &Stop) {
        let outbox = self.outbox.clone().with_patience(PATIENCE);
        for (receiver, transport) in self.outbox.transports() {
            let schedule = transport.schedule();
            let delivering = Delivering {
                store: Arc::clone(&self.store),
                outbox: outbox.clone(),
                receiver: receiver.clone(),
                spacing: schedule.spacing,
                clock: Arc::clone(&self.clock),
                status: Arc::clone(&self.status),
            };
            loops.spawn(delivering.run(stopped.clone()));
            let speaking = Speaking {
                store: Arc::clone(&self.store),
                plans: self.newest(),
                routing: Arc::clone(&self.routing),
                receiver: receiver.clone(),
                transport: Arc::clone(transport),
                clock: Arc::clone(&self.clock),
                status: Arc::clone(&self.status),
            };
            if let Some(interval) = schedule.heartbeat {
                let (speaking, stop) = (speaking.clone(), stopped.clone());
                loops.spawn(async move {
                    speaking.heartbeat(interval, stop).await;
                    Ok(())
                });
            }
            if let Some(interval) = schedule.resend {
                let stop = stopped.clone();
                loops.spawn(async move {
                    speaking.resend(interval, stop).await;
                    Ok(())
                });
            }
        }
    }

    fn loops(&self, held: &Arc<Held>, stopped: &Stop) -> JoinSet<Result<(), EngineError>> {
        let mut loops = JoinSet::new();
        let sealing = Sealing {
            store: Arc::clone(&self.store),
            source: Arc::clone(&self.source),
            plans: self.plans.clone(),
            routing: Arc::clone(&self.routing),
            clock: Arc::clone(&self.clock),
            status: Arc::clone(&self.status),
        };
        let stop = stopped.clone();
        loops.spawn(async move { Ok(aside("seals", move || sealing.run(stop)).await??) });
        let reconciling = Reconciling {
            store: Arc::clone(&self.store),
            plans: self.newest(),
            routing: Arc::clone(&self.routing),
            clock: Arc::clone(&self.clock),
            status: Arc::clone(&self.status),
        };
        let stop = stopped.clone();
        loops.spawn(async move { Ok(reconciling.run(stop).await?) });
        self.receiver_loops(&mut loops, stopped);
        let retaining =
            Retaining { store: Arc::clone(&self.store), policy: self.retention, clock: Arc::clone(&self.clock) };
        let stop = stopped.clone();
        loops.spawn(async move { Ok(retaining.run(stop).await?) });
        let shortest = self.plans.iter().map(|plan| plan.monitor().idle_timeout).min();
        let (source, clock, held) = (Arc::clone(&self.source), Arc::clone(&self.clock), Arc::clone(held));
        let stop = stopped.clone();
        loops.spawn(async move {
            ends::run(source, held, clock, ends::rhythm(shortest), stop).await;
            Ok(())
        });
        loops
    }
}

/// Longest time for one message; transports give up before that by themselves.
const PATIENCE: Duration = Duration::from_secs(45);

/// Not an error: a daemon may be killed at any instant, and this one merely says so.
fn overdue(why: Ended) -> Ended {
    tracing::warn!("shutdown took too long; what was not written is counted again next time");
    why
}

fn loop_panicked(ended: &JoinError) -> Result<(), EngineError> {
    Err(panicked(ended, "a loop beside the lanes"))
}
