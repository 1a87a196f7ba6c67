//! A partition task on the compute pool: its records, its counts, and the one checkpoint that may be on its way.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use driftd_model::{Checkpoint, Offset, PartitionReader, Poll, PollBudget, SourceError, TopicPartition};
use driftd_window::{Span, Timestamp};
use tokio::sync::Notify;

use crate::metrics::METRICS;
use crate::{EngineError, PartitionAccumulator};

/// What one turn takes from a partition at most: enough to decode in bulk, little enough to share two cores fairly.
const TURN_BUDGET: PollBudget = PollBudget { records: 4096, bytes: 2 << 20 };
/// Where records open so many panes that a whole turn would overflow the memory, turns get shorter, down to this.
const LEAST_TURN_RECORDS: usize = 32;
/// How far records reach into the past is not known before the first turn.
const FIRST_TURN_RECORDS: usize = 256;
/// Longest time between two checkpoints at the end of a partition: how often its owner says that it still is the end.
const LONGEST_INTERVAL_AT_END: Span = Span::from_secs(2);

/// Nobody has anything to do for the task.
const RESTING: u8 = 0;
/// It waits for a thread.
const QUEUED: u8 = 1;
/// A thread is at it.
const RUNNING: u8 = 2;
/// A thread is at it, and something has happened since it began.
const WOKEN: u8 = 3;

/// No checkpoint is on its way.
const NOTHING: i64 = i64::MIN;

/// When a partition task is checkpointed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Heap size of its counts from which on it is not put off.
    pub(super) bytes: usize,
    /// Longest time between two checkpoints.
    pub(super) interval: Span,
}

/// A partition task and what the pool knows of it.
pub(super) struct PartitionTask {
    pub(super) id: TopicPartition,
    run: AtomicU8,
    /// Since when a checkpoint is on its way, in microseconds of the clock; [`NOTHING`] when none is.
    in_flight: AtomicI64,
    settled: Notify,
    /// No thread counts for it any more.
    closed: AtomicBool,
    /// A checkpoint of it was refused, so nothing that was counted later may be written: it would leave a hole.
    spent: AtomicBool,
    /// Since when somebody else owns the partition; [`NOTHING`] while it is ours.
    fenced: AtomicI64,
    /// Offset of the next record, for whoever wants to know without waiting for the thread.
    cursor: AtomicI64,
    work: Mutex<Work>,
}

struct Work {
    accumulator: PartitionAccumulator,
    reader: Option<Box<dyn PartitionReader>>,
    /// When the last checkpoint was taken; nothing when one is to be taken at once.
    taken_at: Option<Timestamp>,
    /// When the source last had no more.
    ended_at: Option<Timestamp>,
    /// Records of the next turn.
    reach: usize,
    /// The source said that there is no more; holds until a record comes.
    at_end: bool,
    /// The end as the brokers told it first after that.
    heard_end: Option<Offset>,
}

/// What a turn came to.
pub(super) struct Turn {
    /// There may be more to do at once.
    pub(super) again: bool,
    /// To be written before anything later of this task is.
    pub(super) checkpoint: Option<Checkpoint>,
}

impl PartitionTask {
    pub(super) fn new(
        id: TopicPartition,
        accumulator: PartitionAccumulator,
        reader: Box<dyn PartitionReader>,
        now: Timestamp,
    ) -> Self {
        let cursor = AtomicI64::new(accumulator.next_offset().0);
        // A partition task that has something to say before it has read anything says where its partition begins.
        let taken_at = (!accumulator.has_moved()).then_some(now);
        let work = Mutex::new(Work {
            accumulator,
            reader: Some(reader),
            taken_at,
            ended_at: None,
            reach: FIRST_TURN_RECORDS,
            at_end: false,
            heard_end: None,
        });
        Self {
            id,
            run: AtomicU8::new(RESTING),
            in_flight: AtomicI64::new(NOTHING),
            settled: Notify::new(),
            closed: AtomicBool::new(false),
            spent: AtomicBool::new(false),
            fenced: AtomicI64::new(NOTHING),
            cursor,
            work,
        }
    }

    /// Something may have happened: true when the task has to be queued for a thread.
    ///
    /// It writes even where nothing changes, so that whoever reads the state next has seen all that came before.
    pub(super) fn wake(&self) -> bool {
        let woken = self.run.fetch_update(Ordering::AcqRel, Ordering::Acquire, |state| match state {
            RESTING => Some(QUEUED),
            RUNNING => Some(WOKEN),
            other => Some(other),
        });
        woken == Ok(RESTING)
    }

    /// One turn on a thread of the pool; true when the task has to be queued again.
    ///
    /// # Errors
    /// The partition cannot be read or counted any further; the task is closed.
    pub(super) fn turn(&self, pace: Pace, now: Timestamp) -> Result<(bool, Option<Checkpoint>), EngineError> {
        self.run.swap(RUNNING, Ordering::AcqRel);
        let turn = self.work(pace, now);
        if turn.is_err() {
            // Before the state says that it rests: what was pulled and not counted must not be passed over.
            self.closed.store(true, Ordering::Release);
        }
        let again = turn.as_ref().is_ok_and(|turn| turn.again);
        let rested = !again && self.run.compare_exchange(RUNNING, RESTING, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if !rested {
            self.run.swap(QUEUED, Ordering::AcqRel);
        }
        turn.map(|turn| (!rested, turn.checkpoint))
    }

    fn work(&self, pace: Pace, now: Timestamp) -> Result<Turn, EngineError> {
        let mut work = self.work.lock().map_err(|_| self.panicked())?;
        let pace = work.possible(pace);
        // In this order: a checkpoint that was refused closes the task before it is off its way.
        let in_flight = self.in_flight_since().is_some();
        if self.is_closed() {
            return Ok(Turn { again: false, checkpoint: None });
        }
        // Counts that are full wait for the checkpoint on its way: memory is bounded, and the source keeps the records.
        let is_full = in_flight && work.accumulator.bytes() >= pace.bytes;
        let pulled = if is_full { Poll::Nothing } else { work.poll()? };
        let again = match pulled {
            Poll::Chunk { chunk, bytes } => {
                let before = work.accumulator.account();
                let held = work.accumulator.bytes();
                work.accumulator.absorb(&chunk, now)?;
                METRICS.records_read(&self.id.topic, before, work.accumulator.account(), bytes);
                work.at_end = false;
                work.heard_end = None;
                let grew = work.accumulator.bytes().saturating_sub(held);
                work.adapt(grew, pace);
                true
            }
            Poll::End => {
                work.caught_up(pace, now);
                true
            }
            Poll::Nothing => false,
        };
        self.cursor.store(work.accumulator.next_offset().0, Ordering::Release);
        let checkpoint = if in_flight || !work.is_due(pace, now) { None } else { work.accumulator.take() };
        if checkpoint.is_some() {
            work.taken_at = Some(now);
            self.in_flight.store(now.as_micros(), Ordering::Release);
        }
        Ok(Turn { again, checkpoint })
    }

    /// The checkpoint on its way has landed, or never will.
    pub(super) fn settle(&self) {
        self.in_flight.store(NOTHING, Ordering::Release);
        self.settled.notify_waiters();
    }

    /// Since when a checkpoint is on its way.
    pub(super) fn in_flight_since(&self) -> Option<Timestamp> {
        moment(&self.in_flight)
    }

    /// Waits until no checkpoint is on its way.
    pub(super) async fn settled(&self) {
        loop {
            let settled = self.settled.notified();
            tokio::pin!(settled);
            // From here on a notification is not missed.
            settled.as_mut().enable();
            if self.in_flight_since().is_none() {
                return;
            }
            settled.await;
        }
    }

    /// No thread counts any more, from the next turn on.
    pub(super) fn abandon(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// No thread touches the task any more once this returns; its reader is gone.
    pub(super) fn close(&self) {
        self.abandon();
        self.work.lock().unwrap_or_else(PoisonError::into_inner).reader = None;
    }

    /// A checkpoint of it will never be written, and nothing that follows it either.
    pub(super) fn spend(&self) {
        self.spent.store(true, Ordering::Release);
        self.abandon();
    }

    /// Somebody else owns the partition: nothing of the task is written any more.
    pub(super) fn fence(&self, now: Timestamp) {
        self.fenced.store(now.as_micros(), Ordering::Release);
        self.spend();
    }

    /// Since when somebody else owns the partition.
    pub(super) fn fenced_since(&self) -> Option<Timestamp> {
        moment(&self.fenced)
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// What has not been written yet; to be written when nothing is in flight. Nothing of a partition task that lost a checkpoint,
    /// or whose thread panicked in the middle of counting.
    pub(super) fn remainder(&self) -> Option<Checkpoint> {
        if self.spent.load(Ordering::Acquire) {
            return None;
        }
        self.work.lock().ok()?.accumulator.take()
    }

    /// Offset of the record wanted next.
    pub(super) fn next_offset(&self) -> Offset {
        Offset(self.cursor.load(Ordering::Acquire))
    }

    /// The brokers said that the partition ends at `end`, asked at `asked_at`. If that is where the task stands, the end
    /// is confirmed.
    ///
    /// Control records have offsets of their own and are never delivered, so the end may lie beyond the task although
    /// the source said that there is no more. Such an end holds while it stays where it is: one that moves on without a
    /// record coming is a source that stalls.
    pub(super) fn heard(&self, end: Offset, asked_at: Timestamp) {
        // A partition task that a thread is at has records to count, so it is not at its end.
        let Ok(mut work) = self.work.try_lock() else { return };
        if !work.at_end {
            return;
        }
        let first = *work.heard_end.get_or_insert(end);
        if end <= work.accumulator.next_offset() || end == first {
            work.accumulator.reached_end(asked_at);
        }
    }

    /// What is said of a partition task whose counts are half done.
    pub(super) fn panicked(&self) -> EngineError {
        EngineError::Panicked { what: format!("counting the records of {}", self.id) }
    }
}

impl Work {
    fn poll(&mut self) -> Result<Poll, SourceError> {
        let budget = PollBudget { records: self.reach, ..TURN_BUDGET };
        self.reader.as_mut().map_or(Ok(Poll::Nothing), |reader| reader.poll(budget))
    }

    /// With very many features the share of a partition task may be less than two panes of them. Counts are not cut smaller than
    /// that: every pane would be written many times over, for nothing.
    fn possible(&self, pace: Pace) -> Pace {
        Pace { bytes: pace.bytes.max(2 * self.accumulator.least_bytes()), ..pace }
    }

    /// A turn that `grew` the counts by more than a quarter of what they may be, and by more than a pane, is followed by
    /// a shorter one: panes of records from all over the past would otherwise overflow the memory between two looks at
    /// it.
    fn adapt(&mut self, grew: usize, pace: Pace) {
        let reach =
            if grew > (pace.bytes / 4).max(self.accumulator.least_bytes()) { self.reach / 2 } else { self.reach * 2 };
        self.reach = reach.clamp(LEAST_TURN_RECORDS, TURN_BUDGET.records);
    }

    /// The source has no more. A partition task that comes from far behind has waited with its counts long enough; one that is
    /// here many times a second goes on at the pace of the end.
    fn caught_up(&mut self, pace: Pace, now: Timestamp) {
        let is_back = self.ended_at.is_none_or(|ended_at| now < ended_at || now >= ended_at.plus(at_end(pace)));
        if is_back && self.accumulator.has_moved() {
            self.taken_at = None;
        }
        self.at_end = true;
        self.ended_at = Some(now);
        self.heard_end = None;
        self.accumulator.reached_end(now);
    }

    fn is_due(&self, pace: Pace, now: Timestamp) -> bool {
        let wait = if self.at_end { at_end(pace) } else { pace.interval };
        // A clock that was set back must not put checkpoints off.
        let is_time = self.taken_at.is_none_or(|taken_at| now < taken_at || now >= taken_at.plus(wait));
        self.accumulator.has_moved() && (is_time || self.accumulator.bytes() >= pace.bytes)
    }
}

/// Time between two checkpoints at the end of a partition, where they make results visible: a tenth of the usual.
fn at_end(pace: Pace) -> Span {
    Span::from_micros(pace.interval.as_micros() / 10).unwrap_or(pace.interval).min(LONGEST_INTERVAL_AT_END)
}

fn moment(cell: &AtomicI64) -> Option<Timestamp> {
    let micros = cell.load(Ordering::Acquire);
    (micros != NOTHING).then(|| Timestamp::from_micros(micros))
}

#[cfg(test)]
mod tests;
