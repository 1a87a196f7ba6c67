//! Log end offsets, asked of the brokers: for idle partitions to be known as such, and for the lag.

use std::sync::Arc;
use std::time::Duration;

use driftd_model::{Source, TopicPartition};
use driftd_window::Span;

use super::registry::TaskRegistry;
use super::retry::Periodic;
use super::status::{Status, StoreOperation};
use super::stop::Stop;
use crate::metrics::METRICS;
use crate::{Clock, EngineError, TaskEvent};

/// Longest time between two questions, however long the idle time-out.
const LONGEST_INTERVAL: Duration = Duration::from_secs(5);
/// Shortest time between two.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(250);

/// Tells every task where its partition ends, as the brokers say now.
pub(super) struct LogEndOffsets {
    pub(super) source: Arc<dyn Source>,
    pub(super) registry: Arc<TaskRegistry>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) status: Arc<Status>,
    pub(super) interval: Duration,
}

impl LogEndOffsets {
    /// Time between two questions: several within the shortest idle time-out, so that quiet is noticed on time.
    pub(super) fn interval(idle_timeout: Option<Span>) -> Duration {
        let wanted = idle_timeout.map_or(SHORTEST_INTERVAL, |idle| idle.as_duration() / 4);
        wanted.clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL)
    }
}

impl Periodic for LogEndOffsets {
    const OPERATION: Option<StoreOperation> = None;

    async fn round(&mut self, _stop: &Stop) -> Result<Duration, EngineError> {
        let tasks = self.registry.all();
        let partitions: Vec<TopicPartition> = tasks.iter().map(|task| task.id().clone()).collect();
        // The moment before asking: what comes while the answer is on its way came after it.
        let asked_at = self.status.moment(&*self.clock);
        let ends = self.source.log_end_offsets(&partitions).await;
        for (task, end) in tasks.iter().zip(ends) {
            let Some(end) = end else { continue };
            METRICS.consumer_lag(task.id(), end.0.saturating_sub(task.next_offset().0).max(0));
            // The next tick has it looked at.
            task.post(TaskEvent::LogEnd { end, asked_at });
        }
        Ok(self.interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_is_asked_after_several_times_within_the_idle_timeout() {
        assert_eq!(LogEndOffsets::interval(Some(Span::from_secs(4))), Duration::from_secs(1));
        assert_eq!(LogEndOffsets::interval(Some(Span::from_minutes(10))), LONGEST_INTERVAL);
        assert_eq!(LogEndOffsets::interval(Some(Span::ZERO)), SHORTEST_INTERVAL);
        assert_eq!(LogEndOffsets::interval(None), SHORTEST_INTERVAL);
    }
}
