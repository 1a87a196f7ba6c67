//! When a checkpoint is due: one policy for replays, the daemon and the simulation.

use driftd_window::{Span, Timestamp};

/// Longest time between two checkpoints at the end of a partition: how often its owner says that it still is the end.
const LONGEST_INTERVAL_AT_END: Span = Span::from_secs(2);
/// No task's counts are cut smaller than this, however many tasks share the memory.
const LEAST_SHARE: usize = 256 << 10;

/// Checkpoint policy: how much a partition may count, and how long, before it writes it down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointPolicy {
    /// Heap size of the open panes, in bytes: reaching it means an earlier checkpoint, never a drop.
    pub max_bytes: usize,
    /// Records since the last checkpoint, if their number is to be bounded.
    pub max_records: Option<u64>,
    /// Longest time between two checkpoints; nothing where time does not pass, as in a replay.
    pub interval: Option<Span>,
}

/// What a partition has counted since its last checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uncommitted {
    /// Approximate heap size of the counts, in bytes.
    pub bytes: usize,
    /// What one pane of every monitor takes at least, in bytes.
    pub least_bytes: usize,
    /// Records read.
    pub records: u64,
    /// Whether a checkpoint would say anything new.
    pub has_moved: bool,
}

/// Moments on which the time of the next checkpoint depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CheckpointTimer {
    /// When the last checkpoint was taken; nothing when one is to be taken at once.
    taken_at: Option<Timestamp>,
    /// When the source last had no more.
    ended_at: Option<Timestamp>,
    /// The source said that there is no more; holds until a record comes.
    at_end: bool,
}

impl Default for CheckpointPolicy {
    /// A replay's: 32 MiB of open panes or 65,536 records.
    fn default() -> Self {
        Self { max_bytes: 32 << 20, max_records: Some(65_536), interval: None }
    }
}

impl CheckpointPolicy {
    /// The policy of one of `tasks` tasks that share `bytes` of memory: half of it may be on its way to the store while
    /// the other half fills.
    #[must_use]
    pub fn shared(bytes: usize, tasks: usize, interval: Span) -> Self {
        let share = (bytes / (2 * tasks.max(1))).max(LEAST_SHARE);
        Self { max_bytes: share, max_records: None, interval: Some(interval) }
    }

    /// Whether there is as much as may be counted: the next checkpoint must not be put off, and what cannot be written
    /// yet must not grow.
    #[must_use]
    pub fn is_full(&self, uncommitted: &Uncommitted) -> bool {
        uncommitted.bytes >= self.room(uncommitted.least_bytes)
            || self.max_records.is_some_and(|most| uncommitted.records >= most)
    }

    /// Whether a checkpoint is to be taken at `now`.
    #[must_use]
    pub fn is_due(&self, uncommitted: &Uncommitted, timer: &CheckpointTimer, now: Timestamp) -> bool {
        uncommitted.has_moved && (self.is_full(uncommitted) || self.is_time(timer, now))
    }

    /// Bytes that a partition may count, where one pane of all its monitors takes `least`. With very many features its
    /// share may be less than two panes of them, and counts are not cut smaller than that: every pane would be written
    /// many times over, for nothing.
    #[must_use]
    pub fn room(&self, least: usize) -> usize {
        self.max_bytes.max(2 * least)
    }

    fn is_time(&self, timer: &CheckpointTimer, now: Timestamp) -> bool {
        let Some(interval) = self.interval else { return false };
        let wait = if timer.at_end { at_end(interval) } else { interval };
        // A clock that was set back must not put checkpoints off.
        timer.taken_at.is_none_or(|taken_at| now < taken_at || now >= taken_at.plus(wait))
    }
}

impl CheckpointTimer {
    /// The timer of a partition that begins to be read at `now`; one that has something to say before it has read
    /// anything says it at once.
    #[must_use]
    pub fn start(has_moved: bool, now: Timestamp) -> Self {
        Self { taken_at: (!has_moved).then_some(now), ..Self::default() }
    }

    /// Records came.
    pub const fn records_came(&mut self) {
        self.at_end = false;
    }

    /// The source has no more. A partition that comes from far behind has waited with its counts long enough; one that
    /// is here many times a second goes on at the pace of the end.
    pub fn caught_up(&mut self, policy: &CheckpointPolicy, has_moved: bool, now: Timestamp) {
        let pace = policy.interval.map_or(Span::ZERO, at_end);
        let is_back = self.ended_at.is_none_or(|ended_at| now < ended_at || now >= ended_at.plus(pace));
        if is_back && has_moved {
            self.taken_at = None;
        }
        self.at_end = true;
        self.ended_at = Some(now);
    }

    /// A checkpoint was taken.
    pub const fn checkpoint_taken(&mut self, now: Timestamp) {
        self.taken_at = Some(now);
    }

    /// Whether the source said that there is no more, and nothing came since.
    #[must_use]
    pub const fn is_at_end(&self) -> bool {
        self.at_end
    }
}

/// Time between two checkpoints at the end of a partition, where they make results visible: a tenth of the usual.
fn at_end(interval: Span) -> Span {
    Span::from_micros(interval.as_micros() / 10).unwrap_or(interval).min(LONGEST_INTERVAL_AT_END)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Uncommitted = Uncommitted { bytes: 0, least_bytes: 100, records: 0, has_moved: true };

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_micros(secs * 1_000_000)
    }

    #[test]
    fn size_decides_without_a_clock_and_nothing_new_is_never_written() {
        let policy = CheckpointPolicy { max_bytes: 1_000, max_records: Some(50), interval: None };
        let timer = CheckpointTimer::default();
        let due = |uncommitted: Uncommitted| policy.is_due(&uncommitted, &timer, at(1_000_000));
        assert!(!due(NOTHING));
        assert!(due(Uncommitted { bytes: 1_000, ..NOTHING }) && !due(Uncommitted { bytes: 999, ..NOTHING }));
        assert!(due(Uncommitted { records: 50, ..NOTHING }) && !due(Uncommitted { records: 49, ..NOTHING }));
        assert!(!due(Uncommitted { bytes: 1_000, has_moved: false, ..NOTHING }));
        let wide = Uncommitted { bytes: 1_900, least_bytes: 1_000, ..NOTHING };
        assert!(!due(wide) && due(Uncommitted { bytes: 2_000, ..wide }), "two panes always fit");
    }

    #[test]
    fn memory_is_shared_and_half_of_it_is_on_its_way() {
        let share = |bytes, tasks| CheckpointPolicy::shared(bytes, tasks, Span::from_secs(1)).max_bytes;
        assert_eq!((share(64 << 20, 4), share(64 << 20, 0), share(1 << 20, 64)), (8 << 20, 32 << 20, LEAST_SHARE));
    }

    #[test]
    fn time_runs_ten_times_as_fast_at_the_end_and_not_backwards() {
        let policy = CheckpointPolicy { interval: Some(Span::from_secs(10)), ..CheckpointPolicy::default() };
        let mut timer = CheckpointTimer::start(false, at(0));
        assert!(!policy.is_due(&NOTHING, &timer, at(9)) && policy.is_due(&NOTHING, &timer, at(10)));
        assert!(policy.is_due(&NOTHING, &timer, at(-3_600)), "a clock that was set back");
        timer.caught_up(&policy, true, at(3));
        assert!(policy.is_due(&NOTHING, &timer, at(3)), "what was behind is written as soon as it is not");
        timer.checkpoint_taken(at(3));
        timer.records_came();
        timer.caught_up(&policy, true, at(3));
        assert!(!policy.is_due(&NOTHING, &timer, at(3)) && policy.is_due(&NOTHING, &timer, at(4)));
        let long = CheckpointPolicy { interval: Some(Span::from_hours(1)), ..policy };
        assert!(long.is_due(&NOTHING, &timer, at(5)), "two seconds at the most");
        assert!(policy.is_due(&NOTHING, &CheckpointTimer::start(true, at(0)), at(0)), "a beginning is said at once");
    }
}
