//! The outbox: messages that were decided, leased to whoever sends them, settled by what became of them.

use driftd_model::{OutboxEntry, Settlement};
use driftd_window::Timestamp;
use sqlx::{query, query_as, query_scalar};

use super::{Outcome, SqliteStore};
use crate::read::{Settled, count};
use crate::rows::OutboxColumns;

impl SqliteStore {
    /// Leases the oldest due entries that nobody holds. An expired lease is as good as none: its holder is taken to be
    /// dead, and should it not be, the receiver tells the two messages apart by their key.
    pub(super) async fn lease_entries(
        &self,
        owner: &str,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Outcome<Vec<OutboxEntry>> {
        let rows: Vec<OutboxColumns> = query_as(
            "UPDATE notification_outbox SET lease_owner = ?1, lease_until = ?2
             WHERE id IN (SELECT id FROM notification_outbox
                          WHERE state = 'pending' AND due_at <= ?3 AND (lease_until IS NULL OR lease_until <= ?3)
                          ORDER BY id LIMIT ?4)
             RETURNING id, receiver, body, attempts",
        )
        .bind(owner)
        .bind(until.as_micros())
        .bind(now.as_micros())
        .bind(limit)
        .fetch_all(&self.writer)
        .await?;
        OutboxColumns::into_entries(rows)
    }

    /// Settles an entry that `owner` holds and writes down the try.
    pub(super) async fn settle_entry(
        &self,
        owner: &str,
        entry: i64,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Outcome<bool> {
        let Settled { state, outcome, retry_at, error } = Settled::of(settlement);
        let mut tx = self.write().await?;
        let attempt: Option<i64> = query_scalar(
            "UPDATE notification_outbox
             SET state = ?, attempts = attempts + 1, due_at = coalesce(?, due_at), lease_owner = NULL,
                 lease_until = NULL
             WHERE id = ? AND state = 'pending' AND lease_owner = ?
             RETURNING attempts",
        )
        .bind(state)
        .bind(retry_at)
        .bind(entry)
        .bind(owner)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(attempt) = attempt else {
            return Ok(false);
        };
        query(
            "INSERT INTO deliveries (outbox_id, attempt, at, owner, outcome, retry_at, error)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(entry)
        .bind(attempt)
        .bind(now.as_micros())
        .bind(owner)
        .bind(outcome)
        .bind(retry_at)
        .bind(error)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Entries neither delivered nor dead.
    pub(super) async fn count_pending(&self) -> Outcome<u64> {
        let found = query_scalar("SELECT count(*) FROM notification_outbox WHERE state = 'pending'")
            .fetch_one(&self.readers)
            .await?;
        count(found, "number of notifications")
    }
}
