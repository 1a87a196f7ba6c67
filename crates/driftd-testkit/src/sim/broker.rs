//! The simulated broker: logs that grow, partitions that stall, and the readers of tasks.

use std::sync::{Arc, Mutex, PoisonError};

use driftd_model::{PartitionReader, Poll, PollBudget, SourceError};

use super::record::{Record, chunk};

type Wake = Box<dyn Fn() + Send + Sync>;

/// Logs, and who waits for them to grow.
pub(super) struct Broker {
    pub(super) logs: Vec<Vec<Record>>,
    pub(super) stalled: Vec<bool>,
    /// Most records of one poll.
    pub(super) most: usize,
    /// What the last turn's poll came to, if it came to anything.
    pub(super) delivered: Option<Delivered>,
    monitors: usize,
    waiting: Vec<(usize, Wake)>,
}

/// What a poll came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivered {
    /// So many records from that offset on.
    Records { from: usize, count: usize },
    /// There are no more.
    End,
}

/// Reads one partition for one task.
pub(super) struct LogReader {
    broker: Arc<Mutex<Broker>>,
    partition: usize,
    next: usize,
    /// It was told of the end, and no record came since.
    at_end: bool,
}

impl Broker {
    pub(super) fn new(partitions: usize, monitors: usize) -> Self {
        let (logs, stalled) = (vec![Vec::new(); partitions], vec![false; partitions]);
        Self { logs, stalled, most: 1, delivered: None, monitors, waiting: Vec::new() }
    }

    /// Appends a record.
    pub(super) fn append(&mut self, partition: usize, record: Record) {
        self.logs[partition].push(record);
        self.wake(partition);
    }

    /// The partition stalls, or goes on.
    pub(super) fn toggle_stall(&mut self, partition: usize) -> bool {
        self.stalled[partition] = !self.stalled[partition];
        self.wake(partition);
        self.stalled[partition]
    }

    fn wake(&self, partition: usize) {
        if !self.stalled[partition] {
            // Waking only queues a task, whose turn comes later.
            self.waiting.iter().filter(|(waits_for, _)| *waits_for == partition).for_each(|(_, wake)| wake());
        }
    }
}

impl LogReader {
    pub(super) fn new(broker: &Arc<Mutex<Broker>>, partition: usize, next: usize) -> Self {
        Self { broker: Arc::clone(broker), partition, next, at_end: false }
    }
}

impl PartitionReader for LogReader {
    fn poll(&mut self, budget: PollBudget) -> Result<Poll, SourceError> {
        let mut broker = self.broker.lock().unwrap_or_else(PoisonError::into_inner);
        let broker = &mut *broker;
        if broker.stalled[self.partition] {
            return Ok(Poll::Nothing);
        }
        let log = &broker.logs[self.partition];
        let records = &log[self.next..log.len().min(self.next + budget.records.min(broker.most))];
        if records.is_empty() {
            let is_news = !std::mem::replace(&mut self.at_end, true);
            broker.delivered = is_news.then_some(Delivered::End);
            return Ok(if is_news { Poll::End } else { Poll::Nothing });
        }
        let chunk = chunk(records, self.next as i64, broker.monitors);
        broker.delivered = Some(Delivered::Records { from: self.next, count: records.len() });
        self.next += records.len();
        self.at_end = false;
        Ok(Poll::Chunk { chunk, bytes: 100 })
    }

    fn on_arrival(&mut self, wake: Wake) {
        let mut broker = self.broker.lock().unwrap_or_else(PoisonError::into_inner);
        broker.waiting.push((self.partition, wake));
    }
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broker").field("stalled", &self.stalled).finish_non_exhaustive()
    }
}
