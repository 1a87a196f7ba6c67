//! What moves records through the store: claims, checkpoints, seals, reconciliations, sweeps, retention.

use async_trait::async_trait;
use driftd_model::{
    Checkpoint, Claim, Claimant, IncidentReconciler, LogEvent, MonitorId, Offset, Partition, PipelineStore, Retained,
    Retention, SealOutcome, Sealed, Sealer, StoreError, Topic, Unread,
};
use driftd_window::Timestamp;
use sqlx::query_file;

use super::checkpoint::write;
use super::partitions::Day;
use super::reconcile::Reconciling;
use super::seal::Sealing;
use super::text::stored;
use super::{PostgresStore, answer, claims, late};
use crate::call::Call;
use crate::fence::encode;
use crate::read::to_document;
use crate::reconcile::decide;

#[async_trait]
impl PipelineStore for PostgresStore {
    /// That its end had been reached is forgotten: the new owner has not seen it, and records may have come since, so
    /// calling the partition idle would make them late.
    async fn claim(
        &self,
        topic: &Topic,
        partition: Partition,
        claimant: &Claimant,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        answer(Call::Claim(topic, partition), async {
            let mut tx = self.begin().await?;
            let claimed = claims::take(&mut tx, (topic, partition), claimant, now).await?;
            tx.commit().await?;
            claimed.into_claim()
        })
        .await
    }

    async fn checkpoint(&self, checkpoint: &Checkpoint, now: Timestamp) -> Result<(), StoreError> {
        answer(Call::Checkpoint(checkpoint), async {
            let partials = encode(checkpoint)?;
            let day = Day::of(now);
            if !partials.is_empty() {
                self.ensure_partition(day).await?;
            }
            match write(self.begin().await?, checkpoint, &partials, day, now).await {
                // Retention has dropped the day since this process made it, because two clocks are days apart.
                Err(failure) if failure.is_check_violation() => {
                    self.partitions.forget(day);
                    self.ensure_partition(day).await?;
                    write(self.begin().await?, checkpoint, &partials, day, now).await
                }
                done => done,
            }
        })
        .await
    }

    async fn renew(
        &self,
        topic: &Topic,
        partition: Partition,
        counted_to: Offset,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        answer(Call::Renew(topic, partition), async {
            let event = to_document(&LogEvent::Renewed { counted_to }, "event of a partition's log")?;
            let (topic, now) = (stored(topic.as_str()), now.as_micros());
            let mut tx = self.begin().await?;
            let renewed = query_file!("statements/renew.sql", &topic, partition.0, counted_to.0, event, now);
            renewed.execute(&mut tx).await?;
            tx.commit().await
        })
        .await
    }

    async fn note_unread(
        &self,
        topic: &Topic,
        partition: Partition,
        unread: Option<&Unread>,
    ) -> Result<(), StoreError> {
        answer(Call::NoteUnread(topic, partition), async {
            let unread = unread.map(|unread| to_document(unread, "unread partition")).transpose()?;
            let mut tx = self.begin().await?;
            let noted =
                query_file!("statements/note_unread.sql", &stored(topic.as_str()), partition.0, unread.as_deref());
            noted.execute(&mut tx).await?;
            tx.commit().await
        })
        .await
    }

    async fn retire_partitions(&self, topic: &Topic, count: i32, now: Timestamp) -> Result<u64, StoreError> {
        answer(Call::RetirePartitions(topic), async {
            let (topic, now) = (stored(topic.as_str()), now.as_micros());
            let mut tx = self.begin().await?;
            let retired = query_file!("statements/retire_partitions.sql", &topic, count, now);
            let retired = retired.execute(&mut tx).await?.rows_affected();
            tx.commit().await?;
            Ok(retired)
        })
        .await
    }

    async fn seal(&self, sealer: &dyn Sealer) -> Result<Option<Sealed>, StoreError> {
        answer(Call::Seal(sealer.monitor()), self.take_turn(&Sealing(sealer))).await
    }

    /// Most calls find nothing to do, and no row is locked for that: what is decided beside the lock counts only if
    /// there is nothing in it.
    async fn reconcile(&self, reconciler: &dyn IncidentReconciler) -> Result<Option<SealOutcome>, StoreError> {
        answer(Call::Reconcile(reconciler.monitor()), async {
            let mut tx = self.begin().await?;
            let due = decide(&mut tx, reconciler).await?.is_some();
            tx.commit().await?;
            if due { self.take_turn(&Reconciling(reconciler)).await } else { Ok(None) }
        })
        .await
    }

    async fn sweep_late(&self, monitor: &MonitorId) -> Result<u64, StoreError> {
        answer(Call::SweepLate(monitor), async {
            let mut tx = self.begin().await?;
            let found = late::count(&mut tx, monitor).await?;
            tx.commit().await?;
            Ok(found)
        })
        .await
    }

    async fn retain(&self, policy: &Retention, now: Timestamp) -> Result<Retained, StoreError> {
        answer(Call::Retain, self.drop_old(policy, now)).await
    }
}
