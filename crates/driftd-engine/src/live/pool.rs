//! The compute pool: a fixed number of threads that decode and count, one task each at a time.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use driftd_model::Checkpoint;
use tokio::sync::mpsc;

use super::task::{Pace, PartitionTask};
use crate::{Clock, EngineError};

/// What becomes of a turn's result; called on the pool's threads.
pub(super) trait Sink: Send + Sync {
    /// A checkpoint is due.
    fn enqueue(&self, task: &Arc<PartitionTask>, checkpoint: Checkpoint);
    /// The task cannot go on.
    fn broken(&self, task: &Arc<PartitionTask>, error: EngineError);
}

/// Assignments that wait for a thread.
pub(super) struct Queue {
    waiting: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    tasks: VecDeque<Arc<PartitionTask>>,
    is_closed: bool,
}

/// Threads at work; they end after their turn when the pool is dropped.
pub(super) struct Pool {
    queue: Arc<Queue>,
    /// Every thread holds the other half, and never sends.
    at_work: mpsc::Receiver<()>,
}

impl Queue {
    /// Has a thread look at the task.
    pub(super) fn wake(&self, task: &Arc<PartitionTask>) {
        if task.wake() {
            self.push(Arc::clone(task));
        }
    }

    fn push(&self, task: Arc<PartitionTask>) {
        let mut state = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.is_closed {
            state.tasks.push_back(task);
            self.arrived.notify_one();
        }
    }

    /// The task that waits longest, as soon as there is one; nothing once the pool is closed.
    fn next(&self) -> Option<Arc<PartitionTask>> {
        let mut state = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.is_closed {
                return None;
            }
            if let Some(task) = state.tasks.pop_front() {
                return Some(task);
            }
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn close(&self) {
        let mut state = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_closed = true;
        // A partition task's reader knows the queue, so a partition task left in it would keep itself alive.
        let left = std::mem::take(&mut state.tasks);
        self.arrived.notify_all();
        drop(state);
        drop(left);
    }
}

impl Pool {
    /// Starts `threads` threads.
    ///
    /// # Errors
    /// The system's, when it gives no more threads.
    pub(super) fn start(
        threads: usize,
        pace: Arc<dyn Fn() -> Pace + Send + Sync>,
        clock: &Arc<dyn Clock>,
        sink: &Arc<dyn Sink>,
    ) -> std::io::Result<Self> {
        let queue = Arc::new(Queue { waiting: Mutex::default(), arrived: Condvar::new() });
        let (working, at_work) = mpsc::channel(1);
        // Made first, so that the threads that could be started end when one cannot.
        let pool = Self { queue, at_work };
        for number in 0..threads {
            let (queue, pace) = (Arc::clone(&pool.queue), Arc::clone(&pace));
            let (clock, sink) = (Arc::clone(clock), Arc::clone(sink));
            let working = working.clone();
            let run = move || {
                work(&queue, &*pace, &*clock, &*sink);
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

    pub(super) const fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.close();
    }
}

fn work(queue: &Queue, pace: &dyn Fn() -> Pace, clock: &dyn Clock, sink: &dyn Sink) {
    while let Some(task) = queue.next() {
        // A panic is a defect, and a partition task that has met one counts no further: the counts are half done, which the task's
        // poisoned lock remembers. It must not take the thread along and leave the other tasks to fewer of them in silence.
        let turn = catch_unwind(AssertUnwindSafe(|| task.turn(pace(), clock.now())));
        match turn.unwrap_or_else(|_| Err(task.panicked())) {
            Ok((again, checkpoint)) => {
                if let Some(checkpoint) = checkpoint {
                    sink.enqueue(&task, checkpoint);
                }
                if again {
                    queue.push(task);
                }
            }
            Err(error) => {
                task.close();
                sink.broken(&task, error);
            }
        }
    }
}

#[cfg(test)]
mod tests;
