//! The seal on Postgres: one snapshot, one row that is held, no leader.

mod view;
mod write;

use driftd_model::{Incident, MonitorId, PlannedDelta, SealStep, SealView, Sealed, SealedPane, Sealer, Silence, Topic};
use driftd_window::{EventTime, PaneId, Timestamp};
use sqlx::{PgConnection, query, query_as, query_scalar};

use super::incidents::unresolved;
use super::late::advance_frontier;
use super::panes::sealed_panes;
use super::silences::silences;
use super::text::original;
use super::{Outcome, PostgresStore};
use crate::rows::PartialColumns;
use crate::seal::{Decided, SealTransaction, idle, step};

/// How often a step is taken from the beginning, because somebody else has changed what its snapshot showed: another
/// sealer just before, or a person who acknowledged an incident.
const TRIES: u32 = 5;

/// Whether this transaction has the monitor's row, without which nothing is sealed.
enum Held {
    Yes,
    /// Somebody else is sealing or sweeping.
    ByAnother,
    /// Nobody has sealed this monitor yet.
    NotThere,
}

impl PostgresStore {
    /// Takes one sealing step. Everything is read from the snapshot of one transaction, which holds the monitor's row;
    /// whoever finds it held has nothing to do.
    pub(super) async fn seal_step(&self, sealer: &dyn Sealer) -> Outcome<Sealed> {
        let mut tries = 0;
        loop {
            match self.try_seal(sealer).await {
                Ok(Some(sealed)) => return Ok(sealed),
                // The row is there for the next try. Its transaction had to be another one: a snapshot that is older
                // than the row would not show it.
                Ok(None) => {
                    let monitor = sealer.monitor().as_str();
                    query!("INSERT INTO monitor_frontiers (monitor) VALUES ($1) ON CONFLICT DO NOTHING", monitor)
                        .execute(&self.pool)
                        .await?;
                }
                Err(failure) if failure.is_conflict() && tries < TRIES => {}
                Err(failure) => return Err(failure),
            }
            tries += 1;
        }
    }

    /// One try; nothing when the monitor has no row yet.
    async fn try_seal(&self, sealer: &dyn Sealer) -> Outcome<Option<Sealed>> {
        let mut tx = self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await?;
        let sealed = match hold(&mut tx, sealer.monitor()).await {
            Ok(Held::Yes) => step(&mut *tx, sealer).await.map(Some),
            Ok(Held::ByAnother) => Ok(Some(idle())),
            Ok(Held::NotThere) => Ok(None),
            Err(failure) => Err(failure),
        };
        match sealed {
            Ok(Some(sealed)) if sealed.step != SealStep::Idle => {
                tx.commit().await?;
                Ok(Some(sealed))
            }
            // At once and not when the connection is used next: until then the row would be held. That the server is
            // gone is no news.
            unchanged => {
                drop(tx.rollback().await);
                unchanged
            }
        }
    }
}

/// The first statement of the transaction: it takes the snapshot and the row together. Was the row changed in between,
/// the server refuses it, and the step begins anew.
async fn hold(connection: &mut PgConnection, monitor: &MonitorId) -> Outcome<Held> {
    let held =
        query!("SELECT monitor FROM monitor_frontiers WHERE monitor = $1 FOR UPDATE SKIP LOCKED", monitor.as_str());
    if held.fetch_optional(&mut *connection).await?.is_some() {
        return Ok(Held::Yes);
    }
    let there = query_scalar!(
        r#"SELECT EXISTS (SELECT FROM monitor_frontiers WHERE monitor = $1) AS "there!""#,
        monitor.as_str()
    );
    Ok(if there.fetch_one(connection).await? { Held::ByAnother } else { Held::NotThere })
}

impl SealTransaction for PgConnection {
    async fn view(&mut self, monitor: &MonitorId, topics: &[Topic]) -> Outcome<SealView> {
        view::read(self, monitor, topics).await
    }

    async fn partials(&mut self, monitor: &MonitorId, pane: PaneId) -> Outcome<Vec<PlannedDelta>> {
        let rows = query_as!(
            PartialColumns,
            r#"SELECT pane_start, segment, rows, plan_hash, codec::bigint AS "codec!", state FROM pane_partials
               WHERE monitor = $1 AND pane_start = $2 ORDER BY segment, topic, partition, from_offset"#,
            monitor.as_str(),
            pane.start().as_micros()
        );
        let rows = rows.fetch_all(self).await?;
        rows.into_iter().map(|row| PartialColumns { segment: original(row.segment), ..row }.into_delta()).collect()
    }

    async fn panes(&mut self, monitor: &MonitorId, from: EventTime, to: EventTime) -> Outcome<Vec<SealedPane>> {
        sealed_panes(self, monitor, from, to).await
    }

    async fn unresolved(&mut self, monitor: &MonitorId) -> Outcome<Vec<Incident>> {
        unresolved(self, monitor).await
    }

    async fn silences(&mut self, now: Timestamp) -> Outcome<Vec<Silence>> {
        silences(self, Some(now)).await
    }

    async fn write(&mut self, decided: &Decided<'_>) -> Outcome<()> {
        let monitor = decided.sealer.monitor();
        write::panes(self, monitor, decided.merged).await?;
        write::outcome(self, decided).await?;
        advance_frontier(self, monitor, decided.through).await
    }
}
