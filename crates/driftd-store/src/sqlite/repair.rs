//! Repairs by hand on SQLite. The write lock is held all along.

use async_trait::async_trait;
use driftd_model::{
    FrontierMove, MonitorId, Offset, OwnedPartition, PartitionReset, RepairStore, ResetStart, StoreError,
    TopicPartition,
};
use driftd_window::{EventTime, Timestamp};
use sqlx::sqlite::SqliteConnection;
use sqlx::{query, query_as, query_scalar};

use super::{Outcome, SqliteStore};
use crate::call::Call;
use crate::read::event_time;
use crate::repair::{self, Fenced, RepairTransaction};
use crate::rows::{FencedColumns, OpenCountsColumns, PartitionColumns};
use crate::statement::statement;

#[async_trait]
impl RepairStore for SqliteStore {
    async fn all_partitions(&self) -> Result<Vec<OwnedPartition>, StoreError> {
        let read = async {
            let rows: Vec<PartitionColumns> = query_as(statement!("all_partitions")).fetch_all(&self.readers).await?;
            rows.into_iter().map(PartitionColumns::into_owned).collect()
        };
        Call::AllPartitions.answer(read).await
    }

    async fn reset_partition(
        &self,
        partition: &TopicPartition,
        start: ResetStart,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<PartitionReset>, StoreError> {
        let write = async {
            let mut tx = self.write().await?;
            let reset = repair::reset_partition(&mut *tx, partition, start, by, now).await?;
            tx.commit().await?;
            Ok(reset)
        };
        Call::ResetPartition(partition).answer(write).await
    }

    async fn forget_partition(&self, partition: &TopicPartition) -> Result<bool, StoreError> {
        let write = async {
            let mut tx = self.write().await?;
            let forgotten = repair::forget_partition(&mut *tx, partition).await?;
            tx.commit().await?;
            Ok(forgotten)
        };
        Call::ForgetPartition(partition).answer(write).await
    }

    async fn move_frontier(&self, monitor: &MonitorId, to: EventTime) -> Result<FrontierMove, StoreError> {
        let write = async {
            let mut tx = self.write().await?;
            let moved = repair::move_frontier(&mut *tx, monitor, to).await?;
            tx.commit().await?;
            Ok(moved)
        };
        Call::MoveFrontier(monitor).answer(write).await
    }
}

impl RepairTransaction for SqliteConnection {
    async fn fence(&mut self, partition: &TopicPartition, by: &str, now: Timestamp) -> Outcome<Option<Fenced>> {
        let fenced = query_as(statement!("fence_partition"))
            .bind(partition.topic.as_str())
            .bind(partition.partition.0)
            .bind(by)
            .bind(now.as_micros());
        let fenced: Option<FencedColumns> = fenced.fetch_optional(self).await?;
        Ok(fenced.map(FencedColumns::into_fenced))
    }

    async fn hold_frontiers(&mut self, _partition: &TopicPartition, _behind: Offset) -> Outcome<()> {
        Ok(())
    }

    async fn open_counts(&mut self, partition: &TopicPartition, behind: Offset) -> Outcome<(Option<Offset>, u64)> {
        let found = query_as(statement!("open_counts"))
            .bind(partition.topic.as_str())
            .bind(partition.partition.0)
            .bind(behind.0);
        let found: OpenCountsColumns = found.fetch_one(self).await?;
        found.into_counts()
    }

    async fn drop_open_counts(&mut self, partition: &TopicPartition, behind: Offset) -> Outcome<()> {
        let dropped = query(statement!("drop_open_counts"));
        dropped.bind(partition.topic.as_str()).bind(partition.partition.0).bind(behind.0).execute(self).await?;
        Ok(())
    }

    /// Ids are positive and each there once, so what is set aside meets nothing else in the key of the table.
    async fn set_aside(&mut self, partition: &TopicPartition, behind: Offset) -> Outcome<()> {
        let aside = query(
            "UPDATE pane_partials SET from_offset = -id, to_offset = -id
             WHERE topic = ? AND partition = ? AND to_offset > ?",
        );
        aside.bind(partition.topic.as_str()).bind(partition.partition.0).bind(behind.0).execute(self).await?;
        Ok(())
    }

    async fn set_position(&mut self, partition: &TopicPartition, next: Offset) -> Outcome<()> {
        let set = query(statement!("set_position"));
        set.bind(partition.topic.as_str()).bind(partition.partition.0).bind(next.0).execute(self).await?;
        Ok(())
    }

    async fn delete_partition(&mut self, partition: &TopicPartition) -> Outcome<bool> {
        let rejected = query(statement!("forget_rejected"));
        rejected.bind(partition.topic.as_str()).bind(partition.partition.0).execute(&mut *self).await?;
        let row = query(statement!("forget_partition"));
        let gone = row.bind(partition.topic.as_str()).bind(partition.partition.0).execute(self).await?;
        Ok(gone.rows_affected() == 1)
    }

    async fn hold_frontier(&mut self, monitor: &MonitorId) -> Outcome<Option<EventTime>> {
        let found = query_scalar(statement!("frontier")).bind(monitor.as_str());
        Ok(event_time(found.fetch_optional(self).await?))
    }

    async fn newest_dropped_pane(&mut self, monitor: &MonitorId, from: EventTime) -> Outcome<Option<EventTime>> {
        let found = query_scalar(statement!("newest_dropped_pane")).bind(monitor.as_str()).bind(from.as_micros());
        Ok(event_time(found.fetch_one(self).await?))
    }

    async fn reopen(&mut self, monitor: &MonitorId, from: EventTime) -> Outcome<(u64, u64)> {
        let mut gone = [0; 3];
        let statements =
            [statement!("reopen_panes"), statement!("forget_windows_from"), statement!("forget_memories_from")];
        for (gone, statement) in gone.iter_mut().zip(statements) {
            let done = query(statement).bind(monitor.as_str()).bind(from.as_micros());
            *gone = done.execute(&mut *self).await?.rows_affected();
        }
        let [panes, windows, _] = gone;
        Ok((panes, windows))
    }

    async fn set_frontier(&mut self, monitor: &MonitorId, to: EventTime) -> Outcome<()> {
        query(statement!("set_frontier")).bind(monitor.as_str()).bind(to.as_micros()).execute(self).await?;
        Ok(())
    }
}
