//! The outbox: messages that were decided, leased to whoever sends them, settled by what became of them.

use driftd_model::{OutboxEntry, Settlement};
use driftd_window::Timestamp;
use sqlx::{query, query_as, query_scalar};

use super::text::stored;
use super::{Outcome, PostgresStore};
use crate::read::{Settled, count};
use crate::rows::OutboxColumns;

impl PostgresStore {
    /// Leases the oldest due entries that nobody holds. An expired lease is as good as none: its holder is taken to be
    /// dead, and should it not be, the receiver tells the two messages apart by their key. Rows that another worker is
    /// just leasing are passed over.
    pub(super) async fn lease_entries(
        &self,
        owner: &str,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Outcome<Vec<OutboxEntry>> {
        let leased = query_as!(
            OutboxColumns,
            r#"UPDATE notification_outbox SET lease_owner = $1, lease_until = $2
               WHERE id IN (SELECT o.id FROM notification_outbox AS o
                            WHERE o.state = 'pending' AND o.due_at <= $3
                              AND (o.lease_until IS NULL OR o.lease_until <= $3)
                            ORDER BY o.id LIMIT $4 FOR UPDATE SKIP LOCKED)
               RETURNING id, receiver, body::text AS "body!", attempts::bigint AS "attempts!""#,
            &stored(owner),
            until.as_micros(),
            now.as_micros(),
            i64::from(limit)
        );
        OutboxColumns::into_entries(leased.fetch_all(&self.pool).await?)
    }

    /// Settles an entry that `owner` holds and writes down the try, in one statement.
    pub(super) async fn settle_entry(
        &self,
        owner: &str,
        entry: i64,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Outcome<bool> {
        let Settled { state, outcome, retry_at, error } = Settled::of(settlement);
        let error = error.map(stored);
        let settled = query!(
            "WITH settled AS (
                 UPDATE notification_outbox
                 SET state = $1, attempts = attempts + 1, due_at = coalesce($2, due_at), lease_owner = NULL,
                     lease_until = NULL
                 WHERE id = $3 AND state = 'pending' AND lease_owner = $4
                 RETURNING id, attempts
             )
             INSERT INTO deliveries (outbox_id, attempt, at, owner, outcome, retry_at, error)
             SELECT settled.id, settled.attempts, $5, $4, $6, $2, $7 FROM settled",
            state,
            retry_at,
            entry,
            &stored(owner),
            now.as_micros(),
            outcome,
            error.as_deref()
        );
        Ok(settled.execute(&self.pool).await?.rows_affected() == 1)
    }

    /// Entries neither delivered nor dead.
    pub(super) async fn count_pending(&self) -> Outcome<u64> {
        let found = query_scalar!(r#"SELECT count(*) AS "count!" FROM notification_outbox WHERE state = 'pending'"#);
        count(found.fetch_one(&self.pool).await?, "number of notifications")
    }
}
