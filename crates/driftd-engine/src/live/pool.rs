//! The compute pool: a fixed number of threads that decode and count, one turn of one task each at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::run_queue::RunQueue;
use crate::{CheckpointPolicy, Moment, TaskHandle, Turn};

/// Where turns' results go; called on the pool's threads.
pub(super) trait TurnSink: Send + Sync {
    /// Takes what a turn of `task` came to.
    fn accept(&self, task: &TaskHandle, turn: Turn);
}

/// Threads at work; they end after their turn when the pool is dropped.
pub(super) struct Pool {
    queue: Arc<RunQueue<TaskHandle>>,
    /// Every thread holds the other half, and never sends.
    at_work: mpsc::Receiver<()>,
}

impl Pool {
    /// Starts `threads` threads.
    ///
    /// # Errors
    /// The system's, when it gives no more threads.
    pub(super) fn start(
        threads: usize,
        policy: Arc<dyn Fn() -> CheckpointPolicy + Send + Sync>,
        moment: &Arc<dyn Fn() -> Moment + Send + Sync>,
        sink: &Arc<dyn TurnSink>,
    ) -> std::io::Result<Self> {
        let (working, at_work) = mpsc::channel(1);
        // Made first, so that the threads that could be started end when one cannot.
        let pool = Self { queue: Arc::default(), at_work };
        for number in 0..threads {
            let (queue, policy) = (Arc::clone(&pool.queue), Arc::clone(&policy));
            let (moment, sink) = (Arc::clone(moment), Arc::clone(sink));
            let working = working.clone();
            let run = move || {
                work(&queue, &*policy, &*moment, &*sink);
                drop(working);
            };
            std::thread::Builder::new().name(format!("tasks-{number}")).spawn(run)?;
        }
        Ok(pool)
    }

    /// Waits until every thread has ended its turn, without holding up anybody else meanwhile.
    pub(super) async fn end(mut self) {
        self.queue.close();
        while self.at_work.recv().await.is_some() {}
    }

    pub(super) const fn queue(&self) -> &Arc<RunQueue<TaskHandle>> {
        &self.queue
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.close();
    }
}

fn work(
    queue: &RunQueue<TaskHandle>,
    policy: &dyn Fn() -> CheckpointPolicy,
    moment: &dyn Fn() -> Moment,
    sink: &dyn TurnSink,
) {
    while let Some(task) = queue.next() {
        queue.take_turn(task, |task| {
            // A panic is a defect, and a task that has met one counts no further: its counts are half done and gone. It
            // must not take the thread along and leave the other tasks to fewer of them in silence.
            let turn = catch_unwind(AssertUnwindSafe(|| task.turn(&policy(), moment())));
            let turn = turn.unwrap_or_else(|_| task.panicked());
            let more = turn.more;
            sink.accept(task, turn);
            ((), more)
        });
    }
}

#[cfg(test)]
mod tests;
