//! Partitions that come and go.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use driftd_config::StartPolicy;
use driftd_model::{Offset, Partition, RebalanceReply, ResumePoint, SourceEvent, Topic, TopicPartition};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, RebalanceProtocol};
use rdkafka::error::KafkaResult;
use rdkafka::{Offset as Position, TopicPartitionList};

use super::context::Context;
use super::queue::SharedQueue;
use super::reader::KafkaPartitionReader;

/// How often it is looked whether the source is being closed.
const CLOSING_CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// How long to wait for whoever reads partitions that are somebody else's by now. It cannot save anything.
const LOST_PARTITIONS_TIMEOUT: Duration = Duration::from_secs(1);

impl Context {
    /// New partitions: asks where they go on, and has them read from there.
    pub(super) fn assigned(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        let partitions = partitions_of(list);
        let Some(starts) = self.starts(&partitions) else {
            // Nobody is there to read them. They are taken and left alone until the group hears that we have gone.
            report(take(consumer, &TopicPartitionList::new()));
            self.closing.store(true, std::sync::atomic::Ordering::Release);
            return;
        };
        let Some(this) = self.consumer.get().and_then(std::sync::Weak::upgrade) else { return };
        let mut started = TopicPartitionList::with_capacity(partitions.len());
        let mut queues = Vec::with_capacity(partitions.len());
        for (partition, start) in partitions.iter().zip(starts) {
            // Split before it is assigned, so that no record can come by way of the main queue.
            let (topic, number) = (partition.topic.as_str(), partition.partition.0);
            let Some(queue) = this.split_partition_queue(topic, number) else { continue };
            let from = fetch_from(start);
            if started.add_partition_offset(topic, number, Position::Offset(from.0)).is_ok() {
                queues.push((partition.clone(), start, Arc::new(SharedQueue::new(queue, from))));
            }
        }
        if let Err(error) = take(consumer, &started) {
            // The group has gone on without us while we waited; another assignment follows.
            tracing::warn!(%error, "an assignment of partitions came to nothing");
            for (_, _, queue) in &queues {
                queue.take();
            }
            self.give_up(partitions, true, Duration::ZERO);
            return;
        }
        for (partition, start, queue) in queues {
            self.begin(partition, start, queue);
        }
    }

    /// Hands a reader of a partition over that is assigned and fetched.
    pub(super) fn begin(&self, partition: TopicPartition, start: ResumePoint, queue: Arc<SharedQueue>) {
        let decoder = (self.make_decoder)(&partition.topic);
        let reader = KafkaPartitionReader::new(partition.clone(), start, Arc::clone(&queue), decoder, self);
        self.queues().insert(partition.clone(), queue);
        self.events.send(SourceEvent::Started { partition, at: start.next, reader: Box::new(reader) });
    }

    /// Partitions that go: has what was read of them written down, then lets go of them.
    pub(super) fn revoked(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        let lost = consumer.assignment_lost();
        if lost {
            // The group was not heard of for a session, and nobody asks brokers about partitions that nobody reads.
            self.events.suspect();
        }
        let partitions = partitions_of(list);
        let gone: Vec<_> = partitions.iter().filter_map(|partition| self.queues().remove(partition)).collect();
        self.give_up(
            partitions.clone(),
            lost,
            if lost { LOST_PARTITIONS_TIMEOUT.min(self.drain_timeout) } else { self.drain_timeout },
        );
        // Waits for polls under way, which end at their budget.
        for queue in gone {
            queue.take();
        }
        // After the last poll, so that nothing is left for whoever is assigned them next.
        let reported = self.requests.forget(&partitions);
        if !lost {
            commit(consumer, &reported);
        }
        report(give(consumer, list));
    }

    /// Says that partitions are taken away, and waits until that was acted on, but not for ever.
    fn give_up(&self, partitions: Vec<TopicPartition>, lost: bool, timeout: Duration) {
        if partitions.is_empty() && !lost {
            return;
        }
        let (reply, replied) = reply();
        let count = partitions.len();
        self.events.send(SourceEvent::Revoked { partitions, lost, reply });
        // An event that nobody takes, and a reply that nobody sends, end the waiting by being dropped.
        if !timeout.is_zero() && replied.recv_timeout(timeout) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!(partitions = count, "revoked partitions were not written down in time: they are read again");
        }
    }

    /// Where the partitions go on; nothing if nobody answers any more.
    fn starts(&self, partitions: &[TopicPartition]) -> Option<Vec<ResumePoint>> {
        let (reply, replied) = reply();
        self.events.send(SourceEvent::Assigned { partitions: partitions.to_vec(), reply });
        let known = loop {
            match replied.recv_timeout(CLOSING_CHECK_INTERVAL) {
                Ok(known) => break known,
                Err(RecvTimeoutError::Timeout) if !self.is_closing() => {}
                Err(_) => return None,
            }
        };
        let known = |index: usize| known.get(index).copied().flatten();
        let begin = |next| ResumePoint { next, mark: None };
        let unread = partitions.iter().enumerate().filter(|(index, _)| known(*index).is_none());
        let unread: Vec<_> = unread.map(|(_, partition)| partition.clone()).collect();
        let found = if unread.is_empty() { Vec::new() } else { self.resolve(&unread)? };
        let mut resolved = found.into_iter();
        (0..partitions.len()).map(|index| known(index).or_else(|| resolved.next().map(begin))).collect()
    }

    /// Where the start policy lets partitions begin; asked until somebody answers, or the source is being closed.
    fn resolve(&self, partitions: &[TopicPartition]) -> Option<Vec<Offset>> {
        let ask = |position| self.queries.offsets(partitions, position);
        loop {
            let found = match self.start {
                StartPolicy::Earliest => ask(Position::Beginning),
                StartPolicy::Latest => ask(Position::End),
                StartPolicy::At(at) => {
                    // The end first: a record that comes between the questions is then read, not skipped.
                    let ends = ask(Position::End);
                    let firsts = self.queries.positions(partitions, Position::Offset(at.as_micros().div_euclid(1000)));
                    let start = |(first, end)| match first {
                        Some(Position::Offset(first)) => Some(Offset(first)),
                        Some(_) => end,
                        None => None,
                    };
                    firsts.into_iter().zip(ends).map(start).collect()
                }
            };
            match found.into_iter().collect::<Option<Vec<_>>>() {
                Some(found) => return Some(found),
                None if self.is_closing() || self.events.is_closed() => return None,
                // Brokers that are away were waited for by asking; others answer at once and are given a moment.
                None => std::thread::park_timeout(CLOSING_CHECK_INTERVAL),
            }
        }
    }
}

/// Where a partition is fetched from: the last counted record is looked at again, to see whether it is the same.
pub(super) fn fetch_from(start: ResumePoint) -> Offset {
    start.mark.map_or(start.next, |mark| mark.offset.min(start.next))
}

/// A reply, and where it arrives.
pub(super) fn reply<T: Send + 'static>() -> (RebalanceReply<T>, Receiver<T>) {
    let (send, replied) = sync_channel(1);
    // Whoever waited may have lost patience.
    (RebalanceReply::new(move |value| drop(send.try_send(value))), replied)
}

fn partitions_of(list: &TopicPartitionList) -> Vec<TopicPartition> {
    let elements = list.elements();
    elements.iter().map(|e| TopicPartition::new(Topic::from(e.topic()), Partition(e.partition()))).collect()
}

/// Tells the group how far partitions were counted, without waiting for it.
pub(super) fn commit(consumer: &BaseConsumer<Context>, offsets: &[(TopicPartition, Offset)]) {
    let mut list = TopicPartitionList::with_capacity(offsets.len());
    for (partition, next) in offsets {
        report(list.add_partition_offset(partition.topic.as_str(), partition.partition.0, Position::Offset(next.0)));
    }
    if !offsets.is_empty() {
        report(consumer.commit(&list, CommitMode::Async));
    }
}

fn take(consumer: &BaseConsumer<Context>, list: &TopicPartitionList) -> KafkaResult<()> {
    match consumer.rebalance_protocol() {
        RebalanceProtocol::Cooperative => consumer.incremental_assign(list),
        RebalanceProtocol::Eager | RebalanceProtocol::None => consumer.assign(list),
    }
}

fn give(consumer: &BaseConsumer<Context>, list: &TopicPartitionList) -> KafkaResult<()> {
    match consumer.rebalance_protocol() {
        RebalanceProtocol::Cooperative => consumer.incremental_unassign(list),
        RebalanceProtocol::Eager | RebalanceProtocol::None => consumer.unassign(),
    }
}

/// The group goes its way, whatever became of a step of ours; the log says what did.
fn report(result: KafkaResult<()>) {
    if let Err(error) = result {
        tracing::warn!(%error, "a step of the group's rebalance failed");
    }
}
