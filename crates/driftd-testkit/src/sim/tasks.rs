//! Partition tasks in a simulation: the daemon's own, given their turns one at a time and held against the ledger.
//!
//! What the daemon's threads do is done here on one: a turn is popped off the daemon's run queue and taken by the daemon's
//! task under the daemon's policy; the checkpoint that it gives is on its way until some later action writes it, by the
//! daemon's [`Commit`], and posts what came of it. Wake-ups, ticks and log end offsets come in any order in between.

use std::sync::Arc;

use driftd_engine::{CheckpointOutcome, Commit, Release, TaskEvent, TaskHandle, TaskId, TaskSpec, Turn};
use driftd_model::{Claim, Claimant, ErrorClass, Offset, Partition, PipelineStore, StoreError, TopicPartition};

use super::broker::{Delivered, LogReader};
use super::cluster::Cluster;
use super::ledger::{Expected, TaskBook};
use super::ready::now;
use super::record::Record;
use crate::mem_store::{Fault, Operation};

/// A worker and a partition that it has a task of.
pub(super) type Held = (usize, usize);

/// A task and what it should be.
#[derive(Debug)]
pub(super) struct Owned {
    pub(super) task: Arc<TaskHandle>,
    pub(super) book: TaskBook,
    /// Posted, and not yet taken in by a turn.
    mail: Vec<TaskEvent>,
    /// On its way to the store, with what it says.
    on_its_way: Option<(Commit, TaskBook)>,
    drains: bool,
}

/// How an attempt to write a checkpoint went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Idle,
    Written,
    Fenced,
    Failed(Fault),
}

/// What a turn came to, for the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turned {
    held: Held,
    delivered: Option<Delivered>,
    checkpoint: bool,
    released: Option<Release>,
    pub(super) more: bool,
}

impl Owned {
    fn post(&mut self, event: TaskEvent) {
        self.task.post(event);
        self.mail.push(event);
    }
}

impl Cluster {
    pub(super) fn held(&self) -> Vec<Held> {
        self.tasks.keys().copied().collect()
    }

    /// Tasks with a checkpoint on its way.
    pub(super) fn writing(&self) -> Vec<Held> {
        self.tasks.iter().filter(|(_, owned)| owned.on_its_way.is_some()).map(|(held, _)| *held).collect()
    }

    pub(super) fn produce(&mut self, partition: usize, record: Record) {
        self.ledger.produced(partition);
        self.broker().append(partition, record);
    }

    /// A worker is assigned a partition; a task that it may have of it already does not go on.
    pub(super) fn claim(&mut self, worker: usize, partition: usize) -> Result<(), String> {
        let id = TopicPartition::new(self.world.topic.clone(), Partition(partition as i32));
        let claimant = Claimant::counting("worker", &self.world.plans);
        let claim: Claim =
            now(self.store.claim(&id.topic, id.partition, &claimant, self.at())).map_err(|e| e.to_string())?;
        let book = self.ledger.claim(partition);
        let at = claim.next_offset.unwrap_or(Offset(0));
        if at.0 != book.cursor() {
            return Err(format!("claim of {partition} starts at {at}, not {}", book.cursor()));
        }
        self.claims += 1;
        let spec = TaskSpec { number: TaskId(self.claims), partition: id, claim, at };
        let reader = Box::new(LogReader::new(&self.broker, partition, at.0 as usize));
        let queue = &self.queues[worker];
        let task = TaskHandle::new(spec, self.world.plans.clone(), reader, queue, self.at());
        queue.wake(&task);
        let owned = Owned { task, book, mail: Vec::new(), on_its_way: None, drains: false };
        if let Some(before) = self.tasks.insert((worker, partition), owned) {
            before.task.post(TaskEvent::Abandon);
            self.queues[worker].wake(&before.task);
        }
        Ok(())
    }

    /// The worker dies: everything it holds in memory is gone.
    pub(super) fn crash(&mut self, worker: usize) {
        self.tasks.retain(|(owner, _), _| *owner != worker);
        self.queues[worker] = Arc::default();
    }

    /// The worker's tick: every task of it has a turn to come.
    pub(super) fn tick(&self, worker: usize) {
        let own = self.tasks.iter().filter(|((owner, _), _)| *owner == worker);
        own.for_each(|(_, owned)| self.queues[worker].wake(&owned.task));
    }

    /// The partition is taken away: its task drains.
    pub(super) fn drain(&mut self, held: Held) {
        if let Some(owned) = self.tasks.get_mut(&held) {
            owned.post(TaskEvent::Drain);
            self.queues[held.0].wake(&owned.task);
        }
    }

    /// The brokers say where the partition of a task ends, if they can be reached.
    pub(super) fn tell_log_end(&mut self, held: Held) -> bool {
        let (end, is_stalled, asked_at) = {
            let broker = self.broker();
            (broker.logs[held.1].len() as i64, broker.stalled[held.1], self.at())
        };
        let told = self.tasks.get_mut(&held).filter(|_| !is_stalled);
        told.map(|owned| owned.post(TaskEvent::LogEnd { end: Offset(end), asked_at: asked_at.into() })).is_some()
    }

    /// The worker's next turn, of `most` records at the most, held against the book; nothing when no task waits for one.
    pub(super) fn turn(&mut self, worker: usize, most: usize) -> Result<Option<Turned>, String> {
        let Some(task) = self.queues[worker].try_next() else { return Ok(None) };
        let (number, policy, at) = (task.number(), self.world.policy, self.at());
        {
            let mut broker = self.broker();
            (broker.most, broker.delivered) = (most, None);
        }
        let turn = self.queues[worker].take_turn(task, |task| {
            let turn = task.turn(&policy, at);
            let more = turn.more;
            (turn, more)
        });
        let delivered = self.broker().delivered.take();
        let held = self.tasks.iter().find(|(_, owned)| owned.task.number() == number).map(|(held, _)| *held);
        let Some(held) = held else {
            // One that was replaced, and has nothing more to say.
            let is_over = delivered.is_none() && turn.checkpoint.is_none();
            return if is_over {
                self.turn(worker, most)
            } else {
                Err(format!("{number:?} goes on after it was replaced"))
            };
        };
        let turned =
            Turned { held, delivered, checkpoint: turn.checkpoint.is_some(), released: turn.released, more: turn.more };
        self.follow(held, delivered, turn)?;
        Ok(Some(turned))
    }

    /// Brings the book of a task up to what a turn of it came to, and checks that the turn was allowed to.
    fn follow(&mut self, held: Held, delivered: Option<Delivered>, turn: Turn) -> Result<(), String> {
        let wrong = |what: String| Err(format!("turn of {held:?}: {what}"));
        let records: Vec<Record> = match delivered {
            Some(Delivered::Records { from, count }) => self.broker().logs[held.1][from..from + count].to_vec(),
            _ => Vec::new(),
        };
        let (clock, policy) = (self.clock, self.world.policy);
        let Some(owned) = self.tasks.get_mut(&held) else { return Ok(()) };
        if let Some(error) = turn.failed {
            return wrong(error.to_string());
        }
        for event in std::mem::take(&mut owned.mail) {
            match event {
                TaskEvent::LogEnd { end, asked_at } if !owned.drains => {
                    owned.book.log_end(end.0, asked_at.now.as_micros());
                }
                TaskEvent::Drain => owned.drains = true,
                _ => {}
            }
        }
        if owned.drains && delivered.is_some() {
            return wrong(format!("{delivered:?} while it drains"));
        }
        match delivered {
            Some(Delivered::Records { .. }) => owned.book.read(&records, clock),
            Some(Delivered::End) => owned.book.reached_end(clock),
            None => {}
        }
        if let Some(checkpoint) = turn.checkpoint {
            if owned.on_its_way.is_some() || !owned.book.has_moved() {
                return wrong("a checkpoint while one is on its way, or that says nothing".to_owned());
            }
            let (from, to) = (owned.book.from(), owned.book.cursor());
            if (checkpoint.from.0, checkpoint.to.0) != (from, to) {
                return wrong(format!("[{}, {}) instead of [{from}, {to})", checkpoint.from, checkpoint.to));
            }
            owned.on_its_way = Some((Commit::new(checkpoint), owned.book.clone()));
            owned.book.drained();
        }
        let unwritten = owned.book.cursor() - owned.book.from();
        if let Some(most) = policy.max_records
            && unwritten as u64 > most + 256
        {
            return wrong(format!("{unwritten} records are held, {most} may be and a turn"));
        }
        let is_clean = owned.on_its_way.is_none() && !owned.book.has_moved();
        match turn.released {
            None if owned.drains && is_clean => wrong("it has nothing left and is not released".to_owned()),
            None => Ok(()),
            Some(Release::Drained) if !is_clean => wrong("released before everything is written".to_owned()),
            Some(why) => {
                self.drained += u64::from(why == Release::Drained);
                self.tasks.remove(&held);
                Ok(())
            }
        }
    }

    /// Tries once to write the checkpoint of a task that is on its way, holds the answer against the ledger, and tells
    /// the task if it was the last.
    pub(super) fn write(&mut self, held: Held) -> Result<Outcome, String> {
        let at = self.at();
        let Some(owned) = self.tasks.get_mut(&held) else { return Ok(Outcome::Idle) };
        let Some((commit, said)) = &mut owned.on_its_way else { return Ok(Outcome::Idle) };
        let expected = self.ledger.expect(held.1, said);
        // Whether an earlier attempt has landed and its answer was lost.
        let has_landed = commit.is_doubtful() && self.ledger.holds(held.1, said);
        let fault = self.faults.remove(&Operation::Checkpoint);
        let answer = now(commit.attempt(&self.store, at));
        let outcome = match (expected, fault, answer.as_ref().map_err(StoreError::class)) {
            (Expected::Written, None, Ok(())) => Outcome::Written,
            (Expected::Fenced, _, Ok(())) if has_landed => Outcome::Written,
            (Expected::Written, Some(fault), Err(ErrorClass::Transient)) => Outcome::Failed(fault),
            (Expected::Fenced, _, Err(ErrorClass::Fenced)) if !has_landed => Outcome::Fenced,
            (expected, fault, answer) => {
                return Err(format!("checkpoint of {held:?}: {expected:?} with {fault:?}, got {answer:?}"));
            }
        };
        if expected == Expected::Written && outcome != Outcome::Failed(Fault::BeforeCommit) {
            self.ledger.commit(held.1, said);
        }
        if matches!(outcome, Outcome::Written | Outcome::Fenced) {
            self.zombies_fenced += u64::from(outcome == Outcome::Fenced);
            owned.on_its_way = None;
            owned.post(TaskEvent::Checkpointed(CheckpointOutcome::of(&answer)));
            self.queues[held.0].wake(&owned.task);
        }
        Ok(outcome)
    }

    /// Gives a worker's tasks turns and writes their checkpoints until nothing is left to do.
    pub(super) fn pump(&mut self, worker: usize) -> Result<(), String> {
        self.tick(worker);
        loop {
            while self.turn(worker, 100)?.is_some() {}
            let writing: Vec<Held> = self.writing().into_iter().filter(|(owner, _)| *owner == worker).collect();
            if writing.is_empty() {
                return Ok(());
            }
            for held in writing {
                self.write(held)?;
            }
        }
    }
}
