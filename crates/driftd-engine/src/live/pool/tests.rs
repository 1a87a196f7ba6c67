use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use driftd_model::{
    Chunk, Claim, Epoch, Offset, Partition, PartitionReader, Poll, PollBudget, SourceError, TopicPartition,
};
use driftd_window::{PartitionMark, Span, Timestamp};

use super::*;
use crate::{CheckpointOutcome, Release, TaskEvent, TaskId, TaskSpec};

type Wake = Box<dyn Fn() + Send + Sync>;

/// A log that wakes its reader only when it goes from nothing to something, as the port allows.
#[derive(Default)]
struct Log {
    waiting: Mutex<(VecDeque<i64>, Option<Arc<Wake>>)>,
}

struct LogReader {
    log: Arc<Log>,
    next: i64,
    panics_at: i64,
}

impl Log {
    fn push(&self, records: i64) {
        let wake = {
            let (waiting, wake) = &mut *self.waiting.lock().unwrap();
            let was_empty = waiting.is_empty();
            waiting.push_back(records);
            wake.clone().filter(|_| was_empty)
        };
        wake.inspect(|wake| wake());
    }
}

impl PartitionReader for LogReader {
    fn poll(&mut self, _budget: PollBudget) -> Result<Poll, SourceError> {
        let Some(records) = self.log.waiting.lock().unwrap().0.pop_front() else { return Ok(Poll::Nothing) };
        let from = Offset(self.next);
        self.next += records;
        assert!(self.next <= self.panics_at, "a record that cannot be decoded");
        let chunk = Chunk {
            from,
            to: Offset(self.next),
            batches: Vec::new(),
            rejects: Vec::new(),
            filtered: 0,
            ..Chunk::default()
        };
        Ok(Poll::Chunk { chunk, bytes: 1 })
    }

    fn on_arrival(&mut self, wake: Wake) {
        self.log.waiting.lock().unwrap().1 = Some(Arc::new(wake));
    }
}

/// Takes note of what was written and what broke; every checkpoint lands at once.
#[derive(Default)]
struct Notes {
    written: AtomicI64,
    failed: AtomicUsize,
    released: Mutex<Vec<Release>>,
}

impl TurnSink for Notes {
    fn accept(&self, task: &TaskHandle, turn: Turn) {
        if let Some(checkpoint) = turn.checkpoint {
            self.written.fetch_add(checkpoint.to.0 - checkpoint.from.0, Ordering::Relaxed);
            // Within the turn, so the next one sees it; nothing else has to wake the task.
            task.post(TaskEvent::Checkpointed(CheckpointOutcome::Landed));
        }
        if let Some(error) = turn.failed {
            assert!(error.to_string().contains("panicked"), "{error}");
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        self.released.lock().unwrap().extend(turn.released);
    }
}

fn pool(threads: usize, notes: &Arc<Notes>) -> Pool {
    let now: Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
    let moment: Arc<dyn Fn() -> Moment + Send + Sync> = Arc::new(move || now.into());
    let sink: Arc<dyn TurnSink> = Arc::clone(notes) as _;
    let policy = CheckpointPolicy { max_bytes: 1 << 20, max_records: None, interval: Some(Span::ZERO) };
    Pool::start(threads, Arc::new(move || policy), &moment, &sink).unwrap()
}

fn task(pool: &Pool, partition: i32, log: &Arc<Log>, panics_at: i64) -> Arc<TaskHandle> {
    let topic = driftd_model::Topic::from("t");
    let id = TopicPartition::new(topic, Partition(partition));
    let claim = Claim {
        epoch: Epoch(1),
        next_offset: Some(Offset(0)),
        mark: PartitionMark::default(),
        topic_since: None,
        log_mark: None,
    };
    let reader = Box::new(LogReader { log: Arc::clone(log), next: 0, panics_at });
    let now = "2024-01-01T00:00:00Z".parse().unwrap();
    let spec = TaskSpec { number: TaskId(partition as u64), partition: id, claim, at: Offset(0) };
    let task = TaskHandle::new(spec, Vec::new(), reader, pool.queue(), now);
    pool.queue().wake(&task);
    task
}

fn wait(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::yield_now();
    }
}

#[test]
fn no_wake_up_is_lost_whenever_records_come() {
    for threads in 1..=2 {
        let notes = Arc::new(Notes::default());
        let pool = pool(threads, &notes);
        let logs: Vec<Arc<Log>> = (0..3).map(|_| Arc::default()).collect();
        let _tasks: Vec<_> = logs.iter().zip(0..).map(|(log, p)| task(&pool, p, log, i64::MAX)).collect();
        // Producers wait for a while of their own before each record, so that it comes at every moment of a turn. Nothing
        // else wakes the tasks here: one wake-up lost, and the last records are never counted.
        std::thread::scope(|scope| {
            for (seed, log) in (1u64..).zip(&logs) {
                scope.spawn(move || {
                    let mut state = seed;
                    for _ in 0..20_000 {
                        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                        (0..state >> 56).for_each(|_| std::hint::spin_loop());
                        log.push(1);
                    }
                });
            }
        });
        wait("everything is written", || notes.written.load(Ordering::Relaxed) == 60_000);
    }
}

#[test]
fn a_panic_ends_its_task_and_leaves_the_thread_to_the_others() {
    let notes = Arc::new(Notes::default());
    let pool = pool(1, &notes);
    let (bad, good): (Arc<Log>, Arc<Log>) = Default::default();
    let tasks = [task(&pool, 0, &bad, 5), task(&pool, 1, &good, i64::MAX)];
    bad.push(5);
    wait("it is counted", || notes.written.load(Ordering::Relaxed) == 5);
    bad.push(5);
    wait("it breaks", || notes.failed.load(Ordering::Relaxed) == 1);
    bad.push(5);
    good.push(7);
    tasks[0].post(TaskEvent::Drain);
    pool.queue().wake(&tasks[0]);
    wait("the other task is counted", || notes.written.load(Ordering::Relaxed) == 12);
    assert_eq!(*notes.released.lock().unwrap(), [Release::Failed], "half-done counts are not written");
    assert_eq!(notes.failed.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn threads_end_with_the_pool_and_tasks_that_wait_are_let_go() {
    let notes = Arc::new(Notes::default());
    let pool = pool(2, &notes);
    let log = Arc::new(Log::default());
    let waiting = Arc::downgrade(&task(&pool, 0, &log, i64::MAX));
    let queue = Arc::clone(pool.queue());
    tokio::time::timeout(Duration::from_secs(10), pool.end()).await.unwrap();
    if let Some(task) = waiting.upgrade() {
        queue.wake(&task);
    }
    assert!(waiting.upgrade().is_none(), "a closed queue keeps nothing alive");
}
