//! What moves records through the store: claims, checkpoints, seals, reconciliations, sweeps, retention.

use async_trait::async_trait;
use driftd_model::{
    Checkpoint, Claim, Claimant, IncidentReconciler, MonitorId, Partition, PipelineStore, Retained, Retention,
    SealOutcome, Sealed, Sealer, StoreError, Topic,
};
use driftd_window::Timestamp;

use super::checkpoint::write;
use super::partitions::Day;
use super::reconcile::Reconciling;
use super::seal::Sealing;
use super::{PostgresStore, answer, claims, late};
use crate::call::Call;
use crate::fence::encode;
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
            Ok(claimed.into_claim())
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
