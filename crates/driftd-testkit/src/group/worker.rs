//! A daemon of its own: engine, runtime and clock, to be stopped in order or to die.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use driftd_engine::{Backoff, Clock, Ended, EngineError, Live, LiveSettings, Outbox, Status};
use driftd_model::{MonitorPlan, PlanSchedule, Retention, SharedStore};
use driftd_window::Span;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Group;

/// A daemon that checkpoints whenever it can, on `threads` threads.
#[must_use]
pub fn settings(threads: usize) -> LiveSettings {
    LiveSettings {
        owner: "worker".to_owned(),
        threads,
        checkpoint_bytes: 1 << 20,
        checkpoint_interval: Span::ZERO,
        drain_timeout: Duration::from_secs(5),
        shutdown_timeout: Duration::from_secs(10),
    }
}

/// A running daemon.
pub struct Worker {
    /// Its number in the group.
    pub member: usize,
    /// How it is.
    pub status: Arc<Status>,
    group: Group,
    runtime: Option<Runtime>,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<Result<Ended, EngineError>>>,
}

impl Worker {
    /// Starts a daemon that joins `group`; it has partitions after the next rebalance.
    #[must_use]
    pub fn start(
        group: &Group,
        store: SharedStore,
        plans: &[Arc<MonitorPlan>],
        clock: Arc<dyn Clock>,
        settings: LiveSettings,
    ) -> Self {
        let plans = plans.iter().map(|plan| Arc::new(PlanSchedule::from(plan.as_ref().clone()))).collect();
        Self::following(group, store, plans, clock, settings)
    }

    /// [`Worker::start`] with plans that may be superseded.
    #[must_use]
    pub fn following(
        group: &Group,
        store: SharedStore,
        plans: Vec<Arc<PlanSchedule>>,
        clock: Arc<dyn Clock>,
        settings: LiveSettings,
    ) -> Self {
        let (member, source) = group.join();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("the machine has threads to give");
        let status = Arc::new(Status::default());
        let live = Live {
            store,
            source,
            plans,
            routing: Arc::default(),
            outbox: Outbox::new(&settings.owner, BTreeMap::new(), Backoff::default()),
            clock,
            retention: Retention::default(),
            settings,
            status: Arc::clone(&status),
        };
        let (stop, stopped) = oneshot::channel();
        let running = runtime.spawn(live.run(async {
            // A test that forgets to stop a worker ends it with itself.
            let _ = stopped.await;
        }));
        Self { member, status, group: group.clone(), runtime: Some(runtime), stop: Some(stop), running: Some(running) }
    }

    /// Asks it to stop, in order.
    pub fn ask_to_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended already.
            let _ = stop.send(());
        }
    }

    /// Waits until it ends, within `deadline`.
    ///
    /// # Errors
    /// What it ended with.
    ///
    /// # Panics
    /// When it does not end in time.
    pub async fn ended(&mut self, deadline: Duration) -> Result<Ended, EngineError> {
        let running = self.running.take().expect("waited for once");
        let ended = tokio::time::timeout(deadline, running).await.expect("the daemon does not end");
        ended.expect("the daemon does not panic")
    }

    /// Dies at once: nothing is drained, nothing is given back.
    pub fn crash(mut self) {
        self.group.lose(self.member);
        self.end();
    }

    fn end(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end();
    }
}
