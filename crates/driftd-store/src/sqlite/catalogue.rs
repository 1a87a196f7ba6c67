//! What people decide: versions of baselines and from when on each is judged against, incidents taken and ended,
//! silences.

use std::sync::Arc;

use async_trait::async_trait;
use driftd_model::{
    Activation, Baseline, BaselineName, BaselineRef, CatalogueStore, IncidentState, MonitorId, Silence, SilenceId,
    Step, StoreError, StoredBaseline, first_free,
};
use driftd_window::{PaneWidth, Timestamp};
use sqlx::{query, query_as, query_scalar};

use super::incidents::{append_events, upsert};
use super::reads::{activations, baseline};
use super::{Outcome, SqliteStore};
use crate::call::Call;
use crate::error::Failure;
use crate::read::{amended, event_time, no_such_baseline, pane_id, profile, reference, to_document, to_integer};
use crate::statement::statement;

#[async_trait]
impl CatalogueStore for SqliteStore {
    async fn put_baseline(
        &self,
        name: &BaselineName,
        baseline: Baseline,
        now: Timestamp,
    ) -> Result<StoredBaseline, StoreError> {
        Call::PutBaseline(name).answer(self.put(name, baseline, now)).await
    }

    async fn activate_baseline(
        &self,
        monitor: &MonitorId,
        reference: &BaselineRef,
        width: PaneWidth,
    ) -> Result<Activation, StoreError> {
        Call::Activate(reference, monitor).answer(self.activate(monitor, reference, width)).await
    }

    /// What seals found out meanwhile (further windows, further features) and what people were notified of stays.
    async fn amend_incident(
        &self,
        expected: IncidentState,
        step: &Step,
        silenced: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let write = async {
            let Some(wanted) = &step.incident else {
                return Ok(false);
            };
            let mut tx = self.write().await?;
            let found: Option<String> = query_scalar("SELECT body FROM incidents WHERE id = ? AND state = ?")
                .bind(wanted.id.as_str())
                .bind(expected.as_str())
                .fetch_optional(&mut *tx)
                .await?;
            let Some(body) = found else {
                return Ok(false);
            };
            let incident = amended(&body, wanted)?;
            upsert(&mut tx, &incident).await?;
            append_events(&mut tx, &step.events(&incident.id, silenced, now)).await?;
            tx.commit().await?;
            Ok(true)
        };
        Call::Amend.answer(write).await
    }

    async fn add_silence(&self, silence: &Silence) -> Result<SilenceId, StoreError> {
        let write = async {
            let id = query_scalar(
                "INSERT INTO silences (matchers, starts_at, ends_at, author, comment) VALUES (?, ?, ?, ?, ?) RETURNING id",
            )
            .bind(to_document(&silence.matchers, "matchers of a silence")?)
            .bind(silence.starts_at.as_micros())
            .bind(silence.ends_at.as_micros())
            .bind(silence.author.as_str())
            .bind(silence.comment.as_str())
            .fetch_one(&self.writer)
            .await?;
            Ok(SilenceId(id))
        };
        Call::AddSilence.answer(write).await
    }

    /// One that had not begun never will.
    async fn expire_silence(&self, id: SilenceId, now: Timestamp) -> Result<bool, StoreError> {
        let write = async {
            let done = query(
                "UPDATE silences SET ends_at = ?1, starts_at = min(starts_at, ?1) WHERE id = ?2 AND ends_at > ?1",
            )
            .bind(now.as_micros())
            .bind(id.0)
            .execute(&self.writer)
            .await?;
            Ok(done.rows_affected() == 1)
        };
        Call::ExpireSilence(id).answer(write).await
    }
}

impl SqliteStore {
    /// Stores the next version of a name, unless the newest has the same content.
    async fn put(&self, name: &BaselineName, baseline: Baseline, now: Timestamp) -> Outcome<StoredBaseline> {
        let profile = profile(name, &baseline)?;
        let hash = baseline.content_hash();
        let mut tx = self.write().await?;
        let newest: Option<(i64, String)> =
            query_as("SELECT version, content_hash FROM baselines WHERE name = ? ORDER BY version DESC LIMIT 1")
                .bind(name.as_str())
                .fetch_optional(&mut *tx)
                .await?;
        let version = match newest {
            Some((version, found)) if found == hash.as_str() => {
                let existing = reference(name.as_str(), version)?;
                let found = self::baseline(&mut *tx, &existing).await?;
                return found.ok_or_else(|| Failure::damaged(format!("baseline {existing}")));
            }
            Some((version, _)) => version.saturating_add(1),
            None => 1,
        };
        let new = StoredBaseline {
            reference: reference(name.as_str(), version)?,
            hash,
            created_at: now,
            baseline: Arc::new(baseline),
        };
        query(
            "INSERT INTO baselines (name, version, content_hash, created_at, source, rows, features, profile)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(name.as_str())
        .bind(version)
        .bind(new.hash.as_str())
        .bind(now.as_micros())
        .bind(new.baseline.source.as_str())
        .bind(to_integer(new.baseline.rows))
        .bind(to_integer(new.baseline.features.len() as u64))
        .bind(profile)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(new)
    }

    /// Activates a version from the first pane on that holds nothing yet.
    async fn activate(&self, monitor: &MonitorId, wanted: &BaselineRef, width: PaneWidth) -> Outcome<Activation> {
        // The write lock: no checkpoint comes in between.
        let mut tx = self.write().await?;
        let newest = activations(&mut *tx, monitor).await?.pop();
        if let Some(newest) = newest.filter(|newest| newest.reference == *wanted) {
            return Ok(newest);
        }
        let (sealed_through, last_counted): (Option<i64>, Option<i64>) =
            query_as(statement!("counted")).bind(monitor.as_str()).fetch_one(&mut *tx).await?;
        let since = first_free(width, event_time(sealed_through), last_counted.map(pane_id));
        // The row is written only if the version exists, which is what tells a missing one from other trouble.
        let done = query(statement!("activate"))
            .bind(monitor.as_str())
            .bind(since.as_micros())
            .bind(wanted.name.as_str())
            .bind(wanted.version)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() != 1 {
            return Err(no_such_baseline(wanted));
        }
        tx.commit().await?;
        Ok(Activation { since, reference: wanted.clone() })
    }
}
