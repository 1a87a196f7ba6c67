//! The coordinator: what the daemon does about each event, decided by a state machine that does nothing itself.
//!
//! [`Coordinator::step`] takes an event and a moment and gives effects; [`super::event_loop`] waits for the one and
//! carries out the other. What takes time (claiming partitions, draining tasks) is an effect like any other: it goes on
//! beside the loop and comes back as an event, so no event waits for another.
//!
//! ```text
//!   Renewed  --> Renew, and as if it was assigned
//!   Assigned --> Claim ..... Claimed --> Assign (reply)         Started --> Start
//!   Revoked  --> Drain ..... Released (each task) --> Release (reply)
//!                      ..... DrainTimedOut --> Abandon, Release (reply)
//! ```

use std::collections::{BTreeMap, BTreeSet};

use driftd_model::{
    Claim, FetchTrouble, Offset, PartitionReader, RebalanceReply, ResumePoint, SourceError, SourceEvent, TopicPartition,
};
use driftd_window::{Span, Timestamp};

use super::Ended;
use crate::{CheckpointOutcome, EngineError, Release, TaskEvent, TaskId, TaskSpec};

/// A checkpoint that is on its way for longer is overdue, and a partition that somebody else has claimed must be taken
/// from us by then.
const GRACE: Span = Span::from_secs(60);

/// Number of an assignment of partitions that are being claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AssignmentId(u64);

/// Number of a revocation whose tasks drain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DrainId(u64);

/// What the daemon waits for.
#[derive(Debug)]
pub(super) enum Event {
    /// The source has something to say; nothing when it was closed.
    Source(Option<SourceEvent>),
    /// The partitions of an assignment are claimed, or cannot be.
    Claimed { assignment: AssignmentId, claims: Result<Vec<Claim>, EngineError> },
    /// A checkpoint came to its end; with the error when it cannot be written.
    Checkpointed { task: TaskId, outcome: CheckpointOutcome, error: Option<EngineError> },
    /// A task came to its end.
    Released { task: TaskId, why: Release },
    /// A partition cannot be read or counted any further.
    TaskFailed(EngineError),
    /// There is no more time to drain.
    DrainTimedOut(DrainId),
    /// One of the loops beside this one has ended.
    LoopEnded(Result<(), EngineError>),
    /// Time to look at every task; with the checkpoints on their way, and since when.
    Tick { in_flight: Vec<(TopicPartition, Timestamp)> },
    /// Somebody wants the daemon to stop.
    Stop,
    /// It should have stopped by now.
    StopTimedOut,
}

/// What the daemon does about it.
#[derive(Debug)]
pub(super) enum Effect {
    /// Claim partitions; comes back as [`Event::Claimed`].
    Claim { assignment: AssignmentId, partitions: Vec<TopicPartition> },
    /// Write down that another log has taken a partition's place, then claim it; comes back as [`Event::Claimed`].
    Renew { assignment: AssignmentId, partition: TopicPartition, counted_to: Offset },
    /// Tell the source where the assigned partitions go on.
    Assign { points: Vec<Option<ResumePoint>>, reply: RebalanceReply<Vec<Option<ResumePoint>>> },
    /// Begin to read a claimed partition.
    Start(Box<Start>),
    /// Drain tasks, for so long as there is time; comes back as [`Event::Released`] for each or
    /// [`Event::DrainTimedOut`].
    Drain { drain: DrainId, tasks: Vec<TaskId> },
    /// The group has gone on without us.
    Lost,
    /// Tell the source that revoked partitions may go.
    Release(RebalanceReply<()>),
    /// Tell a task what has happened, and have it take a turn.
    Post { task: TaskId, event: TaskEvent },
    /// Forget a task that came to its end.
    Forget { task: TaskId, why: Release },
    /// Have every task take a turn, because some checkpoint may be due.
    WakeAll,
    /// Checkpoints of these partitions are overdue.
    Overdue(Vec<TopicPartition>),
    /// The source cannot deliver records, or can again.
    SourceTrouble(Option<String>),
    /// Fetches of a partition fail, or do not.
    Fetching { partition: TopicPartition, trouble: Option<FetchTrouble> },
    /// Have everybody come to an end.
    RequestStop,
    /// The stop begins: leave the group, which takes every partition away.
    Leave,
    /// The daemon ends.
    End(Result<Ended, EngineError>),
}

/// A partition that begins to be read.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) spec: TaskSpec,
    pub(super) reader: Reader,
}

/// A reader on its way to its task.
pub(super) struct Reader(pub(super) Box<dyn PartitionReader>);

/// Assigned partitions that are being claimed.
#[derive(Debug)]
struct Claiming {
    partitions: Vec<TopicPartition>,
    /// Those that were taken away again meanwhile.
    withdrawn: BTreeSet<TopicPartition>,
    reply: RebalanceReply<Vec<Option<ResumePoint>>>,
}

/// Revoked partitions whose tasks drain.
#[derive(Debug)]
struct Draining {
    left: BTreeSet<TaskId>,
    reply: RebalanceReply<()>,
}

/// The state of the daemon's event loop: which partitions are ours, and how far each is.
#[derive(Debug, Default)]
pub(super) struct Coordinator {
    claiming: BTreeMap<AssignmentId, Claiming>,
    /// Claimed, and not yet started by the source.
    claimed: BTreeMap<TopicPartition, Claim>,
    /// The task that consumes each partition.
    consuming: BTreeMap<TopicPartition, TaskId>,
    draining: BTreeMap<DrainId, Draining>,
    /// Partitions that are assigned to us and claimed by somebody else, and since when.
    fenced: BTreeMap<TopicPartition, Timestamp>,
    is_stopping: bool,
    /// What the daemon stops for, other than being asked to.
    stops_for: Option<Ended>,
    numbers: u64,
}

impl Coordinator {
    /// Whether the stop has begun.
    pub(super) const fn is_stopping(&self) -> bool {
        self.is_stopping
    }

    /// What is to be done about `event`, which happened at `now`.
    pub(super) fn step(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        match event {
            Event::Source(Some(event)) => self.source_event(event),
            Event::Source(None) if self.is_stopping => vec![self.end()],
            Event::Source(None) => {
                vec![Effect::End(Err(SourceError::permanent("the source has ended by itself").into()))]
            }
            Event::Claimed { assignment, claims } => self.claimed(assignment, claims, now),
            Event::Checkpointed { task, outcome, error } => self.checkpointed(task, outcome, error),
            Event::Released { task, why } => self.released(task, why, now),
            Event::TaskFailed(error) | Event::LoopEnded(Err(error)) => vec![Effect::End(Err(error))],
            Event::DrainTimedOut(drain) => self.drain_timed_out(drain),
            Event::LoopEnded(Ok(())) => Vec::new(),
            Event::Tick { in_flight } => self.tick(in_flight, now),
            Event::Stop => {
                self.is_stopping = true;
                // Their replies are dropped: nobody reads what is claimed now.
                self.claiming.clear();
                vec![Effect::Leave]
            }
            Event::StopTimedOut => {
                // Not an error: a daemon may be killed at any instant, and this one merely says so.
                tracing::warn!("shutdown took too long; what was not written is counted again next time");
                vec![self.end()]
            }
        }
    }

    fn source_event(&mut self, event: SourceEvent) -> Vec<Effect> {
        match event {
            // No reply: whoever stops takes nothing on.
            SourceEvent::Assigned { .. } | SourceEvent::Renewed { .. } if self.is_stopping => Vec::new(),
            SourceEvent::Assigned { partitions, reply } => {
                let assignment = self.claiming(partitions.clone(), reply);
                vec![Effect::Claim { assignment, partitions }]
            }
            SourceEvent::Renewed { partition, counted_to, reply } => {
                let assignment = self.claiming(vec![partition.clone()], reply);
                vec![Effect::Renew { assignment, partition, counted_to }]
            }
            SourceEvent::Fetching { partition, trouble } => vec![Effect::Fetching { partition, trouble }],
            SourceEvent::Started { partition, at, reader } => self.started(partition, at, reader),
            SourceEvent::Revoked { partitions, lost, reply } => {
                let mut effects = self.revoked(&partitions, reply);
                effects.extend(lost.then_some(Effect::Lost));
                effects
            }
            SourceEvent::Trouble(why) => vec![Effect::SourceTrouble(why)],
            SourceEvent::Failed(error) => vec![Effect::End(Err(error.into()))],
        }
    }

    /// Partitions that are to be claimed.
    fn claiming(
        &mut self,
        partitions: Vec<TopicPartition>,
        reply: RebalanceReply<Vec<Option<ResumePoint>>>,
    ) -> AssignmentId {
        let assignment = AssignmentId(self.number());
        self.claiming.insert(assignment, Claiming { partitions, withdrawn: BTreeSet::new(), reply });
        assignment
    }

    fn claimed(
        &mut self,
        assignment: AssignmentId,
        claims: Result<Vec<Claim>, EngineError>,
        now: Timestamp,
    ) -> Vec<Effect> {
        let Some(claiming) = self.claiming.remove(&assignment) else { return Vec::new() };
        let claims = match claims {
            Ok(claims) => claims,
            Err(error) => return vec![Effect::End(Err(error))],
        };
        let points = claims.iter().map(|claim| claim.start(now)).collect();
        let claimed = claiming.partitions.into_iter().zip(claims);
        self.claimed.extend(claimed.filter(|(partition, _)| !claiming.withdrawn.contains(partition)));
        vec![Effect::Assign { points, reply: claiming.reply }]
    }

    fn started(&mut self, partition: TopicPartition, at: Offset, reader: Box<dyn PartitionReader>) -> Vec<Effect> {
        let Some(claim) = self.claimed.remove(&partition) else {
            tracing::error!(kafka.partition = %partition, "a partition that was not claimed is not read");
            return Vec::new();
        };
        if let Some(next) = claim.next_offset
            && next != at
        {
            tracing::error!(
                kafka.partition = %partition, from = %next, to = %at,
                "records were deleted from the topic before they were counted; their number is the distance"
            );
        }
        self.fenced.remove(&partition);
        let task = TaskId(self.number());
        let before = self.consuming.insert(partition.clone(), task);
        let abandoned = before.map(|task| Effect::Post { task, event: TaskEvent::Abandon });
        let spec = TaskSpec { number: task, partition, claim, at };
        let start = Effect::Start(Box::new(Start { spec, reader: Reader(reader) }));
        abandoned.into_iter().chain([start]).collect()
    }

    fn revoked(&mut self, partitions: &[TopicPartition], reply: RebalanceReply<()>) -> Vec<Effect> {
        let mut left = BTreeSet::new();
        for partition in partitions {
            for claiming in self.claiming.values_mut().filter(|claiming| claiming.partitions.contains(partition)) {
                claiming.withdrawn.insert(partition.clone());
            }
            self.claimed.remove(partition);
            self.fenced.remove(partition);
            left.extend(self.consuming.remove(partition));
        }
        if left.is_empty() {
            return vec![Effect::Release(reply)];
        }
        let drain = DrainId(self.number());
        let tasks = left.iter().copied().collect();
        self.draining.insert(drain, Draining { left, reply });
        vec![Effect::Drain { drain, tasks }]
    }

    fn checkpointed(&mut self, task: TaskId, outcome: CheckpointOutcome, error: Option<EngineError>) -> Vec<Effect> {
        let mut effects = vec![Effect::Post { task, event: TaskEvent::Checkpointed(outcome) }];
        let stops_for = match outcome {
            CheckpointOutcome::Superseded => Some(Ended::Superseded),
            CheckpointOutcome::WentBack => Some(Ended::WentBack),
            CheckpointOutcome::Landed | CheckpointOutcome::Fenced | CheckpointOutcome::Failed => None,
        };
        // Whoever is stopping anyway ends as what asked for that.
        if let Some(stops_for) = stops_for
            && !self.is_stopping
        {
            self.stops_for = Some(stops_for);
            effects.push(Effect::RequestStop);
        }
        effects.extend(error.map(|error| Effect::End(Err(error))));
        effects
    }

    fn released(&mut self, task: TaskId, why: Release, now: Timestamp) -> Vec<Effect> {
        let mut effects = vec![Effect::Forget { task, why }];
        if let Some(partition) = self.consuming.iter().find(|(_, own)| **own == task).map(|(id, _)| id.clone()) {
            self.consuming.remove(&partition);
            if why == Release::Fenced {
                self.fenced.insert(partition, now);
            }
        }
        for draining in self.draining.values_mut() {
            draining.left.remove(&task);
        }
        let drained = self.draining.extract_if(.., |_, draining| draining.left.is_empty());
        effects.extend(drained.map(|(_, draining)| Effect::Release(draining.reply)));
        effects
    }

    fn drain_timed_out(&mut self, drain: DrainId) -> Vec<Effect> {
        let Some(Draining { left, reply }) = self.draining.remove(&drain) else { return Vec::new() };
        tracing::warn!("partitions given away before their last checkpoint: the next owner counts from the one before");
        let abandoned = left.into_iter().map(|task| Effect::Post { task, event: TaskEvent::Abandon });
        abandoned.chain([Effect::Release(reply)]).collect()
    }

    fn tick(&self, in_flight: Vec<(TopicPartition, Timestamp)>, now: Timestamp) -> Vec<Effect> {
        let is_over = |since: Timestamp| now > since.plus(GRACE);
        if let Some((partition, _)) = self.fenced.iter().find(|(_, since)| is_over(**since)) {
            return vec![Effect::End(Err(EngineError::StillFenced { partition: partition.clone() }))];
        }
        let overdue = in_flight.into_iter().filter(|(_, since)| is_over(*since)).map(|(partition, _)| partition);
        vec![Effect::WakeAll, Effect::Overdue(overdue.collect())]
    }

    const fn end(&self) -> Effect {
        Effect::End(Ok(match self.stops_for {
            Some(ended) => ended,
            None => Ended::Stopped,
        }))
    }

    const fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reader(..)")
    }
}

#[cfg(test)]
mod tests;
