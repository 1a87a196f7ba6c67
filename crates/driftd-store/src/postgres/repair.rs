//! Repairs by hand on Postgres.

use async_trait::async_trait;
use driftd_model::{
    FrontierMove, MonitorId, Offset, OwnedPartition, PartitionReset, RepairStore, ResetStart, StoreError,
    TopicPartition,
};
use driftd_window::{EventTime, Timestamp};
use sqlx::{query, query_file, query_file_as, query_file_scalar, query_scalar};

use super::late::{lock_frontier, touch_frontier};
use super::reads::unescaped;
use super::text::stored;
use super::transaction::Transaction;
use super::{Outcome, PostgresStore, answer};
use crate::call::Call;
use crate::read::event_time;
use crate::repair::{self, Fenced, RepairTransaction};
use crate::rows::{FencedColumns, OpenCountsColumns, PartitionColumns};

#[async_trait]
impl RepairStore for PostgresStore {
    async fn all_partitions(&self) -> Result<Vec<OwnedPartition>, StoreError> {
        answer(Call::AllPartitions, async {
            let mut tx = self.begin().await?;
            let rows = query_file_as!(PartitionColumns, "statements/all_partitions.sql").fetch_all(&mut tx).await?;
            tx.commit().await?;
            rows.into_iter().map(|row| unescaped(row).into_owned()).collect()
        })
        .await
    }

    async fn reset_partition(
        &self,
        partition: &TopicPartition,
        start: ResetStart,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<PartitionReset>, StoreError> {
        answer(Call::ResetPartition(partition), async {
            let mut tx = self.begin().await?;
            let reset = repair::reset_partition(&mut tx, partition, start, by, now).await;
            ended(tx, reset).await
        })
        .await
    }

    async fn forget_partition(&self, partition: &TopicPartition) -> Result<bool, StoreError> {
        answer(Call::ForgetPartition(partition), async {
            let mut tx = self.begin().await?;
            let forgotten = repair::forget_partition(&mut tx, partition).await;
            ended(tx, forgotten).await
        })
        .await
    }

    async fn move_frontier(&self, monitor: &MonitorId, to: EventTime) -> Result<FrontierMove, StoreError> {
        answer(Call::MoveFrontier(monitor), async {
            let mut tx = self.begin().await?;
            let moved = repair::move_frontier(&mut tx, monitor, to).await;
            ended(tx, moved).await
        })
        .await
    }
}

/// Commits what was done. What failed is rolled back at once and not when the connection is used next: until then the
/// rows would be held.
async fn ended<T>(tx: Transaction, done: Outcome<T>) -> Outcome<T> {
    match &done {
        Ok(_) => tx.commit().await?,
        Err(_) => drop(tx.rollback().await),
    }
    done
}

/// Takes the monitor's row, which is made if there is none; whoever seals on an older snapshot has to begin anew.
async fn take_frontier(tx: &mut Transaction, monitor: &MonitorId) -> Outcome<()> {
    query!("INSERT INTO monitor_frontiers (monitor) VALUES ($1) ON CONFLICT DO NOTHING", monitor.as_str())
        .execute(&mut *tx)
        .await?;
    lock_frontier(tx, monitor).await?;
    touch_frontier(tx, monitor).await
}

impl RepairTransaction for Transaction {
    async fn fence(&mut self, partition: &TopicPartition, by: &str, now: Timestamp) -> Outcome<Option<Fenced>> {
        let fenced = query_file_as!(
            FencedColumns,
            "statements/fence_partition.sql",
            &stored(partition.topic.as_str()),
            partition.partition.0,
            &stored(by),
            now.as_micros()
        );
        Ok(fenced.fetch_optional(self).await?.map(FencedColumns::into_fenced))
    }

    async fn hold_frontiers(&mut self, partition: &TopicPartition, behind: Offset) -> Outcome<()> {
        let monitors = query_scalar!(
            "SELECT DISTINCT monitor FROM pane_partials WHERE topic = $1 AND partition = $2 AND to_offset > $3
             ORDER BY monitor",
            &stored(partition.topic.as_str()),
            partition.partition.0,
            behind.0
        );
        for monitor in monitors.fetch_all(&mut *self).await? {
            take_frontier(self, &crate::read::parsed(&monitor, "monitor name")?).await?;
        }
        Ok(())
    }

    async fn open_counts(&mut self, partition: &TopicPartition, behind: Offset) -> Outcome<(Option<Offset>, u64)> {
        let found = query_file_as!(
            OpenCountsColumns,
            "statements/open_counts.sql",
            &stored(partition.topic.as_str()),
            partition.partition.0,
            behind.0
        );
        found.fetch_one(self).await?.into_counts()
    }

    async fn drop_open_counts(&mut self, partition: &TopicPartition, behind: Offset) -> Outcome<()> {
        query_file!(
            "statements/drop_open_counts.sql",
            &stored(partition.topic.as_str()),
            partition.partition.0,
            behind.0
        )
        .execute(self)
        .await?;
        Ok(())
    }

    async fn set_aside(&mut self, partition: &TopicPartition, behind: Offset) -> Outcome<()> {
        query!(
            "UPDATE pane_partials SET from_offset = -1, to_offset = -1
             WHERE topic = $1 AND partition = $2 AND to_offset > $3",
            &stored(partition.topic.as_str()),
            partition.partition.0,
            behind.0
        )
        .execute(self)
        .await?;
        Ok(())
    }

    async fn set_position(&mut self, partition: &TopicPartition, next: Offset) -> Outcome<()> {
        query_file!("statements/set_position.sql", &stored(partition.topic.as_str()), partition.partition.0, next.0)
            .execute(self)
            .await?;
        Ok(())
    }

    async fn delete_partition(&mut self, partition: &TopicPartition) -> Outcome<bool> {
        let topic = stored(partition.topic.as_str());
        query_file!("statements/forget_rejected.sql", &topic, partition.partition.0).execute(&mut *self).await?;
        let gone = query_file!("statements/forget_partition.sql", &topic, partition.partition.0).execute(self).await?;
        Ok(gone.rows_affected() == 1)
    }

    async fn hold_frontier(&mut self, monitor: &MonitorId) -> Outcome<Option<EventTime>> {
        take_frontier(self, monitor).await?;
        let found = query_file_scalar!("statements/frontier.sql", monitor.as_str());
        Ok(event_time(found.fetch_optional(self).await?.flatten()))
    }

    async fn newest_dropped_pane(&mut self, monitor: &MonitorId, from: EventTime) -> Outcome<Option<EventTime>> {
        let found = query_file_scalar!("statements/newest_dropped_pane.sql", monitor.as_str(), from.as_micros());
        Ok(event_time(found.fetch_one(self).await?))
    }

    async fn reopen(&mut self, monitor: &MonitorId, from: EventTime) -> Outcome<(u64, u64)> {
        let (monitor, from) = (monitor.as_str(), from.as_micros());
        let panes = query_file!("statements/reopen_panes.sql", monitor, from).execute(&mut *self).await?;
        let windows = query_file!("statements/forget_windows_from.sql", monitor, from).execute(&mut *self).await?;
        query_file!("statements/forget_memories_from.sql", monitor, from).execute(self).await?;
        Ok((panes.rows_affected(), windows.rows_affected()))
    }

    async fn set_frontier(&mut self, monitor: &MonitorId, to: EventTime) -> Outcome<()> {
        query_file!("statements/set_frontier.sql", monitor.as_str(), to.as_micros()).execute(self).await?;
        Ok(())
    }
}
