//! What people decide: versions of baselines and from when on each is judged against, incidents taken and ended,
//! silences.

use std::sync::Arc;

use async_trait::async_trait;
use driftd_model::{
    Activation, Baseline, BaselineName, BaselineRef, CatalogueStore, IncidentState, MonitorId, Silence, SilenceId,
    Step, StoreError, StoredBaseline, first_free,
};
use driftd_window::{PaneWidth, Timestamp};
use sqlx::{query, query_file, query_scalar};

use super::incidents::{append_events, upsert};
use super::reads::{activations, baseline};
use super::text::stored;
use super::transaction::Transaction;
use super::{Outcome, PostgresStore, answer};
use crate::call::Call;
use crate::error::Failure;
use crate::read::{amended, event_time, no_such_baseline, pane_id, profile, reference, to_document, to_integer};

#[async_trait]
impl CatalogueStore for PostgresStore {
    async fn put_baseline(
        &self,
        name: &BaselineName,
        baseline: Baseline,
        now: Timestamp,
    ) -> Result<StoredBaseline, StoreError> {
        answer(Call::PutBaseline(name), async {
            let mut tx = self.begin().await?;
            let stored = put(&mut tx, name, baseline, now).await?;
            tx.commit().await?;
            Ok(stored)
        })
        .await
    }

    async fn activate_baseline(
        &self,
        monitor: &MonitorId,
        reference: &BaselineRef,
        width: PaneWidth,
    ) -> Result<Activation, StoreError> {
        answer(Call::Activate(reference, monitor), async {
            let mut tx = self.begin().await?;
            let activated = activate(&mut tx, monitor, reference, width).await;
            // At once and not when the connection is used next: until then every checkpoint would wait for the lock.
            match &activated {
                Ok(_) => tx.commit().await?,
                Err(_) => drop(tx.rollback().await),
            }
            activated
        })
        .await
    }

    /// What seals found out meanwhile (further windows, further features) and what people were notified of stays.
    async fn amend_incident(
        &self,
        expected: IncidentState,
        step: &Step,
        silenced: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        answer(Call::Amend, async {
            let Some(wanted) = &step.incident else {
                return Ok(false);
            };
            let mut tx = self.begin().await?;
            let found = query_scalar!(
                r#"SELECT body::text AS "body!" FROM incidents WHERE id = $1 AND state = $2 FOR UPDATE"#,
                wanted.id.as_str(),
                expected.as_str()
            );
            let Some(body) = found.fetch_optional(&mut tx).await? else {
                return Ok(false);
            };
            let incident = amended(&body, wanted)?;
            upsert(&mut tx, std::slice::from_ref(&incident)).await?;
            append_events(&mut tx, &step.events(&incident.id, silenced, now)).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    async fn add_silence(&self, silence: &Silence) -> Result<SilenceId, StoreError> {
        answer(Call::AddSilence, async {
            let mut tx = self.begin().await?;
            let id = query_scalar!(
                "INSERT INTO silences (matchers, starts_at, ends_at, author, comment)
                 VALUES ($1::text::json, $2, $3, $4, $5) RETURNING id",
                to_document(&silence.matchers, "matchers of a silence")?,
                silence.starts_at.as_micros(),
                silence.ends_at.as_micros(),
                &stored(&silence.author),
                &stored(&silence.comment)
            );
            let id = id.fetch_one(&mut tx).await?;
            tx.commit().await?;
            Ok(SilenceId(id))
        })
        .await
    }

    /// One that had not begun never will.
    async fn expire_silence(&self, id: SilenceId, now: Timestamp) -> Result<bool, StoreError> {
        answer(Call::ExpireSilence(id), async {
            let mut tx = self.begin().await?;
            let ended = query!(
                "UPDATE silences SET ends_at = $1, starts_at = least(starts_at, $1) WHERE id = $2 AND ends_at > $1",
                now.as_micros(),
                id.0
            );
            let ended = ended.execute(&mut tx).await?.rows_affected();
            tx.commit().await?;
            Ok(ended == 1)
        })
        .await
    }
}

/// The next version of a name, unless the newest has the same content.
async fn put(tx: &mut Transaction, name: &BaselineName, baseline: Baseline, now: Timestamp) -> Outcome<StoredBaseline> {
    let profile = profile(name, &baseline)?;
    let hash = baseline.content_hash();
    // Two people may store one at a time; those who read are not held up.
    query!("LOCK TABLE baselines IN SHARE ROW EXCLUSIVE MODE").execute(&mut *tx).await?;
    let newest = query!(
        "SELECT version, content_hash FROM baselines WHERE name = $1 ORDER BY version DESC LIMIT 1",
        name.as_str()
    );
    let version = match newest.fetch_optional(&mut *tx).await? {
        Some(newest) if newest.content_hash == hash.as_str() => {
            let existing = reference(name.as_str(), i64::from(newest.version))?;
            let found = self::baseline(tx, &existing).await?;
            return found.ok_or_else(|| Failure::damaged(format!("baseline {existing}")));
        }
        Some(newest) => newest.version.saturating_add(1),
        None => 1,
    };
    let new = StoredBaseline {
        reference: reference(name.as_str(), i64::from(version))?,
        hash,
        created_at: now,
        baseline: Arc::new(baseline),
    };
    query!(
        "INSERT INTO baselines (name, version, content_hash, created_at, source, rows, features, profile)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::json)",
        name.as_str(),
        version,
        new.hash.as_str(),
        now.as_micros(),
        &stored(&new.baseline.source),
        to_integer(new.baseline.rows),
        to_integer(new.baseline.features.len() as u64),
        profile
    )
    .execute(tx)
    .await?;
    Ok(new)
}

/// Activates a version from the first pane on that holds nothing yet.
async fn activate(
    tx: &mut Transaction,
    monitor: &MonitorId,
    wanted: &BaselineRef,
    width: PaneWidth,
) -> Outcome<Activation> {
    // Waits for every checkpoint that has looked up what it may count on, and lets none look before this is decided.
    query!("LOCK TABLE active_baselines IN ACCESS EXCLUSIVE MODE").execute(&mut *tx).await?;
    let newest = activations(tx, monitor).await?.pop();
    if let Some(newest) = newest.filter(|newest| newest.reference == *wanted) {
        return Ok(newest);
    }
    let seen = query_file!("statements/counted.sql", monitor.as_str()).fetch_one(&mut *tx).await?;
    let since = first_free(width, event_time(seen.sealed_through), seen.last_counted.map(pane_id));
    // The row is written only if the version exists, which is what tells a missing one from other trouble.
    let written = query_file!(
        "statements/activate.sql",
        monitor.as_str(),
        since.as_micros(),
        wanted.name.as_str(),
        i64::from(wanted.version)
    );
    if written.execute(tx).await?.rows_affected() != 1 {
        return Err(no_such_baseline(wanted));
    }
    Ok(Activation { since, reference: wanted.clone() })
}
