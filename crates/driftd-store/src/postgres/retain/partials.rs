//! Forgetting the counts of sealed panes: a whole day at once where that can be, row by row where it cannot.

use driftd_model::MonitorId;
use driftd_window::Timestamp;
use sqlx::{AssertSqlSafe, query, query_scalar, raw_sql};

use super::super::late::lock_frontier;
use super::super::partitions::Day;
use super::super::transaction::Transaction;
use super::super::{Outcome, PostgresStore};
use crate::read::{count, parsed};

/// A partition of a day that is over for long enough.
struct Landed {
    name: String,
    day: i32,
}

impl PostgresStore {
    /// Partials of days before `before` whose records are all accounted for, as sealed or as late. How many were dropped
    /// is remembered beside the sealed counts, so that the account still adds up and what comes later still is late.
    pub(super) async fn drop_partials(&self, before: Timestamp) -> Outcome<u64> {
        let old = sqlx::query_as!(
            Landed,
            r#"SELECT p.name AS "name!", to_date(right(p.name, 8), 'YYYYMMDD') - date '1970-01-01' AS "day!"
               FROM (SELECT c.relname::text AS name FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
                     WHERE i.inhparent = 'pane_partials'::regclass) AS p
               WHERE to_date(right(p.name, 8), 'YYYYMMDD') - date '1970-01-01' < $1::integer ORDER BY 2"#,
            Day::of(before).0
        );
        let mut tx = self.begin().await?;
        let old = old.fetch_all(&mut tx).await?;
        tx.commit().await?;
        let mut gone = 0;
        for day in old {
            gone += match self.drop_day(&day).await {
                // Whoever writes has waited long enough; the next run may find a better moment.
                Err(failure) if failure.is_lock_timeout() => 0,
                Ok(Some(dropped)) => dropped,
                Ok(None) => self.drop_accounted(day.day).await?,
                Err(failure) => return Err(failure),
            };
        }
        Ok(gone)
    }

    /// Drops the partition if nothing in it is needed any more; nothing if something is.
    async fn drop_day(&self, Landed { name, day }: &Landed) -> Outcome<Option<u64>> {
        let mut tx = self.begin().await?;
        let needed = is_needed(&mut tx, *day).await?;
        tx.commit().await?;
        if needed {
            return Ok(None);
        }
        let Some(mut tx) = self.chore().await? else {
            return Ok(Some(0));
        };
        // Nobody counts, seals or sweeps while this is held, which is for milliseconds.
        query!("SET LOCAL lock_timeout = '2s'").execute(&mut tx).await?;
        query!("LOCK TABLE pane_partials IN ACCESS EXCLUSIVE MODE").execute(&mut tx).await?;
        if is_needed(&mut tx, *day).await? {
            tx.rollback().await?;
            return Ok(None);
        }
        let dropped = query_scalar!(
            r#"WITH gone AS MATERIALIZED (
                   SELECT p.monitor, p.pane_start, p.segment, sum(p.rows)::bigint AS rows, count(*) AS partials
                   FROM pane_partials AS p WHERE p.landed_on = date '1970-01-01' + $1::integer
                   GROUP BY p.monitor, p.pane_start, p.segment
               ), written AS (
                   UPDATE sealed_panes AS s SET dropped_rows = s.dropped_rows + gone.rows FROM gone
                   WHERE s.monitor = gone.monitor AND s.pane_start = gone.pane_start AND s.segment = gone.segment
               )
               SELECT coalesce(sum(gone.partials), 0)::bigint AS "partials!" FROM gone"#,
            day
        );
        let dropped = dropped.fetch_one(&mut tx).await?;
        // The name of a table cannot be a parameter; this one comes from the server's own catalogue. Somebody else may
        // have dropped the day before this one got the lock.
        raw_sql(AssertSqlSafe(format!("DROP TABLE IF EXISTS \"{name}\""))).execute(&mut tx).await?;
        tx.commit().await?;
        self.partitions.forget(Day(*day));
        Ok(Some(count(dropped, "number of partials")?))
    }

    /// Deletes what is not needed of a day that has to stay, such as one with records of a monitor nobody seals.
    async fn drop_accounted(&self, day: i32) -> Outcome<u64> {
        let monitors = query_scalar!(
            "SELECT DISTINCT monitor FROM pane_partials WHERE landed_on = date '1970-01-01' + $1::integer",
            day
        );
        let mut tx = self.begin().await?;
        let monitors = monitors.fetch_all(&mut tx).await?;
        tx.commit().await?;
        let mut gone = 0;
        for monitor in monitors {
            let monitor: MonitorId = parsed(&monitor, "monitor name")?;
            let Some(mut tx) = self.chore().await? else {
                break;
            };
            lock_frontier(&mut tx, &monitor).await?;
            let dropped = query_scalar!(
                r#"WITH gone AS (
                       DELETE FROM pane_partials AS p USING pane_accounts AS a
                       WHERE p.landed_on = date '1970-01-01' + $1::integer AND p.monitor = $2 AND a.monitor = $2
                         AND a.pane_start = p.pane_start AND a.segment = p.segment
                         AND a.partial_rows = a.accounted_rows
                       RETURNING p.pane_start, p.segment, p.rows
                   ), sums AS (
                       SELECT pane_start, segment, sum(rows)::bigint AS rows FROM gone GROUP BY pane_start, segment
                   ), written AS (
                       UPDATE sealed_panes AS s SET dropped_rows = s.dropped_rows + sums.rows FROM sums
                       WHERE s.monitor = $2 AND s.pane_start = sums.pane_start AND s.segment = sums.segment
                   )
                   SELECT count(*) AS "partials!" FROM gone"#,
                day,
                monitor.as_str()
            );
            let dropped = dropped.fetch_one(&mut tx).await?;
            tx.commit().await?;
            gone += count(dropped, "number of partials")?;
        }
        Ok(gone)
    }
}

/// Whether a record that landed on `day` is in a pane that is not sealed, or has come too late and was not counted yet.
async fn is_needed(tx: &mut Transaction, day: i32) -> Outcome<bool> {
    let needed = query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM (SELECT DISTINCT p.monitor, p.pane_start, p.segment FROM pane_partials AS p
                            WHERE p.landed_on = date '1970-01-01' + $1::integer) AS d
               LEFT JOIN pane_accounts AS a
                 ON a.monitor = d.monitor AND a.pane_start = d.pane_start AND a.segment = d.segment
               WHERE a.monitor IS NULL OR a.partial_rows <> a.accounted_rows
           ) AS "needed!""#,
        day
    );
    Ok(needed.fetch_one(tx).await?)
}
