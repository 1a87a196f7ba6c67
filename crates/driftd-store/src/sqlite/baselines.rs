//! Baselines: versions that never change, and from when on each is judged against.

use std::sync::Arc;

use driftd_model::{
    Activation, Baseline, BaselineName, BaselineRef, BaselineSummary, MonitorId, StoredBaseline, first_free,
};
use driftd_window::{PaneWidth, Timestamp};
use sqlx::sqlite::{SqliteConnection, SqliteExecutor};
use sqlx::{query, query_as};

use super::{Outcome, SqliteStore};
use crate::error::Failure;
use crate::read::{activation, event_time, no_such_baseline, pane_id, profile, reference, to_integer};
use crate::rows::{BaselineColumns, SummaryColumns};

impl SqliteStore {
    /// Stores the next version of a name, unless the newest has the same content.
    pub(super) async fn write_baseline(
        &self,
        name: &BaselineName,
        baseline: Baseline,
        now: Timestamp,
    ) -> Outcome<StoredBaseline> {
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
                let existing = BaselineRef { name: name.clone(), version: reference(name.as_str(), version)?.version };
                let found = find(&mut tx, &existing).await?;
                return found.ok_or_else(|| Failure::damaged(format!("baseline {existing}")));
            }
            Some((version, _)) => version.saturating_add(1),
            None => 1,
        };
        let stored = StoredBaseline {
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
        .bind(stored.hash.as_str())
        .bind(now.as_micros())
        .bind(stored.baseline.source.as_str())
        .bind(to_integer(stored.baseline.rows))
        .bind(to_integer(stored.baseline.features.len() as u64))
        .bind(profile)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(stored)
    }

    /// One version.
    pub(super) async fn read_baseline(&self, wanted: &BaselineRef) -> Outcome<Option<StoredBaseline>> {
        let mut connection = self.readers.acquire().await?;
        find(&mut connection, wanted).await
    }

    /// The newest version of a name.
    pub(super) async fn read_newest_baseline(&self, name: &BaselineName) -> Outcome<Option<StoredBaseline>> {
        let row: Option<BaselineColumns> = query_as(
            "SELECT name, version, content_hash, created_at, profile FROM baselines
             WHERE name = ? ORDER BY version DESC LIMIT 1",
        )
        .bind(name.as_str())
        .fetch_optional(&self.readers)
        .await?;
        row.map(BaselineColumns::checked).transpose()
    }

    /// Every version of every name, without its content.
    pub(super) async fn list_baselines(&self) -> Outcome<Vec<BaselineSummary>> {
        let rows: Vec<SummaryColumns> = query_as(
            "SELECT name, version, content_hash, created_at, source, rows, features FROM baselines
             ORDER BY name, version",
        )
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(SummaryColumns::into_summary).collect()
    }

    /// Activates a version from the first pane on that holds nothing yet.
    pub(super) async fn write_activation(
        &self,
        monitor: &MonitorId,
        wanted: &BaselineRef,
        width: PaneWidth,
    ) -> Outcome<Activation> {
        // The write lock: no checkpoint comes in between.
        let mut tx = self.write().await?;
        let (sealed_through, last_counted): (Option<i64>, Option<i64>) = query_as(
            "SELECT (SELECT sealed_through FROM monitor_frontiers WHERE monitor = ?1),
                    (SELECT max(pane_start) FROM pane_partials WHERE monitor = ?1)",
        )
        .bind(monitor.as_str())
        .fetch_one(&mut *tx)
        .await?;
        let since = first_free(width, event_time(sealed_through), last_counted.map(pane_id));
        let newest = activations_of(&mut *tx, monitor).await?.pop();
        if let Some(newest) = newest.filter(|newest| newest.reference == *wanted) {
            tx.rollback().await?;
            return Ok(newest);
        }
        // The row is written only if the version exists, which is what tells a missing one from other trouble.
        let done = query(
            "INSERT INTO active_baselines (monitor, since_pane, name, version)
             SELECT ?, ?, name, version FROM baselines WHERE name = ? AND version = ?
             ON CONFLICT (monitor, since_pane) DO UPDATE SET name = excluded.name, version = excluded.version",
        )
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

    /// Activations of a monitor, oldest first.
    pub(super) async fn read_activations(&self, monitor: &MonitorId) -> Outcome<Vec<Activation>> {
        activations_of(&self.readers, monitor).await
    }
}

async fn activations_of(executor: impl SqliteExecutor<'_>, monitor: &MonitorId) -> Outcome<Vec<Activation>> {
    let rows: Vec<(i64, String, i64)> =
        query_as("SELECT since_pane, name, version FROM active_baselines WHERE monitor = ? ORDER BY since_pane")
            .bind(monitor.as_str())
            .fetch_all(executor)
            .await?;
    rows.into_iter().map(|(since, name, version)| activation(since, &name, version)).collect()
}

async fn find(connection: &mut SqliteConnection, wanted: &BaselineRef) -> Outcome<Option<StoredBaseline>> {
    let row: Option<BaselineColumns> = query_as(
        "SELECT name, version, content_hash, created_at, profile FROM baselines WHERE name = ? AND version = ?",
    )
    .bind(wanted.name.as_str())
    .bind(wanted.version)
    .fetch_optional(connection)
    .await?;
    row.map(BaselineColumns::checked).transpose()
}
