//! Baselines: versions that never change, and from when on each is judged against.

use std::sync::Arc;

use driftd_model::{
    Activation, Baseline, BaselineName, BaselineRef, BaselineSummary, MonitorId, StoredBaseline, first_free,
};
use driftd_window::{PaneWidth, Timestamp};
use sqlx::{PgConnection, PgExecutor, query, query_as};

use super::text::{original, stored};
use super::{Outcome, PostgresStore};
use crate::error::Failure;
use crate::read::{activation, event_time, no_such_baseline, pane_id, profile, reference, to_integer};
use crate::rows::{BaselineColumns, SummaryColumns};

impl PostgresStore {
    /// Stores the next version of a name, unless the newest has the same content.
    pub(super) async fn write_baseline(
        &self,
        name: &BaselineName,
        baseline: Baseline,
        now: Timestamp,
    ) -> Outcome<StoredBaseline> {
        let profile = profile(name, &baseline)?;
        let hash = baseline.content_hash();
        let mut tx = self.pool.begin().await?;
        // Two people may store one at a time; those who read are not held up.
        query!("LOCK TABLE baselines IN SHARE ROW EXCLUSIVE MODE").execute(&mut *tx).await?;
        let newest = query!(
            "SELECT version, content_hash FROM baselines WHERE name = $1 ORDER BY version DESC LIMIT 1",
            name.as_str()
        );
        let version = match newest.fetch_optional(&mut *tx).await? {
            Some(newest) if newest.content_hash == hash.as_str() => {
                let existing = reference(name.as_str(), i64::from(newest.version))?;
                let found = find(&mut *tx, &existing).await?;
                tx.rollback().await?;
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
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(new)
    }

    /// One version.
    pub(super) async fn read_baseline(&self, wanted: &BaselineRef) -> Outcome<Option<StoredBaseline>> {
        find(&self.pool, wanted).await
    }

    /// The newest version of a name.
    pub(super) async fn read_newest_baseline(&self, name: &BaselineName) -> Outcome<Option<StoredBaseline>> {
        let row = query_as!(
            BaselineColumns,
            r#"SELECT name, version::bigint AS "version!", content_hash, created_at, profile::text AS "profile!"
               FROM baselines WHERE name = $1 ORDER BY baselines.version DESC LIMIT 1"#,
            name.as_str()
        );
        row.fetch_optional(&self.pool).await?.map(BaselineColumns::checked).transpose()
    }

    /// Every version of every name, without its content.
    pub(super) async fn list_baselines(&self) -> Outcome<Vec<BaselineSummary>> {
        let rows = query_as!(
            SummaryColumns,
            r#"SELECT name, version::bigint AS "version!", content_hash, created_at, source, rows, features
               FROM baselines ORDER BY name, baselines.version"#
        );
        let rows = rows.fetch_all(&self.pool).await?;
        rows.into_iter().map(|row| SummaryColumns { source: original(row.source), ..row }.into_summary()).collect()
    }

    /// Activates a version from the first pane on that holds nothing yet.
    pub(super) async fn write_activation(
        &self,
        monitor: &MonitorId,
        wanted: &BaselineRef,
        width: PaneWidth,
    ) -> Outcome<Activation> {
        let mut tx = self.pool.begin().await?;
        let activated = activate(&mut tx, monitor, wanted, width).await;
        // At once and not when the connection is used next: until then every checkpoint would wait for the lock.
        match &activated {
            Ok(_) => tx.commit().await?,
            Err(_) => drop(tx.rollback().await),
        }
        activated
    }

    /// Activations of a monitor, oldest first.
    pub(super) async fn read_activations(&self, monitor: &MonitorId) -> Outcome<Vec<Activation>> {
        activations_of(&self.pool, monitor).await
    }
}

async fn activate(
    connection: &mut PgConnection,
    monitor: &MonitorId,
    wanted: &BaselineRef,
    width: PaneWidth,
) -> Outcome<Activation> {
    // Waits for every checkpoint that has looked up what it may count on, and lets none look before this is decided.
    query!("LOCK TABLE active_baselines IN ACCESS EXCLUSIVE MODE").execute(&mut *connection).await?;
    let newest = activations_of(&mut *connection, monitor).await?.pop();
    if let Some(newest) = newest.filter(|newest| newest.reference == *wanted) {
        return Ok(newest);
    }
    let seen = query!(
        r#"SELECT (SELECT sealed_through FROM monitor_frontiers WHERE monitor = $1) AS "sealed_through?",
                  (SELECT max(pane_start) FROM pane_partials WHERE monitor = $1) AS "last_counted?""#,
        monitor.as_str()
    );
    let seen = seen.fetch_one(&mut *connection).await?;
    let since = first_free(width, event_time(seen.sealed_through), seen.last_counted.map(pane_id));
    // The row is written only if the version exists, which is what tells a missing one from other trouble.
    let written = query!(
        "INSERT INTO active_baselines (monitor, since_pane, name, version)
         SELECT $1, $2, b.name, b.version FROM baselines AS b WHERE b.name = $3 AND b.version = $4::bigint
         ON CONFLICT (monitor, since_pane) DO UPDATE SET name = excluded.name, version = excluded.version",
        monitor.as_str(),
        since.as_micros(),
        wanted.name.as_str(),
        i64::from(wanted.version)
    );
    if written.execute(connection).await?.rows_affected() != 1 {
        return Err(no_such_baseline(wanted));
    }
    Ok(Activation { since, reference: wanted.clone() })
}

async fn activations_of(executor: impl PgExecutor<'_>, monitor: &MonitorId) -> Outcome<Vec<Activation>> {
    let rows = query!(
        "SELECT since_pane, name, version FROM active_baselines WHERE monitor = $1 ORDER BY since_pane",
        monitor.as_str()
    );
    let rows = rows.fetch_all(executor).await?;
    rows.into_iter().map(|row| activation(row.since_pane, &row.name, i64::from(row.version))).collect()
}

async fn find(executor: impl PgExecutor<'_>, wanted: &BaselineRef) -> Outcome<Option<StoredBaseline>> {
    let row = query_as!(
        BaselineColumns,
        r#"SELECT name, version::bigint AS "version!", content_hash, created_at, profile::text AS "profile!"
           FROM baselines WHERE name = $1 AND version = $2::bigint"#,
        wanted.name.as_str(),
        i64::from(wanted.version)
    );
    row.fetch_optional(executor).await?.map(BaselineColumns::checked).transpose()
}
