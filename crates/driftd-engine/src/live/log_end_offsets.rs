//! Asking the brokers where the partitions end: for idle partitions to be known as such, and for the lag.

use std::sync::Arc;
use std::time::Duration;

use driftd_model::{Source, TopicPartition};
use driftd_window::Span;

use super::assignment::TaskRegistry;
use super::stop::Stop;
use super::task::PartitionTask;
use crate::Clock;
use crate::metrics::METRICS;

/// How often ends are asked for, however long the idle time-out.
const SLOWEST: Duration = Duration::from_secs(5);
/// How often at most.
const FASTEST: Duration = Duration::from_millis(250);

/// Time between two questions: several within the shortest idle time-out, so that quiet is noticed on time.
pub(super) fn rhythm(idle_timeout: Option<Span>) -> Duration {
    idle_timeout.map_or(FASTEST, |idle| idle.as_duration() / 4).clamp(FASTEST, SLOWEST)
}

/// Asks until `stop` says so.
pub(super) async fn run(
    source: Arc<dyn Source>,
    held: Arc<TaskRegistry>,
    clock: Arc<dyn Clock>,
    every: Duration,
    mut stop: Stop,
) {
    while !stop.is_asked() {
        ask(&*source, &held.all(), &*clock).await;
        stop.pause(every).await;
    }
}

/// Tells every task where its partition ends, as the brokers say now.
async fn ask(source: &dyn Source, tasks: &[Arc<PartitionTask>], clock: &dyn Clock) {
    let partitions: Vec<TopicPartition> = tasks.iter().map(|task| task.id.clone()).collect();
    // The moment before asking: what comes while the answer is on its way came after it.
    let asked_at = clock.now();
    let ends = source.log_end_offsets(&partitions).await;
    for (task, end) in tasks.iter().zip(ends) {
        let Some(end) = end else { continue };
        METRICS.consumer_lag(&task.id, end.0.saturating_sub(task.next_offset().0).max(0));
        task.heard(end, asked_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_is_asked_after_several_times_within_the_idle_timeout() {
        assert_eq!(rhythm(Some(Span::from_secs(4))), Duration::from_secs(1));
        assert_eq!(rhythm(Some(Span::from_minutes(10))), SLOWEST);
        assert_eq!(rhythm(Some(Span::ZERO)), FASTEST);
        assert_eq!(rhythm(None), FASTEST);
    }
}
