//! What moves records through the store: claims, checkpoints, seals, reconciliations, sweeps, retention.

use async_trait::async_trait;
use driftd_model::{
    Checkpoint, Claim, Claimant, IncidentReconciler, LogEvent, MonitorId, Offset, Partition, PipelineStore, Retained,
    Retention, SealOutcome, Sealed, Sealer, StoreError, Topic, Unread,
};
use driftd_window::Timestamp;
use sqlx::query;

use super::{SqliteStore, checkpoint, claims, late};
use crate::call::Call;
use crate::fence::encode;
use crate::read::to_document;
use crate::reconcile::{decide, reconcile};
use crate::seal::seal;
use crate::statement::statement;

#[async_trait]
impl PipelineStore for SqliteStore {
    /// That its end had been reached is forgotten: the new owner has not seen it, and records may have come since, so
    /// calling the partition idle would make them late.
    async fn claim(
        &self,
        topic: &Topic,
        partition: Partition,
        claimant: &Claimant,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        let write = async {
            let mut tx = self.write().await?;
            let claimed = claims::take(&mut tx, (topic, partition), claimant, now).await?;
            tx.commit().await?;
            claimed.into_claim()
        };
        Call::Claim(topic, partition).answer(write).await
    }

    async fn checkpoint(&self, checkpoint: &Checkpoint, now: Timestamp) -> Result<(), StoreError> {
        let write = async {
            let partials = encode(checkpoint)?;
            let mut tx = self.write().await?;
            checkpoint::write(&mut tx, checkpoint, &partials, now).await?;
            Ok(tx.commit().await?)
        };
        Call::Checkpoint(checkpoint).answer(write).await
    }

    async fn renew(
        &self,
        topic: &Topic,
        partition: Partition,
        counted_to: Offset,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let write = async {
            let event = to_document(&LogEvent::Renewed { counted_to }, "event of a partition's log")?;
            let renewed = query(statement!("renew")).bind(topic.as_str()).bind(partition.0).bind(counted_to.0);
            renewed.bind(event).bind(now.as_micros()).execute(&self.writer).await?;
            Ok(())
        };
        Call::Renew(topic, partition).answer(write).await
    }

    async fn note_unread(
        &self,
        topic: &Topic,
        partition: Partition,
        unread: Option<&Unread>,
    ) -> Result<(), StoreError> {
        let write = async {
            let unread = unread.map(|unread| to_document(unread, "unread partition")).transpose()?;
            let noted = query(statement!("note_unread")).bind(topic.as_str()).bind(partition.0).bind(unread);
            noted.execute(&self.writer).await?;
            Ok(())
        };
        Call::NoteUnread(topic, partition).answer(write).await
    }

    async fn retire_partitions(&self, topic: &Topic, count: i32, now: Timestamp) -> Result<u64, StoreError> {
        let write = async {
            let retired = query(statement!("retire_partitions")).bind(topic.as_str()).bind(count);
            Ok(retired.bind(now.as_micros()).execute(&self.writer).await?.rows_affected())
        };
        Call::RetirePartitions(topic).answer(write).await
    }

    /// Everything is read and written under the one write lock, so two sealers of one monitor take turns, and the second
    /// finds the frontier where the first has left it.
    async fn seal(&self, sealer: &dyn Sealer) -> Result<Option<Sealed>, StoreError> {
        let write = async {
            let mut tx = self.write().await?;
            let sealed = seal(&mut *tx, sealer).await?;
            if sealed.is_some() {
                tx.commit().await?;
            }
            Ok(sealed)
        };
        Call::Seal(sealer.monitor()).answer(write).await
    }

    /// Most calls find nothing to do, and the write lock is not taken for that: what is decided beside it counts only if
    /// there is nothing in it.
    async fn reconcile(&self, reconciler: &dyn IncidentReconciler) -> Result<Option<SealOutcome>, StoreError> {
        let write = async {
            let mut reader = self.readers.acquire().await?;
            let due = decide(&mut *reader, reconciler).await?.is_some();
            drop(reader);
            if !due {
                return Ok(None);
            }
            let mut tx = self.write().await?;
            let outcome = reconcile(&mut *tx, reconciler).await?;
            if outcome.is_some() {
                tx.commit().await?;
            }
            Ok(outcome)
        };
        Call::Reconcile(reconciler.monitor()).answer(write).await
    }

    async fn sweep_late(&self, monitor: &MonitorId) -> Result<u64, StoreError> {
        let write = async {
            let mut tx = self.write().await?;
            let found = late::count(&mut tx, monitor).await?;
            tx.commit().await?;
            Ok(found)
        };
        Call::SweepLate(monitor).answer(write).await
    }

    async fn retain(&self, policy: &Retention, now: Timestamp) -> Result<Retained, StoreError> {
        Call::Retain.answer(self.drop_old(policy, now)).await
    }
}
