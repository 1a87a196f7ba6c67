//! Forgetting what is old, a part at a time.

mod partials;

use driftd_model::{MonitorId, Retained, Retention};
use driftd_window::{EventTime, Timestamp};
use sqlx::postgres::PgQueryResult;
use sqlx::{query, query_file, query_file_as, query_scalar};

use super::late::lock_frontier;
use super::text::stored;
use super::transaction::Transaction;
use super::{Outcome, PostgresStore};
use crate::rows::FrontierColumns;

/// Rows of one transaction.
const PART: i64 = 5_000;
/// Key of the lock that whoever forgets something holds.
const RETAINING: i64 = 0x6472_6966_7464_0002;

/// What is forgotten by its age alone.
#[derive(Clone, Copy)]
enum Old {
    Windows,
    Incidents,
    Notifications,
    DeadLetters,
}

impl PostgresStore {
    /// Forgets what `policy` says is old at `now`.
    pub(super) async fn drop_old(&self, policy: &Retention, now: Timestamp) -> Outcome<Retained> {
        let mut gone =
            Retained { partials: self.drop_partials(policy.partials_before(now)).await?, ..Retained::default() };
        let Some(before) = policy.history_before(now) else {
            return Ok(gone);
        };
        let mut tx = self.begin().await?;
        let frontiers = query_file_as!(FrontierColumns, "statements/frontiers.sql").fetch_all(&mut tx).await?;
        tx.commit().await?;
        for row in frontiers {
            if let (monitor, Some(before)) = row.droppable(policy)? {
                gone.panes += self.drop_panes(&monitor, before).await?;
            }
        }
        for monitor in policy.monitors() {
            gone.windows += self.drop_rows(Old::Windows, before, monitor.as_str()).await?;
            gone.incidents += self.drop_rows(Old::Incidents, before, monitor.as_str()).await?;
            gone.notifications += self.drop_rows(Old::Notifications, before, monitor.as_str()).await?;
        }
        for topic in policy.topics() {
            gone.dead_letters += self.drop_rows(Old::DeadLetters, before, &stored(topic.as_str())).await?;
        }
        Ok(gone)
    }

    /// A transaction in which something may be forgotten; nothing when somebody else is at it.
    async fn chore(&self) -> Outcome<Option<Transaction>> {
        let mut tx = self.begin().await?;
        let alone = query_scalar!(r#"SELECT pg_try_advisory_xact_lock($1) AS "alone!""#, RETAINING);
        if alone.fetch_one(&mut tx).await? {
            return Ok(Some(tx));
        }
        tx.rollback().await?;
        Ok(None)
    }

    /// Sealed panes whose partials are all gone, less the last one with records before that moment.
    async fn drop_panes(&self, monitor: &MonitorId, before: EventTime) -> Outcome<u64> {
        let mut gone = 0;
        while let Some(mut tx) = self.chore().await? {
            lock_frontier(&mut tx, monitor).await?;
            let dropped = query!(
                "DELETE FROM sealed_panes AS s USING
                 (SELECT o.pane_start, o.segment FROM sealed_panes AS o
                  WHERE o.monitor = $1 AND o.dropped_rows = o.rows + o.late_rows
                    AND o.pane_start < (SELECT max(k.pane_start) FROM sealed_panes AS k
                                        WHERE k.monitor = $1 AND k.rows > 0 AND k.pane_start < $2)
                  LIMIT $3) AS old
                 WHERE s.monitor = $1 AND s.pane_start = old.pane_start AND s.segment = old.segment",
                monitor.as_str(),
                before.as_micros(),
                PART
            );
            let dropped = dropped.execute(&mut tx).await?.rows_affected();
            tx.commit().await?;
            gone += dropped;
            if dropped < PART as u64 {
                break;
            }
        }
        Ok(gone)
    }

    /// Drops what is `old` of the monitor or topic of that name.
    async fn drop_rows(&self, old: Old, before: Timestamp, of: &str) -> Outcome<u64> {
        let mut gone = 0;
        while let Some(mut tx) = self.chore().await? {
            let dropped = drop_part(&mut tx, old, before, of).await?.rows_affected();
            tx.commit().await?;
            gone += dropped;
            if dropped < PART as u64 {
                break;
            }
        }
        Ok(gone)
    }
}

async fn drop_part(tx: &mut Transaction, old: Old, before: Timestamp, of: &str) -> Outcome<PgQueryResult> {
    let before = before.as_micros();
    Ok(match old {
        Old::Windows => query_file!("statements/drop_windows.sql", before, PART, of).execute(tx).await?,
        Old::Incidents => query_file!("statements/drop_incidents.sql", before, PART, of).execute(tx).await?,
        Old::Notifications => query_file!("statements/drop_notifications.sql", before, PART, of).execute(tx).await?,
        Old::DeadLetters => query_file!("statements/drop_dead_letters.sql", before, PART, of).execute(tx).await?,
    })
}
