//! The tasks of this process, for everybody who has to look at all of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use driftd_model::TopicPartition;
use driftd_window::Timestamp;

use crate::metrics::METRICS;
use crate::{TaskHandle, TaskId};

/// Registry of the tasks that consume or drain.
#[derive(Default)]
pub(super) struct TaskRegistry {
    tasks: Mutex<BTreeMap<TaskId, Arc<TaskHandle>>>,
    count: AtomicUsize,
}

impl TaskRegistry {
    pub(super) fn all(&self) -> Vec<Arc<TaskHandle>> {
        self.lock().values().cloned().collect()
    }

    pub(super) fn get(&self, task: TaskId) -> Option<Arc<TaskHandle>> {
        self.lock().get(&task).cloned()
    }

    /// How many there are, without waiting for anybody.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, task: Arc<TaskHandle>) {
        let mut tasks = self.lock();
        tasks.insert(task.number(), task);
        self.counted(tasks.len());
    }

    pub(super) fn remove(&self, task: TaskId) -> Option<Arc<TaskHandle>> {
        let mut tasks = self.lock();
        let removed = tasks.remove(&task);
        let is_elsewhere = |gone: &TaskHandle| tasks.values().any(|task| task.id() == gone.id());
        if let Some(gone) = removed.as_deref().filter(|gone| !is_elsewhere(gone)) {
            METRICS.partition_gone(gone.id());
        }
        self.counted(tasks.len());
        removed
    }

    /// Checkpoints on their way, and since when.
    pub(super) fn in_flight(&self) -> Vec<(TopicPartition, Timestamp)> {
        let since = |task: &Arc<TaskHandle>| Some((task.id().clone(), task.in_flight_since()?));
        self.lock().values().filter_map(since).collect()
    }

    fn counted(&self, tasks: usize) {
        self.count.store(tasks, Ordering::Relaxed);
        METRICS.partition_tasks(tasks);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<TaskId, Arc<TaskHandle>>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
