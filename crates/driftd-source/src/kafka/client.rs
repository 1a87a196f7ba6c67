//! The client's own thread: it polls for events, so that callbacks are served, and reads no record.

use std::sync::Arc;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use driftd_model::{Offset, SourceError, Topic, TopicPartition};
use rdkafka::consumer::{BaseConsumer, Consumer};

use super::context::{ClientRequests, Context};
use super::positions::{Doubts, Repositioning};
use super::rebalance::commit;
use super::renewal::Renewals;
use super::settings::Settings;

/// How long one poll waits for events, and how often it is looked what else is to be done.
const POLL_TIMEOUT: Duration = Duration::from_millis(100);
/// How often the group is told how far partitions were counted.
const COMMIT_INTERVAL: Duration = Duration::from_secs(5);
/// How long leaving the group may take, apart from writing down what was read.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(5);
/// Partitions to reckon with where a topic is not there yet.
const ASSUMED_PARTITIONS: usize = 12;

/// Joins the group and stays until the source is closed.
pub(super) fn run(settings: &Settings, topics: &[Topic], context: Context, doubts: &Doubts) {
    // How much each partition's queue may hold depends on how many there are.
    let total = loop {
        if context.is_closing() || context.events.has_failed() {
            return;
        }
        match context.queries.total() {
            Some(total) => break total,
            None => std::thread::park_timeout(POLL_TIMEOUT),
        }
    };
    let events = Arc::clone(&context.events);
    let consumer = match join(settings, topics, total, context) {
        Ok(consumer) => consumer,
        Err(error) => return events.fail(error),
    };
    let context = Arc::clone(consumer.context());
    let (mut repositioning, mut renewals) = (Repositioning::default(), Renewals::default());
    let mut reported = Instant::now();
    while !context.is_closing() && !context.events.has_failed() {
        poll(&consumer, &context);
        repositioning.advance(&consumer, &context, doubts);
        renewals.advance(&consumer, &context);
        if reported.elapsed() >= COMMIT_INTERVAL {
            reported = Instant::now();
            commit(&consumer, &context.requests.take_reported());
        }
    }
    leave(consumer, &context);
}

fn join(
    settings: &Settings,
    topics: &[Topic],
    total: usize,
    context: Context,
) -> Result<Arc<BaseConsumer<Context>>, SourceError> {
    let partitions = if total == 0 { ASSUMED_PARTITIONS } else { total };
    let consumer: BaseConsumer<Context> =
        settings.consumer(partitions).create_with_context(context).map_err(|error| settings.explain(&error))?;
    let consumer = Arc::new(consumer);
    // Set once, here.
    drop(consumer.context().consumer.set(Arc::downgrade(&consumer)));
    let names: Vec<_> = topics.iter().map(Topic::as_str).collect();
    let refusal = |error| SourceError::permanent(format!("kafka: cannot subscribe to {names:?}: {error}"));
    consumer.subscribe(&names).map_err(refusal)?;
    Ok(consumer)
}

/// Serves callbacks. Errors have been told by one of them already.
fn poll(consumer: &BaseConsumer<Context>, context: &Context) {
    if let Some(Ok(record)) = consumer.poll(POLL_TIMEOUT) {
        use rdkafka::Message;
        // It cannot be put back before its successors, so going on would lose it.
        let place = format!("{}/{} at offset {}", record.topic(), record.partition(), record.offset());
        let what = format!("a record of {place} came past its partition's queue: restart driftd to read it again");
        context.events.fail(SourceError { class: driftd_model::ErrorClass::Transient, ..SourceError::permanent(what) });
    }
}

/// Gives every partition back, leaves the group and takes the client apart, all before a deadline.
fn leave(consumer: Arc<BaseConsumer<Context>>, context: &Context) {
    commit(&consumer, &context.requests.take_reported());
    if let Err(error) = consumer.close_queue() {
        tracing::warn!(%error, "the Kafka client does not close");
    }
    let begun = Instant::now();
    while !consumer.closed() && begun.elapsed() < LEAVE_TIMEOUT + context.drain_timeout {
        drop(consumer.poll(POLL_TIMEOUT));
    }
    context.queues().values().for_each(|queue| queue.take());
    if !consumer.closed() {
        tracing::warn!("the Kafka client has not left its group in time: the brokers will notice");
        // Taking it apart would wait for what has not come.
        std::mem::forget(consumer);
    }
}

impl ClientRequests {
    /// Forgets partitions that were taken away: how far they were reported.
    pub(super) fn forget(&self, partitions: &[TopicPartition]) -> Vec<(TopicPartition, Offset)> {
        for noted in [&self.lost, &self.seeks, &self.replaced] {
            noted.lock().unwrap_or_else(PoisonError::into_inner).retain(|partition, _| !partitions.contains(partition));
        }
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        partitions.iter().filter_map(|partition| reported.remove_entry(partition)).collect()
    }

    fn take_reported(&self) -> Vec<(TopicPartition, Offset)> {
        std::mem::take(&mut *self.reported.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }
}
