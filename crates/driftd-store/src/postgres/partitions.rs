//! Partitions of `pane_partials`: one a day of arrival, made ahead.
//!
//! The day is the wall clock's. Event times are whatever producers say, and partitions by them would be as many.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use driftd_window::Timestamp;
use sqlx::{AssertSqlSafe, query, query_scalar, raw_sql};

use super::transaction::Transaction;
use super::{Outcome, PostgresStore};

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;
/// 0001-01-01 and 9999-12-29: days outside are written into the first and the last. With the two days made ahead, a
/// year has four digits.
const CALENDAR: (i64, i64) = (-719_162, 2_932_894);
/// Key of the lock that those who make partitions hold.
const MAKING_PARTITIONS: i64 = 0x6472_6966_7464_0001;

/// A day, in days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(pub(super) i32);

impl Day {
    /// The day of that moment, UTC.
    pub(super) fn of(now: Timestamp) -> Self {
        let (first, last) = CALENDAR;
        Self(now.as_micros().div_euclid(DAY).clamp(first, last) as i32)
    }
}

/// The days this process knows to have a partition.
#[derive(Debug, Default)]
pub(super) struct Partitions {
    known: Mutex<BTreeSet<Day>>,
}

impl Partitions {
    /// Plain data: a panic elsewhere leaves it as good as it was.
    fn known(&self) -> std::sync::MutexGuard<'_, BTreeSet<Day>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn forget(&self, day: Day) {
        self.known().remove(&day);
    }
}

/// A partition that is to be made.
struct Missing {
    name: String,
    from: String,
    to: String,
}

impl PostgresStore {
    /// Makes the partitions of today by the server's clock and of the days after.
    pub(super) async fn prepare_today(&self) -> Outcome<()> {
        let mut tx = self.begin().await?;
        let today = query_scalar!(r#"SELECT (now() AT TIME ZONE 'UTC')::date - date '1970-01-01' AS "day!""#)
            .fetch_one(&mut tx)
            .await?;
        tx.commit().await?;
        self.ensure_partition(Day(today)).await
    }

    /// Sees to it that `day` has a partition; makes those of the two days after along with it, so that midnight finds
    /// them there.
    pub(super) async fn ensure_partition(&self, day: Day) -> Outcome<()> {
        if self.partitions.known().contains(&day) {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        if !missing(&mut tx, day).await?.is_empty() {
            query!("SELECT pg_advisory_xact_lock($1)", MAKING_PARTITIONS).execute(&mut tx).await?;
            // Whoever held the lock before may have made them.
            for Missing { name, from, to } in missing(&mut tx, day).await? {
                // Attaching does not stop those who read and write the table; making it as a partition would.
                let statement = format!(
                    "CREATE TABLE IF NOT EXISTS {name}
                     (LIKE pane_partials INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE);
                     ALTER TABLE pane_partials ATTACH PARTITION {name} FOR VALUES FROM ('{from}') TO ('{to}')"
                );
                // The name of a table cannot be a parameter; it is made of a date's digits.
                raw_sql(AssertSqlSafe(statement)).execute(&mut tx).await?;
            }
        }
        tx.commit().await?;
        self.partitions.known().insert(day);
        Ok(())
    }
}

/// Of `day` and the two after, those without a partition.
async fn missing(tx: &mut Transaction, day: Day) -> Outcome<Vec<Missing>> {
    let missing = sqlx::query_as!(
        Missing,
        r#"SELECT d.name AS "name!", to_char(d.day, 'YYYY-MM-DD') AS "from!", to_char(d.day + 1, 'YYYY-MM-DD') AS "to!"
           FROM (SELECT a.day, 'pane_partials_' || to_char(a.day, 'YYYYMMDD') AS name
                 FROM (SELECT date '1970-01-01' + $1::integer + ahead AS day FROM generate_series(0, 2) AS ahead) AS a
                ) AS d
           WHERE NOT EXISTS (SELECT FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
                             WHERE i.inhparent = 'pane_partials'::regclass AND c.relname = d.name)
           ORDER BY d.day"#,
        day.0
    );
    Ok(missing.fetch_all(tx).await?)
}
