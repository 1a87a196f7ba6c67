//! Where partitions are fetched from, when that has to change: after records were deleted, or in search of some.
//!
//! The brokers' answers are waited for beside the client thread, which has the group to serve.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use driftd_model::{Offset, TopicPartition};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::{Offset as Position, TopicPartitionList};

use super::context::{ClientRequests, Context};
use super::query::Query;

/// For how long a log has to end before the offset that is wanted: a broker that has just become the leader may name an
/// end that is too early by a moment.
const SHRUNK_PATIENCE: Duration = Duration::from_secs(5);

type Bounds = Vec<Option<(Offset, Offset)>>;

/// Partitions whose log may be another than before.
pub(super) type Doubts = Mutex<BTreeSet<TopicPartition>>;

/// Where partitions ended when it was last asked. An end that moves back, or that nobody knew for a while, is a reason to
/// look whether the log is still the same.
pub(super) struct LogEnds {
    known: Mutex<HashMap<TopicPartition, Option<Offset>>>,
    doubts: Arc<Doubts>,
}

impl LogEnds {
    pub(super) fn new(doubts: Arc<Doubts>) -> Self {
        Self { known: Mutex::default(), doubts }
    }

    /// Takes note of the brokers' answer.
    pub(super) fn watch(&self, partitions: &[TopicPartition], ends: &[Option<Offset>]) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for (partition, end) in partitions.iter().zip(ends) {
            let before = known.insert(partition.clone(), *end);
            let is_doubtful = match (before, end) {
                (Some(Some(before)), Some(end)) => *end < before,
                (Some(None), Some(_)) => true,
                (_, None) | (None, _) => false,
            };
            if is_doubtful {
                self.doubts.lock().unwrap_or_else(PoisonError::into_inner).insert(partition.clone());
            }
        }
    }
}

/// A partition and the offset that is wanted of it next.
type Wanted = (TopicPartition, Offset);

/// What the client thread does about places to fetch from.
#[derive(Default)]
pub(super) struct Repositioning {
    /// Partitions whose bounds were asked for, with their next offsets.
    asked: Option<(Vec<Wanted>, Receiver<Bounds>)>,
    /// Logs that end before the offset that is wanted, and since when.
    shrunk: BTreeMap<TopicPartition, Instant>,
}

impl Repositioning {
    /// Does what there is to do, without waiting for anybody.
    pub(super) fn advance(&mut self, consumer: &BaseConsumer<Context>, context: &Context, doubts: &Doubts) {
        let doubtful = std::mem::take(&mut *doubts.lock().unwrap_or_else(PoisonError::into_inner));
        for partition in doubtful {
            let queue = context.queues().get(&partition).cloned();
            if let Some(queue) = queue {
                queue.doubt();
            }
        }
        for (partition, at) in take(&context.requests.seeks) {
            seek(consumer, context, &partition, at);
        }
        if let Some((lost, bounds)) = self.answered() {
            for ((partition, next), bounds) in lost.into_iter().zip(bounds) {
                self.place(consumer, context, &partition, next, bounds);
            }
        }
        if self.asked.is_none() {
            let lost = take(&context.requests.lost);
            if !lost.is_empty() {
                let (reply, answer) = channel();
                let partitions = lost.keys().cloned().collect();
                context.queries.submit(Query::Bounds(partitions, reply));
                self.asked = Some((lost.into_iter().collect(), answer));
            }
        }
    }

    /// The brokers' answer, once it is there.
    fn answered(&mut self) -> Option<(Vec<(TopicPartition, Offset)>, Bounds)> {
        let (_, answer) = self.asked.as_ref()?;
        let bounds = match answer.try_recv() {
            Ok(bounds) => bounds,
            Err(TryRecvError::Empty) => return None,
            // The source is being closed.
            Err(TryRecvError::Disconnected) => Vec::new(),
        };
        let (lost, _) = self.asked.take()?;
        Some((lost, bounds))
    }

    /// Finds a place to go on for a partition whose next offset the broker did not have.
    fn place(
        &mut self,
        consumer: &BaseConsumer<Context>,
        context: &Context,
        partition: &TopicPartition,
        next: Offset,
        bounds: Option<(Offset, Offset)>,
    ) {
        let queue = context.queues().get(partition).cloned();
        let Some(queue) = queue else { return };
        let Some((low, high)) = bounds else { return context.requests.lose(partition, next) };
        if next > high {
            let since = *self.shrunk.entry(partition.clone()).or_insert_with(Instant::now);
            if since.elapsed() < SHRUNK_PATIENCE {
                return context.requests.lose(partition, next);
            }
            self.shrunk.remove(partition);
            return context.requests.replace(partition, next);
        }
        if self.shrunk.remove(partition).is_some() {
            // It has grown since, as another log may.
            queue.doubt();
        }
        if next < low {
            let (from, to) = (next.0, low.0);
            tracing::error!(
                kafka.topic = %partition.topic,
                kafka.partition = partition.partition.0,
                from,
                to,
                "records were deleted by the topic's retention before they were read: going on with the earliest"
            );
            queue.deleted(low);
        }
        seek(consumer, context, partition, next.max(low));
    }
}

/// Has a partition fetched from `at`, now or after another try.
fn seek(consumer: &BaseConsumer<Context>, context: &Context, partition: &TopicPartition, at: Offset) {
    let Some(queue) = context.queues().get(partition).cloned() else { return };
    match restart(consumer, partition, at) {
        Ok(()) => queue.moved_to(at),
        Err(error) => {
            tracing::warn!(kafka.partition = %partition, %error, "cannot go on yet");
            context.requests.seek(partition, at);
        }
    }
}

/// Has a partition fetched again from `at`. librdkafka may have stopped to fetch it, and seeks only what it fetches; the
/// group hears nothing of a partition that is put down and taken up again, and its queue stays the same.
fn restart(consumer: &BaseConsumer<Context>, partition: &TopicPartition, at: Offset) -> KafkaResult<()> {
    let list = placed(partition, at.0)?;
    consumer.incremental_unassign(&list)?;
    consumer.incremental_assign(&list)
}

/// A list of one partition at an offset, or at a time in milliseconds where one is asked for.
pub(super) fn placed(partition: &TopicPartition, at: i64) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::with_capacity(1);
    list.add_partition_offset(partition.topic.as_str(), partition.partition.0, Position::Offset(at))?;
    Ok(list)
}

fn take(noted: &Mutex<BTreeMap<TopicPartition, Offset>>) -> BTreeMap<TopicPartition, Offset> {
    std::mem::take(&mut *noted.lock().unwrap_or_else(PoisonError::into_inner))
}

impl ClientRequests {
    /// Notes a partition whose next offset the broker does not have.
    pub(super) fn lose(&self, partition: &TopicPartition, next: Offset) {
        note(&self.lost, partition, next);
    }

    /// Notes from where a partition is to be fetched.
    pub(super) fn seek(&self, partition: &TopicPartition, at: Offset) {
        note(&self.seeks, partition, at);
    }

    /// Notes a partition whose log is another than the one that was counted to that offset.
    pub(super) fn replace(&self, partition: &TopicPartition, counted_to: Offset) {
        note(&self.replaced, partition, counted_to);
    }

    /// Partitions whose logs are others, with how far they were counted.
    pub(super) fn take_replaced(&self) -> BTreeMap<TopicPartition, Offset> {
        take(&self.replaced)
    }
}

fn note(noted: &Mutex<BTreeMap<TopicPartition, Offset>>, partition: &TopicPartition, at: Offset) {
    noted.lock().unwrap_or_else(PoisonError::into_inner).insert(partition.clone(), at);
}

#[cfg(test)]
mod tests {
    use driftd_model::Partition;

    use super::*;

    #[test]
    fn an_end_that_moves_back_or_was_unknown_is_doubtful() {
        let doubts = Arc::<Doubts>::default();
        let (ends, partition) = (LogEnds::new(Arc::clone(&doubts)), TopicPartition::new("t".into(), Partition(0)));
        let is_doubtful = |end: Option<i64>| {
            ends.watch(std::slice::from_ref(&partition), &[end.map(Offset)]);
            std::mem::take(&mut *doubts.lock().unwrap()).contains(&partition)
        };
        let ends = [Some(5), Some(5), Some(9), Some(8), Some(10), None, None, Some(10), Some(10)];
        let expected = [false, false, false, true, false, false, false, true, false];
        assert_eq!(ends.map(is_doubtful), expected);
    }

    /// However long brokers are silent, the client thread does not wait: it looks for the answer.
    #[test]
    fn bounds_that_nobody_tells_are_not_waited_for() {
        let (reply, answer) = channel();
        let partition = TopicPartition::new("t".into(), Partition(0));
        let lost = vec![(partition.clone(), Offset(7))];
        let mut repositioning = Repositioning { asked: Some((lost, answer)), ..Repositioning::default() };
        let asked = Instant::now();
        assert!(repositioning.answered().is_none());
        assert!(asked.elapsed() < Duration::from_millis(500));
        reply.send(vec![Some((Offset(3), Offset(9)))]).unwrap();
        let (lost, bounds) = repositioning.answered().unwrap();
        assert_eq!((lost[0].0.clone(), bounds), (partition, vec![Some((Offset(3), Offset(9)))]));
        assert!(repositioning.asked.is_none());
    }
}
