//! A partition whose log is another than the one that was counted, which is begun anew while the group goes on.
//!
//! To whoever runs the source it looks as if the partition was revoked and assigned again: what was counted of the log
//! before is written down, then the store is asked where to go on. The group hears nothing of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};

use driftd_model::{Offset, ResumePoint, SourceEvent, TopicPartition};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};

use super::context::Context;
use super::positions::placed;
use super::queue::SharedQueue;
use super::rebalance::{fetch_from, reply};

/// Partitions that are begun anew, and how far that is.
#[derive(Default)]
pub(super) struct Renewals(BTreeMap<TopicPartition, Renewal>);

struct Renewal {
    counted_to: Offset,
    step: Step,
}

enum Step {
    /// What was counted is being written down.
    Draining(Receiver<()>),
    /// The store is asked where to go on.
    Claiming(Receiver<Vec<Option<ResumePoint>>>),
}

impl Renewals {
    /// Takes every renewal as far as it goes without waiting.
    pub(super) fn advance(&mut self, consumer: &BaseConsumer<Context>, context: &Context) {
        for (partition, counted_to) in context.requests.take_replaced() {
            if self.0.contains_key(&partition) || !context.queues().contains_key(&partition) {
                continue;
            }
            tracing::error!(
                kafka.partition = %partition, counted_to = counted_to.0,
                "the log is another than the one that was counted: it is counted from its beginning"
            );
            let (drained, waited) = reply();
            context.events.send(SourceEvent::Revoked {
                partitions: vec![partition.clone()],
                lost: false,
                reply: drained,
            });
            self.0.insert(partition, Renewal { counted_to, step: Step::Draining(waited) });
        }
        self.0.retain(|partition, renewal| {
            // The group may have taken it away meanwhile.
            let is_held = context.queues().contains_key(partition);
            is_held && renewal.advance(partition, consumer, context)
        });
    }
}

impl Renewal {
    /// Whether there is more to come.
    fn advance(&mut self, partition: &TopicPartition, consumer: &BaseConsumer<Context>, context: &Context) -> bool {
        match &self.step {
            Step::Draining(drained) => match drained.try_recv() {
                Err(TryRecvError::Empty) => true,
                Err(TryRecvError::Disconnected) => false,
                Ok(()) => {
                    let (claimed, waited) = reply();
                    let (partition, counted_to) = (partition.clone(), self.counted_to);
                    context.events.send(SourceEvent::Renewed { partition, counted_to, reply: claimed });
                    self.step = Step::Claiming(waited);
                    true
                }
            },
            Step::Claiming(claimed) => match claimed.try_recv() {
                Err(TryRecvError::Empty) => true,
                Err(TryRecvError::Disconnected) => false,
                Ok(points) => {
                    let beginning = ResumePoint { next: Offset(0), mark: None };
                    let start = points.into_iter().next().flatten().unwrap_or(beginning);
                    if let Err(error) = begin(partition, start, consumer, context) {
                        let what = format!("partition {partition} cannot be begun anew: {error}: restart driftd");
                        context.events.fail(driftd_model::SourceError::transient(what));
                    }
                    false
                }
            },
        }
    }
}

/// Has the partition fetched from `start`, through a queue of its own.
fn begin(
    partition: &TopicPartition,
    start: ResumePoint,
    consumer: &BaseConsumer<Context>,
    context: &Context,
) -> KafkaResult<()> {
    let Some(this) = context.consumer.get().and_then(std::sync::Weak::upgrade) else { return Ok(()) };
    let (topic, number, from) = (partition.topic.as_str(), partition.partition.0, fetch_from(start));
    let list = placed(partition, from.0)?;
    consumer.incremental_unassign(&list)?;
    let before = context.queues().remove(partition);
    if let Some(before) = before {
        before.take();
    }
    context.requests.forget(std::slice::from_ref(partition));
    let queue = this
        .split_partition_queue(topic, number)
        .ok_or(KafkaError::ConsumerQueueClose(rdkafka::types::RDKafkaErrorCode::UnknownPartition))?;
    consumer.incremental_assign(&list)?;
    context.begin(partition.clone(), start, Arc::new(SharedQueue::new(queue, from)));
    Ok(())
}
