//! A member of the group: the source that a daemon reads.

use std::sync::Arc;

use driftd_model::{BoxFuture, Offset, Source, SourceError, SourceEvent, Topic, TopicPartition};
use tokio::sync::Mutex;
use tokio::sync::mpsc::UnboundedReceiver;

use super::{Group, Shared};

/// What [`Group::join`] gives.
pub(super) struct Member {
    pub(super) number: usize,
    pub(super) shared: Arc<Shared>,
    pub(super) events: Mutex<UnboundedReceiver<SourceEvent>>,
    /// Where the group's own work is done.
    pub(super) runtime: tokio::runtime::Handle,
}

impl Source for Member {
    fn next_event(&self) -> BoxFuture<'_, Option<SourceEvent>> {
        Box::pin(async { self.events.lock().await.recv().await })
    }

    fn partition_count<'a>(&'a self, _topic: &'a Topic) -> BoxFuture<'a, Result<usize, SourceError>> {
        Box::pin(std::future::ready(Ok(self.shared.lock().logs.len())))
    }

    fn log_end_offsets<'a>(&'a self, partitions: &'a [TopicPartition]) -> BoxFuture<'a, Vec<Option<Offset>>> {
        let state = self.shared.lock();
        let is_there = !state.members[self.number].is_stalled;
        let end = |p: &TopicPartition| is_there.then(|| Offset(state.logs[p.partition.0 as usize].len() as i64));
        let ends = partitions.iter().map(end).collect();
        Box::pin(std::future::ready(ends))
    }

    fn group_offsets<'a>(&'a self, partitions: &'a [TopicPartition]) -> BoxFuture<'a, Vec<Option<Offset>>> {
        let state = self.shared.lock();
        let is_there = !state.members[self.number].is_stalled;
        let said =
            |p: &TopicPartition| Some(state.reported[p.partition.0 as usize]).filter(|next| *next > 0).map(Offset);
        let offsets = partitions.iter().map(|partition| said(partition).filter(|_| is_there)).collect();
        Box::pin(std::future::ready(offsets))
    }

    fn report(&self, partition: &TopicPartition, next: Offset) {
        let reported = &mut self.shared.lock().reported[partition.partition.0 as usize];
        *reported = next.0.max(*reported);
    }

    fn close(&self) {
        // At once, so that no rebalance in between gives it anything.
        self.shared.lock().members[self.number].is_leaving = true;
        let (group, number) = (Group::of(Arc::clone(&self.shared)), self.number);
        self.runtime.spawn(async move { group.leave(number).await });
    }
}
