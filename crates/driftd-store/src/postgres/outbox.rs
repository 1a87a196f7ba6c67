//! The outbox: messages that were decided, leased to whoever sends them, settled by what became of them.

use driftd_model::{ReceiverName, Settlement};
use driftd_window::Timestamp;
use sqlx::{query_as, query_scalar};

use super::incidents::append_events;
use super::text::stored;
use super::{Outcome, PostgresStore};
use crate::lease::LeaseEntries;
use crate::read::{Settled, count};
use crate::rows::{OutboxColumns, SettledColumns};

impl LeaseEntries for PostgresStore {
    /// Rows that another worker is just leasing are passed over. Were the oldest row of an incident looked for by a
    /// join, the server might read the whole queue for it.
    async fn lease_rows(
        &self,
        owner: &str,
        receiver: &ReceiverName,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Outcome<Vec<OutboxColumns>> {
        let leased = query_as!(
            OutboxColumns,
            r#"WITH due AS MATERIALIZED (
                   SELECT o.id, o.due_at FROM notification_outbox AS o
                   WHERE o.state = 'pending' AND o.receiver = $3 AND o.due_at <= $4
                     AND (o.lease_until IS NULL OR o.lease_until <= $4)
                     AND o.id = (SELECT h.id FROM notification_outbox AS h
                                 WHERE h.state = 'pending' AND h.incident_id = o.incident_id AND h.receiver = $3
                                 ORDER BY h.id LIMIT 1)
                   ORDER BY o.due_at, o.id LIMIT $5 FOR UPDATE OF o SKIP LOCKED
               ), leased AS (
                   UPDATE notification_outbox AS o SET lease_owner = $1, lease_until = $2
                   FROM due WHERE o.id = due.id
                   RETURNING o.id, o.body::text AS body, o.attempts::bigint AS attempts, due.due_at
               )
               SELECT id, body AS "body!", attempts AS "attempts!" FROM leased ORDER BY due_at, id"#,
            &stored(owner),
            until.as_micros(),
            receiver.as_str(),
            now.as_micros(),
            i64::from(limit)
        );
        Ok(leased.fetch_all(&self.pool).await?)
    }

    async fn settle_entry(&self, owner: &str, entry: i64, settlement: &Settlement, now: Timestamp) -> Outcome<bool> {
        let Settled { state, outcome, retry_at, error } = Settled::of(settlement);
        let error = error.map(stored);
        let mut tx = self.pool.begin().await?;
        let settled = query_as!(
            SettledColumns,
            "WITH settled AS (
                 UPDATE notification_outbox
                 SET state = $1, attempts = attempts + 1, due_at = coalesce($2, due_at), lease_owner = NULL,
                     lease_until = NULL
                 WHERE id = $3 AND state = 'pending' AND lease_owner = $4
                 RETURNING id, attempts, receiver, incident_id
             ), tried AS (
                 INSERT INTO deliveries (outbox_id, attempt, at, owner, outcome, retry_at, error)
                 SELECT settled.id, settled.attempts, $5, $4, $6, $2, $7 FROM settled
             ), behind AS (
                 UPDATE notification_outbox AS b SET due_at = $2 FROM settled
                 WHERE b.state = 'pending' AND b.incident_id = settled.incident_id AND b.receiver = settled.receiver
                   AND b.id > settled.id AND b.due_at < $2
             )
             SELECT receiver, incident_id FROM settled",
            state,
            retry_at,
            entry,
            &stored(owner),
            now.as_micros(),
            outcome,
            error.as_deref()
        );
        let Some(settled) = settled.fetch_optional(&mut *tx).await? else {
            return Ok(false);
        };
        if let Some(event) = settled.into_event(settlement, now)? {
            append_events(&mut tx, std::slice::from_ref(&event)).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

impl PostgresStore {
    /// Entries neither delivered nor dead.
    pub(super) async fn count_pending(&self) -> Outcome<u64> {
        let found = query_scalar!(r#"SELECT count(*) AS "count!" FROM notification_outbox WHERE state = 'pending'"#);
        count(found.fetch_one(&self.pool).await?, "number of notifications")
    }
}
