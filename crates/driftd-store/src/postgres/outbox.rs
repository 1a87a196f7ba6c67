//! The outbox: messages that were decided, leased to whoever sends them, settled by what became of them.

use async_trait::async_trait;
use driftd_model::{Incident, OutboxEntry, OutboxStore, ReceiverName, Settlement, StoreError};
use driftd_window::Timestamp;
use sqlx::{query_as, query_file_as, query_file_scalar};

use super::incidents::append_events;
use super::text::stored;
use super::{Outcome, PostgresStore, answer};
use crate::call::Call;
use crate::lease::readable;
use crate::read::{Settled, count};
use crate::rows::{IncidentBody, OutboxColumns, SettledColumns};

#[async_trait]
impl OutboxStore for PostgresStore {
    async fn lease(
        &self,
        owner: &str,
        receiver: &ReceiverName,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        let rows = || answer(Call::Lease(receiver), self.lease_rows(owner, receiver, limit, now, until));
        readable(self, owner, receiver, now, rows).await
    }

    async fn settle(
        &self,
        owner: &str,
        entry: i64,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        answer(Call::Settle(entry), async {
            let Settled { state, outcome, retry_at, error } = Settled::of(settlement);
            let error = error.map(stored);
            let mut tx = self.begin().await?;
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
            let Some(settled) = settled.fetch_optional(&mut tx).await? else {
                return Ok(false);
            };
            if let Some(event) = settled.into_event(settlement, now)? {
                append_events(&mut tx, std::slice::from_ref(&event)).await?;
            }
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    async fn outbox_depth(&self) -> Result<u64, StoreError> {
        answer(Call::OutboxDepth, async {
            let mut tx = self.begin().await?;
            let found = query_file_scalar!("statements/outbox_depth.sql").fetch_one(&mut tx).await?;
            tx.commit().await?;
            count(found, "number of notifications")
        })
        .await
    }

    async fn notified_incidents(&self, resolved_after: Timestamp) -> Result<Vec<Incident>, StoreError> {
        answer(Call::NotifiedIncidents, async {
            let mut tx = self.begin().await?;
            let after = resolved_after.as_micros();
            let rows = query_file_as!(IncidentBody, "statements/notified_incidents.sql", after);
            let rows = rows.fetch_all(&mut tx).await?;
            tx.commit().await?;
            rows.into_iter().map(IncidentBody::into_incident).collect()
        })
        .await
    }
}

impl PostgresStore {
    /// Leases a receiver's rows that are due and that nobody holds, longest due first; of one incident only the oldest
    /// that is not settled.
    ///
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
        let mut tx = self.begin().await?;
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
        let leased = leased.fetch_all(&mut tx).await?;
        tx.commit().await?;
        Ok(leased)
    }
}
