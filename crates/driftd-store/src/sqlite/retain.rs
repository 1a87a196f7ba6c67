//! Forgetting what is old, a part at a time: whoever wants to write meanwhile waits for one part only.

use driftd_model::{MonitorId, Retained, Retention};
use driftd_window::{EventTime, Timestamp};
use sqlx::{query, query_as, query_scalar};

use super::{Outcome, SqliteStore};
use crate::read::count;
use crate::rows::FrontierColumns;
use crate::statement::statement;

/// Panes, or rows, of one transaction.
const PART: u32 = 500;

/// A pane and segment, and how many old partials with how many records it has.
type OldPartials = (i64, String, i64, i64);

impl SqliteStore {
    /// Forgets what `policy` says is old at `now`.
    pub(super) async fn drop_old(&self, policy: &Retention, now: Timestamp) -> Outcome<Retained> {
        let mut gone = Retained::default();
        let frontiers: Vec<FrontierColumns> = query_as(statement!("frontiers")).fetch_all(&self.readers).await?;
        for row in frontiers {
            let (monitor, before) = row.droppable(policy)?;
            gone.partials += self.drop_partials(&monitor, policy.partials_before(now)).await?;
            if let Some(before) = before {
                gone.panes += self.drop_panes(&monitor, before).await?;
            }
        }
        let Some(before) = policy.history_before(now) else {
            return Ok(gone);
        };
        for monitor in policy.monitors() {
            gone.windows += self.drop_rows(statement!("drop_windows"), before, monitor.as_str()).await?;
            gone.incidents += self.drop_rows(statement!("drop_incidents"), before, monitor.as_str()).await?;
            gone.notifications += self.drop_rows(statement!("drop_notifications"), before, monitor.as_str()).await?;
        }
        for topic in policy.topics() {
            gone.dead_letters += self.drop_rows(statement!("drop_dead_letters"), before, topic.as_str()).await?;
        }
        Ok(gone)
    }

    /// Partials of a pane and segment whose records are all accounted for, as sealed or as late; how many of them were
    /// dropped is remembered beside the sealed counts, so that the account still adds up.
    async fn drop_partials(&self, monitor: &MonitorId, before: Timestamp) -> Outcome<u64> {
        let mut gone = 0;
        loop {
            let mut tx = self.write().await?;
            let old: Vec<OldPartials> = query_as(
                "SELECT p.pane_start, p.segment, count(*), sum(p.rows) FROM pane_partials AS p
                 JOIN pane_accounts AS a
                   ON a.monitor = p.monitor AND a.pane_start = p.pane_start AND a.segment = p.segment
                 WHERE p.monitor = ?1 AND a.monitor = ?1 AND p.landed_at < ?2 AND a.partial_rows = a.accounted_rows
                 GROUP BY p.pane_start, p.segment LIMIT ?3",
            )
            .bind(monitor.as_str())
            .bind(before.as_micros())
            .bind(PART)
            .fetch_all(&mut *tx)
            .await?;
            for (pane, segment, partials, rows) in &old {
                query(
                    "UPDATE sealed_panes SET dropped_rows = dropped_rows + ?
                     WHERE monitor = ? AND pane_start = ? AND segment = ?",
                )
                .bind(rows)
                .bind(monitor.as_str())
                .bind(pane)
                .bind(segment)
                .execute(&mut *tx)
                .await?;
                query(
                    "DELETE FROM pane_partials WHERE monitor = ? AND pane_start = ? AND segment = ? AND landed_at < ?",
                )
                .bind(monitor.as_str())
                .bind(pane)
                .bind(segment)
                .bind(before.as_micros())
                .execute(&mut *tx)
                .await?;
                gone += count(*partials, "number of partials")?;
            }
            tx.commit().await?;
            if old.len() < PART as usize {
                return Ok(gone);
            }
        }
    }

    /// Sealed panes whose partials are all gone, less the last one with records before that moment.
    async fn drop_panes(&self, monitor: &MonitorId, before: EventTime) -> Outcome<u64> {
        let kept_from: Option<i64> =
            query_scalar("SELECT max(pane_start) FROM sealed_panes WHERE monitor = ? AND rows > 0 AND pane_start < ?")
                .bind(monitor.as_str())
                .bind(before.as_micros())
                .fetch_one(&self.readers)
                .await?;
        let mut gone = 0;
        loop {
            let done = query(
                "DELETE FROM sealed_panes WHERE rowid IN
                 (SELECT rowid FROM sealed_panes
                  WHERE monitor = ? AND pane_start < ? AND dropped_rows = rows + late_rows LIMIT ?)",
            )
            .bind(monitor.as_str())
            .bind(kept_from)
            .bind(PART)
            .execute(&self.writer)
            .await?;
            gone += done.rows_affected();
            if done.rows_affected() < u64::from(PART) {
                return Ok(gone);
            }
        }
    }

    /// Runs `statement`, which takes a moment, a number of rows and the name of a monitor or topic, until nothing is left
    /// to delete.
    async fn drop_rows(&self, statement: &'static str, before: Timestamp, of: &str) -> Outcome<u64> {
        let mut gone = 0;
        loop {
            let done = query(statement).bind(before.as_micros()).bind(PART).bind(of).execute(&self.writer).await?;
            gone += done.rows_affected();
            if done.rows_affected() < u64::from(PART) {
                return Ok(gone);
            }
        }
    }
}
