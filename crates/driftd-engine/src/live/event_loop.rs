//! The event loop: waits in one place, asks the coordinator, carries out what it says.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use driftd_model::{
    Claim, Claimant, MonitorPlan, Offset, SharedStore, Source, StoreError, Topic, TopicPartition, Unread,
};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior};

use super::Ended;
use super::coordinator::{AssignmentId, Coordinator, Effect, Event, Start};
use super::registry::TaskRegistry;
use super::retry::Retry;
use super::status::{SourceQuery, Status, StoreOperation};
use super::stop::{Stop, Stopper};
use crate::run_queue::RunQueue;
use crate::{Clock, EngineError, Release, TaskEvent, TaskHandle, TaskId};

/// How often every task is looked at, whether records arrived or not.
const TICK_INTERVAL: Duration = Duration::from_millis(200);

/// Loops beside the event loop.
pub(super) type Loops = JoinSet<Result<(), EngineError>>;

/// What the event loop works with.
pub(super) struct EventLoop {
    pub(super) store: SharedStore,
    pub(super) source: Arc<dyn Source>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) status: Arc<Status>,
    pub(super) owner: String,
    pub(super) plans: BTreeMap<Topic, Vec<Arc<MonitorPlan>>>,
    pub(super) drain_timeout: Duration,
    pub(super) queue: Arc<RunQueue<TaskHandle>>,
    pub(super) registry: Arc<TaskRegistry>,
    pub(super) stopper: Arc<Stopper>,
}

/// Everything that events come from.
struct Inputs {
    source: Arc<dyn Source>,
    registry: Arc<TaskRegistry>,
    /// Events of the pool and of the checkpoint writer.
    reports: UnboundedReceiver<Event>,
    /// Claims and timers; nothing comes of a claim that the stop has overtaken.
    beside: JoinSet<Option<Event>>,
    stop: Stop,
    stop_deadline: Pin<Box<dyn Future<Output = ()> + Send>>,
    tick: Interval,
}

impl Inputs {
    /// The one place where the daemon waits.
    async fn next_event(&mut self, loops: &mut Loops, is_stopping: bool) -> Event {
        loop {
            return tokio::select! {
                event = self.source.next_event() => Event::Source(event),
                Some(event) = self.reports.recv() => event,
                Some(done) = self.beside.join_next() => match done {
                    Ok(Some(event)) => event,
                    Ok(None) => continue,
                    Err(ended) => Event::LoopEnded(Err(EngineError::panicked(&ended, "claiming partitions"))),
                },
                Some(ended) = loops.join_next() => Event::LoopEnded(
                    ended.unwrap_or_else(|ended| Err(EngineError::panicked(&ended, "a loop beside the tasks"))),
                ),
                () = self.stop.asked(), if !is_stopping => Event::Stop,
                () = &mut self.stop_deadline => Event::StopTimedOut,
                _ = self.tick.tick() => Event::Tick { in_flight: self.registry.in_flight() },
            };
        }
    }
}

impl EventLoop {
    /// Runs until the coordinator ends it.
    ///
    /// # Errors
    /// What cannot be mended by trying again.
    pub(super) async fn run(
        &self,
        reports: UnboundedReceiver<Event>,
        loops: &mut Loops,
        stop: Stop,
    ) -> Result<Ended, EngineError> {
        let mut tick = tokio::time::interval(TICK_INTERVAL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut inputs = Inputs {
            source: Arc::clone(&self.source),
            registry: Arc::clone(&self.registry),
            reports,
            beside: JoinSet::new(),
            stop_deadline: Box::pin(stop.clone().time_is_up()),
            stop,
            tick,
        };
        let mut coordinator = Coordinator::default();
        loop {
            let event = inputs.next_event(loops, coordinator.is_stopping()).await;
            for effect in coordinator.step(event, self.clock.now()) {
                if let ControlFlow::Break(outcome) = self.apply(effect, &mut inputs) {
                    return outcome;
                }
            }
        }
    }

    fn apply(&self, effect: Effect, inputs: &mut Inputs) -> ControlFlow<Result<Ended, EngineError>> {
        match effect {
            Effect::Claim { assignment, partitions } => {
                inputs.beside.spawn(self.claim(assignment, partitions, None, inputs.stop.clone()));
            }
            Effect::Renew { assignment, partition, counted_to } => {
                let claim = self.claim(assignment, vec![partition], Some(counted_to), inputs.stop.clone());
                inputs.beside.spawn(claim);
            }
            Effect::Assign { points, reply } => {
                self.status.joined();
                reply.send(points);
            }
            Effect::Start(start) => self.start(*start),
            Effect::Drain { drain, tasks } => {
                for task in tasks {
                    self.post(task, TaskEvent::Drain);
                }
                let timeout = self.drain_timeout;
                inputs.beside.spawn(async move {
                    tokio::time::sleep(timeout).await;
                    Some(Event::DrainTimedOut(drain))
                });
            }
            Effect::Lost => self.status.lost(),
            Effect::Release(reply) => reply.send(()),
            Effect::Post { task, event } => self.post(task, event),
            Effect::Forget { task, why } => {
                let forgotten = self.registry.remove(task);
                let is_held = |gone: &TaskHandle| self.registry.all().iter().any(|task| task.id() == gone.id());
                if let Some(gone) = forgotten.as_deref().filter(|gone| !is_held(gone)) {
                    self.status.partition_gone(gone.id());
                }
                if let Some(task) = forgotten.filter(|_| why == Release::Drained) {
                    tracing::info!(kafka.partition = %task.id(), offset = %task.next_offset(), "partition released");
                }
            }
            Effect::WakeAll => self.registry.all().iter().for_each(|task| self.queue.wake(task)),
            Effect::Overdue(partitions) => self.status.overdue(partitions.iter().map(ToString::to_string).collect()),
            Effect::SourceTrouble(why) => self.status.source_trouble(SourceQuery::Records, why),
            Effect::Fetching { partition, trouble } => {
                let since = self.clock.now();
                self.status.fetching(&partition, trouble.map(|trouble| Unread { trouble, since }));
            }
            Effect::RequestStop => self.stopper.ask(),
            Effect::Leave => {
                tracing::info!("stopping: draining partitions");
                self.status.stopping();
                self.source.close();
            }
            Effect::End(outcome) => return ControlFlow::Break(outcome),
        }
        ControlFlow::Continue(())
    }

    fn post(&self, task: TaskId, event: TaskEvent) {
        if let Some(task) = self.registry.get(task) {
            task.post(event);
            self.queue.wake(&task);
        }
    }

    fn start(&self, Start { spec, reader }: Start) {
        let plans = self.plans.get(&spec.partition.topic).cloned().unwrap_or_default();
        let task = TaskHandle::new(spec, plans, reader.0, &self.queue, self.clock.now());
        self.registry.add(Arc::clone(&task));
        self.queue.wake(&task);
    }

    /// Claims partitions one after another, after writing down that the log of each was made anew where it was read to
    /// `renewed`. While the store cannot be reached the question stays open: the source keeps the partitions for us, and
    /// reads nothing. Nothing comes of it once `stop` is asked for, however long the store takes.
    fn claim(
        &self,
        assignment: AssignmentId,
        partitions: Vec<TopicPartition>,
        renewed: Option<Offset>,
        mut stop: Stop,
    ) -> impl Future<Output = Option<Event>> + Send + 'static {
        let (store, clock, status) = (Arc::clone(&self.store), Arc::clone(&self.clock), Arc::clone(&self.status));
        let claimant = |partition: &TopicPartition| {
            Claimant::counting(&self.owner, self.plans.get(&partition.topic).map_or(&[][..], Vec::as_slice))
        };
        let asked: Vec<_> = partitions.into_iter().map(|partition| (claimant(&partition), partition)).collect();
        async move {
            let claimed = async {
                let mut claims = Vec::with_capacity(asked.len());
                for (claimant, partition) in &asked {
                    if let Some(counted_to) = renewed {
                        renew(&store, partition, counted_to, &*clock, &status).await?;
                    }
                    claims.push(claim(&store, partition, claimant, &*clock, &status).await?);
                }
                Ok(claims)
            };
            tokio::select! {
                claims = claimed => {
                    Some(Event::Claimed { assignment, claims: claims.map_err(|error: StoreError| error.into()) })
                }
                () = stop.asked() => None,
            }
        }
    }
}

async fn renew(
    store: &SharedStore,
    TopicPartition { topic, partition }: &TopicPartition,
    counted_to: Offset,
    clock: &dyn Clock,
    status: &Status,
) -> Result<(), StoreError> {
    let mut retry = Retry::new(StoreOperation::Claim, status);
    loop {
        let answer = store.renew(topic, *partition, counted_to, clock.now()).await;
        if let Some(answer) = retry.settle(answer).await {
            return answer;
        }
    }
}

async fn claim(
    store: &SharedStore,
    partition: &TopicPartition,
    claimant: &Claimant,
    clock: &dyn Clock,
    status: &Status,
) -> Result<Claim, StoreError> {
    let mut retry = Retry::new(StoreOperation::Claim, status);
    let claim = loop {
        let answer = store.claim(&partition.topic, partition.partition, claimant, clock.now()).await;
        if let Some(answer) = retry.settle(answer).await {
            break answer?;
        }
    };
    let at = claim.next_offset.map_or(-1, |offset| offset.0);
    tracing::info!(kafka.partition = %partition, epoch = %claim.epoch, offset = at, "partition claimed");
    Ok(claim)
}
