//! The ledger: what must be true of the store, kept by rules so plain that they can be read.
//!
//! It never looks into the store. From the order of commits and seals alone it knows the fate of every record, whether a
//! checkpoint has to be fenced, and which step a seal has to take.

use std::collections::BTreeSet;
use std::sync::Arc;

use driftd_model::{MonitorPlan, SealStep};
use driftd_window::{EventTime, WindowSpec};

use super::record::Record;
use super::world::{IDLE, SKEW, World};

/// First whole pane of the widest monitor; there is no pane for what lies before it.
const FIRST: i64 = i64::MIN / 20_000_000 * 20_000_000;

/// What became of one record for one monitor; panes by their start in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// In no checkpoint yet.
    Unread,
    /// Undecodable, without a time, or in the future.
    Rejected,
    /// Counted in a pane that is open.
    Open(i64),
    /// Counted in a pane that is sealed.
    Sealed(i64),
    /// Arrived after its pane was sealed.
    Late(i64),
}

/// One partition.
#[derive(Clone, Debug, Default)]
pub(super) struct PartitionBook {
    /// Fencing number; 0 before the first claim.
    pub(super) epoch: i64,
    pub(super) next: Option<i64>,
    pub(super) newest: Option<i64>,
    /// Since when the end is reached, and when that was last confirmed.
    pub(super) ended: Option<(i64, i64)>,
    pub(super) rejected: u64,
}

/// One monitor.
#[derive(Debug)]
pub(super) struct MonitorBook {
    pub(super) plan: Arc<MonitorPlan>,
    pub(super) frontier: Option<i64>,
    /// By partition and offset.
    pub(super) fates: Vec<Vec<Fate>>,
    open: BTreeSet<i64>,
    last_data_end: Option<i64>,
}

/// A partition task as it should be: what it has read since its last checkpoint.
#[derive(Clone, Debug)]
pub(super) struct TaskBook {
    pub(super) epoch: i64,
    from: i64,
    /// Whether each record read since `from` was acceptable, and its time.
    read: Vec<Option<i64>>,
    newest: Option<i64>,
    ended: Option<(i64, i64)>,
    /// The reader said that there is no more, and no record came since.
    at_end: bool,
    /// The log end as it was told first after that.
    first_log_end: Option<i64>,
    moved: bool,
}

/// What a checkpoint has to come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Nothing to write.
    Nothing,
    /// It is written.
    Written,
    /// It is refused.
    Fenced,
}

#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) partitions: Vec<PartitionBook>,
    pub(super) monitors: Vec<MonitorBook>,
    slack: i64,
}

impl Ledger {
    pub(super) fn new(world: &World) -> Self {
        let monitor = |plan: &Arc<MonitorPlan>| MonitorBook {
            plan: Arc::clone(plan),
            frontier: None,
            fates: vec![Vec::new(); world.partitions],
            open: BTreeSet::new(),
            last_data_end: None,
        };
        Self {
            partitions: vec![PartitionBook::default(); world.partitions],
            monitors: world.plans.iter().map(monitor).collect(),
            slack: world.slack(),
        }
    }

    pub(super) fn produced(&mut self, partition: usize) {
        self.monitors.iter_mut().for_each(|m| m.fates[partition].push(Fate::Unread));
    }

    pub(super) fn claim(&mut self, partition: usize) -> TaskBook {
        let book = &mut self.partitions[partition];
        book.epoch += 1;
        book.ended = None;
        TaskBook {
            epoch: book.epoch,
            from: book.next.unwrap_or(0),
            read: Vec::new(),
            newest: book.newest,
            ended: None,
            at_end: false,
            first_log_end: None,
            // Where a partition begins that nobody ever read is worth writing down.
            moved: book.next.is_none(),
        }
    }

    pub(super) fn expect(&self, partition: usize, task: &TaskBook) -> Expected {
        let book = &self.partitions[partition];
        if !task.moved {
            Expected::Nothing
        } else if book.epoch != task.epoch || book.next.is_some_and(|next| next != task.from) {
            Expected::Fenced
        } else {
            Expected::Written
        }
    }

    /// Whether the partition's row is as the checkpoint of `task` leaves it.
    pub(super) fn holds(&self, partition: usize, task: &TaskBook) -> bool {
        let book = &self.partitions[partition];
        book.epoch == task.epoch && book.next == Some(task.cursor())
    }

    /// A checkpoint was written.
    pub(super) fn commit(&mut self, partition: usize, task: &TaskBook) {
        let book = &mut self.partitions[partition];
        book.next = Some(task.cursor());
        book.newest = book.newest.max(task.newest);
        book.ended = task.ended;
        book.rejected += task.read.iter().filter(|time| time.is_none()).count() as u64;
        for monitor in &mut self.monitors {
            for (offset, time) in (task.from..).zip(&task.read) {
                monitor.fates[partition][offset as usize] = match time {
                    None => Fate::Rejected,
                    Some(time) => monitor.arrive(*time),
                };
            }
        }
    }

    /// The mark of the source, in microseconds; nothing while it is held back. Clause by clause as the design has it:
    /// every partition heard of, idle ones left out, the clock when all are idle.
    pub(super) fn mark(&self, now: i64) -> Option<i64> {
        if self.partitions.iter().any(|p| p.epoch == 0) {
            return None;
        }
        let idle = |p: &&PartitionBook| {
            p.ended.is_some_and(|(since, confirmed)| since + IDLE <= confirmed.min(now) && now <= confirmed + IDLE)
        };
        let busy: Vec<&PartitionBook> = self.partitions.iter().filter(|p| !idle(p)).collect();
        if busy.is_empty() {
            return Some(now - IDLE);
        }
        let marks: Option<Vec<i64>> = busy.iter().map(|p| Some(p.newest?.saturating_sub(self.slack))).collect();
        marks?.into_iter().min()
    }

    /// The step a seal of monitor `m` has to take at `now`.
    pub(super) fn next_step(&self, m: usize, now: i64) -> Option<SealStep> {
        let monitor = &self.monitors[m];
        let limit = self.mark(now)?.saturating_sub(monitor.plan.monitor().allowed_lateness.as_micros());
        monitor.next_step(monitor.pane_of(limit))
    }

    /// A seal of monitor `m` took `step`; the number of records it froze.
    pub(super) fn sealed(&mut self, m: usize, step: SealStep) -> Result<u64, String> {
        let monitor = &mut self.monitors[m];
        let through = step.through(monitor.plan.monitor().pane).as_micros();
        if monitor.frontier.is_some_and(|frontier| through <= frontier) {
            return Err(format!("frontier moved from {:?} to {through}", monitor.frontier));
        }
        let mut rows = 0;
        if let SealStep::Pane { pane } = step {
            let pane = pane.start().as_micros();
            for fate in monitor.fates.iter_mut().flatten().filter(|f| **f == Fate::Open(pane)) {
                *fate = Fate::Sealed(pane);
                rows += 1;
            }
            monitor.open.remove(&pane);
            monitor.last_data_end = Some(through);
        }
        if monitor.open.first().is_some_and(|open| *open < through) {
            return Err(format!("{step:?} passed over the open pane {:?}", monitor.open.first()));
        }
        monitor.frontier = Some(through);
        Ok(rows)
    }
}

impl MonitorBook {
    pub(super) fn width(&self) -> i64 {
        self.plan.monitor().pane.span().as_micros()
    }

    fn pane_of(&self, time: i64) -> i64 {
        time.saturating_sub(time.rem_euclid(self.width()))
    }

    fn arrive(&mut self, time: i64) -> Fate {
        let pane = self.pane_of(time);
        if self.frontier.is_some_and(|frontier| pane < frontier) {
            return Fate::Late(pane);
        }
        self.open.insert(pane);
        Fate::Open(pane)
    }

    fn next_step(&self, limit: i64) -> Option<SealStep> {
        let first_open = self.open.first().copied();
        let frontier = self.frontier.or(first_open)?;
        if let Some(pane) = first_open.filter(|pane| *pane == frontier) {
            let ready = pane + self.width() <= limit;
            let pane = self.plan.monitor().pane.pane_of(EventTime::from_micros(pane));
            return ready.then_some(SealStep::Pane { pane });
        }
        let stop = first_open.map_or(limit, |open| open.min(limit));
        if stop <= frontier {
            return None;
        }
        let through = self.halt(frontier, stop);
        let holds_data = self.windows_ending(through).any(|w| self.reaches_data(through, w.size().as_micros()));
        let through = EventTime::from_micros(through);
        Some(if holds_data { SealStep::Quiet { through } } else { SealStep::Gap { through } })
    }

    fn windows_ending(&self, at: i64) -> impl Iterator<Item = &WindowSpec> {
        self.plan.monitor().windows.iter().filter(move |w| at % w.slide().as_micros() == 0)
    }

    /// Whether the stretch of length `back` that ends at `end` holds sealed records.
    fn reaches_data(&self, end: i64, back: i64) -> bool {
        self.last_data_end.is_some_and(|data_end| end.saturating_sub(back) < data_end)
    }

    /// Where a stretch without records is halted in: pane by pane at every window that holds records or is the first of
    /// its shape that does not, at the last window of every shape, and at its end.
    fn halt(&self, frontier: i64, stop: i64) -> i64 {
        let windows = &self.plan.monitor().windows;
        let last_ends = windows.iter().map(|w| stop - stop.rem_euclid(w.slide().as_micros()));
        let last_end = last_ends.filter(|end| *end > frontier).min().unwrap_or(stop);
        let reach = self.plan.monitor().longest_window().as_micros() * 2;
        let mut end = frontier;
        while end < last_end && self.reaches_data(end, reach) {
            end = self.pane_of(end).saturating_add(self.width());
            let near = |w: &WindowSpec| self.reaches_data(end, w.size().as_micros() + w.slide().as_micros());
            if self.windows_ending(end).any(near) {
                return end.min(last_end);
            }
        }
        last_end
    }

    /// How many records have a fate.
    pub(super) fn count(&self, wanted: impl Fn(Fate) -> bool) -> u64 {
        self.fates.iter().flatten().filter(|f| wanted(**f)).count() as u64
    }
}

impl TaskBook {
    pub(super) fn cursor(&self) -> i64 {
        self.from + self.read.len() as i64
    }

    pub(super) fn read(&mut self, records: &[Record], now: i64) {
        for record in records {
            let time = record.time.filter(|time| record.readable && (FIRST..=now + SKEW).contains(time));
            if time.is_some() {
                // A record from the future is counted where it says, and promises nothing.
                self.newest = self.newest.max(time.map(|time| time.min(now)));
            }
            self.ended = None;
            self.read.push(time);
        }
        if !records.is_empty() {
            (self.at_end, self.first_log_end, self.moved) = (false, None, true);
        }
    }

    /// The reader says that there is no more.
    pub(super) fn reached_end(&mut self, now: i64) {
        (self.at_end, self.first_log_end) = (true, None);
        self.confirmed(now);
    }

    /// Somebody says where the log ends. It counts where the task is at its end, and for so long as that stays there.
    pub(super) fn log_end(&mut self, end: i64, asked_at: i64) {
        if self.at_end {
            let first = *self.first_log_end.get_or_insert(end);
            if end <= self.cursor() || end == first {
                self.confirmed(asked_at);
            }
        }
    }

    fn confirmed(&mut self, now: i64) {
        self.moved |= self.ended.is_none_or(|(_, confirmed)| confirmed != now);
        self.ended = Some((self.ended.map_or(now, |(since, _)| since), now));
    }

    /// Whether a checkpoint would say anything new.
    pub(super) const fn has_moved(&self) -> bool {
        self.moved
    }

    /// First offset of the next checkpoint.
    pub(super) const fn from(&self) -> i64 {
        self.from
    }

    /// Everything read so far went into a checkpoint; whatever became of that, the task goes on from here.
    pub(super) fn drained(&mut self) {
        self.from = self.cursor();
        self.read.clear();
        self.moved = false;
    }
}
